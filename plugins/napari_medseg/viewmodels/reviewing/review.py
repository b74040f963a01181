"""The reviewer's view of a case: what changed, what was remarked, what was seen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from medseg.model import Case, Person, Reading
from napari_medseg.viewmodels.case import CaseViewModel
from napari_medseg.viewmodels.looking.planes import PlanesViewModel
from napari_medseg.viewmodels.reviewing.comparing.comparing import ComparingViewModel
from napari_medseg.viewmodels.reviewing.comparing.comparison_sketch import ComparisonSketch
from napari_medseg.viewmodels.reviewing.comparing.in_hand import ProjectInHand
from napari_medseg.viewmodels.reviewing.comparing.others import (
    check_may_see,
    others_in_project,
    version_key,
)
from napari_medseg.viewmodels.reviewing.comparing.walking import WalkViewModel
from napari_medseg.viewmodels.reviewing.project.jobs import Jobs
from napari_medseg.viewmodels.reviewing.project.standing import Standing
from napari_medseg.viewmodels.reviewing.remarks.comments import CommentsViewModel
from napari_medseg.viewmodels.reviewing.remarks.pins import PinsSketch
from napari_medseg.viewmodels.reviewing.remarks.queries import QueriesViewModel
from napari_medseg.viewmodels.reviewing.remarks.seen_slices import SeenSlicesViewModel, Viewings
from napari_medseg.viewmodels.sketch import Sketch

#: What of a case the offers go by: case, reading, last entry, and versions of each reading.
Stand = tuple[str, str, int, tuple[tuple[str, int], ...]]


class ReviewViewModel:
    """The parts of the Review page, made for one window; they follow whatever case is opened.

    Args:
        case: what is on screen.
        planes: its crosshair.
        go_to_lesion: shows a lesion by its number.
    """

    def __init__(
        self, case: CaseViewModel, planes: PlanesViewModel, go_to_lesion: Callable[[int], None]
    ) -> None:
        self.case, self.planes, self._go_to_number = case, planes, go_to_lesion
        self.comparing = ComparingViewModel(case)
        self.comparing.check_file = self._check_file
        self.walk = WalkViewModel(self.comparing, planes)
        self.comments = CommentsViewModel(case, planes, go_to_lesion)
        self.queries = QueriesViewModel(case.notice)
        self.slices = SeenSlicesViewModel(case, planes)
        self.sketches: tuple[Sketch, ...] = (
            ComparisonSketch(case, self.comparing, self.walk),
            PinsSketch(case, self.comments),
        )
        self._project: ProjectInHand | None = None
        self._stands: Stand | None = None
        self._awaited: tuple[str, str, str] | None = None  # reading, key and mode of a swap

    @property
    def commands(self) -> dict[str, Callable[[], None]]:
        """What the keys of reviewing do."""
        return {
            "next_difference": lambda: self.walk.step(+1),
            "previous_difference": lambda: self.walk.step(-1),
            "difference_view": self.comparing.next_mode,
            "comment": self.comments.begin,
            "next_unseen": self.slices.next_unseen,
        }

    def attach(self, *, project: ProjectInHand, viewings: Viewings, jobs: Jobs) -> None:
        """Follow the project's case on screen and what the screen displays."""
        self._project = project
        self.comments.attach(project, jobs)
        self.queries.attach(project, jobs)
        self.slices.attach(viewings)
        project.changed.connect(self._follow_project)
        self.case.opened.connect(self._begin)
        self._follow_project()

    @property
    def standing(self) -> Standing | None:
        """How the case on screen stands; None where no project's reading is open."""
        return self._project.standing if self._project is not None else None

    def open_reading(self, reading: str) -> None:
        """Put another reading of the case on screen, as one of the two that are compared."""
        if self._project is not None and self._project.case is not None:
            self._project.open_reading(self._project.case.case_id, reading)

    @property
    def can_swap(self) -> bool:
        """Whether both masks were handed in as readings of the case."""
        chosen, here = self.comparing.chosen, self._project
        reading = here.reading if here is not None else None
        if chosen is None or reading is None or reading.newest is None:
            return False
        return chosen.reading not in ("", reading.reading_id)

    def swap(self) -> None:
        """Put their reading on screen, and compare it with the one that was there."""
        chosen, here = self.comparing.chosen, self._project
        if not self.can_swap or chosen is None or here is None or here.reading is None:
            return
        key = version_key(here.reading, len(here.reading.submissions))
        self._awaited = (chosen.reading, key, self.comparing.mode)
        self.open_reading(chosen.reading)

    def go_to_lesion(self, number: int) -> None:
        """Show a lesion of the comparison: its largest difference, or itself where it has none.

        Args:
            number: as in the table.
        """
        result = self.comparing.result
        found = [one for one in result.lesions if one.number == number] if result else []
        for lesion in found:
            places = [
                place
                for place, one in enumerate(self.walk.items)
                if one.lesion == lesion.name and not one.tiny
            ]
            if places:
                self.walk.go_to(max(places, key=lambda place: self.walk.items[place].voxels))
            elif lesion.current:
                self._go_to_number(lesion.current[0])

    def close(self) -> None:
        """End what goes on in the background."""
        self.comparing.close()

    def _check_file(self, path: Path) -> None:
        here = self._project
        project, person = (here.project, here.person) if here is not None else (None, None)
        check_may_see(path, project, person)

    def _begin(self, _session: object) -> None:
        self._stands = None
        self._follow_project()

    def _follow_project(self) -> None:
        """Offer what was handed in, where that is anything new."""
        here = self._project
        case, reading = (here.case, here.reading) if here is not None else (None, None)
        if here is None or here.person is None or case is None or reading is None:
            if self._stands is not None:
                self._stands = None
                self.comparing.offer(())
            return
        versions = tuple((one.reading_id, len(one.submissions)) for one in case.readings)
        stand = (case.case_id, reading.reading_id, case.seq, versions)
        if stand != self._stands:
            self._stands = stand
            self._offer(case, reading, here.person)

    def _offer(self, case: Case, reading: Reading, person: Person) -> None:
        here = self._project
        if here is None or here.project is None:
            return
        names = here.standing.names if here.standing is not None else {}
        offered = others_in_project(here.project.layout, case, reading, person, names)
        self.comparing.offer(offered)
        awaited, self._awaited = self._awaited, None
        if awaited is not None and awaited[0] == reading.reading_id:
            self.comparing.choose(awaited[1])
            self.comparing.show(awaited[2])
