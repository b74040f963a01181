"""What the parts of review ask of the project that is open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from psygnal import SignalInstance

from medseg.model import Case, Person, Reading
from napari_medseg.viewmodels.reviewing.project.standing import Standing

if TYPE_CHECKING:
    from medseg.project import Project


class ProjectInHand(Protocol):
    """The project, and the case of it that is on screen; None where there is none."""

    @property
    def project(self) -> Project | None:
        """The project that is open."""
        ...

    @property
    def person(self) -> Person | None:
        """Who works in it."""
        ...

    @property
    def case(self) -> Case | None:
        """The case on screen, as that person may see it."""
        ...

    @property
    def reading(self) -> Reading | None:
        """The reading on screen."""
        ...

    @property
    def standing(self) -> Standing | None:
        """How the case stands for that person, with the names they may see."""
        ...

    @property
    def changed(self) -> SignalInstance:
        """Case or reading were read anew."""
        ...

    def open_reading(self, case: str, reading: str = "") -> None:
        """Put a reading on screen."""
        ...

    def reload(self) -> None:
        """Read the case anew."""
        ...
