"""What stands in a path before anything is decoded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medseg.model.finding import Finding


@dataclass(frozen=True)
class SeriesInfo:
    """One 3D volume that a path holds, or something in it that is no readable volume.

    Args:
        id: what `read_volume(series=)` takes: a series UID (with a suffix where one series
            holds several volumes), or a file's name.
        description: in words, for a list.
        modality: DICOM's code, as "CT"; empty where the file names none.
        shape: (slice, row, column); None for what is no image volume.
        spacing_mm: (slice, row, column), None where unknown.
        path: the file, or the folder of the files.
        file_count: how many files it is made of.
        reason: why it cannot be read, or was skipped; None if it can be read.
        findings: what is worth saying about its geometry.
    """

    id: str
    description: str
    shape: tuple[int, int, int] | None
    path: Path
    modality: str = ""
    spacing_mm: tuple[float, float, float] | None = None
    file_count: int = 1
    reason: str | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def is_readable(self) -> bool:
        """Whether `read_volume` will take it."""
        return self.reason is None

    def to_json(self) -> dict[str, Any]:
        """The series as plain JSON values."""
        return {
            "id": self.id,
            "description": self.description,
            "modality": self.modality,
            "shape": list(self.shape) if self.shape else None,
            "spacing_mm": list(self.spacing_mm) if self.spacing_mm else None,
            "path": str(self.path),
            "file_count": self.file_count,
            "reason": self.reason,
            "findings": [finding.to_json() for finding in self.findings],
        }
