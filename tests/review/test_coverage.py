"""Coverage: intervals against plain sets, what is missing, and the words for it."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medseg.errors import ReviewError
from medseg.model import Viewing
from medseg.review import Review, Sign, policy_from_tables
from medseg.review.coverage import Coverage, coverage_from_json, coverage_of, duration
from medseg.review.intervals import merged, of_slices, size, slices_of, within, without
from tests.review.world import World

PAIRS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=8)


def as_set(pairs: object) -> set[int]:
    return {
        index
        for first, last in pairs  # type: ignore[attr-defined]
        for index in range(min(first, last), max(first, last) + 1)
    }


@given(PAIRS, PAIRS, st.integers(0, 45))
def test_intervals_behave_as_sets(
    some: list[tuple[int, int]], others: list[tuple[int, int]], count: int
) -> None:
    one, other = merged(some), merged(others)
    assert set(slices_of(one)) == as_set(some)
    assert size(one) == len(as_set(some))
    assert set(slices_of(without(one, other))) == as_set(some) - as_set(others)
    assert set(slices_of(within(one, count))) == as_set(some) & set(range(count))
    assert of_slices(as_set(some)) == one
    assert all(before[1] + 1 < after[0] for before, after in pairwise(one))


def viewing(first: int, last: int, *, mask: bool = True, **more: object) -> Viewing:
    values = {"person": "p-rae", "reading": "r-1", "version": 1, "plane": "axial"} | more
    return Viewing(
        **values,  # type: ignore[arg-type]
        first=first,
        last=last,
        seconds=2.5,
        mask_visible=mask,
        window="lung",
        at="2026-11-22T12:00:00+01:00",
    )


VIEWINGS = [
    viewing(0, 9),
    viewing(10, 14, mask=False),
    viewing(8, 11),
    viewing(20, 60),
    viewing(0, 31, person="p-ron"),
    viewing(0, 31, reading="r-2"),
    viewing(0, 31, plane="coronal"),
    viewing(16, 16, version=0),
]


def covered(version: int | None = 1) -> Coverage:
    return coverage_of(
        VIEWINGS,
        person="p-rae",
        reading="r-1",
        slices=32,
        labelled=[9, 10, 11, 12, 13, 16, 30],
        version=version,
    )


def test_only_the_persons_own_display_of_that_version_counts() -> None:
    coverage = covered()
    assert coverage.displayed == ((0, 14), (20, 31))
    assert coverage.with_mask == ((0, 11), (20, 31))
    assert coverage.fraction == 27 / 32
    assert coverage.missing("labelled") == (12, 13, 16)
    assert coverage.labelled_fraction == 4 / 7
    assert coverage.missing("all") == (12, 13, 14, 15, 16, 17, 18, 19)
    assert coverage.missing("none") == ()
    assert (coverage.seconds, coverage.mask_seconds) == (10.0, 7.5)
    assert covered(None).missing("labelled") == (12, 13)
    assert coverage_from_json(coverage.to_json()) == coverage


def test_an_image_without_labels_or_slices_lacks_nothing() -> None:
    empty = coverage_of([], person="p", reading="r", slices=0, labelled=[])
    assert (empty.fraction, empty.labelled_fraction, empty.missing("all")) == (1.0, 1.0, ())


def test_the_words_claim_display_and_nothing_more() -> None:
    text = covered().in_words()
    assert "27 of 32 axial slices displayed" in text
    assert "4 of 7 labelled ones with the mask visible" in text
    assert "not displayed with the mask: slices 12, 13, 16" in text
    assert "evidence of display, not of attention" in text
    assert not re.search(r"\b(seen|saw|read|looked|viewed|inspected)\b", text)


@pytest.mark.parametrize(
    ("seconds", "text"), [(11.6, "12 s"), (250, "4 min 10 s"), (3900, "1 h 5 min"), (0, "0 s")]
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_a_stage_that_asks_for_display_refuses_without_it() -> None:
    policy = policy_from_tables({"stages": {"review": {"coverage": "labelled"}}})
    world = World(policy)
    world.imported()
    world.assigned("p-ann")
    world.submitted("p-ann")
    with pytest.raises(ReviewError, match=r"No display was recorded.*Display those slices"):
        world.reviewed("p-rae")
    request = {"actor": "p-rae", "reading": "r-1", "version": 1, "signed": world.record()}
    with pytest.raises(ReviewError, match=r"Not displayed: slices 12, 13, 16"):
        world.act(Review(decision="approve", coverage=covered().to_json(), **request))
    whole = Coverage("axial", 32, ((0, 31),), ((0, 31),), ((9, 16),))
    world.act(Review(decision="approve", coverage=whole.to_json(), **request))
    world.act(Sign(**request | {"actor": "p-sue"}))
