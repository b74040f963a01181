"""What changed between a mask that was signed and the one at hand, segment by segment."""

from __future__ import annotations

from collections import Counter

from medseg.errors import SignoffError
from medseg.model import Finding, Place, Segmentation, slices_in_words
from medseg.signoff.digest import MaskDigest, digest_placed
from medseg.signoff.placement import match_placement
from medseg.signoff.provenance import provenance_digest
from medseg.signoff.record import Record
from medseg.signoff.sides import Side, Sides, found_sides, is_bare, signed_sides
from medseg.signoff.texts import text_findings


def compare_mask(record: Record, segmentation: Segmentation) -> list[Finding]:
    """What differs from the signed mask; only notes and warnings if it is still that mask.

    Errors are TAMPERED_GEOMETRY, TAMPERED_LABEL_SCHEMA and TAMPERED_VOXELS. Segments that
    were signed as empty and are no longer listed, and all meanings of a mask that lost its
    sidecar, are taken from the record with the warning MEANING_FROM_RECORD. A changed name is
    the warning LABEL_TEXT_DIFFERS, or the error TAMPERED_LABEL_SCHEMA if it is now another's.
    """
    body = record.predicate["maskBody"]
    shape = tuple(body["geometry"]["shape"])
    match = match_placement(segmentation.geometry, body["geometry"])
    if not match.fits:
        return [_geometry_finding(match.displacement_mm, match.tolerance_mm, shape, segmentation)]
    try:
        found = digest_placed(segmentation, match.orientation, body["geometry"])
    except SignoffError as error:
        return [Finding("TAMPERED_LABEL_SCHEMA", "error", f"The mask cannot be signed so. {error}")]
    signed, at_hand = signed_sides(record), found_sides(found)
    differences = _differences(signed, at_hand, found)
    if not differences and found.body != body:
        text = "The signed body says more about the mask than this version of medseg understands."
        return [Finding("UNSUPPORTED_VERSION", "undecided", text)]
    if any(finding.severity == "error" for finding in differences):
        return differences
    texts = text_findings(_same_segments(signed, at_hand), signed.values())
    told = provenance_digest(segmentation, match.orientation)
    was_told = is_bare(found.segments) and bool(differences)
    return differences + texts + _provenance_findings(record, told, was_told=was_told)


def _differences(signed: Sides, found: Sides, mask: MaskDigest) -> list[Finding]:
    if is_bare(mask.segments) and not signed.keys() <= found.keys():
        return _bare_differences(signed, found, mask)
    return _schema_differences(signed, found) + _voxel_differences(signed, found, mask)


def _same_segments(signed: Sides, found: Sides) -> list[tuple[Side, Side]]:
    """Pairs of equal keys; without such, of equal voxels, where the mask has a name for them."""
    named = {one.root: one for one in found.values() if one.has_name and not one.is_empty}
    pairs = [(side, found.get(key, named.get(side.root))) for key, side in signed.items()]
    return [(side, other) for side, other in pairs if other is not None]


def _geometry_finding(
    displacement_mm: float, tolerance_mm: float, shape: tuple[int, ...], observed: Segmentation
) -> Finding:
    found = f"it is {displacement_mm:.4g} mm off"
    if sorted(shape) != sorted(observed.geometry.shape):
        found = f"that has {shape} voxels, this one {observed.geometry.shape}"
    text = (
        f"The mask stands on the grid that was signed, within {tolerance_mm:.4g} mm; {found}. "
        "It was moved or resampled after signing."
    )
    return Finding("TAMPERED_GEOMETRY", "error", text)


def _bare_differences(signed: Sides, found: Sides, mask: MaskDigest) -> list[Finding]:
    """A mask without meanings of its own is matched to the record by its segments' roots."""
    wanted = [side for side in signed.values() if not side.is_empty]
    at_hand = [side for side in found.values() if not side.is_empty]
    if Counter(side.root for side in wanted) == Counter(side.root for side in at_hand):
        text = "The mask lost the meanings of its labels; all voxels match, and the record names "
        return [Finding("MEANING_FROM_RECORD", "warning", text + _named(signed) + ".")]
    findings = []
    for side in sorted(wanted, key=lambda one: all(one.root != other.root for other in at_hand)):
        partner = max(at_hand, key=lambda other: _likeness(side, other), default=None)
        if partner is not None:
            at_hand.remove(partner)
        if partner is None or partner.root != side.root:
            findings.append(_voxels_finding(side, partner, mask))
    return findings + [_voxels_finding(None, side, mask) for side in at_hand]


def _likeness(side: Side, other: Side) -> tuple[bool, int, int]:
    equal = sum(other.marks.get(index) == mark for index, mark in side.marks.items())
    return side.root == other.root, equal, len(side.marks.keys() & other.marks.keys())


def _schema_differences(signed: Sides, found: Sides) -> list[Finding]:
    missing = {key: side for key, side in signed.items() if key not in found}
    extra = {key: side for key, side in found.items() if key not in signed}
    findings = []
    for key, side in missing.items():
        renamed = next((one for one, other in extra.items() if other.root == side.root), None)
        if renamed is not None:
            now = extra.pop(renamed).coded
            text = f"{side.label} was signed as {side.coded}; the mask now has it as {now}."
        elif side.is_empty:
            findings.append(_empty_finding(key, side))
            continue
        else:
            text = f"{side.label} ({side.coded}) was signed; the mask has no such segment."
        findings.append(_schema_finding(text, side.label))
    for side in extra.values():
        text = f"{side.label} ({side.coded}) is in the mask; it was not signed."
        findings.append(_schema_finding(text, side.label))
    return findings


def _schema_finding(text: str, label: str) -> Finding:
    return Finding("TAMPERED_LABEL_SCHEMA", "error", text, Place(segment=label))


def _empty_finding(key: bytes, side: Side) -> Finding:
    text = "The mask no longer lists what was signed as empty; the record names "
    place = Place(segment=side.label)
    return Finding("MEANING_FROM_RECORD", "warning", text + _named({key: side}) + ".", place)


def _voxel_differences(signed: Sides, found: Sides, mask: MaskDigest) -> list[Finding]:
    findings = []
    owners = {side.root: side for side in signed.values() if not side.is_empty}
    for key, side in signed.items():
        other = found.get(key)
        if other is None or other.root == side.root:
            continue
        if other.root in owners:
            owner = owners[other.root].label
            text = f"{side.label} now has the voxels that were signed as {owner}."
            findings.append(_schema_finding(text, side.label))
        else:
            findings.append(_voxels_finding(side, other, mask))
    return findings


def _voxels_finding(side: Side | None, other: Side | None, mask: MaskDigest) -> Finding:
    before = side.marks if side else {}
    now = other.marks if other else {}
    changed = [
        index for index in sorted(before.keys() | now.keys()) if before.get(index) != now.get(index)
    ]
    label = side.label if side else other.label if other else ""
    slices, where = _native(changed, mask)
    verb = "changed after signing" if side else "were added after signing"
    text = f"The voxels of {label} {verb}{where}."
    return Finding("TAMPERED_VOXELS", "error", text, Place(segment=label, slices=slices))


def _native(changed: list[int], mask: MaskDigest) -> tuple[tuple[int, ...], str]:
    """The changed slices as the file counts them, if its slices are those that were hashed."""
    if not changed:
        return (), ""
    if mask.orientation.axes[0] != 0:
        return (), (
            f" in {len(changed)} planes across the file's own slices, {changed[0]} to "
            f"{changed[-1]} counted along the body as signed"
        )
    last = mask.body["geometry"]["shape"][0] - 1
    slices = sorted(last - one for one in changed) if mask.orientation.flips[0] else changed
    return tuple(slices), f" in {slices_in_words(slices)}"


def _provenance_findings(record: Record, told: str | None, *, was_told: bool) -> list[Finding]:
    """What to say where the provenance is not the signed one; the voxels stand anyhow.

    To strip it is no quieter than to alter it: both are warnings, unless `was_told` says that
    the loss of the whole sidecar is one already.
    """
    if told == record.predicate["provenanceDigest"]:
        return []
    if told is None:
        text = "How each slice came to be was signed too; the mask does not tell it any more."
        return [Finding("PROVENANCE_ABSENT", "note" if was_told else "warning", text)]
    text = "How each slice came to be is told otherwise than it was signed; the voxels are not."
    return [Finding("PROVENANCE_DIFFERS", "warning", text)]


def _named(sides: Sides) -> str:
    names = [f"{side.label} ({side.coded})" for side in sides.values()]
    return "; ".join(names) or "no segment"
