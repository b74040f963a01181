"""The reviewer's view of a case: what changed, what was remarked, what was seen."""

from __future__ import annotations

from collections.abc import Callable

from medseg.model import Case, Person, Reading
from napari_medseg.viewmodels.case import CaseViewModel
from napari_medseg.viewmodels.looking.planes import PlanesViewModel
from napari_medseg.viewmodels.reviewing.comparing.comparing import ComparingViewModel
from napari_medseg.viewmodels.reviewing.comparing.comparison_sketch import ComparisonSketch
from napari_medseg.viewmodels.reviewing.comparing.in_hand import ProjectInHand
from napari_medseg.viewmodels.reviewing.comparing.others import others_in_project
from napari_medseg.viewmodels.reviewing.comparing.walking import WalkViewModel
from napari_medseg.viewmodels.reviewing.project.jobs import Jobs
from napari_medseg.viewmodels.reviewing.remarks.comments import CommentsViewModel
from napari_medseg.viewmodels.reviewing.remarks.pins import PinsSketch
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
        self.walk = WalkViewModel(self.comparing, planes)
        self.comments = CommentsViewModel(case, planes, go_to_lesion)
        self.slices = SeenSlicesViewModel(case, planes)
        self.sketches: tuple[Sketch, ...] = (
            ComparisonSketch(case, self.comparing, self.walk),
            PinsSketch(case, self.comments),
        )
        self._project: ProjectInHand | None = None
        self._stands: Stand | None = None

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
        self.slices.attach(viewings)
        project.changed.connect(self._follow_project)
        self.case.opened.connect(self._begin)
        self._follow_project()

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
