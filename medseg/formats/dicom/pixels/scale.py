"""Slope and intercept of each slice of a stack, or why they cannot be trusted.

Reference:
    DICOM PS3.3 C.11.1 (Modality LUT).
"""

from __future__ import annotations

from collections.abc import Sequence

from medseg.errors import FormatError
from medseg.formats.dicom.header.slice_header import SliceHeader
from medseg.model import Finding, Place


def slopes_and_intercepts(
    headers: Sequence[SliceHeader],
) -> tuple[list[tuple[float, float]], list[Finding]]:
    """(slope, intercept) per slice, and a finding where a slope of zero was taken for one.

    Raises:
        FormatError: one is no finite number, or some slices name none while the others name one
            that is not the default.
    """
    _check_all_or_none(headers)
    pairs, zero = [], []
    for index, header in enumerate(headers):
        slope, intercept = header.rescale
        if slope is None or intercept is None:
            raise FormatError(
                f"Values are scaled by finite numbers; {header.path.name} gives a damaged Rescale "
                "Slope or Intercept. Export it again."
            )
        if slope == 0:
            zero.append(index)
        pairs.append((slope or 1.0, intercept))
    if not zero:
        return pairs, []
    text = (
        f"{len(zero)} slice(s), as {headers[zero[0]].path.name}, have a Rescale Slope of 0, which "
        "would make every voxel equal; 1 was taken."
    )
    return pairs, [Finding("SLOPE_ZERO", "warning", text, Place(slices=tuple(zero)))]


def _check_all_or_none(headers: Sequence[SliceHeader]) -> None:
    """Refuse a stack of which a part may have lost its scale on the way here."""
    for part, name in enumerate(("Rescale Slope", "Rescale Intercept")):
        default = (1.0, 0.0)[part]
        without = [header for header in headers if not header.names_rescale[part]]
        scaled = [header for header in headers if header.rescale[part] not in (default, None)]
        if without and scaled:
            raise FormatError(
                f"All slices of a volume name their scale or none does; {without[0].path.name} "
                f"({len(without)} of {len(headers)} slices) has no {name}, and "
                f"{scaled[0].path.name} has {scaled[0].rescale[part]:g}. Export the series again."
            )
