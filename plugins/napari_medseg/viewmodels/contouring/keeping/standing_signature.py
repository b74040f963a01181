"""Whether a signature would be voided by saving over a mask."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from medseg.errors import MedsegError
from medseg.formats import sidecar
from medseg.project.folder.mask_files import read_signoffs
from medseg.signoff.envelope import open_envelope

# What sends a mask back to its reader: it is corrected, and no signature for it is lost.
_GIVES_BACK = frozenset({"reject", "unlock"})


def signature_stands(mask: Path) -> bool:
    """Whether the last that was signed about a mask stands for it, and falls when it is saved.

    A mask that was sent back or unlocked is to be changed. A record that cannot be read counts as
    a signature: it is the reader who decides about it.
    """
    signoffs = sidecar.signoff_path(mask)
    try:
        told = signoffs.stat()
    except OSError:
        return False
    return _stands(signoffs, told.st_mtime_ns, told.st_size)


@lru_cache(maxsize=8)
def _stands(signoffs: Path, _written_ns: int, _size: int) -> bool:
    """Asked at every tick of the footer, hence read once for each content of the file."""
    try:
        lines = [line for line in read_signoffs(signoffs).split(b"\n") if line.strip()]
        record = open_envelope(lines[-1]).record if lines else None
    except MedsegError:
        return True
    return record is None or record.predicate["decision"] not in _GIVES_BACK
