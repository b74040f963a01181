"""A project: its folder, its log, its people and its rules, opened together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import select

from medseg.errors import ReviewError
from medseg.model import Case, Finding, Person, Policy, Role, Volume
from medseg.project.acts.reading_files import image_record_of
from medseg.project.folded import folded
from medseg.project.folder.layout import Layout
from medseg.project.folder.making import create_folder, open_folder
from medseg.project.folder.rules import Rules
from medseg.project.folder.settings import Settings
from medseg.project.images.image_record import read_image
from medseg.project.store import CaseSummary, LogView, Store
from medseg.project.store.schema import case_index
from medseg.project.summarising import summary_of
from medseg.signoff.keys import SigningKey
from medseg.signoff.log.entry import Entry
from medseg.signoff.people.registry import Registry

_IMPORTERS = frozenset({Role.IMPORTER, Role.LEAD})


class Project:
    """An open project; make or open one with `create` and `open`.

    What happens in it are the functions of `medseg.project.acts`. Nothing is kept between two of
    them, so any number of processes may have the same project open.

    Args:
        layout: where its files stand.
        settings: what `medseg.toml` says.
        store: its log.
        findings: what was mended on opening, and what is missing.
    """

    def __init__(
        self, layout: Layout, settings: Settings, store: Store, findings: Sequence[Finding] = ()
    ) -> None:
        self.layout = layout
        self.settings = settings
        self.store = store
        self.findings = tuple(findings)
        self.rules = Rules(layout)

    @classmethod
    def create(  # noqa: PLR0913 - each option is a part of the project
        cls,
        folder: str | Path,
        *,
        name: str,
        site: str,
        key: SigningKey,
        solo: str | None = None,
        people: Sequence[Person] = (),
        policy: Policy | None = None,
        database: str | None = None,
    ) -> Self:
        """A new project in a folder that holds none; it is made whole or not at all.

        Args:
            folder: made if absent.
            name: of the project, as printed.
            site: as printed.
            key: the root key, which signs the registry of people; it is trusted on this machine
                from now on. In a project of one it is the person's own key besides.
            solo: printed name of the one person who does everything; their sign-offs say that
                they are self-attested. None for a team.
            people: who is enrolled at once, in a team.
            policy: the rules; None takes those of a team, or of one person, under which a
                hand-in is proven.
            database: PostgreSQL URL of an empty database; None keeps the log in the folder.

        Raises:
            FormatError: there is a project already, or the folder cannot be written.
            StoreError: the database cannot be made.
            SignoffError: the registry cannot be made of these people.
        """
        create_folder(
            Path(folder),
            name=name,
            site=site,
            key=key,
            solo=solo,
            people=people,
            policy=policy,
            database=database,
        )
        return cls.open(folder)

    @classmethod
    def open(cls, folder: str | Path) -> Self:
        """The project in a folder, or in one above it.

        What a crash left undone is done: sign-offs that the log holds and a reading's own file
        lacks are written there again. What is missing is told in `findings`.

        Raises:
            FormatError: there is none, or its files are of a later version.
            StoreError: its database is absent, damaged, locked or another project's.
        """
        return cls(*open_folder(Path(folder)))

    def close(self) -> None:
        """Close the store."""
        self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def policy(self) -> Policy:
        """The rules in force, by the log."""
        with self.store.read() as view:
            return self.policy_at(view)

    @property
    def registry(self) -> Registry:
        """The registry of people in force, by the log.

        Raises:
            SignoffError: its file is missing or was exchanged.
        """
        with self.store.read() as view:
            return self.rules.registry_at(view)

    def person(self, person_id: str) -> Person:
        """The person of that id.

        Raises:
            ReviewError: there is none.
        """
        found = self.registry.person(person_id)
        if found is None:
            raise ReviewError(
                f"Who acts in a project is in its registry of people; {person_id!r} is not. "
                "`medseg people list` shows who is; its keeper can enrol them."
            )
        return found

    def person_of(self, key: SigningKey) -> Person:
        """Whose key it is.

        Raises:
            ReviewError: nobody's in this project.
        """
        found = self.registry.owner(key.keyid)
        if found is None:
            raise ReviewError(
                f"A key counts once the registry of people names its owner; that of "
                f"{key.printed_name} ({key.keyid[:16]}...) is nobody's here. Ask the registry's "
                "keeper to enrol you with it."
            )
        return found

    def case(self, case_id: str) -> Case:
        """A case as the log tells it, with every reading: for whoever may see all of it.

        Raises:
            ReviewError: there is no such case.
        """
        with self.store.read() as view:
            found = folded(view, case_id)
        if found is None:
            raise ReviewError(
                f"An act names a case of the project; there is no {case_id!r}. "
                "`medseg worklist` lists them."
            )
        return found

    def case_of(self, reading_id: str) -> Case:
        """The case that a reading belongs to.

        Raises:
            ReviewError: there is no such reading.
        """
        with self.store.read() as view:
            case = self.rules.case_of(view, reading_id)
        if case is None:
            raise ReviewError(
                f"An act names a reading of the project; there is no {reading_id!r}. "
                "`medseg worklist` lists them."
            )
        return self.case(case)

    def case_ids(self) -> list[str]:
        """The ids of all cases, in the order of their import."""
        with self.store.read() as view:
            return view.case_ids()

    def cases(self) -> tuple[Case, ...]:
        """All cases as the log tells them, in the order of their import."""
        with self.store.read() as view:
            found = (folded(view, one) for one in view.case_ids())
            return tuple(case for case in found if case is not None)

    def image(self, case_id: str) -> Volume:
        """The image of a case, known to be the one that was imported.

        Raises:
            FormatError: it is not where it was, or cannot be read.
            SignoffError: another image lies there now.
        """
        return read_image(image_record_of(self.layout, self.case(case_id)))

    def mask_path(self, case_id: str, reading_id: str) -> Path:
        """Where the mask of a reading is; it need not be there yet."""
        return self.layout.mask(case_id, reading_id)

    def summarise(self, entries: Sequence[Entry]) -> CaseSummary:
        """A case's line in the worklist; what `check_store` and `rebuild_index` want.

        Raises:
            ReviewError: there are no entries.
        """
        with self.store.read() as view:
            found = self.summary_at(view, entries)
        if found is None:
            raise ReviewError("A line of the worklist is about a case; found no entries of one.")
        return found

    def summary_at(self, view: LogView, entries: Sequence[Entry]) -> CaseSummary | None:
        """A case's line in the worklist by the rules of a moment; None for no entries."""
        return summary_of(self.policy_at(view), self.people_at(view).values(), entries)

    def policy_at(self, view: LogView) -> Policy:
        """The rules in force at a moment of the log."""
        return self.rules.policy_at(view)

    def people_at(self, view: LogView) -> Mapping[str, Person]:
        """Everybody by their ids, at a moment of the log."""
        registry = self.rules.registry_at(view)
        return {one.person_id: one for one in registry.people}

    def cases_of_subject(
        self, view: LogView, subject: str, *, apart_from: str = ""
    ) -> tuple[Case, ...]:
        """The cases of one patient, the earliest time point first, apart from one."""
        query = (
            select(case_index.c.case_id)
            .where(case_index.c.subject == subject, case_index.c.case_id != apart_from)
            .order_by(case_index.c.time_point, case_index.c.case_id)
        )
        found = (folded(view, one) for one in view.connection.scalars(query))
        return tuple(case for case in found if case is not None)

    def check_may_import(self, by: str) -> None:
        """Pass if the person may import, before anything large is read.

        Raises:
            ReviewError: they may not.
        """
        person = self.person(by)
        if not person.may_act_as(_IMPORTERS):
            raise ReviewError(
                f"Images are imported by an importer or the lead; {person.printed_name} is "
                f"neither. Ask one who is, or the registry's keeper for the role."
            )
