"""What surrounds a mask: the registry of people, the log, the rules, and what was seen before."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import select

from medseg.errors import FormatError, MedsegError
from medseg.model import Finding, Place, Policy, Verification
from medseg.project.folder.layout import Layout, Spot, find_spot
from medseg.project.folder.opaque import read_secret
from medseg.project.folder.remembered import (
    read_remembered,
    remember_log,
    remember_registry,
    remembered_of,
)
from medseg.project.folder.settings import read_settings
from medseg.project.store import Store
from medseg.project.store.schema import log as log_table
from medseg.review.policy import policy_from_tables
from medseg.signoff import LogExhibit, PeopleExhibit
from medseg.signoff.canonical import canonical
from medseg.signoff.log.checkpoint import Checkpoint
from medseg.signoff.log.contents import holds_what_it_names
from medseg.signoff.log.jsonl import split_log
from medseg.signoff.log.kinds import CASE_ID, READING_ID
from medseg.signoff.people.sealing import open_registry

_MAX_LOG_BYTES = 4 * 1024**3


@dataclass(frozen=True, eq=False)
class Context:
    """What a mask's sign-offs are held against, apart from mask and image.

    Args:
        people: the registry of people; None if there is none.
        logs: the log it belongs to, if any.
        policies: digest -> the rules that the log holds.
        case: id of the case that the mask lies with.
        reading: id of the reading.
        secret: the project's.
        derivations: what says that images were made from others.
        findings: what could not be had, in words.
    """

    people: PeopleExhibit | None = None
    logs: tuple[LogExhibit, ...] = ()
    policies: Mapping[str, Policy] = field(default_factory=dict)
    case: str | None = None
    reading: str | None = None
    secret: bytes | None = None
    derivations: tuple[bytes, ...] = ()
    findings: tuple[Finding, ...] = ()


def context_of(path: Path, *, people: Path | None = None, log: Path | None = None) -> Context:
    """What surrounds a mask or folder: of its project, if it lies in one, or as it is named.

    Args:
        path: the mask or the folder.
        people: a registry that the asker names, and whose word is then taken.
        log: a log that the asker names: a file of entries, a database, or a project's folder.

    Raises:
        FormatError: what is named cannot be read.
    """
    spot = find_spot(path, as_named=True)
    named = _Named(people, log)
    found = Context() if spot is None else _of_project(spot.layout, named)
    case, reading = _ids_of(path) if spot is None else (spot.case, spot.reading)
    found = replace(found, case=case, reading=reading)
    if log is not None:
        logs = _side_by_side(_of_log(log), spot)
        policies = {digest: policy for one in logs for digest, policy in _policies(one).items()}
        found = replace(found, logs=logs, policies=policies)
    if people is not None:
        found = replace(found, people=_people_exhibit(_read(people, "A registry of people"), None))
    logs = tuple(_met(one, found.logs) for one in found.logs)
    return replace(found, logs=logs, derivations=_derivations(logs))


def _side_by_side(named: LogExhibit, spot: Spot | None) -> tuple[LogExhibit, ...]:
    """The log that is named, and the project's own if that is another one."""
    own = None
    if spot is not None:
        with suppress(MedsegError):
            own = _log_of(spot.layout)
    return (named,) if own is None or own.origin == named.origin else (named, own)


def _met(log: LogExhibit, logs: tuple[LogExhibit, ...]) -> LogExhibit:
    """The log with where the others met it, besides what is remembered of it."""
    met = [
        Checkpoint.from_anchor(entry.data)
        for other in logs
        for entry in other.chain.entries
        if entry.kind == "anchor" and entry.data["origin"] == log.origin
    ]
    return replace(log, remembered=(*log.remembered, *met)) if met else log


def _derivations(logs: tuple[LogExhibit, ...]) -> tuple[bytes, ...]:
    """The statements that images were made from others, as the logs hold them."""
    return tuple(
        canonical(entry.data["envelope"])
        for log in logs
        for entry in log.chain.entries
        if entry.kind == "deid" and "envelope" in entry.data and holds_what_it_names(entry)
    )


class _Named(NamedTuple):
    """What the asker names, and is not looked for."""

    people: Path | None = None
    log: Path | None = None


def _ids_of(path: Path) -> tuple[str | None, str | None]:
    """Case and reading by the names of the folders, where a project's folder was copied in part."""
    parts = (path.resolve() if ".." in path.parts else path.absolute()).parts
    if len(parts) > 3 and parts[-4] == "cases":
        case, reading = parts[-3], parts[-2]
        if CASE_ID.fullmatch(case) and READING_ID.fullmatch(reading):
            return case, reading
    return None, None


def remember(context: Context, verification: Verification) -> None:
    """Keep what was seen of log and registry, where nothing spoke against them.

    Where the user's folder cannot be written to, nothing is kept.
    """
    codes = {one.code for one in verification.verdicts}
    with suppress(MedsegError, OSError):
        if context.people is not None and not codes & _OF_REGISTRY:
            opened = open_registry(context.people.data)
            # Whoever only stands in a list of roots has not signed it: their own goes on elsewhere.
            remember_registry(tuple(sorted(opened.signed_by)), opened.registry.version)
        if not any(code.startswith("LOG_") for code in codes):
            for exhibit in context.logs:
                _remember_log(exhibit)


_OF_REGISTRY = frozenset(
    {
        "REGISTRY_ROLLBACK",
        "INSUFFICIENT_SIGNATURES",
        "MALFORMED",
        "BAD_SIGNATURE",
        "UNSUPPORTED_VERSION",
        "SIGNER_NOT_ESTABLISHED",
    }
)


def _remember_log(exhibit: LogExhibit) -> None:
    chain, origin = exhibit.chain, exhibit.origin
    # Where no sign-off was judged, no verdict has held the log against what was seen before.
    if origin is not None and not exhibit.findings:
        remember_log(origin, len(chain.entries), chain.frontier.root.hex())


def _of_project(layout: Layout, named: _Named) -> Context:
    findings: list[Finding] = []
    logs: tuple[LogExhibit, ...] = ()
    policies: Mapping[str, Policy] = {}
    people, secret = None, None
    try:
        if named.log is None:
            exhibit = _log_of(layout)
            logs, policies = (exhibit,), _policies(exhibit)
            findings += _misnamed(layout, exhibit)
    except MedsegError as error:
        findings.append(Finding("LOG_ABSENT", "undecided", f"No log could be had: {error}"))
    try:
        if named.people is None:
            data = _read(layout.people, "A registry of people")
            people = _people_exhibit(data, frozenset(read_remembered().roots))
    except MedsegError as error:
        place = Place(file=layout.people.name)
        findings.append(Finding("PEOPLE_ABSENT", "undecided", str(error), place))
    with suppress(MedsegError):
        secret = read_secret(layout.secret)
    return Context(people, logs, policies, secret=secret, findings=tuple(findings))


def _misnamed(layout: Layout, exhibit: LogExhibit) -> list[Finding]:
    """ORIGIN_DIFFERS where the settings name another log than the one that is there."""
    named = read_settings(layout.settings).origin
    if exhibit.origin in (None, named):
        return []
    text = (
        f"{layout.settings.name} names the log {named!r}; the one that is there calls itself "
        f"{exhibit.origin!r}. One of them was exchanged: restore it from a copy."
    )
    return [Finding("ORIGIN_DIFFERS", "error", text, Place(file=layout.settings.name))]


def _log_of(layout: Layout) -> LogExhibit:
    settings = read_settings(layout.settings)
    return _log_exhibit(_entries_of(settings.database or layout.database, settings.origin))


def _of_log(path: Path) -> LogExhibit:
    if path.is_dir():
        return _log_of(Layout(path))
    is_database = path.suffix == ".db"
    raws = _entries_of(path, None) if is_database else _lines_of(_read(path, "A log"))
    return _log_exhibit(raws)


def _lines_of(data: bytes) -> list[bytes]:
    """The entries of a log's file; what lacks the end of its line is left as an unsound one."""
    torn = data.rpartition(b"\n")[2]
    whole = data[: len(data) - len(torn)]
    return split_log(whole) + ([torn[:-1]] if torn else [])


def _entries_of(where: str | Path, origin: str | None) -> list[bytes]:
    """The very bytes of all entries, whether they are sound or not."""
    with Store.open(where, origin=origin) as store, store.read() as view:
        query = select(log_table.c.entry).order_by(log_table.c.seq)
        return [bytes(raw) for raw in view.connection.scalars(query)]


def _log_exhibit(raws: list[bytes]) -> LogExhibit:
    """The log with what is remembered of it, by the name that its own first entry gives it."""
    seen = remembered_of(LogExhibit(raws[:1]).origin)
    # What is remembered was found sound: `remember` keeps nothing else.
    return LogExhibit(raws, seen, found_sound=seen[0] if seen else None)


def _people_exhibit(data: bytes, trusted: frozenset[str] | None) -> PeopleExhibit:
    version = None
    with suppress(MedsegError):
        known = read_remembered().registries
        roots = open_registry(data).registry.root_ids
        version = max((known[one] for one in roots if one in known), default=None)
    return PeopleExhibit(data, trusted, version)


def _policies(exhibit: LogExhibit) -> dict[str, Policy]:
    """Every policy that the log ever held, by its digest."""
    found = {}
    for entry in exhibit.chain.entries:
        if entry.kind == "policy" and holds_what_it_names(entry):
            with suppress(MedsegError):
                found[str(entry.data["digest"])] = policy_from_tables(entry.data["policy"])
    return found


def _read(path: Path, what: str) -> bytes:
    try:
        if path.stat().st_size > _MAX_LOG_BYTES:
            raise FormatError(f"{what} is at most 4 GB; {path.name} is larger.")
        return path.read_bytes()
    except OSError as error:
        raise FormatError(
            f"{what} is read from a file; {path} cannot be ({error.strerror}). Correct the path."
        ) from error
