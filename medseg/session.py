"""The sentence of the house as an API: load, annotate, interpolate, measure, sign off, export.

Each method is a line or two to a room. The command line and the viewer only repeat it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any, Literal

from medseg import annotate, export, formats, interpolate, measure, project, report
from medseg.annotate.conditions import check_gain_present, check_present
from medseg.errors import EditError, SignoffError
from medseg.model import (
    Authorship,
    Change,
    Changes,
    Contour,
    Edit,
    Finding,
    Measurement,
    Segment,
    Segmentation,
    SegmentsEdit,
    Verification,
    Volume,
    removal,
)
from medseg.saved import Saved
from medseg.signoff import SigningKey

Progress = Callable[[float, str], None]


class Session:
    """One reader at work on one image.

    Args:
        volume: the image.
        segmentation: the mask to go on with, on the image's grid; None starts an empty one.
        author: the reader, as they appear in the provenance.
        mask_path: where the segmentation was read from and is saved to, if anywhere yet.
        journal_folder: where changes are kept until they are saved; None takes the folder
            `<stem>.journal` beside the mask, and none while the mask has no path.
    """

    def __init__(
        self,
        volume: Volume,
        segmentation: Segmentation | None = None,
        *,
        author: str,
        mask_path: Path | None = None,
        journal_folder: Path | None = None,
    ) -> None:
        self.volume = volume
        self.segmentation = segmentation or Segmentation.empty(volume.geometry)
        self.author = author
        self.mask_path = mask_path
        self.history = annotate.History(self.segmentation)
        self.protection = annotate.Protection()
        self.journal_folder = journal_folder
        self.safekeeping = annotate.Safekeeping(
            self.segmentation,
            self.history,
            folder=self._folder_beside(mask_path),
            image=volume.source.series_id if volume.source.format == "dicom" else "",
        )
        self.saved = Saved.at(mask_path)

    @classmethod
    def open(
        cls,
        image: Path,
        *,
        author: str,
        series: str | int | None = None,
        mask: Path | None = None,
        allow_gaps: bool = False,
        journal_folder: Path | None = None,
        progress: Progress | None = None,
    ) -> Session:
        """A session on the image at a path, going on with a mask if one is given.

        Raises:
            FormatError: what is there cannot be read right.
            GeometryError: the mask lies on another grid than the image.
        """
        volume = formats.read_volume(image, series=series, allow_gaps=allow_gaps, progress=progress)
        segmentation = formats.read_segmentation(mask, like=volume) if mask else None
        return cls(
            volume, segmentation, author=author, mask_path=mask, journal_folder=journal_folder
        )

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What the reader should know about the work: what can be recovered, what is not safe."""
        return (*self.safekeeping.findings, *self.history.findings)

    def recover(self) -> int:
        """Make the changes again that were not saved, and return how many; they can be undone.

        Raises:
            EditError: there are none, others were made already, or another process took them.
        """
        return self.safekeeping.take_up()

    def close(self, *, discard: bool = False) -> None:
        """End the session, so that others can edit the mask.

        Args:
            discard: whether unsaved changes are given up; else they are offered when the mask
                is opened again.

        Raises:
            FormatError: unsaved changes could not be written to the disk.
        """
        self.safekeeping.close(clean=discard or not self.has_unsaved_changes)

    def by(self, tool: str, active_seconds: float = 0.0) -> Authorship:
        """The reader as who makes a change now, with this tool."""
        return Authorship(self.author, tool, active_seconds=active_seconds)

    def do(self, change: Change, *, continues: bool = False) -> None:
        """Make a change that a tool has built; `continues` as in `History.do`.

        Raises:
            EditError: a segment would gain voxels on a slice that the image lacks.
            MedsegError: the change does not apply; all stays as it was.
        """
        check_gain_present(self.volume, change)
        self.history.do(change, continues=continues)

    def new_lesion(self, label: str | None = None) -> Segment:
        """Add an empty lesion with a tracking UID of its own, and return it."""
        lesion = Segment.new_lesion(self.segmentation.free_number, label)
        longer = (*self.segmentation.segments, lesion)
        by = self.by("new lesion")
        self.history.do(SegmentsEdit.to_list(self.segmentation, longer, by))
        return lesion

    def change_segment(self, number: int, **fields: Any) -> SegmentsEdit:
        """Change a segment's fields, as `label="Node"` or `is_locked=True`; returns the edit.

        Raises:
            EditError: there is no such segment or field, or it cannot have the value.
        """
        by = self.by("segment list")
        edit = SegmentsEdit.of_segment(self.segmentation, number, by, **fields)
        self.history.do(edit)
        return edit

    def reorder(self, numbers: Sequence[int]) -> SegmentsEdit:
        """Put the segments into another order, and return the edit.

        Raises:
            EditError: the numbers are not those of all segments, each once.
        """
        edit = SegmentsEdit.in_order(self.segmentation, numbers, self.by("segment list"))
        self.history.do(edit)
        return edit

    def remove(self, number: int) -> Changes:
        """Erase a segment and take it off the list, as one change, and return that.

        Raises:
            EditError: there is no such segment, or it is locked.
        """
        change = removal(self.segmentation, number, self.by("remove"))
        self.history.do(change)
        return change

    def draw(
        self,
        contours: Contour | Sequence[Contour],
        *,
        mode: Literal["add", "subtract", "replace"] = "add",
        active_seconds: float = 0.0,
        continues: bool = False,
    ) -> Edit:
        """Fill one segment's contours into the mask, and return the edit that did it.

        Raises:
            EditError: the contours are of several segments, off the grid, or on a slice that
                the image lacks.
            GeometryError: a contour does not lie in a slice.
        """
        outlines = (contours,) if isinstance(contours, Contour) else tuple(contours)
        check_present(self.volume, {one.to_slice(self.volume.geometry)[0] for one in outlines})
        by = self.by("outline", active_seconds)
        edit = annotate.outline_edit(
            self.segmentation, outlines, by, mode=mode, protection=self.protection
        )
        self.history.do(edit, continues=continues)
        return edit

    def fill_between(self, number: int | None = None) -> interpolate.FillResult:
        """Fill a segment, or all jointly, between key slices; the result says what was and was not.

        Raises:
            EditError: there is no such segment, or the image lacks a slice in between.
        """
        by, numbers = self.by("fill between slices"), None if number is None else (number,)
        result = interpolate.fill_all_edit(self.segmentation, by, numbers=numbers)
        check_present(self.volume, set(result.filled))
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

    def measure_all(self) -> dict[int, tuple[Measurement, ...]]:
        """The measurements of every segment, by its number."""
        return measure.measure_all(self.segmentation, self.volume)

    @property
    def has_unsaved_changes(self) -> bool:
        """Whether the segmentation differs from what was last saved or opened."""
        return self.history.state is not self.saved.state

    def save(self, path: Path | None = None) -> Path:
        """Write the mask and its sidecar, whole or not at all, and return the mask's path.

        Raises:
            EditError: no path was given, now or before, or the file was changed by somebody
                else since it was opened or saved here.
            ReviewError: it is the mask of a project's reading that is signed, locked, set aside
                or in another's hands by now.
            FormatError: the file cannot be written; what was there before is untouched.
        """
        target = path or self.mask_path
        if target is None:
            raise EditError("A new segmentation is saved to a path; none was given.")
        if target == self.mask_path:
            self.saved.check_untouched(target)
        project.check_may_save(target, by=self.author)
        with self.safekeeping.saving(self._folder_beside(target)):
            told = project.told_beside(target, self.volume.source)
            formats.write_segmentation(self.segmentation, target, image=told)
        self.mask_path, self.saved = target, Saved.at(target, self.history.state)
        return target

    def sign(self, key: SigningKey, *, role: str = "reader") -> Path:
        """Sign the mask as it was saved, on its image, and return the sign-offs' path.

        Raises:
            SignoffError: there are unsaved changes, or the file is not what is worked on here.
        """
        mask = self._saved_mask()
        return project.sign(mask, key, image=self.volume, role=role, expected=self.segmentation)

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
        return export.export_signed(self._saved_mask(), folder, image=self.volume, trust=trust)

    def write_montage(self, path: Path) -> None:
        """Write a picture of each segment's slices, outlines and values as PNG."""
        report.write_montage(self.volume, self.segmentation, self.measure_all(), path)

    def _folder_beside(self, mask: Path | None) -> Path | None:
        if self.journal_folder is not None or mask is None:
            return self.journal_folder
        return formats.sidecar.journal_folder(mask)

    def _saved_mask(self) -> Path:
        if self.mask_path is None or self.has_unsaved_changes:
            raise SignoffError("What is signed is the saved mask; save it first.")
        return self.mask_path
