"""Which policy and which registry of people hold, by the log and not by the files beside it."""

from __future__ import annotations

import threading
from typing import Any

from sqlalchemy import select

from medseg.errors import FormatError, MedsegError, SignoffError
from medseg.model import Policy
from medseg.project.folder.layout import Layout
from medseg.project.store import LogView
from medseg.project.store.schema import log
from medseg.review.policy import policy_from_tables
from medseg.signoff.log.contents import holds_what_it_names
from medseg.signoff.log.entry import Entry, read_entry
from medseg.signoff.people.registry import Registry
from medseg.signoff.people.sealing import open_registry

_MAX_REGISTRY_BYTES = 16 * 1024 * 1024


class Rules:
    """The rules as of a moment of the log; what was read once is kept.

    Args:
        layout: of the project, for the registry's file.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._lock = threading.Lock()
        self._policies: dict[str, Policy] = {}
        self._registries: dict[str, Registry] = {}

    def policy_at(self, view: LogView) -> Policy:
        """The policy in force.

        Raises:
            ReviewError: the log holds none that can be read.
            SignoffError: it names another policy than it holds.
        """
        entry = self.policy_entry(view)
        data = entry.data
        _check_named(entry)
        with self._lock:
            if data["digest"] not in self._policies:
                self._policies[data["digest"]] = policy_from_tables(data["policy"])
            return self._policies[data["digest"]]

    def policy_entry(self, view: LogView) -> Entry:
        """The entry of the policy in force."""
        return _newest(view, "policy")

    def people_entry(self, view: LogView) -> Entry:
        """The entry of the registry in force."""
        return _newest(view, "people")

    def registry_at(self, view: LogView) -> Registry:
        """The registry in force.

        Raises:
            SignoffError: neither `people.json` nor the kept version is the one that the log names.
        """
        told = self.people_entry(view).data
        with self._lock:
            if told["digest"] not in self._registries:
                self._registries[told["digest"]] = self._read(told)
            return self._registries[told["digest"]]

    def registry_bytes(self, told: dict[str, Any]) -> bytes:
        """The file of the registry that an entry names.

        Raises:
            SignoffError: it is missing, or was exchanged.
        """
        for path in (self._layout.people_version(told["version"]), self._layout.people):
            try:
                data = path.read_bytes()
                if open_registry(data).digest == told["digest"]:
                    return data
            except (OSError, MedsegError):
                continue
        raise SignoffError(
            f"The registry of people in force is version {told['version']}, as the log names it; "
            f"neither {self._layout.people.name} nor people/{told['version']}.json is that one. "
            "Restore people.json from a copy, or from its keeper."
        )

    def case_of(self, view: LogView, reading_id: str) -> str | None:
        """The case that a reading belongs to; None if there is no such reading."""
        query = select(log.c.case_id).where(
            log.c.reading_id == reading_id, log.c.case_id.is_not(None)
        )
        found = view.connection.scalar(query.limit(1))
        return None if found is None else str(found)

    def _read(self, told: dict[str, Any]) -> Registry:
        return open_registry(self.registry_bytes(told)).registry


def _check_named(entry: Entry) -> None:
    if not holds_what_it_names(entry):
        raise SignoffError(
            f"The rules in force are those that the log names; entry {entry.seq} names others "
            "than it holds. Restore the log from a copy, and find out who wrote that."
        )


def _newest(view: LogView, kind: str) -> Entry:
    query = select(log.c.entry).where(log.c.kind == kind).order_by(log.c.seq.desc()).limit(1)
    raw = view.connection.scalar(query)
    if raw is None:
        raise FormatError(
            f"A project's log begins with its policy and its people; this one has no {kind!r} "
            "entry. It was never finished, or damaged: restore it from a copy."
        )
    return read_entry(bytes(raw))
