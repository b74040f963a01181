"""The case panel: what was found, the lesions, the commands, and whether the work is safe."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Sequence
from functools import partial
from html import escape
from pathlib import Path
from typing import Any

from qtpy.QtCore import QSize, Qt
from qtpy.QtGui import QShowEvent
from qtpy.QtWidgets import QPushButton, QTabWidget, QVBoxLayout, QWidget

from medseg.project.folder.home import home_folder
from napari_medseg import openers
from napari_medseg.panels.asking import CloseGuard, Questions
from napari_medseg.panels.binding import warn_of_leaking_binding
from napari_medseg.panels.busy import busy
from napari_medseg.panels.contouring.keeping_line import KeepingLine
from napari_medseg.panels.contouring.page import ContourPage
from napari_medseg.panels.docking import begin_narrow
from napari_medseg.panels.looking.bar import LookingBar
from napari_medseg.panels.looking.beside import BesideRow
from napari_medseg.panels.looking.key_list import KeyList
from napari_medseg.panels.looks import (
    QUIET,
    SEVERITY_COLORS,
    colored,
    row_of,
    text_label,
    without_argument,
)
from napari_medseg.panels.opening.buttons import OpenButtons
from napari_medseg.panels.opening.drops import Drops
from napari_medseg.panels.opening.entrance import Entrance
from napari_medseg.panels.opening.page import ImagePage
from napari_medseg.panels.opening.progress import ProgressLine
from napari_medseg.panels.parts import Parts
from napari_medseg.panels.reviewing.page import ReviewPage
from napari_medseg.panels.reviewing.room import ReviewRoom
from napari_medseg.panels.scrolling import Footed, Scrolling
from napari_medseg.panels.theme_watch import ThemeWatch
from napari_medseg.viewmodels.case import CaseViewModel
from napari_medseg.viewmodels.looking.layouts import LayoutViewModel
from napari_medseg.viewmodels.looking.reading import ReadingViewModel
from napari_medseg.viewmodels.opening.hint import hint
from napari_medseg.views.desk import Desk
from napari_medseg.views.looking.board import canvas_widget_of

_WIDTH = 400


class CasePanel(QWidget):
    """The panel of one case in one viewer: its pages, and above and below them what always counts.

    Args:
        napari_viewer: napari gives it by this name.
    """

    def __init__(self, napari_viewer: Any) -> None:
        super().__init__()
        warn_of_leaking_binding()
        self.model = CaseViewModel(getpass.getuser(), settings=home_folder() / "viewer.json")
        self.questions = Questions(self)
        self.guard, self._is_placed = CloseGuard(self.may_close), False
        self.reading = ReadingViewModel()
        self.layout_model = LayoutViewModel(home_folder() / "viewer.json")
        self.room = ReviewRoom(
            self,
            self.model,
            self.reading.planes,
            may_leave=self.may_go,
            ask_folder=self._ask_folder,
        )
        self.project_model, self.jobs = self.room.home, self.room.jobs
        self.viewings = self.room.viewings
        self.model.lesions.seen_slices = self.viewings.seen
        self.desk = Desk(
            napari_viewer,
            self.model,
            self.reading,
            self.layout_model,
            save=self.save,
            others=self.room.commands,
        )
        self.room.sit_at(self.desk)
        self.desk.review.attach(project=self.project_model, viewings=self.viewings, jobs=self.jobs)
        self.entrance = Entrance(
            self.model, self.desk, self.questions, self.may_go, self.project_model
        )
        self.loading, self.drops = self.entrance.loading, Drops(self.entrance.drop)
        for widget in (self, canvas_widget_of(napari_viewer)):
            if widget is not None:
                self.drops.watch(widget)
        self.viewer = napari_viewer
        openers.register(napari_viewer, self.entrance.begin)
        self._build()
        self._lay_out()
        self._connect()
        self.render_state()

    def open(self, path: Path, *, masks: Sequence[Path] = ()) -> None:
        """Open as `entrance.begin` does, and come back when it is on screen."""
        self.entrance.begin(path, masks=masks)
        self.entrance.finish()

    def open_project(self, path: Path, *, person: str = "", key: Path | None = None) -> None:
        """Open the project that a path lies in, and the case or reading that it names.

        Args:
            path: the project's folder, or anything inside.
            person: who works, by id or printed name; empty asks their key.
            key: the key file; None takes the user's own.
        """
        self.show_worklist()
        self.desk.on_screen.prepare(then=lambda: None)  # a case will be chosen
        self.room.home.open(path, person=person, key=key)

    def show_worklist(self) -> None:
        """Show the page of the worklist."""
        self.tabs.setCurrentIndex(self._place_of(self.room.page))

    def save(self) -> None:
        """Save where the mask was saved before, else where the reader says."""
        self.model.notice.gesture.settle()
        if self.model.keeping.cannot_save:
            self.model.say(self.model.keeping.cannot_save)
            return
        path = self.model.keeping.mask_path or self.questions.path_to_save(
            self.model.keeping.suggested_mask_path
        )
        if path is not None:
            self.model.keeping.save_soon(path)
            self._rescue()

    def _rescue(self) -> None:
        """Offer another place where the mask's own did not take it; the message says why."""
        keeping = self.model.keeping
        if keeping.is_saving or not (self.model.notice.is_refusal and keeping.has_unsaved_changes):
            return
        path = self.questions.path_elsewhere(keeping.path_elsewhere)
        if path is not None:
            keeping.rescue(path)

    def may_close(self) -> bool:
        """Whether the window may close: the present work may be left, and no act is under way.

        An act that runs is waited for; if it was refused, the window stays and says so.
        """
        if not self.may_go():
            return False
        act = self.room.dialog.acting if self.room.dialog is not None else None
        is_acting = act is not None and act.is_busy
        if is_acting:
            self.model.say("What you have asked for is being done; then the window closes.")
            self.message.repaint()
        self.jobs.give_up()
        with busy(), self.desk.screen.arrival.in_turns():
            self.jobs.finish()
        return not (is_acting and act is not None and act.is_refusal)

    def may_go(self) -> bool:
        """Whether the present work may be left: nothing is unsaved, or the reader decided."""
        self.model.notice.gesture.settle()
        if not self.model.keeping.has_unsaved_changes or self.model.keeping.is_given_up:
            return True
        answer = self.questions.what_about_changes()
        if answer == "save":
            self.save()
            self.model.keeping.wait()
        if answer == "discard":
            self.model.keeping.discard_changes()
        return answer == "discard" or not self.model.keeping.has_unsaved_changes

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Wide enough for the names of lesions; narrower they wrap."""
        return QSize(max(_WIDTH, self.minimumSizeHint().width()), super().sizeHint().height())

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Guard the window that the panel is shown in, and leave most of it to the image."""
        super().showEvent(event)
        self.guard.watch(self.window())
        if not self._is_placed:
            self._is_placed = True
            begin_narrow(self, _WIDTH)

    def _build(self) -> None:
        self.opening = OpenButtons()
        self.open_file, self.open_mask = self.opening.open_file, self.opening.open_mask
        self.case_title, self.offer, self.message = (text_label() for _ in range(3))
        self.keeping_line = KeepingLine(self.model)
        self.status = self.keeping_line.text
        self.recover, self.discard = QPushButton("Recover"), QPushButton("Discard")
        self.progress = ProgressLine(self.loading)
        self.key_list = KeyList(self)
        self.looking = LookingBar(self.reading, self.layout_model, self.desk.commands)
        self.contour_page = ContourPage(self.model, self.desk)
        self.beside = BesideRow(self.desk.prior, self.questions)
        self.image_page = ImagePage(self.model, self.beside)
        self.review_page = ReviewPage(self.desk.review, self.desk.commands, self.questions)
        self.tabs = QTabWidget()
        self.tabs.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.tabs.addTab(Footed(self.contour_page, self.contour_page.foot), self.contour_page.title)
        for page in (self.review_page, self.image_page, self.room.page):
            self.tabs.addTab(Scrolling(page), page.title)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(6)
        column.addWidget(self.opening)
        left = self.room.left_line
        heading = (self.case_title, self.room.verdict_line, left, self.looking, self.offer)
        for widget in (self.progress, self.room.busy, self.review_page.busy, *heading):
            column.addWidget(widget)
        column.addLayout(row_of(self.recover, self.discard))
        column.addWidget(self.tabs, stretch=1)
        column.addWidget(self.message)
        column.addWidget(self.keeping_line)

    def _connect(self) -> None:
        self.open_file.clicked.connect(lambda: self._open(self.questions.file_to_open))
        self.opening.open_folder.clicked.connect(lambda: self._open(self.questions.folder_to_open))
        self.open_mask.clicked.connect(lambda: self._open(self.questions.mask_to_open, True))
        self.room.wants_page.connect(self.show_worklist)
        self.room.page.open_project.clicked.connect(
            lambda: self._open(self.questions.project_to_open)
        )
        self.recover.clicked.connect(without_argument(self.model.keeping.recover))
        self.discard.clicked.connect(without_argument(self.model.keeping.discard_offer))
        self.image_page.series_chosen.connect(self.entrance.choose_series)
        self.image_page.beside_chosen.connect(self._show_beside)
        self.reading.windows.refused.connect(self.model.say)
        self.desk.keys_wanted.connect(self.key_list.toggle)
        self.viewings.changed.connect(self.contour_page.lesion_panel.render_soon)
        self.entrance.project_wanted.connect(self.open_project)
        self.entrance.several_found.connect(self._show_series)
        self.desk.screen.pane_made.connect(self.drops.watch)
        self.loading.changed.connect(self.render_hint)
        self.jobs.changed.connect(self.render_hint)
        self.model.notice.changed.connect(self.render_state)
        self.theme_watch = ThemeWatch(self)
        parts = Parts(self)
        self.destroyed.connect(partial(Parts.let_go, parts))

    def _ask_folder(self) -> Path | None:
        return self.questions.folder_to_export()

    def _open(self, ask: Callable[[], Path | None], is_mask: bool = False) -> None:
        path = ask()
        if path is not None:
            self.entrance.begin(path, is_mask=is_mask)

    def _show_series(self) -> None:
        self.tabs.setCurrentIndex(self._place_of(self.image_page))

    def render_hint(self) -> None:
        """Say on an empty canvas what comes next."""
        home, is_busy = self.room.home, self.loading.is_busy or self.jobs.is_busy
        in_project, is_known = home.project is not None, home.person is not None
        self.reading.set_hint(hint(is_busy=is_busy, in_project=in_project, is_known=is_known))

    def _show_beside(self, series_id: str) -> None:
        path = self.model.path
        if path is not None:
            self.beside.open(path, series_id)

    def _place_of(self, page: QWidget) -> int:
        scrolls = (self.tabs.widget(place) for place in range(self.tabs.count()))
        return next(place for place, one in enumerate(scrolls) if one.page is page)

    def render_state(self) -> None:
        """Show what is so now."""
        model = self.model
        home = self.room.home
        name, _, roles = home.who.partition(", ")
        short = f"{name}, {roles}" if " and " not in roles else name
        who = f"  {colored(short, QUIET)}" if name else ""
        self.case_title.setText(f"<b>{escape(home.title or model.title)}</b>{who}")
        self.case_title.setToolTip(home.who)
        self.offer.setText(colored(model.keeping.offer or "", SEVERITY_COLORS["warning"]))
        for widget in (self.offer, self.recover, self.discard):
            widget.setVisible(model.keeping.offer is not None)
        self.render_hint()
        self.contour_page.render_state()
        self.image_page.render_state()
        self.tabs.setTabText(self._place_of(self.image_page), self.image_page.title)
        color = SEVERITY_COLORS["warning"] if model.notice.is_refusal else QUIET
        self.message.setText(colored(model.notice.text, color))
        self.keeping_line.render_state()
