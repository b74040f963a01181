"""The case on screen: what was found in a path, which image and mask are open, what is safe."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from psygnal import Signal

from medseg import formats
from medseg.errors import EditError, GeometryError
from medseg.model import Finding, Segmentation, SeriesInfo, Volume
from medseg.session import Session
from napari_medseg.opening import is_of_project
from napari_medseg.preparing import prepare
from napari_medseg.viewmodels.contouring.filling.filling import FillingViewModel
from napari_medseg.viewmodels.contouring.keeping.keeping import OFFERED, KeepingViewModel
from napari_medseg.viewmodels.contouring.lesions.lesion_list import LesionListViewModel
from napari_medseg.viewmodels.contouring.lesions.lesions import LesionsViewModel
from napari_medseg.viewmodels.contouring.lesions.looks import LooksViewModel
from napari_medseg.viewmodels.notice import Notice, in_words, in_words_by_itself
from napari_medseg.viewmodels.opening.choices import draft_folder
from napari_medseg.viewmodels.opening.loading import Found, Listing, read_case
from napari_medseg.viewmodels.rows import SeriesRow, describe, series_rows

#: What stands in place of the image's name where text is hidden.
BLINDED = "Image (its text is hidden)"

WELCOME = "Open an image: a DICOM folder or file, NIfTI, NRRD or MHA."


class CaseViewModel:
    """What the panel shows and does, without a screen.

    A command never raises a `MedsegError`: what was refused stands in the notice, and image
    and mask stay as they were. `notice.changed` tells that something may look different.

    Args:
        author: the reader, as they appear in the provenance.
        clock: the time of day, for the status line.
        settings: where the viewer remembers how the reader works; None forgets.
    """

    opened = Signal(object)
    """Another image or mask is worked on, or its unsaved changes came back: the Session."""

    def __init__(
        self,
        author: str,
        *,
        clock: Callable[[], datetime] = datetime.now,
        settings: Path | None = None,
    ) -> None:
        self.author = author
        self.notice = Notice(WELCOME)
        self.lesions = LesionsViewModel(self.notice)
        self.filling = FillingViewModel(self.lesions, settings=settings)
        self.lesions.proposed = self._proposed
        self.lesion_list = LesionListViewModel(self.lesions, settings=settings)
        self.keeping = KeepingViewModel(self.notice, clock=clock, settings=settings)
        self.session: Session | None = None
        self.hides_text = False
        self._path: Path | None = None
        self._series: tuple[SeriesInfo, ...] = ()
        self._listed_before: tuple[Path | None, tuple[SeriesInfo, ...]] = (None, ())
        self.keeping.recovered.connect(self._take_recovered)
        self.opened.connect(self.filling.work_on)

    @property
    def looks(self) -> LooksViewModel:
        """How the lesions are shown."""
        return self.lesions.looks

    @property
    def path(self) -> Path | None:
        """What was opened: file or folder; None before."""
        return self._path

    @property
    def title(self) -> str:
        """The image in a line; nothing that tells patient or study where that is hidden."""
        if self.session is None:
            return "No image"
        if self.hides_text:
            return BLINDED
        volume = self.session.volume
        return f"{volume.modality} {volume.description or volume.source.path.name}".strip()

    @property
    def series(self) -> tuple[SeriesRow, ...]:
        """What the path holds that can be read; none where text is hidden."""
        if self.hides_text:
            return ()
        opened = self.session.volume.source.series_id if self.session else None
        return series_rows((info for info in self._series if info.is_readable), opened)

    @property
    def skipped(self) -> tuple[SeriesRow, ...]:
        """What the path holds that was skipped, each with its reason; none where text is hidden."""
        if self.hides_text:
            return ()
        return series_rows((info for info in self._series if not info.is_readable), None)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was found on reading the image, and what the reader should know of the work.

        Where text is hidden, the image's tell their codes alone: their words name files.
        """
        if self.session is None:
            return ()
        work = [found for found in self.session.findings if found.code != OFFERED]
        report = self.session.volume.report
        if self.hides_text:
            report = tuple(Finding(one.code, one.severity, f"{one.code}.") for one in report)
        return (*report, *work)

    @property
    def why_not(self) -> dict[str, str | None]:
        """Each command with the reason why it is not possible now, None if it is."""
        lesions = self.lesions
        return {
            "new_lesion": lesions.cannot_draw,
            "outline": lesions.cannot_draw,
            "fill": lesions.cannot_fill,
            "undo": lesions.cannot_undo,
            "redo": lesions.cannot_redo,
            "save": self.keeping.cannot_save,
        }

    def hide_text(self, hidden: bool) -> None:
        """Keep what tells patient or study, file names too, off the screen, or let it back."""
        if hidden != self.hides_text:
            self.hides_text = hidden
            if hidden and self.session is not None:
                self.notice.say("")  # what was said may have named the image
            self.notice.changed.emit()

    def set_author(self, name: str) -> None:
        """Whose work it is from now on; an empty name changes nothing."""
        self.notice.gesture.settle()  # what a hand has begun is still the former one's
        self.author = name.strip() or self.author
        if self.session is not None:
            self.session.author = self.author
        self.notice.changed.emit()

    @in_words
    def open(self, path: Path, *, discard: bool = False) -> None:
        """Open an image, or go on with a mask on the image that is open.

        Where a path holds several series, the one with the most voxels is opened and the
        notice says so. A mask that comes alone opens the image that its sidecar names.

        Args:
            path: file or folder.
            discard: whether unsaved changes may be lost; without it they stop the command.
        """
        self._keep_work(discard)
        self._take(read_case(path, on=self._on, listed=self.take_listing))

    def take_listing(self, listing: Listing) -> None:
        """List what a path holds, whether or not it can be read."""
        self._listed_before = self._path, self._series
        self._path, self._series = listing.path, listing.series

    def leave_listing(self) -> None:
        """List what was listed before; the path last listed was no image to be opened."""
        self._path, self._series = self._listed_before

    @in_words
    def take(self, found: Found, *, discard: bool = False) -> None:
        """Open an image that was read in the background."""
        self._keep_work(discard)
        self._take(found)

    @in_words
    def open_mask(self, path: Path, *, discard: bool = False) -> None:
        """Go on with a mask whatever its name says, on the image that is open."""
        self._keep_work(discard)
        self._take(read_case(path, on=self._on, is_mask=True, listed=self.take_listing))

    @in_words
    def choose_series(self, series_id: str, *, discard: bool = False) -> None:
        """Open another series of the path."""
        self._keep_work(discard)
        if self._path is not None:
            self._take(read_case(self._path, series_id, listed=self.take_listing))

    @in_words
    def adopt(self, volume: Volume, path: Path | None = None) -> None:
        """Work on a volume that napari has opened by itself; unsaved changes stop it.

        Args:
            volume: the image.
            path: what was opened, to list all that is in there; None takes the image's own.
        """
        self._keep_work(discard=False)
        self._path = path or volume.source.path
        self._series = tuple(formats.list_series(self._path))
        self._begin(volume)

    @in_words
    def adopt_mask(self, segmentation: Segmentation, path: Path | None) -> None:
        """Go on with a mask that napari has opened by itself; unsaved changes stop it."""
        self._keep_work(discard=False)
        if self.session is None:
            raise EditError("A mask is worked on upon its image; open that first.")
        if path is not None and is_of_project(path):
            raise EditError(
                f"A project's reading is worked on by its rules; {path.name} is one. Open it in "
                "the medseg panel, or from the worklist."
            )
        volume = self.session.volume
        if not segmentation.geometry.same_grid(volume.geometry):
            raise GeometryError(
                f"A mask lies on the grid of its image; this one is of "
                f"{segmentation.geometry.describe()}, the image of "
                f"{volume.geometry.describe()}. Open the image it was drawn on."
            )
        self._begin(volume, segmentation, path)

    @in_words
    def take_reading(
        self, volume: Volume, mask: Segmentation, path: Path, *, refusal: str = ""
    ) -> None:
        """Go on with a project's reading; unsaved work of before is given up, who asked knows.

        Args:
            volume: the case's image.
            mask: the reading's, as it was read.
            path: where the mask is saved.
            refusal: why nothing of it may be changed, a sentence; empty if it may.
        """
        self._path, self._series = None, ()
        self._begin(volume, mask, path, refusal=refusal)

    @in_words_by_itself
    def say(self, text: str) -> None:
        """Show a message."""
        self.notice.say(text)

    def _proposed(self) -> set[int]:
        return {one.number for one in self.filling.proposed if one.slices}

    def _keep_work(self, discard: bool) -> None:
        if self.keeping.has_unsaved_changes and not discard:
            raise EditError("The lesions have unsaved changes. Save them first, then open anew.")

    def _take(self, found: Found) -> None:
        path, mask = found.mask or (None, None)
        self._begin(found.volume, mask, path)
        if found.refused is not None:
            raise found.refused
        if found.chosen is not None:
            readable = sum(info.is_readable for info in self._series)
            self.notice.say(
                f"{readable} series found; opened the largest: {describe(found.chosen)}."
            )

    @property
    def _on(self) -> Volume | None:
        return self.session.volume if self.session is not None else None

    def _take_recovered(self) -> None:
        if self.session is not None:
            self.lesions.work_on(self.session)
            self.opened.emit(self.session)

    def _begin(
        self,
        volume: Volume,
        mask: Segmentation | None = None,
        path: Path | None = None,
        *,
        refusal: str = "",
    ) -> None:
        if self.session is not None:  # or its journal's lock would stay, on the same mask too
            self.session.close(discard=True)  # _keep_work has asked
        session = Session(
            volume,
            mask,
            author=self.author,
            mask_path=None if refusal else path,  # or its journal would be looked for
            journal_folder=None if path else draft_folder(volume.source),
        )
        session.history.closed_because = refusal
        self.session = session
        self.keeping.work_on(session)
        self.lesions.work_on(session)
        self.notice.say(f"Opened {self.title}: {session.volume.geometry.describe()}.{prepare()}")
        self.opened.emit(session)
