"""Of a crash journal that was cut or damaged anywhere, what is believed is the true beginning.

What becomes of the changes in it is tested where the journal is; this is each byte of a long one.
"""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from medseg.annotate.journal import records as journal_file
from medseg.annotate.journal.records import MAGIC, records
from tests.annotate.journal_at_work import Work
from tests.reliability.counts import full

BYTES = 16 * 1024
LONG_BYTES = full(64 * 1024)
_HEAD_BYTES = 21  # length, kind and check


def journal_of(size: int, folder: Path) -> bytes:
    """The file of a journal of at least `size` bytes, whose process ended without a word."""
    work = Work(folder / "lesions.journal")
    work.steps(size // 300, seed=3)  # about 400 bytes each
    work.crash()
    data = (folder / "lesions.journal" / "edits.journal").read_bytes()
    assert len(data) >= size
    return data


def ends_of(data: bytes) -> list[int]:
    """Where each record ends, told by their lengths alone, without our reader."""
    ends, at = [], len(MAGIC)
    while at < len(data):
        at += _HEAD_BYTES + int.from_bytes(data[at : at + 4], "little")
        ends.append(at)
    return ends


def believed(data: bytes) -> list[int]:
    """The ends of the records that our reader lets pass."""
    return [one.end for one in records(io.BytesIO(data), len(data))]


def wrong_after_cuts(data: bytes) -> list[int]:
    ends = ends_of(data)
    return [
        cut
        for cut in range(len(MAGIC), len(data) + 1)
        if believed(data[:cut]) != [end for end in ends if end <= cut]
    ]


def wrong_after_flips(data: bytes) -> list[int]:
    ends, wrong = ends_of(data), []
    for at in range(len(MAGIC), len(data)):
        harmed = bytearray(data)
        harmed[at] ^= 1 << at % 8
        if believed(bytes(harmed)) != [end for end in ends if end <= at]:
            wrong.append(at)
    return wrong


def test_a_cut_at_every_byte_leaves_the_whole_records_before_it(tmp_path: Path):
    assert wrong_after_cuts(journal_of(BYTES, tmp_path)) == []


def test_a_bit_flipped_in_every_byte_ends_what_is_believed(tmp_path: Path):
    assert wrong_after_flips(journal_of(BYTES, tmp_path)) == []


@pytest.mark.long
def test_every_byte_of_a_long_journal(tmp_path: Path):
    data = journal_of(LONG_BYTES, tmp_path)
    assert wrong_after_cuts(data) == []
    assert wrong_after_flips(data) == []


def test_the_harness_catches_a_reader_that_ignores_the_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    data = journal_of(2048, tmp_path)
    monkeypatch.setattr(journal_file, "_check", lambda *_: bytes(16))
    assert wrong_after_flips(data) != []
