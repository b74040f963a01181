from __future__ import annotations

from collections.abc import Callable

import pytest

from medseg.model import (
    Orientation,
    Origin,
    Segment,
    Segmentation,
    SliceOrigin,
)
from tests.phantoms import oblique_geometry
from tests.signoff.cases import (
    SignedCase,
    codes,
    renumbered,
    three_lesions,
    turned,
)
from tests.signoff.verdicts.held import bare, edited, finding, with_segments


@pytest.fixture(scope="module")
def case() -> SignedCase:
    return SignedCase.make()


@pytest.fixture
def drawn() -> Callable[[str, str], Segmentation]:
    def make(tool: str, author: str) -> Segmentation:
        mask = three_lesions()
        origin = SliceOrigin(Origin.DRAWN, author, "2026-01-01T00:00:00+00:00", tool)
        return Segmentation(mask.array, mask.geometry, mask.segments, {(1, 2): origin})

    return make


def test_a_bare_mask_takes_its_meanings_from_the_record(case: SignedCase):
    for numbers in ({1: 1, 2: 2, 3: 3}, {1: 7, 2: 200, 3: 4}):
        lost = bare(renumbered(case.segmentation, numbers))
        verification = case.judged(segmentation=lost)
        assert codes(verification) == ["MEANING_FROM_RECORD", "VALID"]
        assert verification.exit_code == 10
        assert "Nodule" in verification.verdicts[0].text


def test_names_of_a_bare_mask_are_compared_too(case: SignedCase):
    def named(*labels: str) -> Segmentation:
        pairs = enumerate(labels, start=1)
        return with_segments(case.segmentation, *(Segment.unnamed(n, label) for n, label in pairs))

    same = case.judged(segmentation=named("Nodule", "Speck", "Cyst"))
    assert codes(same) == ["MEANING_FROM_RECORD", "VALID"]
    other = case.judged(segmentation=named("Nodule", "Dot", "Cyst"))
    assert codes(other) == ["MEANING_FROM_RECORD", "LABEL_TEXT_DIFFERS", "VALID"]
    swapped = case.judged(segmentation=named("Cyst", "Speck", "Nodule"))
    assert codes(swapped).count("TAMPERED_LABEL_SCHEMA") == 2
    assert swapped.exit_code == 11


def test_a_changed_bare_mask_names_segment_and_slice(case: SignedCase):
    changed = bare(edited(case, ((2, 3, 4), 0)))
    verdict = finding(case.judged(segmentation=changed), "TAMPERED_VOXELS")
    assert verdict.where.segment == "Nodule"
    assert verdict.where.slices == (2,)
    erased = bare(edited(case, ((4, 6, 8), 0)))
    verdict = finding(case.judged(segmentation=erased), "TAMPERED_VOXELS")
    assert verdict.where.segment == "Speck"
    more = edited(case)
    grown = more.array.copy()
    grown[5, 0, 0] = 9
    added = bare(Segmentation(grown, more.geometry, (*more.segments, Segment.unnamed(9))))
    verdict = finding(case.judged(segmentation=added), "TAMPERED_VOXELS")
    assert verdict.where.slices == (5,)
    assert "added" in verdict.text


def test_none_found_survives_and_is_not_forged():
    grid = oblique_geometry()
    listed = Segmentation.empty(grid, (Segment(1, "Metastasis", "2.25.7"),))
    case = SignedCase.make(listed)
    assert codes(case.judged()) == ["VALID"]
    lost = case.judged(segmentation=Segmentation.empty(grid))
    assert codes(lost) == ["MEANING_FROM_RECORD", "VALID"]
    assert "Metastasis" in lost.verdicts[0].text
    other = Segmentation.empty(grid, (Segment(1, "Cyst", "2.25.8"),))
    assert case.judged(segmentation=other).exit_code == 11
    nothing = SignedCase.make(Segmentation.empty(grid))
    assert codes(nothing.judged()) == ["VALID"]
    assert codes(nothing.judged(segmentation=listed)) == ["TAMPERED_LABEL_SCHEMA"]


def test_an_empty_segment_that_a_format_dropped():
    mask = three_lesions()
    more = Segmentation(mask.array, mask.geometry, (*mask.segments, Segment(4, "Rib", "2.25.4")))
    case = SignedCase.make(more)
    verification = case.judged(segmentation=mask)
    assert codes(verification) == ["MEANING_FROM_RECORD", "VALID"]
    assert verification.verdicts[0].where.segment == "Rib"


def test_provenance_that_differs_or_is_stripped_is_a_warning(
    drawn: Callable[[str, str], Segmentation],
):
    case = SignedCase.make(drawn("outline", "Ada"))
    assert codes(case.judged()) == ["VALID"]
    other = case.judged(segmentation=drawn("outline", "Eve"))
    assert codes(other) == ["PROVENANCE_DIFFERS", "VALID"]
    assert other.exit_code == 10
    lost = case.judged(segmentation=three_lesions())
    assert codes(lost) == ["PROVENANCE_ABSENT", "VALID"]
    assert lost.exit_code == 10


def test_a_lost_sidecar_is_one_warning_and_not_two(drawn: Callable[[str, str], Segmentation]):
    verification = SignedCase.make(drawn("outline", "Ada")).judged(
        segmentation=bare(three_lesions())
    )
    found = [(one.code, one.severity) for one in verification.verdicts]
    assert found == [
        ("MEANING_FROM_RECORD", "warning"),
        ("PROVENANCE_ABSENT", "note"),
        ("VALID", "note"),
    ]


def test_provenance_of_segments_without_codes_is_not_stripped_quietly(
    drawn: Callable[[str, str], Segmentation],
):
    unnamed = bare(three_lesions())
    provenance = drawn("outline", "Ada").provenance
    signed = Segmentation(unnamed.array, unnamed.geometry, unnamed.segments, provenance)
    lost = SignedCase.make(signed).judged(segmentation=unnamed)
    assert codes(lost) == ["PROVENANCE_ABSENT", "VALID"]
    assert lost.exit_code == 10


def test_provenance_goes_with_the_slices(drawn: Callable[[str, str], Segmentation]):
    signed = drawn("outline", "Ada")
    case = SignedCase.make(signed)
    flipped = turned(signed, Orientation((0, 1, 2), (True, False, True)))
    moved = {(number, 5 - index): origin for (number, index), origin in signed.provenance.items()}
    stored = Segmentation(flipped.array, flipped.geometry, flipped.segments, moved)
    assert codes(case.judged(segmentation=stored)) == ["VALID"]
