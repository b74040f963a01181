"""Of a log's file that was cut or damaged anywhere, what is believed is the true beginning."""

from __future__ import annotations

import pytest

from medseg.signoff.log.jsonl import read_log
from tests.reliability.counts import full
from tests.reliability.log_files import careless, log_of, wrong_after_cuts, wrong_after_flips

BYTES = 16 * 1024
LONG_BYTES = full(64 * 1024)


def test_a_cut_at_every_byte_leaves_the_whole_entries_before_it():
    assert wrong_after_cuts(log_of(BYTES), read_log) == []


def test_a_bit_flipped_in_every_byte_is_told_and_nothing_from_there_on_is_believed():
    assert wrong_after_flips(log_of(BYTES), read_log) == []


@pytest.mark.long
def test_a_cut_at_every_byte_of_a_long_log():
    assert wrong_after_cuts(log_of(LONG_BYTES), read_log) == []


@pytest.mark.long
def test_a_bit_flipped_in_every_byte_of_a_long_log():
    assert wrong_after_flips(log_of(LONG_BYTES), read_log, seed=2) == []


def test_the_harness_catches_a_reader_that_checks_no_chain():
    entries = log_of(4096)
    assert wrong_after_cuts(entries, careless) != []
    assert len(wrong_after_flips(entries, careless)) > 500
