"""A NIfTI image in two files: the header in .hdr, the voxels in .img beside it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from medseg.errors import FormatError

#: Endings of the two halves; each is read only where the other stands beside it.
PAIR_SUFFIXES = (".hdr", ".img", ".hdr.gz", ".img.gz")

_OTHER = {".hdr": ".img", ".img": ".hdr"}


def is_half(path: Path) -> bool:
    """Whether the name is that of one half of a pair."""
    return path.name.lower().endswith(PAIR_SUFFIXES)


def other_half(path: Path) -> Path | None:
    """The file that completes the pair; None if it is not there."""
    name, packed = path.name, ""
    if name.lower().endswith(".gz"):
        name, packed = name[:-3], name[-3:]
    stem, ending = name[:-4], name[-4:]
    wanted = _OTHER[ending.lower()]
    for candidate in (wanted, wanted.upper()):
        other = path.with_name(stem + candidate + packed)
        with suppress(OSError):  # a name too long to ask about
            if other.is_file():
                return other
    return None


def header_file(path: Path) -> Path:
    """The file with the header: the path itself, or for an .img the .hdr beside it.

    Raises:
        FormatError: half of a pair is not there.
    """
    return halves(path)[0]


def halves(path: Path) -> tuple[Path, ...]:
    """The image's files: the path alone, or header and voxels of a pair, in this order.

    Raises:
        FormatError: half of a pair is not there.
    """
    if not is_half(path):
        return (path,)
    other = other_half(path)
    if other is None:
        raise FormatError(
            f"A pair .hdr and .img is one image; {path.name} stands alone. Copy both files into "
            "one folder."
        )
    is_header = ".hdr" in path.name.lower()[-7:]
    return (path, other) if is_header else (other, path)
