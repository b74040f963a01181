"""The demo's project: three persons, one case, and what each of them may do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from medseg.model import Person, PlaneName, Role, Viewing, main_plane, now_iso
from medseg.project import Project, acts, import_images
from medseg.project.acts.reading import OpenReading
from medseg.project.folder.making import enrolled_key
from medseg.project.folder.opaque import new_id
from medseg.project.images.image_record import read_image_record
from medseg.project.viewings import add_viewings
from medseg.signoff import SigningKey
from medseg.signoff.keys import key_id

_SECONDS_A_SLICE = 0.5


@dataclass(frozen=True, eq=False)
class Actor:
    """Somebody of the story, with the key that they sign with."""

    person: Person
    key: SigningKey

    @property
    def person_id(self) -> str:
        """Their id in the project."""
        return self.person.person_id

    @property
    def name(self) -> str:
        """Their printed name."""
        return self.person.printed_name


@dataclass(frozen=True, eq=False)
class Study:
    """The demo's project and its people.

    Args:
        project: open.
        annotator: contours.
        reviewer: judges what was contoured.
        adjudicator: has the last word: signs and locks.
    """

    project: Project
    annotator: Actor
    reviewer: Actor
    adjudicator: Actor


def begin_study(folder: Path) -> Study:
    """A new project with three persons; their keys live as long as this process."""
    annotator = _actor("Ana Annotator", {Role.ANNOTATOR, Role.IMPORTER})
    reviewer = _actor("Ravi Reviewer", {Role.REVIEWER})
    adjudicator = _actor("Ada Adjudicator", {Role.ADJUDICATOR, Role.SIGNER, Role.LEAD})
    project = Project.create(
        folder,
        name="medseg demo",
        site="demo",
        key=_key("Registry of the demo"),
        people=[one.person for one in (annotator, reviewer, adjudicator)],
    )
    return Study(project, annotator, reviewer, adjudicator)


def _actor(name: str, roles: set[Role]) -> Actor:
    key = _key(name)
    enrolled = enrolled_key(key.keyid, key.public_key)
    return Actor(Person(new_id("p"), name, frozenset(roles), (enrolled,)), key)


def _key(name: str) -> SigningKey:
    """A key that is never written down: nobody can sign with it when the demo has ended."""
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    return SigningKey(key_id(public), public, None, name, private)


def begin_reading(study: Study, image: Path, series: str) -> OpenReading:
    """The case made of one series of an image, assigned to the annotator and opened."""
    project, by = study.project, study.annotator.person_id
    found = import_images(project, image, by=by)
    case = next(
        one
        for one in found.cases
        if read_image_record(project.layout.image(one)).series in (series, None)
    )
    reading = acts.assign(project, case, by, by=study.adjudicator.person_id)
    return acts.open_reading(project, reading, by=by)


def page_through(study: Study, actor: Actor, opened: OpenReading) -> None:
    """Record that every slice was on somebody's screen, as a viewer would."""
    case = study.project.case_of(opened.reading.reading_id)
    reading = case.reading(opened.reading.reading_id)
    geometry = opened.image.geometry
    shown = Viewing(
        person=actor.person_id,
        reading=opened.reading.reading_id,
        version=len(reading.submissions) if reading else 0,
        plane=cast(PlaneName, main_plane(geometry)),
        first=0,
        last=geometry.shape[0] - 1,
        seconds=_SECONDS_A_SLICE * geometry.shape[0],
        mask_visible=True,
        window="default",
        at=now_iso(),
    )
    add_viewings(study.project.store, [shown])
