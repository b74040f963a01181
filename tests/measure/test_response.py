"""RECIST 1.1 as a table: sizes in, outcome and the words of its rule out."""

from __future__ import annotations

import math

import numpy as np
import pytest

from medseg.errors import GeometryError, MedsegError
from medseg.measure import (
    CONFIRM,
    Examination,
    Response,
    TargetSize,
    assess_response,
    follow_up,
    response_from_contours,
)
from medseg.model import Code, Geometry, Segment, Segmentation

Size = float | None | str


def examination(name: str, sizes: dict[str, Size], new: tuple[str, ...] = ()) -> Examination:
    """Targets by label, nodes' labels starting with N; "small" is too small to measure."""
    targets = tuple(
        TargetSize(
            label,
            None if isinstance(size, str) else size,
            is_node=label.startswith("N"),
            is_too_small=size == "small",
        )
        for label, size in sizes.items()
    )
    return Examination(name, targets, new)


def assessed(*series: dict[str, Size], new: tuple[str, ...] = ()) -> tuple[Response, ...]:
    """Responses over time; the new lesions are the last examination's."""
    last = len(series) - 1
    return assess_response(
        [
            examination(f"month {3 * place}", sizes, new if place == last else ())
            for place, sizes in enumerate(series)
        ]
    )


TABLE = [
    # sizes over time, new lesions, outcome, words of its rule
    pytest.param([{"L": 50}, {"L": 35}], (), "PR", "at least -30 %", id="PR at just 30 %"),
    pytest.param([{"L": 50}, {"L": 35.1}], (), "SD", "neither", id="SD just above"),
    pytest.param([{"L": 35}, {"L": 42}], (), "PD", "nadir 35.0 mm", id="PD at just 20 %"),
    pytest.param([{"L": 35}, {"L": 41.9}], (), "SD", "neither", id="SD just below"),
    pytest.param([{"L": 20}, {"L": 24.9}], (), "SD", "neither", id="20 % without 5 mm is SD"),
    pytest.param([{"L": 20}, {"L": 25}], (), "PD", "+25 % and +5.0 mm", id="20 % and 5 mm"),
    pytest.param([{"L": 60}, {"L": 66}], (), "SD", "neither", id="5 mm without 20 % is SD"),
    pytest.param(
        [{"L": 100}, {"L": 50}, {"L": 62}], (), "PD", "nadir 50.0 mm", id="PD against the nadir"
    ),
    pytest.param(
        [{"L": 100}, {"L": 50}, {"L": 59}], (), "PR", "baseline 100.0", id="below 20 % still PR"
    ),
    pytest.param([{"L": 40}, {"L": 0}], (), "CR", "disappeared", id="CR"),
    pytest.param([{"L": 40}, {"L": "small"}], (), "PR", "sum 5.0 mm", id="too small is 5 mm"),
    pytest.param([{"N": 20}, {"N": 9.9}], (), "CR", "below 10 mm short axis", id="node CR"),
    pytest.param([{"N": 20}, {"N": 10}], (), "PR", "sum 10.0 mm", id="a node of 10 mm is PR"),
    pytest.param(
        [{"L": 30, "N": 20}, {"L": 0, "N": 8}], (), "CR", "disappeared, all nodes", id="both CR"
    ),
    pytest.param([{"L": 30, "N": 20}, {"L": 0, "N": 12}], (), "PR", "-76 %", id="node left PR"),
    pytest.param(
        [{"L": 30, "N": 20}, {"L": 3, "N": 8}], (), "PR", "sum 11.0 mm", id="lesion left PR"
    ),
    pytest.param(
        [{"N": 20}, {"N": 4}, {"N": 9.5}], (), "CR", "below 10", id="a node may vary below 10 mm"
    ),
    pytest.param([{"N": 20}, {"N": 4}, {"N": 12}], (), "PD", "nadir 4.0", id="node grows again"),
    pytest.param([{"L": 40}, {"L": 0}, {"L": 3}], (), "PD", "seen again", id="back after CR"),
    pytest.param([{"L": 40}, {"L": 0}, {"L": 6}], (), "PD", "+6.0 mm", id="grown from nothing"),
    pytest.param(
        [{"L": 40, "M": 20}, {"L": 0, "M": 20}, {"L": 3, "M": 20}],
        (),
        "PR",
        "-62 %",
        id="back after PR is added to the sum",
    ),
    pytest.param([{"L": 40}, {"L": 20}], ("Liver",), "PD", "new lesion: Liver", id="new lesion"),
    pytest.param([{"L": 40}, {"L": 0}], ("Liver",), "PD", "new lesion", id="new beats CR"),
    pytest.param([{"L": 40}, {"L": None}], ("Liver",), "PD", "new lesion", id="new beats NE"),
    pytest.param(
        [{"L": 40, "M": 20}, {"L": 20, "M": None}], (), "NE", "not evaluated: M", id="missing NE"
    ),
    # The example of section 4.4.2: three lesions of 50 mm, later two alone of 80 mm.
    pytest.param(
        [{"L": 20, "M": 20, "K": 10}, {"L": 40, "M": 40, "K": None}],
        (),
        "PD",
        "whatever K would add",
        id="PD whatever is missing",
    ),
    pytest.param(
        [{"L": 100}, {"L": None}, {"L": 90}], (), "SD", "-10 %", id="a missing sum is no nadir"
    ),
]


@pytest.mark.parametrize(("series", "new", "outcome", "words"), TABLE)
def test_the_table_of_recist(
    series: list[dict[str, Size]], new: tuple[str, ...], outcome: str, words: str
) -> None:
    found = assessed(*series, new=new)[-1]
    assert found.outcome == outcome
    assert words in found.rule
    assert found.rule.endswith(CONFIRM)


def test_an_outcome_comes_with_its_sums_and_changes() -> None:
    first, second, third = assessed({"L": 100, "N": 20}, {"L": 60, "N": 12}, {"L": 66, "N": 12})
    assert (first.outcome, first.sum_mm, first.nadir_mm) == ("baseline", 120.0, 120.0)
    assert second.change_from_baseline == pytest.approx(-0.4)
    assert (third.nadir_mm, third.baseline_mm) == (72.0, 120.0)
    assert third.change_from_nadir == pytest.approx(78 / 72 - 1)
    nought = assessed({"L": 40}, {"L": 0}, {"L": None})[-1]
    assert math.isnan(nought.change_from_nadir)
    assert math.isnan(nought.sum_mm)


def test_a_baseline_below_the_measurable_is_noted() -> None:
    small: dict[str, Size] = {"L": 9.0, "N": 14.0, "M": 10.0, "N2": 15.0}
    notes = assessed(small)[0].notes
    assert [note.split(":")[0] for note in notes] == ["L", "N"]
    assert "at least 15 mm" in notes[1]
    many: dict[str, Size] = dict.fromkeys("ABCDEF", 20.0)
    assert "takes at most 5" in assessed(many)[0].notes[0]


@pytest.mark.parametrize(
    ("series", "message"),
    [
        ([], "at least one target"),
        ([{}], "at least one target"),
        ([{"L": None}], "L is not"),
        ([{"L": 0}], "above 0 mm"),
        ([{"L": 20}, {"M": 20}], "baseline has L, month 3 has M"),
        ([{"L": 20}, {"L": 20, "M": 20}], "month 3 has L, M"),
        ([{"L": 20}, {"L": -1}], "0 mm or more"),
        ([{"L": math.nan}], "0 mm or more"),
        ([{"L": 20}, {"L": math.inf}], "0 mm or more"),
    ],
)
def test_sizes_that_allow_no_assessment_are_refused(
    series: list[dict[str, Size]], message: str
) -> None:
    with pytest.raises(MedsegError, match=message):
        assessed(*series)


def test_a_label_twice_is_refused() -> None:
    twice = Examination("baseline", (TargetSize("L", 20.0), TargetSize("L", 30.0)))
    with pytest.raises(MedsegError, match="label of its own"):
        assess_response([twice])


# From contours

GRID = Geometry.from_spacing((4, 60, 60), (5.0, 1.0, 1.0))
NODE = Code("59441001", "SCT", "Structure of lymph node")
LIVER = Segment(1, "Liver", "2.25.11")
GLAND = Segment(2, "Gland", "2.25.12", type=NODE)
LATE = Segment(3, "Late", "2.25.13")


def drawn(bars: dict[Segment, tuple[int, int]]) -> Segmentation:
    """Each segment a rectangle of so many rows and columns, in mm; (0, 0) is drawn as gone."""
    array = np.zeros(GRID.shape, np.uint8)
    for segment, (rows, columns) in bars.items():
        top = 18 * (segment.number - 1) + 2
        array[1, top : top + rows, 2 : 2 + columns] = segment.number
    return Segmentation(array, GRID, tuple(bars))


def test_a_node_counts_with_its_short_axis_and_a_lesion_with_its_long_one() -> None:
    first = drawn({LIVER: (1, 40), GLAND: (1, 16)})
    found = response_from_contours({"baseline": first})[0]
    assert found.sum_mm == pytest.approx(40.0 + 1.0)
    assert any(note.startswith("Gland: 1.0 mm") for note in found.notes)


def test_what_is_drawn_as_gone_is_gone_and_what_is_not_listed_was_not_evaluated() -> None:
    first = drawn({LIVER: (1, 40)})
    gone = response_from_contours({"a": first, "b": drawn({LIVER: (0, 0)})})[-1]
    assert (gone.outcome, gone.sum_mm) == ("CR", 0.0)
    missing = response_from_contours({"a": first, "b": drawn({})})[-1]
    assert (missing.outcome, math.isnan(missing.sum_mm)) == ("NE", True)


def test_a_lesion_that_the_baseline_does_not_list_is_new_each_time() -> None:
    series = {
        "a": drawn({LIVER: (1, 40)}),
        "b": drawn({LIVER: (1, 20), LATE: (3, 3)}),
        "c": drawn({LIVER: (1, 20), LATE: (3, 3)}),
        "d": drawn({LIVER: (1, 20), LATE: (0, 0)}),
    }
    found = response_from_contours(series)
    assert [one.outcome for one in found] == ["baseline", "PD", "PD", "PR"]
    assert "new lesion: Late" in found[1].rule


def test_targets_nodes_and_the_reader_s_words_are_heard() -> None:
    first = drawn({LIVER: (1, 40), LATE: (2, 15)})
    second = drawn({LIVER: (1, 40), LATE: (2, 15)})
    series = {"a": first, "b": second}
    assert response_from_contours(series, targets=["Liver"])[0].sum_mm == pytest.approx(40.0)
    assert response_from_contours(series, nodes=["Late"])[0].sum_mm < 40 + 4
    small = response_from_contours(series, targets=["Liver"], too_small={"b": ["Liver"]})
    assert small[1].sum_mm == 5.0
    unseen = response_from_contours(series, not_evaluated={"b": ["Late"]})
    assert unseen[1].outcome == "NE"


def test_bare_masks_are_followed_by_label_whatever_their_numbers() -> None:
    bare, moved = Segment.unnamed(1, "Liver"), Segment.unnamed(2, "Liver")
    found = response_from_contours({"a": drawn({bare: (1, 40)}), "b": drawn({moved: (1, 20)})})
    assert found[1].outcome == "PR"
    named = response_from_contours({"a": drawn({bare: (1, 40)}), "b": drawn({LIVER: (1, 20)})})
    assert named[1].outcome == "PR"


def blocks(
    places: dict[Segment, list[tuple[int, int, int]]], grid: Geometry = GRID
) -> Segmentation:
    """Each segment as strips of one row: their row, first column and length in mm."""
    array = np.zeros(grid.shape, np.uint8)
    for segment, strips in places.items():
        for row, column, length in strips:
            array[1, row, column : column + length] = segment.number
    return Segmentation(array, grid, tuple(places))


def test_the_parts_of_a_lesion_that_fell_apart_are_added_and_none_is_new() -> None:
    """RECIST 1.1, 4.3.2."""
    first = blocks({LIVER: [(5, 10, 30)]})
    pieces = [(5, 10, 9), (5, 25, 12)]
    in_one = blocks({LIVER: pieces})
    in_two = blocks({LIVER: pieces[:1], LATE: pieces[1:]})
    for second in (in_one, in_two):
        found = response_from_contours({"a": first, "b": second})[1]
        assert (found.outcome, found.sum_mm) == ("PR", pytest.approx(9 + 12))
        assert found.notes == ("Liver: longest diameters of 2 separate parts added (4.3.2)",)
    assert [one.status for one in follow_up(first, in_two)] == ["split"]
    touching = blocks({LIVER: [(5, 10, 15)], LATE: [(5, 25, 15)]})
    whole = response_from_contours({"a": first, "b": touching})[1]
    assert (whole.sum_mm, whole.notes) == (pytest.approx(30), ())


def test_slices_that_are_not_drawn_yet_do_not_make_fragments() -> None:
    array = np.zeros(GRID.shape, np.uint8)
    array[::2, 5:8, 10:31] = 1
    keys = Segmentation(array, GRID, (LIVER,))
    filled = np.zeros(GRID.shape, np.uint8)
    filled[:3, 5:8, 10:31] = 1
    found = response_from_contours({"a": keys, "b": Segmentation(filled, GRID, (LIVER,))})
    assert found[0].sum_mm == found[1].sum_mm
    assert found[0].notes == ()


def test_what_is_listed_as_gone_takes_over_no_other_lesion() -> None:
    first = blocks({LIVER: [(5, 10, 20)]})
    for place in ((5, 10, 20), (12, 10, 20)):  # at the same place, and 7 mm beside it
        second = blocks({LIVER: [], LATE: [place]})
        found = response_from_contours({"a": first, "b": second})[1]
        assert found.rule.startswith("new lesion: Late")
        assert {one.status for one in follow_up(first, second)} == {"gone", "new"}
        back = response_from_contours({"b": second, "a": first})[1]
        assert back.rule.startswith("new lesion: Liver")
        unlisted = blocks({LATE: [place]})
        assert [one.status for one in follow_up(first, unlisted)] == ["stable"]


def test_a_target_that_grew_together_with_no_target_is_noted() -> None:
    first = blocks({LIVER: [(5, 10, 15)], LATE: [(5, 28, 15)]})
    second = blocks({LIVER: [(5, 10, 35)]})
    found = response_from_contours({"a": first, "b": second}, targets=["Liver"])[1]
    assert found.notes == (
        "Liver has grown together with Late, no target; both are measured (4.3.2)",
    )


def test_lesions_that_grew_together_are_measured_as_one() -> None:
    """RECIST 1.1, 4.3.2."""
    first = blocks({LIVER: [(5, 10, 15)], LATE: [(5, 28, 15)]})
    without = blocks({LIVER: [(5, 10, 35)]})
    listed = blocks({LIVER: [(5, 10, 35)], LATE: []})
    for second in (without, listed):
        found = response_from_contours({"a": first, "b": second})[1]
        assert (found.outcome, found.sum_mm) == ("SD", pytest.approx(35))
        assert found.notes == ("Late has merged with Liver, which is measured (4.3.2)",)
        only = response_from_contours({"a": first, "b": second}, targets=["Late"])[1]
        assert only.sum_mm == pytest.approx(35)
        assert len(only.notes) == 1


def test_numbers_of_a_bare_mask_are_no_identity() -> None:
    one, two, three = (Segment.unnamed(number) for number in (1, 2, 3))
    first = blocks({one: [(5, 10, 30)], two: [(30, 10, 12)]})
    swapped = blocks({two: [(5, 10, 30)], one: [(30, 10, 12)]})
    found = response_from_contours({"a": first, "b": swapped}, targets=["Segment 1"])[1]
    assert (found.outcome, found.sum_mm) == ("SD", pytest.approx(30))
    renumbered = blocks({one: [(50, 40, 15)], two: [(5, 10, 30)], three: [(30, 10, 12)]})
    found = response_from_contours({"a": first, "b": renumbered})[1]
    assert found.rule.startswith("new lesion: Segment 1 (")
    assert found.sum_mm == pytest.approx(42)
    shifted = np.eye(4)
    shifted[:2, 3] = (30.0, 20.0)  # LPS x runs along columns
    moved = blocks({two: [(25, 40, 18)]})
    alone = {"a": blocks({one: [(5, 10, 30)]}), "b": moved, "c": moved}
    assert response_from_contours(alone)[1].outcome == "PD"
    laid_over = response_from_contours({"a": alone["a"], "b": moved}, transform=shifted)[1]
    assert (laid_over.outcome, laid_over.sum_mm) == ("PR", pytest.approx(18))


def test_without_a_common_frame_names_and_uids_still_tell_and_numbers_do_not() -> None:
    frames = [Geometry(GRID.shape, GRID.affine, uid) for uid in ("1.2.3", "1.2.4")]
    first = blocks({LIVER: [(5, 10, 30)]}, frames[0])
    second = blocks({LIVER: [(25, 10, 30)], LATE: [(40, 10, 12)]}, frames[1])
    found = response_from_contours({"a": first, "b": second})[1]
    assert "new lesion: Late" in found.rule
    bare = [blocks({Segment.unnamed(1): [(5, 10, 30)]}, frame) for frame in frames]
    with pytest.raises(GeometryError, match="frame of reference"):
        response_from_contours({"a": bare[0], "b": bare[1]})


def test_a_lesion_listed_before_it_was_drawn_is_new() -> None:
    first = blocks({LIVER: [(5, 10, 30)], LATE: []})
    found = response_from_contours(
        {"a": first, "b": blocks({LIVER: [(5, 10, 30)], LATE: [(40, 10, 12)]})}
    )
    assert found[1].rule.startswith("new lesion: Late")


def test_what_is_said_of_a_target_agrees_with_itself() -> None:
    series = {"a": blocks({LIVER: [(5, 10, 30)]}), "b": blocks({LIVER: [(5, 10, 21)]})}
    small = response_from_contours(series, too_small={"b": ["Liver"]})[1]
    assert small.sum_mm == 5.0
    assert small.notes == ("Liver: drawn with 21.0 mm, counted as too small to measure",)
    with pytest.raises(MedsegError, match="Liver at b is said to be both"):
        response_from_contours(series, too_small={"b": ["Liver"]}, not_evaluated={"b": ["Liver"]})


def test_each_size_says_where_it_was_measured_and_how_it_was_found() -> None:
    first = drawn({LIVER: (1, 40), GLAND: (9, 16), LATE: (2, 15)})
    second = blocks({LIVER: [(5, 10, 9), (5, 25, 12)], GLAND: []})
    found = response_from_contours({"a": first, "b": second}, not_evaluated={"b": ["Late"]})
    baseline, later = found[0].targets, found[1].targets
    assert [one.axis for one in baseline] == ["long axis", "short axis", "long axis"]
    assert [one.numbers for one in baseline] == [(1,), (2,), (3,)]
    for one in (*baseline, *later[:2]):
        lengths = [np.linalg.norm(np.subtract(*line)) for line in one.lines_lps]
        assert one.size_mm == pytest.approx(sum(lengths))
    assert [one.state for one in later] == ["measured in 2 parts", "disappeared", "not evaluated"]
    assert len(later[0].lines_lps) == 2
    assert found[0].sum_mm == pytest.approx(sum(one.counted_mm or 0 for one in baseline))
    small = response_from_contours({"a": first, "b": first}, too_small={"b": ["Late"]})
    assert small[1].targets[2].state == "too small to measure"
    together = blocks({LIVER: [(5, 10, 35)]})
    apart = blocks({LIVER: [(5, 10, 15)], LATE: [(5, 28, 15)]})
    merged = response_from_contours({"a": apart, "b": together})[1].targets[1]
    assert (merged.state, merged.counted_mm) == ("merged with Liver", 0.0)


def test_what_is_not_listed_may_be_said_to_have_disappeared() -> None:
    series = {"a": drawn({LIVER: (1, 40), LATE: (2, 15)}), "b": drawn({LIVER: (1, 40)})}
    missing = response_from_contours(series)[1]
    assert missing.outcome == "NE"
    assert missing.notes == (
        "Late is neither drawn nor listed: disappeared, or not evaluated; it counts as not "
        "evaluated unless it is said to have disappeared",
    )
    gone = response_from_contours(series, disappeared={"b": ["Late"]})[1]
    assert (gone.outcome, gone.sum_mm, gone.notes) == ("SD", pytest.approx(40.0), ())
    assert gone.targets[1].state == "disappeared"
    (change,) = [one for one in follow_up(*series.values()) if one.status == "gone"]
    assert "nor is it listed there: disappeared, or not evaluated" in change.rule
    with pytest.raises(MedsegError, match="Liver is drawn as segment 1"):
        response_from_contours(series, disappeared={"b": ["Liver"]})
    words = {"b": ["Late"]}
    with pytest.raises(MedsegError, match="Late at b is said to be both"):
        response_from_contours(series, disappeared=words, not_evaluated=words)


def test_targets_that_share_a_tracking_uid_have_sizes_of_their_own() -> None:
    twins = Segment(1, "L1", "2.25.7"), Segment(2, "L2", "2.25.7")
    first = blocks({twins[0]: [(5, 10, 31)], twins[1]: [(30, 10, 13)]})
    found = response_from_contours({"a": first, "b": first})
    assert [one.sum_mm for one in found] == pytest.approx([44.0, 44.0])
    assert all("its number tells" in note for note in found[1].notes)
    gone = response_from_contours(
        {"a": first, "b": blocks({twins[0]: [(5, 10, 31)], twins[1]: []})}
    )[1]
    assert (gone.outcome, gone.sum_mm) == ("SD", pytest.approx(31.0))
    assert [one.state for one in gone.targets] == ["measured", "disappeared"]


def test_a_change_short_of_the_limit_does_not_read_as_the_limit() -> None:
    assert "-29.96 % against" in assessed({"L": 100}, {"L": 70.04})[-1].rule
    assert "-30 % against" in assessed({"L": 100}, {"L": 70.0})[-1].rule


def test_a_node_that_is_no_target_is_refused() -> None:
    first = drawn({LIVER: (1, 40), LATE: (2, 15)})
    with pytest.raises(MedsegError, match="A node is one of the targets, Liver; found Late"):
        response_from_contours({"a": first}, targets=["Liver"], nodes=["Late"])


def test_a_node_that_is_pathological_again_after_a_complete_response_is_progression() -> None:
    sizes: list[dict[str, Size]] = [{"L": 20.0, "N": 20.0}, {"L": 0.0, "N": 9.9}]
    assert assessed(*sizes, {"L": 0.0, "N": 10.0})[-1].rule.startswith("seen again")
    assert assessed(*sizes, {"L": 0.0, "N": 10.0})[-1].outcome == "PD"
    assert assessed(*sizes, {"L": 0.0, "N": 9.5})[-1].outcome == "CR"


def test_names_that_nobody_knows_are_refused() -> None:
    series = {"a": drawn({LIVER: (1, 40)})}
    with pytest.raises(MedsegError, match="no Spleen"):
        response_from_contours(series, targets=["Spleen"])
    with pytest.raises(MedsegError, match="there is no b"):
        response_from_contours(series, too_small={"b": ["Liver"]})
    with pytest.raises(MedsegError, match="found none"):
        response_from_contours({})
    twins = drawn({LIVER: (1, 40), Segment(2, "Liver", "2.25.99"): (1, 20)})
    with pytest.raises(MedsegError, match="label of its own"):
        response_from_contours({"a": twins})
