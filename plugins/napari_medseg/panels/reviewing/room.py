"""All that a project brings into the window: its page, its windows, and what goes on behind."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from psygnal import Signal
from qtpy.QtWidgets import QWidget

from medseg.model import Finding
from napari_medseg.panels.looks import without_argument
from napari_medseg.panels.reviewing.act_dialog import ActDialog
from napari_medseg.panels.reviewing.afterword import say_after
from napari_medseg.panels.reviewing.assigning import AssignDialog
from napari_medseg.panels.reviewing.busy import BusyLine
from napari_medseg.panels.reviewing.drafts import Drafts, Key
from napari_medseg.panels.reviewing.exporting import ExportDialog
from napari_medseg.panels.reviewing.handing_over import HandOverDialog
from napari_medseg.panels.reviewing.left_line import LeftLine
from napari_medseg.panels.reviewing.signing import SignDialog
from napari_medseg.panels.reviewing.submitting import SubmitDialog
from napari_medseg.panels.reviewing.verdict import VerdictLine
from napari_medseg.panels.reviewing.watch import Watch
from napari_medseg.panels.reviewing.worklist import WorklistPage
from napari_medseg.viewmodels.case import CaseViewModel
from napari_medseg.viewmodels.looking.planes import PlanesViewModel
from napari_medseg.viewmodels.reviewing.acting.acting import place_of
from napari_medseg.viewmodels.reviewing.acting.assigning import AssigningViewModel
from napari_medseg.viewmodels.reviewing.acting.endings import SubmitViewModel
from napari_medseg.viewmodels.reviewing.acting.exporting import ExportViewModel
from napari_medseg.viewmodels.reviewing.acting.handing_over import HandOverViewModel
from napari_medseg.viewmodels.reviewing.acting.signing import SigningViewModel
from napari_medseg.viewmodels.reviewing.project.jobs import Jobs
from napari_medseg.viewmodels.reviewing.project.project import ProjectViewModel
from napari_medseg.viewmodels.reviewing.project.worklist import WorklistViewModel
from napari_medseg.viewmodels.reviewing.remarks.taking_over import TakingOverViewModel
from napari_medseg.viewmodels.reviewing.remarks.viewings import ViewingsViewModel
from napari_medseg.viewmodels.reviewing.verdict import VerdictViewModel
from napari_medseg.views.desk import Desk


class ReviewRoom:
    """The project's parts of one panel.

    Args:
        panel: the widget that the windows belong to.
        case: what is on screen.
        planes: its crosshair.
        may_leave: whether the present work may be left.
        ask_folder: asks for a folder to export into.
    """

    wants_page = Signal()
    """Somebody wants to see the worklist."""

    def __init__(
        self,
        panel: QWidget,
        case: CaseViewModel,
        planes: PlanesViewModel,
        *,
        may_leave: Callable[[], bool],
        ask_folder: Callable[[], Path | None],
    ) -> None:
        self._panel, self._case, self._ask_folder = panel, case, ask_folder
        self._planes = planes
        self.jobs = Jobs(case.notice)
        self.viewings = ViewingsViewModel()
        self.home = ProjectViewModel(case, self.jobs, self.viewings, may_leave=may_leave)
        today = datetime.now(UTC).astimezone().date().isoformat()
        self.worklist = WorklistViewModel(self.home, today=today)
        self.verdict = VerdictViewModel(self.jobs)
        self.taking_over = TakingOverViewModel(self.home, planes, self.jobs)
        self.page = WorklistPage(self.home, self.worklist)
        self.busy, self.verdict_line = BusyLine(self.jobs), VerdictLine(self.verdict)
        self.left_line = LeftLine(self.taking_over)
        self.dialog: ActDialog | None = None
        self._drafts = Drafts()
        self._desk: Desk | None = None
        self._watch: Watch | None = None
        self._judged: tuple[object, ...] = ()
        self.commands: dict[str, Callable[[], None]] = {
            "next_case": self.worklist.next_case,
            "submit": self.show_submit,
            "sign": self.show_sign,
            "export": self.show_export,
            "worklist": self.wants_page.emit,
        }
        for name, button in self.page.buttons.items():
            button.clicked.connect(lambda _checked=False, name=name: self.commands[name]())
        self.page.assign.clicked.connect(without_argument(self.show_assign))
        self.page.hand_over.clicked.connect(without_argument(self.show_hand_over))
        case.opened.connect(self._look_at_verdict)
        self.home.changed.connect(self._look_at_verdict)

    def sit_at(self, desk: Desk) -> None:
        """Work with these planes."""
        self._desk = desk
        self.busy.within = desk.screen.arrival.in_turns
        self._watch = Watch(self._panel, self._case, desk, self.home, self.viewings)
        self.home.changed.connect(self._hide_text)

    def let_go(self) -> None:
        """End what goes on behind; Qt has taken the widgets away."""
        self._case.opened.disconnect(self._look_at_verdict)
        self.home.changed.disconnect(self._look_at_verdict)
        parts = (self.page, self.verdict_line, self.worklist, self.left_line, self.taking_over)
        for part in (self._watch, *parts):
            if part is not None:
                part.let_go()
        if self._desk is not None:
            self.home.changed.disconnect(self._hide_text)
        if self.dialog is not None:
            self.dialog.let_go()
        self.busy.let_go()
        self.home.close()

    def show_submit(self) -> None:
        """The window in which the reading is handed in."""
        model = SubmitViewModel(self.home, self._case)
        dialog = SubmitDialog(model, self._panel)
        dialog.place_chosen.connect(self._go_to)
        self._show(dialog)
        model.begin()

    def show_sign(self) -> None:
        """The window in which a judgement is signed."""
        model = SigningViewModel(self.home, self._case)
        dialog = SignDialog(model, self._panel)
        dialog.place_chosen.connect(self._go_to)
        self._show(dialog)
        model.begin()

    def show_export(self) -> None:
        """The window in which results are exported."""
        model = ExportViewModel(self.home, self._case)
        self._show(ExportDialog(model, self._panel, ask_folder=self._ask_folder))
        model.begin()

    def show_assign(self) -> None:
        """The window in which the chosen cases are given to somebody."""
        chosen = self.page.table.chosen_cases
        model = AssigningViewModel(self.home, chosen, given=self.worklist.refresh)
        self._show(AssignDialog(model, self._panel), about=" ".join(chosen))
        model.begin()

    def show_hand_over(self) -> None:
        """The window in which the reading is given to the next person."""
        model = HandOverViewModel(self.home, self._case, self._planes)
        self._show(HandOverDialog(model, self._panel))
        model.begin()

    def look_at_saved(self) -> None:
        """The mask was saved: what its sign-offs are worth is asked anew."""
        self._judged = ()
        self._look_at_verdict()

    def _show(self, dialog: ActDialog, *, about: str | None = None) -> None:
        """One window at a time; the one behind stays usable.

        Args:
            dialog: the window.
            about: ids of what it is about; None for the reading on screen.
        """
        before, self.dialog = self.dialog, dialog
        if before is not None:
            before.reject()
        reading, person = self.home.reading, self.home.person
        if about is None:
            about = reading.reading_id if reading is not None else ""
        key = (dialog.windowTitle(), person.person_id if person is not None else "", about)
        self._drafts.give_back(key, dialog)
        dialog.finished.connect(lambda _result: self._forget(dialog, key))
        dialog.left.connect(lambda: self._tell_closed(about))
        dialog.show()

    def _forget(self, dialog: ActDialog, key: Key) -> None:
        self._drafts.keep(key, dialog)
        if self.dialog is dialog:
            self.dialog = None

    def _tell_closed(self, about: str) -> None:
        """Nobody's word goes to another reading than the one that the window came up for."""
        name = f"The window for {about}" if about else "The window"
        words = f"{name} was closed: another reading, version or person is on screen."
        say_after(self.home.notice, words)

    def _go_to(self, finding: Finding) -> None:
        place = place_of(self._case.session, finding)
        if place is not None and self._desk is not None:
            self._desk.reading.planes.go_to_stored(place)

    def _hide_text(self) -> None:
        if self._desk is not None and self._desk.reading.is_blind != self.home.hides_text:
            self._desk.reading.set_blind(self.home.hides_text)

    def _look_at_verdict(self, _session: object = None) -> None:
        """Ask for the verdict where another mask is on screen, or more was said of it."""
        session, on_screen, reading = self._case.session, self.home.on_screen, self.home.reading
        mask = on_screen.mask_path if on_screen is not None else None
        if mask is None and session is not None:
            mask = session.mask_path
        said = len(reading.verdicts) if reading is not None else 0
        judged = (mask, session, said)
        if judged != self._judged:
            self._judged = judged
            self.verdict.look_at(mask, session.volume if session else None)
