"""A scalar image with its place in the patient, and what it was read from."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medseg.errors import GeometryError
from medseg.model.finding import Finding
from medseg.model.geometry import Geometry


@dataclass(frozen=True)
class Source:
    """What a volume was read from: enough to identify the image later without a second decode.

    Args:
        format: "dicom", "nifti", "nrrd" or "mha".
        path: the file or folder that was opened.
        series_id: `SeriesInfo.id` of what was read.
        files: names of the files relative to `path`, in slice order.
        instances: (SOP class UID, SOP instance UID) per slice; empty outside DICOM.
        stored_dtype: numpy name of the type in the file, as "int16".
        rescale: (slope, intercept) per slice, or one pair for all: value = slope * stored +
            intercept, so the stored values can be had back from the voxels.
    """

    format: str
    path: Path
    series_id: str
    files: tuple[str, ...] = ()
    instances: tuple[tuple[str, str], ...] = ()
    stored_dtype: str = ""
    rescale: tuple[tuple[float, float], ...] = ((1.0, 0.0),)

    def one_slice(self, index: int) -> Source:
        """What that slice alone was read from; all of a file that holds every slice."""
        if not self.instances:
            return self
        rescale = self.rescale if len(self.rescale) == 1 else (self.rescale[index],)
        return replace(
            self, files=(self.files[index],), instances=(self.instances[index],), rescale=rescale
        )


@dataclass(frozen=True)
class Window:
    """A grey-scale window: which values a screen spreads from black to white."""

    center: float
    width: float

    @property
    def limits(self) -> tuple[float, float]:
        """Values shown as black and as white."""
        return self.center - self.width / 2, self.center + self.width / 2


@dataclass(frozen=True, eq=False)
class Volume:
    """One 3D scalar image, read-only.

    Args:
        voxels: (slice, row, column), in the file's own order, never reoriented.
        geometry: where the grid stands; its shape equals the voxels'.
        unit: "HU", "SUVbw", "Bq/ml", or "1" where values have no unit.
        source: what it was read from.
        modality: DICOM's code, as "CT"; empty where the file names none.
        description: the series description, or the file's name.
        window: the window stored with the image, if any.
        report: what was found on reading: geometry, skipped files, choices made.

    Raises:
        GeometryError: voxels and geometry differ in shape.
    """

    voxels: NDArray[Any]
    geometry: Geometry
    unit: str
    source: Source
    modality: str = ""
    description: str = ""
    window: Window | None = None
    report: tuple[Finding, ...] = field(default=())

    def __post_init__(self) -> None:
        if self.voxels.shape != self.geometry.shape:
            raise GeometryError(
                f"A volume's voxels fill its grid; found voxels {self.voxels.shape} "
                f"on a grid of {self.geometry.shape}."
            )
        voxels = self.voxels.view()
        voxels.setflags(write=False)
        object.__setattr__(self, "voxels", voxels)

    @property
    def absent_slices(self) -> tuple[int, ...]:
        """Slices that the scanner's files lack and that hold filler; usually none."""
        places = (one.where.slices for one in self.report if one.code == "ABSENT_SLICES")
        return tuple(sorted(index for slices in places for index in slices))

    @property
    def display_window(self) -> Window:
        """The stored window; without one, the 1st to 99th percentile of a sample of the voxels."""
        if self.window is not None:
            return self.window
        step = max(1, self.voxels.size // 100_000)
        sample = self.voxels.reshape(-1)[::step]
        finite = sample[np.isfinite(sample)]
        low, high = np.percentile(finite, (1, 99)) if finite.size else (0.0, 1.0)
        return Window(float(low + high) / 2, max(float(high - low), 1e-6))
