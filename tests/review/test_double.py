"""Double reading: when readings differ, one mask out of several, agreement, known truth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from medseg.model import (
    Case,
    Ending,
    EndingKind,
    Gold,
    NotEvaluable,
    Origin,
    Reading,
    ReadingState,
    Segment,
    Segmentation,
    Submission,
    Trigger,
)
from medseg.review.double.agreement import (
    pair_agreement,
    pairs_between_readers,
    pairs_within_readers,
)
from medseg.review.double.combined import combined
from medseg.review.double.disagreement import Outcome, disagreements
from medseg.review.gold import gold_score, scores_over_time, shows_score
from tests.phantoms import oblique_geometry
from tests.review.world import TEAM

GRID = oblique_geometry((6, 20, 20))
LESIONS = Ending(EndingKind.LESIONS)
AT = "2026-11-22T12:00:00+01:00"
Box = tuple[slice, slice, slice]
BIG: Box = (slice(1, 5), slice(2, 8), slice(2, 8))
SMALL: Box = (slice(2, 4), slice(12, 16), slice(12, 16))


def mask(*boxes: Box, reader: str = "a", uids: tuple[str, ...] = ()) -> Segmentation:
    array = np.zeros(GRID.shape, np.uint8)
    segments = []
    for number, box in enumerate(boxes, 1):
        array[box] = number
        uid = uids[number - 1] if uids else f"2.25.{number}{ord(reader[0])}"
        segments.append(Segment(number, f"{reader} {number}", uid))
    return Segmentation(array, GRID, tuple(segments))


def moved(box: Box, by: int) -> Box:
    return (box[0], box[1], slice(box[2].start + by, box[2].stop + by))


def outcomes(*masks: Segmentation, **more: object) -> dict[str, Outcome]:
    return {f"r-{n}": Outcome(one, LESIONS, **more) for n, one in enumerate(masks)}  # type: ignore[arg-type]


# Disagreement


def test_equal_readings_agree_under_the_strictest_limits() -> None:
    strict = Trigger(0, 0.0, 1.0, True)
    assert disagreements(strict, outcomes(mask(BIG, SMALL), mask(BIG, SMALL))) == ()


def test_each_limit_finds_its_own_disagreement_and_no_sooner() -> None:
    one, two = mask(BIG, SMALL), mask(BIG)
    off = Trigger(None, None, None, False)
    assert disagreements(off, outcomes(one, two)) == ()
    (text,) = disagreements(replace(off, lesion_count=0), outcomes(one, two))
    assert "1 to 2 lesions" in text
    assert disagreements(replace(off, lesion_count=1), outcomes(one, two)) == ()
    # 144 + 32 voxels against 144: 32 of 160 on average, which is 20 %
    assert disagreements(replace(off, volume_percent=20.0), outcomes(one, two)) == ()
    (text,) = disagreements(replace(off, volume_percent=19.9), outcomes(one, two))
    assert "20 % of their mean" in text
    shifted = outcomes(mask(BIG), mask(moved(BIG, 3)))  # half of each overlaps
    assert disagreements(replace(off, dice=0.5), shifted) == ()
    (text,) = disagreements(replace(off, dice=0.51), shifted)
    assert "Dice is 0.50" in text


def test_different_responses_are_enough() -> None:
    both = outcomes(mask(BIG), mask(BIG))
    both["r-0"] = replace(both["r-0"], response="PR")
    both["r-1"] = replace(both["r-1"], response="SD")
    (text,) = disagreements(Trigger(), both)
    assert "PR, SD" in text
    assert disagreements(Trigger(response=False), both) == ()


def test_not_evaluable_by_one_is_a_disagreement_and_by_all_is_none() -> None:
    ending = Ending(EndingKind.NOT_EVALUABLE, NotEvaluable.MOTION)
    both = outcomes(mask(), mask())
    both["r-0"] = replace(both["r-0"], ending=ending)
    (text,) = disagreements(Trigger(), both)
    assert "1 of 2 readings call the case not evaluable" in text
    assert disagreements(Trigger(), {n: replace(o, ending=ending) for n, o in both.items()}) == ()


def test_no_sentence_names_a_reading() -> None:
    for text in disagreements(Trigger(0, 0.0, 1.0), outcomes(mask(BIG), mask(SMALL))):
        assert "r-0" not in text
        assert "r-1" not in text


# One mask out of several


def test_a_majority_of_three_is_what_two_of_them_drew() -> None:
    readings = {
        "r-1": mask(BIG, SMALL, reader="a"),
        "r-2": mask(moved(BIG, 1), reader="b"),
        "r-3": mask(moved(BIG, 2), SMALL, reader="c"),
    }
    before = [one.array.copy() for one in readings.values()]
    made = combined("majority", readings, at=AT)
    votes = sum((one.array != 0).astype(int) for one in readings.values())
    assert np.array_equal(made.array != 0, votes >= 2)
    assert [one.label for one in made.segments] == ["a 1", "a 2"]
    assert np.array_equal(made.array[SMALL], np.full((2, 4, 4), made.segments[1].number))
    for one, was in zip(readings.values(), before, strict=True):
        assert np.array_equal(one.array, was)


def test_the_provenance_names_the_method_and_the_readings() -> None:
    readings = {"r-1": mask(BIG), "r-2": mask(BIG)}
    for method, name in (("majority", "majority"), ("staple", "STAPLE")):
        made = combined(method, readings, at=AT)  # type: ignore[arg-type]
        assert np.array_equal(made.array, mask(BIG).array)
        assert set(made.provenance) == {(1, index) for index in range(1, 5)}
        origin = made.provenance[1, 1]
        assert origin.origin is Origin.ASSISTED
        assert origin.tool == f"consensus: {name} of r-1, r-2"


def test_touching_lesions_stay_two_and_a_followed_lesion_keeps_its_uid() -> None:
    left: Box = (slice(1, 5), slice(2, 8), slice(2, 6))
    right: Box = (slice(1, 5), slice(2, 8), slice(6, 10))
    uids = ("2.25.7", "2.25.8")
    readings = {
        "r-1": mask(left, right, uids=uids),
        "r-2": mask(right, left, reader="b", uids=uids[::-1]),
        "r-3": mask(left, right, reader="c", uids=uids),
    }
    made = combined("staple", readings, at=AT)
    assert {one.tracking_uid for one in made.segments} == set(uids)
    assert len(np.unique(made.array[left])) == len(np.unique(made.array[right])) == 1
    assert made.array[left].flat[0] != made.array[right].flat[0]


def test_nothing_in_common_gives_an_empty_mask() -> None:
    made = combined("majority", {"r-1": mask(BIG), "r-2": mask(SMALL)}, at=AT)
    assert not made.array.any()
    assert (made.segments, made.provenance) == ((), {})


# Agreement


def read(name: str, reader: str, round_: int = 1, *, done: bool = True) -> Reading:
    version = Submission(1, LESIONS, "m", frozenset({reader}), AT, 1)
    state = ReadingState.SUBMITTED if done else ReadingState.OPEN
    return Reading(name, reader, round_, state, (version,) if done else ())


def test_pairs_between_and_within_readers_are_those_handed_in() -> None:
    readings = (
        read("r-1", "p-ann"),
        read("r-2", "p-ben"),
        read("r-3", "p-cat", done=False),
        read("r-4", "p-ann", 2),
        replace(read("r-5", ""), drawn_from=("r-1", "r-2")),
    )
    cases = [Case("c-1", readings=readings)]
    assert [pair[1:3] for pair in pairs_between_readers(cases)] == [("r-1", "r-2")]
    assert [pair[1:] for pair in pairs_within_readers(cases)] == [("r-1", "r-4", "p-ann")]


def test_the_agreement_of_two_readings_by_voxels_and_by_lesions() -> None:
    found = pair_agreement(mask(BIG, SMALL), mask(moved(BIG, 3)))
    assert found.dice == pytest.approx(2 * 72 / (144 + 32 + 144))
    assert (found.matched, found.only_first, found.only_second) == (1, 1, 0)
    assert found.volume_difference_ml == pytest.approx(-32 * GRID.voxel_volume_mm3 / 1000)


# Known truth


def score(truth: Segmentation, drawn: Segmentation, at: str = AT, reader: str = "p-ann") -> object:
    return gold_score(Gold(), truth, drawn, case="c-1", reading="r-1", reader=reader, at=at)


def test_a_gold_reading_passes_with_the_dice_and_every_lesion() -> None:
    truth = mask(BIG, SMALL)
    perfect = score(truth, truth)
    assert (perfect.dice, perfect.found, perfect.passed) == (1.0, 2, True)
    missed = score(truth, mask(BIG))
    assert missed.dice > Gold().passing_dice
    assert (missed.found, missed.missed, missed.passed) == (1, 1, False)
    assert "1 of 2 lesions found" in missed.in_words()
    assert score(mask(), mask()).passed
    assert not score(mask(), mask(SMALL)).passed


def test_scores_go_by_time_whatever_its_offset() -> None:
    truth = mask(BIG)
    scores = [
        score(truth, mask(moved(BIG, 3)), "2026-11-22T12:00:00+00:00"),
        score(truth, truth, "2026-11-22T12:30:00+01:00"),  # half an hour earlier
        score(truth, truth, reader="p-ben"),
    ]
    series = scores_over_time(scores, window=2)
    assert list(series) == ["p-ann", "p-ben"]
    assert [one.dice for one in series["p-ann"].scores] == [1.0, 0.5]
    assert series["p-ann"].running_dice == (1.0, 0.75)
    assert series["p-ann"].pass_rate == 0.5
    assert series["p-ann"].sensitivity == 1.0
    assert scores_over_time([]) == {}


def test_a_score_is_shown_at_once_or_by_the_lead_and_never_to_another_reader() -> None:
    one, case = score(mask(BIG), mask(BIG)), Case("c-1", gold=True)
    shown = {
        (who, feedback)
        for who in ("p-ann", "p-ben", "p-lea")
        for feedback in ("instant", "delayed")
        if shows_score(Gold(feedback=feedback), case, one, TEAM[who])  # type: ignore[arg-type]
    }
    assert shown == {("p-ann", "instant"), ("p-lea", "instant"), ("p-lea", "delayed")}
    assert not shows_score(Gold(feedback="instant"), replace(case, gold=False), one, TEAM["p-lea"])
