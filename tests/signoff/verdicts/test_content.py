from __future__ import annotations

import base64
import json
from dataclasses import replace

import numpy as np
import pytest

from medseg.model import (
    ORIENTATIONS,
    Code,
    Geometry,
    Orientation,
    Segment,
    Segmentation,
)
from tests.phantoms import oblique_geometry
from tests.signoff.cases import (
    SignedCase,
    codes,
    renumbered,
    three_lesions,
    turned,
    with_geometry,
)
from tests.signoff.verdicts.held import edited, finding, resealed, with_segments


@pytest.fixture(scope="module")
def case() -> SignedCase:
    return SignedCase.make()


def test_a_tampered_mask_is_invalid_even_if_the_image_is_absent(case: SignedCase):
    verification = case.judged(volume=None, segmentation=edited(case, ((2, 3, 4), 0)))
    assert codes(verification) == ["IMAGE_ABSENT", "TAMPERED_VOXELS"]
    assert verification.exit_code == 11


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_a_benign_re_encoding_is_valid(case: SignedCase, orientation: Orientation):
    other = turned(renumbered(case.segmentation, {1: 900, 2: 3, 3: 65535}), orientation)
    stored = with_geometry(other, other.geometry.affine.astype(np.float32))
    assert codes(case.judged(segmentation=stored)) == ["VALID"]


@pytest.mark.parametrize("flip", [False, True])
def test_one_voxel_names_its_segment_and_the_files_own_slice(case: SignedCase, flip: bool):
    changed = edited(case, ((2, 3, 4), 0))
    orientation = Orientation((0, 2, 1), (flip, False, True))
    verdict = finding(case.judged(segmentation=turned(changed, orientation)), "TAMPERED_VOXELS")
    assert verdict.where.segment == "Nodule"
    assert verdict.where.slices == ((3,) if flip else (2,))


def test_slices_across_the_files_own_are_told_in_words(case: SignedCase):
    changed = turned(edited(case, ((2, 3, 4), 0)), Orientation((2, 0, 1), (False,) * 3))
    verdict = finding(case.judged(segmentation=changed), "TAMPERED_VOXELS")
    assert verdict.where.slices == ()
    assert "across the file's own slices" in verdict.text


def test_a_voxel_given_to_another_segment_names_both(case: SignedCase):
    verification = case.judged(segmentation=edited(case, ((2, 3, 4), 3)))
    assert {one.where.segment for one in verification.verdicts} == {"Nodule", "Cyst"}
    assert set(codes(verification)) == {"TAMPERED_VOXELS"}


def test_an_erased_segment_that_is_still_listed(case: SignedCase):
    verdict = finding(case.judged(segmentation=edited(case, ((4, 6, 8), 0))), "TAMPERED_VOXELS")
    assert verdict.where.segment == "Speck"
    assert verdict.where.slices == (4,)


def test_a_moved_grid_is_told_in_millimetres(case: SignedCase):
    affine = case.segmentation.geometry.affine.copy()
    affine[0, 3] += 0.5
    verification = case.judged(segmentation=with_geometry(case.segmentation, affine))
    assert codes(verification) == ["TAMPERED_GEOMETRY"]
    assert "0.5 mm off" in verification.verdicts[0].text
    assert verification.exit_code == 11


def test_another_shape_is_told_in_words(case: SignedCase):
    cropped = Segmentation.empty(oblique_geometry((6, 8, 9)))
    verification = case.judged(segmentation=cropped)
    assert codes(verification) == ["TAMPERED_GEOMETRY"]
    assert "(6, 8, 10)" in verification.verdicts[0].text


def test_a_changed_code_names_both_codes(case: SignedCase):
    first, *others = case.segmentation.segments
    malignant = replace(first, type=Code("367651003", "SCT", "Malignant neoplasm"))
    verification = case.judged(segmentation=with_segments(case.segmentation, malignant, *others))
    verdict = finding(verification, "TAMPERED_LABEL_SCHEMA")
    assert "52988006" in verdict.text
    assert "367651003" in verdict.text
    assert verification.exit_code == 11


def test_swapped_meanings_over_the_same_voxels(case: SignedCase):
    first, speck, cyst = case.segmentation.segments
    whole = (replace(first, number=3), speck, replace(cyst, number=1))
    kinds = (replace(first, type=cyst.type), speck, replace(cyst, type=first.type))
    for segments in (whole, kinds):
        verification = case.judged(segmentation=with_segments(case.segmentation, *segments))
        assert codes(verification) == ["TAMPERED_LABEL_SCHEMA"] * 2


def test_segments_added_and_removed(case: SignedCase):
    segments = case.segmentation.segments
    added = with_segments(case.segmentation, *segments, Segment(9, "New", "2.25.9"))
    verdict = finding(case.judged(segmentation=added), "TAMPERED_LABEL_SCHEMA")
    assert verdict.where.segment == "New"
    removed = with_segments(edited(case, ((4, 6, 8), 0)), segments[0], segments[2])
    verdict = finding(case.judged(segmentation=removed), "TAMPERED_LABEL_SCHEMA")
    assert verdict.where.segment == "Speck"


def test_two_segments_with_one_key_cannot_be_what_was_signed(case: SignedCase):
    first, second, third = case.segmentation.segments
    twin = replace(second, tracking_uid=first.tracking_uid)
    changed = with_segments(case.segmentation, first, twin, third)
    assert codes(case.judged(segmentation=changed)) == ["TAMPERED_LABEL_SCHEMA"]


def test_a_new_label_text_is_a_warning(case: SignedCase):
    first, *others = case.segmentation.segments
    renamed = with_segments(case.segmentation, replace(first, label="Nodule A"), *others)
    verification = case.judged(segmentation=renamed)
    assert codes(verification) == ["LABEL_TEXT_DIFFERS", "VALID"]
    assert verification.exit_code == 10
    assert "Nodule is called Nodule A" in verification.verdicts[0].text


@pytest.mark.parametrize("text", ["Cyst", " cYST ", "\uff23yst"])
def test_a_label_that_says_what_another_was_signed_as_is_an_error(case: SignedCase, text: str):
    first, speck, cyst = case.segmentation.segments
    swapped = (replace(first, label=text), speck, replace(cyst, label=first.label))
    verification = case.judged(segmentation=with_segments(case.segmentation, *swapped))
    assert codes(verification) == ["TAMPERED_LABEL_SCHEMA"] * 2
    assert verification.exit_code == 11
    copied = (replace(first, label=text), speck, cyst)
    verification = case.judged(segmentation=with_segments(case.segmentation, *copied))
    assert codes(verification) == ["TAMPERED_LABEL_SCHEMA"]


def test_equal_labels_that_were_signed_stay_valid_and_may_differ_in_case():
    mask = three_lesions()
    alike = [replace(one, label="Lesion") for one in mask.segments]
    case = SignedCase.make(with_segments(mask, *alike))
    assert codes(case.judged()) == ["VALID"]
    changed = with_segments(mask, replace(alike[0], label="lesion"), *alike[1:])
    assert codes(case.judged(segmentation=changed)) == ["LABEL_TEXT_DIFFERS", "VALID"]


@pytest.mark.parametrize("name", ["category", "type"])
def test_another_text_for_the_same_code_is_a_warning(case: SignedCase, name: str):
    first, *others = case.segmentation.segments
    code = replace(getattr(first, name), meaning="Normal tissue")
    changed = with_segments(case.segmentation, replace(first, **{name: code}), *others)
    verification = case.judged(segmentation=changed)
    assert codes(verification) == ["LABEL_TEXT_DIFFERS", "VALID"]
    assert verification.exit_code == 10
    assert "Normal tissue" in verification.verdicts[0].text


def test_another_codes_text_for_a_code_is_an_error(case: SignedCase):
    first, speck, cyst = case.segmentation.segments
    wrong = replace(first, type=replace(first.type, meaning=cyst.type.meaning))
    verification = case.judged(segmentation=with_segments(case.segmentation, wrong, speck, cyst))
    assert codes(verification) == ["TAMPERED_LABEL_SCHEMA"]


def test_the_thickness_of_a_single_slice_is_part_of_the_grid():
    case = SignedCase.make(Segmentation.empty(Geometry.from_spacing((1, 8, 10), (5.0, 1.0, 1.0))))
    thin = Segmentation.empty(Geometry.from_spacing((1, 8, 10), (1.0, 1.0, 1.0)))
    assert codes(case.judged(segmentation=thin)) == ["TAMPERED_GEOMETRY"]


def test_a_body_that_says_more_than_is_understood_is_undecided(case: SignedCase):
    lines = resealed(case, lambda said: said["maskBody"].update(confidence="high"))
    verification = case.judged(lines=lines)
    assert codes(verification) == ["UNSUPPORTED_VERSION"]
    assert verification.exit_code == 12


def test_marks_only_point_at_slices_and_decide_nothing(case: SignedCase):
    changed = edited(case, ((2, 3, 4), 0))
    other = json.loads(base64.b64decode(json.loads(SignedCase.make(changed).lines)["payload"]))
    lines = resealed(case, lambda said: said.update(leaves=other["predicate"]["leaves"]))
    verdict = finding(case.judged(lines=lines, segmentation=changed), "TAMPERED_VOXELS")
    assert verdict.where.segment == "Nodule"
    assert verdict.where.slices == ()
    assert codes(case.judged(lines=lines)) == ["VALID"]


def test_a_grid_at_the_end_of_all_measure_is_another_one(case: SignedCase):
    affine = case.segmentation.geometry.affine.copy()
    affine[:3, :3] *= 1e4
    affine[0, 3] = -9.9e8  # beyond, no geometry is made at all
    far = with_geometry(case.segmentation, affine)
    assert codes(case.judged(segmentation=far)) == ["TAMPERED_GEOMETRY"]
