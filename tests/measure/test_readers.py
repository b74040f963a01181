"""Agreement of several readers: published examples, SimpleITK, and small cases by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
import SimpleITK
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import gaussian_filter

from medseg.errors import GeometryError, MedsegError
from medseg.measure import (
    Votes,
    bland_altman,
    compare_masks,
    compare_readers,
    dice,
    fleiss_kappa,
    generalised_dice,
    intraclass_correlation,
    majority,
    paired_values,
    staple,
)
from medseg.measure.readers.kappa import fleiss_kappa_of
from medseg.model import Geometry, Segment, Segmentation
from tests.phantoms import oblique_geometry, ramp_volume, two_lesions

GRID = Geometry.from_spacing((12, 30, 28), (2.5, 0.7, 0.7))


def readings(seed: int, number: int) -> dict[str, NDArray[np.uint8]]:
    """Readers who see one blob, each with errors of their own."""
    random = np.random.default_rng(seed)
    truth = gaussian_filter(random.standard_normal(GRID.shape), 3)
    level = np.quantile(truth, random.uniform(0.8, 0.97))
    masks = {}
    for reader in range(number):
        noise = gaussian_filter(random.standard_normal(GRID.shape), 2)
        seen = truth + noise * random.uniform(0.05, 0.6)
        masks[f"reader {reader}"] = (seen > level).astype(np.uint8)
    return masks


def segmentations(masks: dict[str, NDArray[np.uint8]]) -> dict[str, Segmentation]:
    return {
        reader: Segmentation(mask, GRID, (Segment.new_lesion(1, "Nodule"),))
        for reader, mask in masks.items()
    }


# Consensus


@pytest.mark.parametrize("seed", range(8))
def test_staple_equals_the_one_of_simpleitk_on_the_whole_volume(seed: int) -> None:
    masks = readings(seed, 2 + seed % 4)
    theirs = SimpleITK.STAPLEImageFilter()
    theirs.SetForegroundValue(1)
    image = theirs.Execute([SimpleITK.GetImageFromArray(mask) for mask in masks.values()])
    ours = staple(Votes.of(masks))
    assert list(ours.sensitivity.values()) == pytest.approx(theirs.GetSensitivity(), abs=1e-6)
    assert list(ours.specificity.values()) == pytest.approx(theirs.GetSpecificity(), abs=1e-6)
    np.testing.assert_array_equal(ours.mask, SimpleITK.GetArrayFromImage(image) > 0.5)
    assert ours.rounds > 3


def test_staple_on_a_box_alone_would_be_another_number() -> None:
    small = readings(3, 4)
    large = {reader: np.pad(mask, 15) for reader, mask in small.items()}
    in_box, whole = staple(Votes.of(small)), staple(Votes.of(large))
    assert whole.prior < in_box.prior / 2
    apart = [abs(in_box.sensitivity[reader] - whole.sensitivity[reader]) for reader in small]
    assert max(apart) > 1e-3


def test_a_majority_is_more_than_half_and_a_tie_is_outside() -> None:
    columns = np.array([[1, 1, 1, 0], [1, 1, 0, 0], [1, 0, 0, 0], [1, 0, 0, 0]], np.uint8)
    votes = Votes.of({f"r{row}": line[None, None] for row, line in enumerate(columns)})
    found = majority(votes)
    np.testing.assert_array_equal(found.mask[0, 0], [True, False, False, False])
    assert found.sensitivity == dict.fromkeys(votes.readers, 1.0)
    assert found.specificity == {"r0": 1 / 3, "r1": 2 / 3, "r2": 1.0, "r3": 1.0}


@pytest.mark.parametrize("number", [2, 3, 9, 16])
def test_votes_count_every_voxel_once_and_give_their_masks_back(number: int) -> None:
    masks = readings(number, number)
    votes = Votes.of(masks)
    assert votes.counts.sum() + votes.outside == math.prod(GRID.shape)
    for column, mask in enumerate(masks.values()):
        np.testing.assert_array_equal(votes.mask_where(votes.patterns[:, column]), mask > 0)
        assert votes.counts @ votes.patterns[:, column] == mask.sum()


def test_where_nobody_drew_there_is_no_agreement_to_speak_of() -> None:
    empty = {"a": np.zeros(GRID.shape, np.uint8), "b": np.zeros(GRID.shape, np.uint8)}
    votes = Votes.of(empty)
    assert votes.box is None
    assert math.isnan(generalised_dice(votes))
    assert math.isnan(fleiss_kappa_of(votes))
    for consensus in (majority(votes), staple(votes)):
        assert not consensus.mask.any()
        assert all(math.isnan(rate) for rate in consensus.sensitivity.values())
        assert set(consensus.specificity.values()) == {1.0}


def test_readers_who_agree_fully_and_one_who_drew_nothing() -> None:
    mask = readings(1, 2)["reader 0"]
    alike = staple(Votes.of({"a": mask, "b": mask, "c": mask}))
    assert set(alike.sensitivity.values()) == set(alike.specificity.values()) == {1.0}
    np.testing.assert_array_equal(alike.mask, mask > 0)
    found = staple(Votes.of({"a": mask, "b": mask, "nothing": np.zeros_like(mask)}))
    assert found.sensitivity["nothing"] == pytest.approx(0.0, abs=1e-6)
    np.testing.assert_array_equal(found.mask, mask > 0)


# Kappa and overlap

# Fleiss 1971, table 1: 30 patients, five diagnostic categories, six psychiatrists.
PSYCHIATRISTS = """
00060 03003 01401 00006 03030 20400 00402 20310 20040 00006 10050 11040 03300 10050 02031
00501 30012 51000 02040 10203 00006 01050 02013 20040 10041 05010 40002 02040 10500 00006
"""


def test_kappa_is_the_published_one() -> None:
    table = [[int(count) for count in row] for row in PSYCHIATRISTS.split()]
    assert np.sum(table, axis=0).tolist() == [26, 26, 30, 55, 43]
    assert fleiss_kappa(table) == pytest.approx(0.430, abs=5e-4)


def test_kappa_of_votes_is_that_of_each_voxel_in_the_union_box() -> None:
    masks = readings(5, 3)
    votes = Votes.of(masks)
    assert votes.box is not None
    yes = sum(mask[votes.box].astype(int) for mask in masks.values())
    table = np.column_stack([np.ravel(yes), 3 - np.ravel(yes)])
    assert fleiss_kappa_of(votes) == pytest.approx(fleiss_kappa(table))
    assert math.isnan(fleiss_kappa([[6, 0], [6, 0]]))
    with pytest.raises(MedsegError, match="same number of readers"):
        fleiss_kappa([[6, 0], [5, 0]])


def test_generalised_dice_is_dice_for_two_and_sums_pairs_and_labels_for_more() -> None:
    masks = readings(6, 3)
    one, two, three = masks.values()
    assert generalised_dice(Votes.of({"a": one, "b": two})) == pytest.approx(dice(one, two))
    pairs = [(one, two), (one, three), (two, three)]
    both = sum(np.count_nonzero(a & b) for a, b in pairs)
    sizes = sum(int(a.sum()) + int(b.sum()) for a, b in pairs)
    votes = Votes.of(masks)
    assert generalised_dice(votes) == pytest.approx(2 * both / sizes)
    other = Votes.of({"a": one, "b": one})
    size = int(one.sum())
    both, sizes = 2 * both + 2 * size, sizes + 2 * size
    assert generalised_dice(votes, other) == pytest.approx(both / sizes)


# Paired values

# Bland and Altman 1986, table 1: peak flow in l/min by a large and by a small meter.
LARGE = (494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427)
SMALL = (512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451)


def test_limits_of_agreement_are_the_published_ones() -> None:
    found = bland_altman(SMALL, LARGE)
    assert found.bias == pytest.approx(-2.1, abs=0.05)
    assert found.sd == pytest.approx(38.8, abs=0.05)
    assert found.bias_interval == pytest.approx((-22.0, 17.8), abs=0.05)
    assert (found.lower, found.upper) == pytest.approx((-2.12 - 75.98, -2.12 + 75.98), abs=0.01)
    # The paper rounds 1.96 to 2 and takes the variance 3 sd² / n: -114.3 to -45.1.
    assert found.lower_interval == pytest.approx((-114.3, -45.1), abs=2.0)
    assert found.means[0] == 503.0
    assert found.differences[0] == -18.0


def test_a_single_pair_has_a_bias_and_no_limits() -> None:
    found = bland_altman([3.0], [5.0])
    assert found.bias == 2.0
    assert all(math.isnan(number) for number in (found.sd, found.lower, *found.bias_interval))


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [([], [], "in pairs"), ([1.0], [1.0, 2.0], "in pairs"), ([1.0, 2], [math.nan, 2], "1 of 2")],
)
def test_values_that_are_no_pairs_are_refused(
    first: list[float], second: list[float], message: str
) -> None:
    with pytest.raises(MedsegError, match=message):
        bland_altman(first, second)


# Shrout and Fleiss 1979, table 2: six subjects, four judges.
JUDGES = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]


def test_the_intraclass_correlations_are_the_published_ones() -> None:
    found = intraclass_correlation(JUDGES)
    assert found.absolute == pytest.approx(0.29, abs=0.005)
    assert found.consistency == pytest.approx(0.71, abs=0.005)
    # Intervals as the R package psych gives them for this table.
    assert found.absolute_interval == pytest.approx((0.019, 0.761), abs=5e-4)
    assert found.consistency_interval == pytest.approx((0.342, 0.946), abs=5e-4)
    assert (found.subjects, found.readers) == (6, 4)


def test_an_offset_costs_absolute_agreement_alone_and_constants_have_no_correlation() -> None:
    values = np.array([1.0, 4.0, 2.0, 9.0])
    found = intraclass_correlation(np.column_stack([values, values + 5.0]))
    assert found.consistency == pytest.approx(1.0)
    assert found.absolute < 0.7
    assert math.isnan(intraclass_correlation([[1.0, 1.0], [1.0, 1.0]]).absolute)
    with pytest.raises(MedsegError, match="two subjects and two readers"):
        intraclass_correlation([[1.0, 2.0]])


@pytest.mark.parametrize("value", [1 / 3, 0.1, 1e9 / 7, 1e-9])
@pytest.mark.parametrize("shape", [(10, 3), (3, 3), (7, 2), (200, 5)])
def test_no_correlation_is_made_of_rounding(value: float, shape: tuple[int, int]) -> None:
    alike = intraclass_correlation(np.full(shape, value))
    assert math.isnan(alike.absolute)
    assert math.isnan(alike.consistency)
    offsets = intraclass_correlation(value * np.ones(shape) * np.arange(1, shape[1] + 1) / 3)
    assert offsets.absolute == 0.0
    assert math.isnan(offsets.consistency)
    small = value + 1e-6 * value * np.arange(shape[0])[:, None] * np.ones(shape)
    assert intraclass_correlation(small).absolute == pytest.approx(1.0)


def test_correlations_at_their_ends_have_the_intervals_that_follow() -> None:
    offsets_alone = intraclass_correlation([[0.0, 1.0, 2.0]] * 4)
    assert offsets_alone.absolute == 0.0
    assert math.isnan(offsets_alone.consistency)
    ends = (*offsets_alone.absolute_interval, *offsets_alone.consistency_interval)
    assert all(math.isnan(end) for end in ends)
    equal = intraclass_correlation([[1.0, 1.0], [2.0, 2.0]])
    assert (equal.absolute, equal.consistency) == (1.0, 1.0)
    assert equal.absolute_interval == equal.consistency_interval == (1.0, 1.0)


# Readers


def test_readers_are_compared_in_pairs_and_all_together() -> None:
    masks = readings(2, 3)
    found = compare_readers(segmentations(masks), tolerance_mm=(1.0, 2.0))
    assert list(found.pairs) == [
        ("reader 0", "reader 1"),
        ("reader 0", "reader 2"),
        ("reader 1", "reader 2"),
    ]
    expected = compare_masks(masks["reader 0"], masks["reader 2"], GRID, tolerance_mm=(1.0, 2.0))
    assert found.pairs["reader 0", "reader 2"] == expected
    assert found.fleiss_kappa == fleiss_kappa_of(Votes.of(masks))
    assert [one.value for one in found.measurements()] == [
        found.generalised_dice,
        found.fleiss_kappa,
    ]
    consensus = found.consensus_segmentation("staple")
    np.testing.assert_array_equal(consensus.array, staple(Votes.of(masks)).mask)
    assert consensus.segments[0].label == "Consensus (staple)"


def test_a_label_that_one_reader_lacks_is_nothing_drawn_and_one_that_all_lack_is_refused() -> None:
    readers = segmentations(readings(2, 2))
    readers["late"] = Segmentation.empty(GRID, (Segment.new_lesion(1, "Other"),))
    found = compare_readers(readers, label="Nodule")
    assert found.absent == ("late",)
    assert found.pairs["reader 0", "late"].dice == 0.0
    assert found.pairs["reader 0", "late"].hd95_mm == math.inf
    with pytest.raises(MedsegError, match=r"none has 'Mass'. They have Nodule, Other"):
        compare_readers(readers, label="Mass")


def test_one_reader_alone_other_grids_and_too_many_are_refused() -> None:
    readers = segmentations(readings(2, 2))
    alone = {"reader 0": readers["reader 0"]}
    for compare in (compare_readers, paired_values):
        with pytest.raises(MedsegError, match="two at least; found 1"):
            compare(alone)
        with pytest.raises(MedsegError, match="found 0"):
            compare({})
        with pytest.raises(GeometryError, match="mm apart"):
            compare(readers | {"elsewhere": two_lesions()})
    mask = np.zeros((1, 1, 1), np.uint8)
    with pytest.raises(MedsegError, match="2 to 16"):
        Votes.of({str(reader): mask for reader in range(17)})
    with pytest.raises(GeometryError, match=r"\(1, 1, 1\) of a and \(2, 1, 1\) of b"):
        Votes.of({"a": mask, "b": np.zeros((2, 1, 1), np.uint8)})
    for odd in (np.full((1, 1, 1), np.nan), np.array([[["yes"]]])):
        with pytest.raises(MedsegError, match="that of b holds NaN, or is no array"):
            Votes.of({"a": mask, "b": odd})
    with pytest.raises(GeometryError, match="slice, row, column"):
        Votes.of({"a": mask[0], "b": mask[0]})


def test_lesions_are_paired_by_label_and_the_others_are_named() -> None:
    grid = oblique_geometry()
    first = two_lesions(grid)
    array = first.array.copy()
    array[4, 6, 8] = 0
    array[1, 2, 3] = 0
    second = Segmentation(array, grid, first.segments)
    found = paired_values({"first": first, "second": second}, "volume")
    assert (found.labels, found.left_out, found.unit) == (("Nodule",), ("Speck",), "ml")
    voxel_ml = grid.voxel_volume_mm3 / 1000
    np.testing.assert_allclose(found.values, [[36 * voxel_ml, 35 * voxel_ml]])
    means = paired_values({"a": first, "b": first}, "mean", volume=ramp_volume(grid))
    assert means.values.shape == (2, 2)
    assert means.unit == "HU"


def test_a_pairing_that_has_no_meaning_is_refused() -> None:
    both = {"a": two_lesions(), "b": two_lesions()}
    with pytest.raises(MedsegError, match="found 'beauty'"):
        paired_values(both, "beauty")
    with pytest.raises(MedsegError, match="does not allow"):
        paired_values(both, "mean")


def test_a_label_that_a_reader_has_twice_pairs_nothing_and_is_named() -> None:
    same = (Segment.unnamed(1, "Nodule"), Segment.unnamed(2, "Nodule"))
    twice = Segmentation(two_lesions().array.copy(), two_lesions().geometry, same)
    found = paired_values({"a": two_lesions(), "b": twice})
    assert (found.labels, found.left_out) == ((), ("Nodule", "Speck"))
    assert found.values.shape == (0, 2)


@pytest.mark.parametrize(
    ("ratings", "weights"), [([], None), ([2, 2], None), ([[3, -1]], None), ([[2, 0]], [0.0])]
)
def test_a_kappa_of_no_counts_is_refused(ratings: ArrayLike, weights: ArrayLike | None) -> None:
    with pytest.raises(MedsegError, match="of counts of 0 or more"):
        fleiss_kappa(ratings, weights)
