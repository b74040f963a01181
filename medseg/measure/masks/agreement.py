"""What a comparison of two masks comes to, each number with its definition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from medseg.model import Measurement

Convention = Literal["surfel", "voxel_border"]

_UNITS = {
    "dice": "1",
    "iou": "1",
    "volume_a_ml": "ml",
    "volume_b_ml": "ml",
    "volume_difference_ml": "ml",
    "hd_mm": "mm",
    "hd95_mm": "mm",
    "asd_ab_mm": "mm",
    "asd_ba_mm": "mm",
    "assd_mm": "mm",
}
_DEFINITIONS = {
    "dice": "twice the voxels in both over the sum of both sizes",
    "iou": "voxels in both over voxels in either",
    "volume_a_ml": "voxels of the first mask times the volume of one, |det| of the affine",
    "volume_b_ml": "voxels of the second mask times the volume of one, |det| of the affine",
    "volume_difference_ml": "volume of the second mask less that of the first",
    "hd_mm": "largest distance from either surface to the other",
    "hd95_mm": "larger of the two directed 95th percentiles of distances",
    "asd_ab_mm": "mean distance from the first surface to the second",
    "asd_ba_mm": "mean distance from the second surface to the first",
    "assd_mm": "mean distance over both surfaces taken as one",
    "nsd": "part of both surfaces within {tolerance:g} mm of the other",
}
_SURFACES: dict[Convention, str] = {
    "surfel": "surface elements in cells between voxel centres, weighted by area (surfel)",
    "voxel_border": "voxels with a neighbour outside over a face, unweighted (voxel_border)",
}


@dataclass(frozen=True)
class Agreement:
    """How two masks agree, and by which convention their surfaces were taken.

    Ratios go from 0 (none) to 1 (identical). Both masks empty: ratios and distances are NaN. One
    empty: ratios are 0 and distances infinite. Volumes are real in both cases, and NaN for planes.

    Args:
        dice: twice the overlap over the sum of sizes.
        iou: overlap over union.
        volume_a_ml: volume of the first mask.
        volume_b_ml: volume of the second one.
        hd_mm: Hausdorff distance, the largest from either surface to the other.
        hd95_mm: the larger one of the two directions' 95th percentiles.
        asd_ab_mm: mean distance from the first surface to the second.
        asd_ba_mm: mean distance from the second surface to the first.
        assd_mm: mean distance over both surfaces taken as one.
        nsd: the part of both surfaces within the tolerance of the other; by tolerance in mm
            where several were asked for.
        convention: "surfel" or "voxel_border".
        tolerance_mm: that of `nsd`, or those.
    """

    dice: float
    iou: float
    volume_a_ml: float
    volume_b_ml: float
    hd_mm: float
    hd95_mm: float
    asd_ab_mm: float
    asd_ba_mm: float
    assd_mm: float
    nsd: float | dict[float, float]
    convention: Convention
    tolerance_mm: float | tuple[float, ...]

    @property
    def volume_difference_ml(self) -> float:
        """How much larger the second mask is than the first; negative where it is smaller."""
        return self.volume_b_ml - self.volume_a_ml

    def measurements(self) -> tuple[Measurement, ...]:
        """Every number with its unit and its definition, for tables; "nsd" by its tolerance."""
        rows = [
            Measurement(name, getattr(self, name), unit, _definition(name, self.convention))
            for name, unit in _UNITS.items()
        ]
        by_tolerance = self.nsd if isinstance(self.nsd, dict) else {self.tolerance_mm: self.nsd}
        for tolerance, value in by_tolerance.items():
            text = _definition("nsd", self.convention).format(tolerance=tolerance)
            rows.append(Measurement(f"nsd_{tolerance:g}mm", value, "1", text))
        return tuple(rows)


def _definition(name: str, convention: Convention) -> str:
    text = _DEFINITIONS[name]
    on_surfaces = _UNITS.get(name) == "mm" or name == "nsd"
    return f"{text}; {_SURFACES[convention]}" if on_surfaces else text
