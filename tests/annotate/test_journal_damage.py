"""The crash journal's bytes: what a cut or a damage leaves, and changes as bytes."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medseg.annotate import (
    Journal,
    recover,
)
from medseg.annotate.history import Kind
from medseg.annotate.journal import records as journal_file
from medseg.annotate.journal.change_codec import decoded, encoded
from medseg.annotate.journal.mask_state import MaskState
from medseg.annotate.journal.records import MAGIC, records
from medseg.model import SegmentsEdit
from tests.annotate.journal_at_work import BY, Work, fresh, painted, replayed
from tests.annotate.journal_work import GRID, digest_of, random_change


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "lesions.journal"


# --- a cut or a damage at any byte -----------------------------------------------------------


def whole_records(data: bytes, upto: int) -> int:
    """How many records end at or before a byte, told by lengths alone, without our reader."""
    at, count = len(MAGIC), 0
    while (
        at + 21 <= upto and (end := at + 21 + int.from_bytes(data[at : at + 4], "little")) <= upto
    ):
        at, count = end, count + 1
    return count


def small_journal(folder: Path) -> tuple[bytes, list[bytes]]:
    work = Work(folder).steps(5, seed=3)
    work.crash()
    return (folder / "edits.journal").read_bytes(), work.states


def test_a_cut_at_any_byte_leaves_the_longest_valid_prefix(folder: Path) -> None:
    data, states = small_journal(folder)
    for cut in range(len(data) + 1):
        passed = list(records(io.BytesIO(data[:cut]), cut))
        assert len(passed) == whole_records(data, cut), f"cut at {cut}"
    ends = [one.end for one in records(io.BytesIO(data), len(data))]
    near_ends = {end + by for end in ends for by in (-1, 0, 1)} - {len(data) + 1}
    for cut in sorted({*range(0, len(data), 17), *near_ends}):
        (folder / "edits.journal").write_bytes(data[:cut])
        found, recovery = replayed(folder)
        count = max(0, whole_records(data, cut) - 1)  # the first one tells where it starts
        assert len(recovery.changes) == count, f"cut at {cut}"
        assert found == states[count], f"cut at {cut}"


def damaged_counts(data: bytes) -> list[tuple[int, int]]:
    """(records before the damaged byte, records that the reader lets pass), for each byte."""
    counts = []
    for at in range(len(MAGIC), len(data)):
        harmed = bytearray(data)
        harmed[at] ^= 0x10
        passed = list(records(io.BytesIO(bytes(harmed)), len(harmed)))
        counts.append((whole_records(data, at), len(passed)))
    return counts


def test_a_damaged_byte_ends_what_is_believed(folder: Path) -> None:
    data, _ = small_journal(folder)
    assert all(expected == found for expected, found in damaged_counts(data))


def test_the_damage_test_catches_a_checksum_that_is_ignored(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_file, "_check", lambda *_: bytes(16))
    data, _ = small_journal(folder)
    assert any(expected != found for expected, found in damaged_counts(data))


def test_records_cannot_be_left_out_or_swapped(folder: Path) -> None:
    data, _ = small_journal(folder)
    ends = [one.end for one in records(io.BytesIO(data), len(data))]
    without_third = data[: ends[1]] + data[ends[2] :]
    assert len(list(records(io.BytesIO(without_third), len(without_third)))) == 2


def test_after_a_cut_the_work_goes_on_behind_the_valid_prefix(folder: Path) -> None:
    data, _ = small_journal(folder)
    (folder / "edits.journal").write_bytes(data[:-3])
    work = Work(folder)
    assert [one.code for one in work.kept.findings] == ["UNSAVED_CHANGES", "JOURNAL_CUT"]
    assert work.kept.take_up() == 4
    work.steps(4, seed=7).crash()
    found, recovery = replayed(folder)
    assert found == work.states[-1]
    assert len(recovery.changes) == 8


def test_what_is_behind_a_damage_is_kept_before_it_is_cut_off(folder: Path) -> None:
    data, _ = small_journal(folder)
    second = [one.end for one in records(io.BytesIO(data), len(data))][1]
    harmed = bytearray(data)
    harmed[second + 30] ^= 1
    (folder / "edits.journal").write_bytes(harmed)
    work = Work(folder)
    assert work.kept.take_up() == 1
    work.steps(3).crash()
    assert (folder / "unsaved-1.journal").read_bytes() == harmed
    assert replayed(folder)[0] == work.states[-1]


def test_a_change_that_does_not_apply_ends_the_recovery_and_is_kept(folder: Path) -> None:
    mask = fresh()
    journal = Journal.start(folder, MaskState.of(mask))
    first = painted(mask, 0)
    for change in (first, painted(mask, 1), first, painted(mask, 2)):
        journal.append(Kind.DO, change)
    journal.close()
    whole = (folder / "edits.journal").read_bytes()
    work = Work(folder)
    assert work.kept.take_up() == 2
    assert [one.code for one in work.kept.findings] == ["RECOVERED_IN_PART"]
    work.steps(4).crash()
    found, recovery = replayed(folder)
    assert found == work.states[-1]
    assert len(recovery.changes) == 6
    assert (folder / "unsaved-1.journal").read_bytes() == whole


def test_a_journal_damaged_from_the_start_is_told_and_kept(folder: Path) -> None:
    data, _ = small_journal(folder)
    harmed = data[:60] + bytes((data[60] ^ 1,)) + data[61:]
    (folder / "edits.journal").write_bytes(harmed)
    work = Work(folder)
    assert [one.code for one in work.kept.findings] == ["FOREIGN_JOURNAL"]
    work.steps(2)
    work.crash()
    assert (folder / "unsaved-1.journal").read_bytes() == harmed


@pytest.mark.parametrize("cut", [0, 5, 16, 30, 90])
def test_a_journal_that_was_just_being_begun_is_replaced(folder: Path, cut: int) -> None:
    data, _ = small_journal(folder)
    (folder / "edits.journal").write_bytes(data[:cut])
    work = Work(folder)
    assert not work.kept.findings
    work.steps(2).crash()
    assert [path.name for path in folder.iterdir()] == ["edits.journal"]
    assert replayed(folder)[0] == work.states[-1]


def test_a_journal_of_a_later_medseg_is_told_and_kept(folder: Path) -> None:
    data, _ = small_journal(folder)
    later = MAGIC[:-1] + b"\x02" + data[len(MAGIC) :]
    (folder / "edits.journal").write_bytes(later)
    recovery = recover(folder, fresh())
    assert recovery.is_foreign
    assert "later medseg" in recovery.findings[0].text


@given(st.binary(max_size=400))
@settings(max_examples=300, deadline=None)
def test_noise_is_no_journal(tmp_path_factory: pytest.TempPathFactory, noise: bytes) -> None:
    folder = tmp_path_factory.mktemp("noise")
    (folder / "edits.journal").write_bytes(noise)
    assert not recover(folder, fresh()).changes
    (folder / "edits.journal").write_bytes(MAGIC + noise)
    assert not recover(folder, fresh()).changes


# --- changes as bytes ------------------------------------------------------------------------


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=80, deadline=None)
def test_a_change_read_back_is_the_change(seed: int) -> None:
    random = np.random.default_rng(seed)
    one, other = fresh(), fresh()
    for _ in range(4):
        change = random_change(one, random, BY)
        data = encoded(change)
        again = decoded(data, GRID.shape)
        assert encoded(again) == data
        assert again.authorship == change.authorship
        change.apply(one)
        again.apply(other)
        assert digest_of(one) == digest_of(other)
    again.inverse().apply(other)
    change.inverse().apply(one)
    assert digest_of(one) == digest_of(other)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=300, deadline=None)
def test_a_change_with_harmed_bytes_is_refused_in_words_or_still_one(seed: int) -> None:
    random = np.random.default_rng(seed)
    data = bytearray(encoded(random_change(fresh(), random, BY)))
    for _ in range(int(random.integers(1, 4))):
        data[int(random.integers(len(data)))] = int(random.integers(256))
    data = data[: int(random.integers(len(data) // 2, len(data) + 1))]
    segmentation = fresh()
    before = digest_of(segmentation)
    try:
        change = decoded(bytes(data), GRID.shape)
        change.apply(segmentation)
    except ValueError:  # and nothing else; an EditError is one
        assert digest_of(segmentation) == before
    else:
        change.inverse().apply(segmentation)
        assert digest_of(segmentation) == before


def test_any_text_and_any_number_comes_back() -> None:
    odd = replace(BY, author="J\u00fcrgen \ud800", active_seconds=float("inf"), proposal="p-1")
    change = SegmentsEdit.of_segment(fresh(), 1, odd, label="\ud83d", is_locked=True)
    again = decoded(encoded(change), GRID.shape)
    assert again == change
