"""The sentence of the house as an API: load, annotate, interpolate, measure, sign off, export.

Each method is a line or two to a room. The command line and the viewer only repeat it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Literal

from medseg import annotate, export, formats, interpolate, measure, project, report
from medseg.errors import EditError, SignoffError
from medseg.model import (
    Authorship,
    Change,
    Contour,
    Edit,
    Measurement,
    Segment,
    Segmentation,
    SegmentsEdit,
    Verification,
    Volume,
)
from medseg.signoff import SigningKey

Progress = Callable[[float, str], None]


class Session:
    """One reader at work on one image.

    Args:
        volume: the image.
        segmentation: the mask to go on with, on the image's grid; None starts an empty one.
        author: the reader, as they appear in the provenance.
        mask_path: where the segmentation was read from and is saved to, if anywhere yet.
    """

    def __init__(
        self,
        volume: Volume,
        segmentation: Segmentation | None = None,
        *,
        author: str,
        mask_path: Path | None = None,
    ) -> None:
        self.volume = volume
        self.segmentation = segmentation or Segmentation.empty(volume.geometry)
        self.author = author
        self.mask_path = mask_path
        self.history = annotate.History(self.segmentation)
        self._saved_state: Change | None = None

    @classmethod
    def open(
        cls,
        image: Path,
        *,
        author: str,
        series: str | int | None = None,
        mask: Path | None = None,
        progress: Progress | None = None,
    ) -> Session:
        """A session on the image at a path, going on with a mask if one is given.

        Raises:
            FormatError: what is there cannot be read right.
            GeometryError: the mask lies on another grid than the image.
        """
        volume = formats.read_volume(image, series=series, progress=progress)
        segmentation = formats.read_segmentation(mask, like=volume) if mask else None
        return cls(volume, segmentation, author=author, mask_path=mask)

    def new_lesion(self, label: str | None = None) -> Segment:
        """Add an empty lesion with a tracking UID of its own, and return it."""
        segments = self.segmentation.segments
        lesion = Segment.new_lesion(max(self.segmentation.numbers, default=0) + 1, label)
        self.history.do(SegmentsEdit(segments, (*segments, lesion), self._by("new lesion")))
        return lesion

    def draw(
        self,
        contours: Contour | Sequence[Contour],
        *,
        mode: Literal["add", "subtract", "replace"] = "add",
        active_seconds: float = 0.0,
    ) -> Edit:
        """Fill one segment's contours into the mask, and return the edit that did it.

        Raises:
            EditError: the contours are of several segments or off the grid.
            GeometryError: a contour does not lie in a slice.
        """
        outlines = (contours,) if isinstance(contours, Contour) else tuple(contours)
        by = self._by("outline", active_seconds)
        edit = annotate.outline_edit(self.segmentation, outlines, by, mode=mode)
        self.history.do(edit)
        return edit

    def fill_between(self, number: int) -> interpolate.FillResult:
        """Fill a segment between its key slices; the result says what was filled and skipped."""
        result = interpolate.fill_edit(self.segmentation, number, self._by("fill between slices"))
        if result.edit is not None:
            self.history.do(result.edit)
        return result

    def undo(self) -> Change | None:
        """Take the last change back, and return it; None if there is none."""
        return self.history.undo()

    def redo(self) -> Change | None:
        """Make the change last taken back again, and return it; None if there is none."""
        return self.history.redo()

    def measure(self, number: int) -> tuple[Measurement, ...]:
        """The measurements of one segment, each with its unit and definition."""
        return measure.measure_segment(self.segmentation, number, self.volume)

    @property
    def has_unsaved_changes(self) -> bool:
        """Whether the segmentation differs from what was last saved or opened."""
        return self.history.last is not self._saved_state

    def save(self, path: Path | None = None) -> Path:
        """Write the mask and its sidecar, whole or not at all, and return the mask's path.

        Raises:
            EditError: no path was given, now or before.
            FormatError: the file cannot be written; what was there before is untouched.
        """
        target = path or self.mask_path
        if target is None:
            raise EditError("A new segmentation is saved to a path; none was given.")
        formats.write_segmentation(self.segmentation, target, image=self.volume.source)
        self.mask_path = target
        self._saved_state = self.history.last
        return target

    def sign(self, key: SigningKey, *, role: str = "reader") -> Path:
        """Sign the mask as it was saved, on its image, and return the sign-offs' path.

        Raises:
            SignoffError: there are unsaved changes, so that the file is not what was seen.
        """
        return project.sign(self._saved_mask(), key, image=self.volume, role=role)

    def verify(self, *, trust: Collection[str] = ()) -> Verification:
        """The verdicts on the saved mask's sign-offs.

        Raises:
            SignoffError: there are unsaved changes.
        """
        return project.verify(self._saved_mask(), image=self.volume, trust=trust)

    def export(self, folder: Path, *, trust: Collection[str] = ()) -> list[Path]:
        """Write what is signed into a folder, and return the files written.

        Raises:
            SignoffError: there are unsaved changes, or the sign-off is not valid.
        """
        return export.export_signed(self._saved_mask(), folder, trust=trust)

    def write_montage(self, path: Path) -> None:
        """Write a picture of each segment's slices, outlines and values as PNG."""
        measured = {number: self.measure(number) for number in self.segmentation.numbers}
        report.write_montage(self.volume, self.segmentation, measured, path)

    def _saved_mask(self) -> Path:
        if self.mask_path is None or self.has_unsaved_changes:
            raise SignoffError("What is signed is the saved mask; save it first.")
        return self.mask_path

    def _by(self, tool: str, active_seconds: float = 0.0) -> Authorship:
        return Authorship(self.author, tool, active_seconds=active_seconds)
