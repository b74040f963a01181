"""What a crash or a copy left behind: files are brought up to the log, gaps are told."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

from sqlalchemy import func, select

from medseg.errors import MedsegError
from medseg.formats import atomic, sidecar
from medseg.formats.folders import make_folder
from medseg.model import Finding, Place
from medseg.project.folder.layout import Layout
from medseg.project.folder.locking import locked
from medseg.project.folder.mask_files import read_signoffs
from medseg.project.folder.rules import Rules
from medseg.project.folder.settings import Settings
from medseg.project.folder.signoff_lines import signoff_lines
from medseg.project.images.sealing import seal_places
from medseg.project.store import LogView, Store
from medseg.project.store.schema import log
from medseg.review.policy import policy_digest, policy_from_tables
from medseg.signoff.log.kinds import SIGNED_KINDS


def heal(layout: Layout, settings: Settings, store: Store) -> tuple[Finding, ...]:
    """Write again what the log holds and a file lacks; the findings tell what, and what is missing.

    Where the folder cannot be written to, nothing is, and that is told.

    Raises:
        StoreError: the log cannot be read.
    """
    with store.read() as view:
        counts = _counts(view)
        findings = [
            *_people(layout, view),
            *_policy(layout, settings, view),
            *_missing(layout, counts),
        ]
        imported = [case for (case, _), kinds in counts.items() if kinds["import"]]
        behind = [one for one in counts if _is_behind(layout, *one, counts[one])]
    findings += seal_places(layout, sorted(imported))
    for case, reading in behind:
        findings.append(_write(layout, store, case, reading))
    return tuple(findings)


def write_signoffs(layout: Layout, store: Store, case: str, reading: str) -> Path:
    """Write a reading's sign-offs beside its mask, as the log holds them, and return the path.

    Raises:
        FormatError: they cannot be written; the log holds them, and opening the project anew
            writes them.
    """
    path = layout.signoffs(case, reading)
    make_folder(path.parent)
    with locked(path):  # whoever writes last has read the log last
        with store.read() as view:
            data = signoff_lines(view, case, reading)
        atomic.write_bytes(path, data)
    return path


_Counts = dict[tuple[str, str], Counter[str]]


def _counts(view: LogView) -> _Counts:
    """(case, reading) -> how many entries of each kind; ("case", "") for the case's own."""
    query = select(log.c.case_id, log.c.reading_id, log.c.kind, func.count()).where(
        log.c.case_id.is_not(None)
    )
    counts: _Counts = {}
    grouped = query.group_by(log.c.case_id, log.c.reading_id, log.c.kind)
    for case, reading, kind, count in view.connection.execute(grouped):
        counts.setdefault((case, reading or ""), Counter())[kind] += count
    return counts


def _is_behind(layout: Layout, case: str, reading: str, kinds: Counter[str]) -> bool:
    wanted = sum(kinds[kind] for kind in SIGNED_KINDS)
    if not reading or not wanted:
        return False
    try:
        found = read_signoffs(layout.signoffs(case, reading))
    except MedsegError:
        return True
    return sum(bool(line.strip()) for line in found.split(b"\n")) < wanted


def _write(layout: Layout, store: Store, case: str, reading: str) -> Finding:
    path = layout.signoffs(case, reading)
    place = Place(file=path.relative_to(layout.root).as_posix())
    try:
        write_signoffs(layout, store, case, reading)
    except MedsegError as error:
        text = f"The log holds sign-offs that this file lacks, and it cannot be written: {error}"
        return Finding("SIGNOFFS_BEHIND", "warning", text, place)
    text = "The log held sign-offs that this file lacked; they were written to it again."
    return Finding("SIGNOFFS_WRITTEN_AGAIN", "note", text, place)


def _missing(layout: Layout, counts: _Counts) -> list[Finding]:
    """Files that the log speaks of and that are not there, as in a folder copied by half."""
    wanted = []
    for (case, reading), kinds in counts.items():
        if kinds["import"]:
            wanted.append(layout.image(case))
        # A computed consensus is a reading that nobody was assigned, handed in as it is made.
        submissions = kinds["submit"] + (0 if kinds["assign"] else kinds["consensus"])
        if reading and submissions:
            wanted.append(layout.mask(case, reading))
            for number in range(1, submissions + 1):
                version = layout.version(case, reading, number)
                wanted += [version, sidecar.sidecar_path(version)]
    return [_absent(layout, path) for path in wanted if not os.path.lexists(path)]


def _absent(layout: Layout, path: Path) -> Finding:
    name = path.relative_to(layout.root).as_posix()
    text = (
        f"The log speaks of {name}, which is not there: the folder was copied by half, or the file "
        "removed. Copy it here from where the folder came from."
    )
    return Finding("FILE_MISSING", "error", text, Place(file=name))


def _people(layout: Layout, view: LogView) -> list[Finding]:
    """`people.json` is the registry that the log names; a crash may have left an older one."""
    rules = Rules(layout)
    place = Place(file=layout.people.name)
    try:
        data = rules.registry_bytes(rules.people_entry(view).data)
        if layout.people.is_file() and layout.people.read_bytes() == data:
            return []
        atomic.write_bytes(layout.people, data)
    except (MedsegError, OSError) as error:
        return [Finding("PEOPLE_DIFFER", "error", str(error), place)]
    text = "people.json was not the registry that the log names; that was put in its place."
    return [Finding("PEOPLE_WRITTEN_AGAIN", "note", text, place)]


def _policy(layout: Layout, settings: Settings, view: LogView) -> list[Finding]:
    """A policy that was edited in the settings holds once it is in the log."""
    place = Place(file=layout.settings.name)
    try:
        written = policy_from_tables(settings.tables.get("policy", {}))
    except MedsegError as error:
        return [Finding("POLICY_REFUSED", "warning", str(error), place)]
    if policy_digest(written) == Rules(layout).policy_entry(view).data["digest"]:
        return []
    text = (
        "The policy in medseg.toml is not the one in force, which the log holds. If it was edited "
        "on purpose, enter it with: medseg policy apply"
    )
    return [Finding("POLICY_DIFFERS", "warning", text, place)]
