from __future__ import annotations

import base64
import importlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from medseg.model import (
    ORIENTATIONS,
    Code,
    Geometry,
    Orientation,
    Origin,
    Segment,
    Segmentation,
    SliceOrigin,
    Verification,
)
from medseg.signoff import Claim, judge, open_envelope, seal
from medseg.signoff.canonical import canonical
from medseg.signoff.digest import body_digest
from medseg.signoff.verify import Exhibits, judge_exhibits
from tests.phantoms import oblique_geometry, ramp_volume
from tests.signoff.cases import (
    SignedCase,
    codes,
    envelope_line,
    key_of,
    renumbered,
    three_lesions,
    turned,
    with_array,
    with_geometry,
)


@pytest.fixture(scope="module")
def case() -> SignedCase:
    return SignedCase.make()


def finding(verification: Verification, code: str) -> Any:
    (found,) = [one for one in verification.verdicts if one.code == code]
    return found


def edited(case: SignedCase, *changes: tuple[tuple[int, int, int], int]) -> Segmentation:
    array = case.segmentation.array.copy()
    for index, label in changes:
        array[index] = label
    return with_array(case.segmentation, array)


def with_segments(segmentation: Segmentation, *segments: Segment) -> Segmentation:
    return Segmentation(segmentation.array, segmentation.geometry, segments)


def bare(segmentation: Segmentation) -> Segmentation:
    """As read from a file that lost its sidecar."""
    numbers = sorted(set(np.unique(segmentation.array).tolist()) - {0})
    return with_segments(segmentation, *(Segment.unnamed(number) for number in numbers))


def following(case: SignedCase, claim: Claim, lines: bytes | None = None, seed: int = 1) -> bytes:
    """The lines with one more record that names them all."""
    lines = case.lines if lines is None else lines
    before = tuple(open_envelope(line).digest for line in lines.splitlines())
    claim = replace(claim, previous=before, case_version=len(before) + 1)
    return lines + envelope_line(case.segmentation, case.volume, key_of(seed), claim)


def test_what_was_signed_is_valid(case: SignedCase):
    verification = case.judged()
    assert codes(verification) == ["VALID"]
    assert verification.exit_code == 0
    text = finding(verification, "VALID").text
    assert "Ada Reader" in text
    assert "pixels" in text
    assert "written anew" in text
    same = judge(
        case.lines,
        case.segmentation,
        case.volume,
        file_sha256="ab" * 32,
        trust=case.key.keyid.upper(),
    )
    assert "as it was signed" in finding(same, "VALID").text


def test_without_a_sign_off_nothing_is_decided(case: SignedCase):
    for lines in (b"", b"\n\n"):
        verification = case.judged(lines=lines)
        assert codes(verification) == ["NOT_SIGNED"]
        assert verification.exit_code == 12


@pytest.mark.parametrize("decision", ["approve", "approve-with-edits", "adjudicate", "lock"])
def test_a_yes_in_each_form_is_valid(case: SignedCase, decision: str):
    lines = envelope_line(case.segmentation, case.volume, case.key, Claim(decision=decision))
    assert case.judged(lines=lines).exit_code == 0


def test_an_unknown_signer_is_undecided_and_told_how_to_trust(case: SignedCase):
    verification = judge(case.lines, case.segmentation, case.volume, trust=["ab" * 32])
    assert codes(verification) == ["SIGNER_NOT_ESTABLISHED"]
    assert verification.exit_code == 12
    assert f"--trust {case.key.keyid}" in verification.verdicts[0].text


def test_a_missing_part_is_undecided(case: SignedCase):
    for part, code in (("volume", "IMAGE_ABSENT"), ("segmentation", "MASK_ABSENT")):
        verification = case.judged(**{part: None})
        assert codes(verification) == [code]
        assert verification.exit_code == 12


def test_a_tampered_mask_is_invalid_even_if_the_image_is_absent(case: SignedCase):
    verification = case.judged(volume=None, segmentation=edited(case, ((2, 3, 4), 0)))
    assert codes(verification) == ["IMAGE_ABSENT", "TAMPERED_VOXELS"]
    assert verification.exit_code == 11


def test_another_image_is_the_wrong_one(case: SignedCase):
    voxels = case.volume.voxels.copy()
    voxels[5, 7, 9] += 1
    verification = case.judged(volume=replace(case.volume, voxels=voxels))
    assert codes(verification) == ["WRONG_IMAGE"]
    assert verification.exit_code == 11


def test_the_same_values_otherwise_stored_match_by_modality(case: SignedCase):
    source = replace(case.volume.source, rescale=((1.0, -1024.0),))
    verification = case.judged(volume=replace(case.volume, source=source))
    assert verification.exit_code == 0
    assert "modality" in finding(verification, "VALID").text


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


def test_an_image_is_hashed_once_for_many_records(
    case: SignedCase, monkeypatch: pytest.MonkeyPatch
):
    room = importlib.import_module("medseg.signoff.image_identity")  # not the function of it
    hashed: list[str] = []
    digest = room._digest
    monkeypatch.setattr(
        room, "_digest", lambda rung, *rest: hashed.append(rung) or digest(rung, *rest)
    )
    claims = [Claim(role=f"reader {number}") for number in range(4)]
    lines = [envelope_line(case.segmentation, case.volume, case.key, claim) for claim in claims]
    hashed.clear()
    assert codes(case.judged(lines=b"".join(lines))) == ["VALID"] * 4
    assert hashed == ["pixels"]
    hashed.clear()
    other = replace(case.volume, voxels=case.volume.voxels + np.int16(1))
    assert codes(case.judged(lines=b"".join(lines), volume=other)) == ["WRONG_IMAGE"] * 4
    assert hashed == ["pixels", "modality"]


def test_a_bare_mask_takes_its_meanings_from_the_record(case: SignedCase):
    for numbers in ({1: 1, 2: 2, 3: 3}, {1: 7, 2: 200, 3: 4}):
        lost = bare(renumbered(case.segmentation, numbers))
        verification = case.judged(segmentation=lost)
        assert codes(verification) == ["MEANING_FROM_RECORD", "VALID"]
        assert verification.exit_code == 10
        assert "Nodule" in verification.verdicts[0].text


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


def test_the_newest_record_decides(case: SignedCase):
    lines = following(case, Claim(decision="reject", reason="a lesion is missing"))
    rejected = case.judged(lines=lines)
    assert codes(rejected) == ["SUPERSEDED", "REJECTED"]
    assert rejected.exit_code == 11
    assert "a lesion is missing" in finding(rejected, "REJECTED").text
    again = case.judged(lines=following(case, Claim(), lines))
    assert codes(again) == ["SUPERSEDED", "SUPERSEDED", "VALID"]
    assert again.exit_code == 0


def test_the_order_of_lines_decides_nothing(case: SignedCase):
    lines = following(case, Claim(decision="reject", reason="no"))
    first, second = lines.splitlines(keepends=True)
    assert codes(case.judged(lines=second + first)) == ["SUPERSEDED", "REJECTED"]
    assert codes(case.judged(lines=first + second + first)) == ["SUPERSEDED", "REJECTED"]


def test_two_records_that_do_not_name_each_other_both_count(case: SignedCase):
    claim = Claim(decision="reject", reason="no")
    other = envelope_line(case.segmentation, case.volume, case.key, claim)
    verification = case.judged(lines=case.lines + other)
    assert sorted(codes(verification)) == ["REJECTED", "VALID"]
    assert verification.exit_code == 11


def test_an_unlocked_mask_holds_no_approval(case: SignedCase):
    lines = following(case, Claim(decision="unlock", reason="a late finding"))
    verification = case.judged(lines=lines)
    assert codes(verification) == ["SUPERSEDED", "UNLOCKED"]
    assert verification.exit_code == 12


def test_an_unknown_signer_cannot_make_a_no_a_yes(case: SignedCase):
    lines = following(case, Claim(decision="reject", reason="no"))
    forged = following(case, Claim(), lines, seed=66)
    assert case.judged(lines=forged).exit_code == 12
    assert "VALID" not in codes(case.judged(lines=forged))


def test_a_cut_history_is_told(case: SignedCase):
    lines = following(case, Claim())
    last = lines.splitlines(keepends=True)[-1]
    verification = case.judged(lines=last)
    assert codes(verification) == ["HISTORY_INCOMPLETE", "VALID"]
    assert verification.exit_code == 10


def test_an_unsound_line_beside_a_sound_one_is_an_error(case: SignedCase):
    verification = case.judged(lines=case.lines + b'{"payload":1}\n')
    assert codes(verification) == ["MALFORMED", "VALID"]
    assert verification.exit_code == 11
    assert verification.verdicts[0].text.startswith("Sign-off 2:")


def test_a_record_of_a_later_version_is_undecided(case: SignedCase):
    envelope = json.loads(case.lines)
    envelope["payloadType"] = "application/vnd.later+json"
    verification = case.judged(lines=json.dumps(envelope).encode())
    assert codes(verification) == ["UNSUPPORTED_VERSION"]
    assert verification.exit_code == 12


def test_a_flood_of_lines_is_refused(case: SignedCase):
    assert codes(case.judged(lines=b"{}\n" * 1001)) == ["MALFORMED"]


def test_wrong_clocks_are_told():
    mask = three_lesions()
    volume, key = ramp_volume(), key_of()
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)

    def at(minutes: float, lines: bytes = b"") -> bytes:
        before = tuple(open_envelope(line).digest for line in lines.splitlines())
        moment = (now + timedelta(minutes=minutes)).isoformat()
        claim = Claim(previous=before)
        return lines + envelope_line(mask, volume, key, claim, signed_at=moment)

    def judged(lines: bytes) -> list[str]:
        exhibits = Exhibits(mask, volume, None, frozenset({key.keyid}), now)
        return codes(judge_exhibits(lines, exhibits))

    assert judged(at(1)) == ["VALID"]
    assert judged(at(5)) == ["CLOCK_SUSPECT", "VALID"]
    assert judged(at(-60, at(-30))) == ["SUPERSEDED", "CLOCK_SUSPECT", "VALID"]
    assert judged(at(-30, at(-60))) == ["SUPERSEDED", "VALID"]


@pytest.fixture
def drawn() -> Callable[[str, str], Segmentation]:
    def make(tool: str, author: str) -> Segmentation:
        mask = three_lesions()
        origin = SliceOrigin(Origin.DRAWN, author, "2026-01-01T00:00:00+00:00", tool)
        return Segmentation(mask.array, mask.geometry, mask.segments, {(1, 2): origin})

    return make


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


def test_the_thickness_of_a_single_slice_is_part_of_the_grid():
    case = SignedCase.make(Segmentation.empty(Geometry.from_spacing((1, 8, 10), (5.0, 1.0, 1.0))))
    thin = Segmentation.empty(Geometry.from_spacing((1, 8, 10), (1.0, 1.0, 1.0)))
    assert codes(case.judged(segmentation=thin)) == ["TAMPERED_GEOMETRY"]


def resealed(case: SignedCase, change: Callable[[dict[str, Any]], None]) -> bytes:
    """The statement changed, and honestly signed by the same key."""
    statement = json.loads(base64.b64decode(json.loads(case.lines)["payload"]))
    change(statement["predicate"])
    body = statement["predicate"]["maskBody"]
    statement["subject"][0]["digest"]["medsegMaskV1"] = body_digest(body)
    return canonical(seal(statement, case.key))


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


def test_no_line_makes_it_raise(case: SignedCase):
    envelope = json.loads(case.lines)
    payload = base64.b64decode(envelope["payload"])
    hostile = [
        b"\x00",
        b"[" * 50_000,
        b'{"payload":"","payloadType":"application/vnd.in-toto+json","signatures":[]}',
        json.dumps({**envelope, "payload": base64.b64encode(payload[:-1]).decode()}).encode(),
        json.dumps({**envelope, "payload": base64.b64encode(b"[]").decode()}).encode(),
        json.dumps({**envelope, "signatures": [{"keyid": "é", "sig": "é"}]}).encode(),
        case.lines.replace(b"\n", b"\r"),
    ]
    for line in hostile:
        verification = case.judged(lines=line)
        assert verification.verdicts
        assert bool(verification) == (line.startswith(b'{"payload":"ey') and line.endswith(b"\r"))
