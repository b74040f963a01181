"""A log as a file: one entry a line. What a crash tore off at the end is left out and told."""

from __future__ import annotations

from collections.abc import Iterable

from medseg.model import Finding
from medseg.signoff.log.chain import Chain, check_chain
from medseg.signoff.log.entry import Entry


def write_log(entries: Iterable[Entry]) -> bytes:
    """The entries, one a line; empty for none."""
    return b"".join(entry.raw + b"\n" for entry in entries)


def split_log(data: bytes) -> list[bytes]:
    """The bytes of each line, without its end; canonical JSON holds no line end itself."""
    lines = data.split(b"\n")
    return lines if lines[-1] else lines[:-1]


def read_log(data: bytes) -> Chain:
    """The longest sound beginning of a log's file.

    A last line without an end was still being written, and is never taken for an entry: the
    chain's problem is then LOG_CHAIN_BROKEN.
    """
    whole, end, torn = data.rpartition(b"\n")
    chain = check_chain(split_log(whole + end))
    if torn and chain.problem is None:
        text = (
            f"Each entry of a log ends its line; after entry {len(chain.entries) - 1} stands a "
            "piece of one. What stands before it is sound."
        )
        return Chain(chain.entries, chain.start, Finding("LOG_CHAIN_BROKEN", "error", text))
    return chain
