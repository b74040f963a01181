"""The one way in: whatever is opened in the window is read behind it and shown in turns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from psygnal import Signal

from medseg.errors import MedsegError, ReviewError
from napari_medseg.opening import is_of_project
from napari_medseg.panels.asking import Questions
from napari_medseg.panels.busy import busy
from napari_medseg.viewmodels.case import CaseViewModel
from napari_medseg.viewmodels.opening.dropped import meant_by
from napari_medseg.viewmodels.opening.loading import Found, Loading
from napari_medseg.viewmodels.reviewing.comparing.others import check_may_see
from napari_medseg.viewmodels.reviewing.project.project import ProjectViewModel
from napari_medseg.views.desk import Desk


class Entrance:
    """Opens images, masks and projects, for buttons, drops and napari's own menu alike.

    Args:
        model: the case.
        desk: shows it.
        questions: asks the reader.
        may_go: whether the present work may be left.
        home: the project that is open, if one is.
    """

    project_wanted = Signal(object)
    """The path lies in a project's folder: its Path."""
    several_found = Signal()
    """One of several series was opened; the reader may choose another."""

    def __init__(
        self,
        model: CaseViewModel,
        desk: Desk,
        questions: Questions,
        may_go: Callable[[], bool],
        home: ProjectViewModel,
    ) -> None:
        self._model, self._desk, self._home = model, desk, home
        self._questions, self._may_go = questions, may_go
        self.loading = Loading()
        self.loading.listed.connect(model.take_listing)
        self.loading.previewed.connect(desk.on_screen.show_preview)
        self.loading.loaded.connect(self._take)
        self.loading.failed.connect(self._refuse)
        self.loading.changed.connect(self._end_preview)

    def begin(
        self,
        path: Path,
        series_id: str | None = None,
        *,
        masks: Sequence[Path] = (),
        is_mask: bool = False,
    ) -> None:
        """Open a path while the window goes on; an image's middle slice is shown first.

        Args:
            path: file or folder; a mask is opened on the image shown, or else on its own; what
                lies in a project's folder opens the project, in whatever way it was asked for.
            series_id: the one wanted of several.
            masks: what is opened on the image when it is there.
            is_mask: whether the path is a mask's whatever its name says.
        """
        if not self._may_go():
            return
        if is_of_project(path):
            self.project_wanted.emit(path)
            return
        try:
            self._check_may_see(path, masks)
        except MedsegError as error:
            self._refuse(error)
            return
        session = self._model.session
        on = session.volume if session is not None else None
        self.loading.begin(path, series_id, masks=masks, on=on, is_mask=is_mask)

    def drop(self, paths: Sequence[Path]) -> None:
        """Open what was dropped on the window, or say why it is not opened."""
        try:
            wanted = meant_by(paths)
        except MedsegError as error:
            self._refuse(error)
        else:
            self.begin(wanted.path, masks=wanted.masks)

    def finish(self) -> None:
        """Come back when what is being read is on screen."""
        with busy():
            self.loading.finish()
            self._desk.screen.arrival.finish()

    def choose_series(self, series_id: str) -> None:
        """Open another series of the path."""
        if self._model.path is not None:
            self.begin(self._model.path, series_id)

    def _take(self, found: Found) -> None:
        path = found.listing.path
        answer = self._questions.image_or_mask(path) if found.may_be_mask else "image"
        if answer != "image":
            self._model.leave_listing()
            if answer == "mask":
                self.begin(path, is_mask=True)
            return
        # Work done meanwhile on the image before is not lost: it is asked about once more.
        if self._may_go():
            with busy(), self._desk.screen.arrival.in_turns():
                self._model.take(found, discard=True)
            if found.chosen is not None:
                self.several_found.emit()

    def _check_may_see(self, path: Path, masks: Sequence[Path]) -> None:
        """Pass if nothing of a project comes past its rules.

        Raises:
            ReviewError: it is of a reading that the person may not see, or comes with an image.
        """
        for mask in masks:
            if is_of_project(mask):
                raise ReviewError(
                    f"A project's reading is opened by itself, on its case's own image; "
                    f"{mask.name} is one. Open it alone, and the project opens with it."
                )
        for one in (path, *masks):
            check_may_see(one, self._home.project, self._home.person)

    def _refuse(self, error: MedsegError) -> None:
        self._model.notice.refuse(error)
        self._model.notice.changed.emit()

    def _end_preview(self) -> None:
        if not self.loading.is_busy:
            self._desk.on_screen.end_preview()
