"""Making a project's folder whole or not at all, and opening one."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from medseg.errors import FormatError
from medseg.formats import atomic
from medseg.formats.folders import make_folder
from medseg.model import Finding, Person, PersonKey, Policy, Role, now_iso
from medseg.project.folder.healing import heal
from medseg.project.folder.layout import SETTINGS_NAME, Layout, project_root
from medseg.project.folder.opaque import new_id, write_secret
from medseg.project.folder.remembered import trust_root
from medseg.project.folder.rules_text import rules_text
from medseg.project.folder.settings import Settings, read_settings, write_settings
from medseg.project.store import Draft, Store
from medseg.review.policy import new_policy, policy_digest, policy_json, solo_policy
from medseg.signoff.keys import SigningKey
from medseg.signoff.log.proof import ActPlace, with_proof
from medseg.signoff.people.changes import new_registry
from medseg.signoff.people.registry import RootKey
from medseg.signoff.people.sealing import open_registry, seal_registry

_TEAM_REGISTRY = timedelta(days=90)
_SOLO_REGISTRY = timedelta(days=366)
_KEY_LIFE = timedelta(days=2 * 366)
# Clocks differ by minutes; a key that was just enrolled signs at once.
_SLACK = timedelta(minutes=10)
_NOT_PLAIN = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True)
class _Plan:
    settings: Settings
    policy: Policy
    registry: bytes
    key: SigningKey


def create_folder(  # noqa: PLR0913 - each option is a part of the project
    folder: Path,
    *,
    name: str,
    site: str,
    key: SigningKey,
    solo: str | None,
    people: Sequence[Person],
    policy: Policy | None,
    database: str | None,
) -> None:
    """Make a project's folder; see `Project.create`."""
    layout = Layout(folder)
    settings = Settings(name, site, _origin(site, name), database)
    rules = policy or (solo_policy() if solo else new_policy())
    members = [_solo_person(solo, key)] if solo else list(people)
    plan = _Plan(settings, rules, _first_registry(key, members, is_solo=bool(solo)), key)
    make_folder(folder)
    _check_empty(layout)
    with _made_whole(layout):
        write_secret(layout.secret)
        make_folder(layout.cases)
        make_folder(layout.people.with_suffix(""))
        atomic.write_bytes(layout.people_version(1), plan.registry)
        atomic.write_bytes(layout.people, plan.registry)
        _begin_log(layout, plan)
        trust_root(key.keyid, f"{name} ({key.printed_name})")
        # Last: a folder without it is no project, so that a crash leaves none half made.
        write_settings(settings, rules_text(rules), layout.settings)


def open_folder(path: Path) -> tuple[Layout, Settings, Store, tuple[Finding, ...]]:
    """What a project is made of; see `Project.open`."""
    layout = project_root(path)
    settings = read_settings(layout.settings)
    store = Store.open(settings.database or layout.database, origin=settings.origin)
    try:
        findings = heal(layout, settings, store)
    except BaseException:
        store.close()
        raise
    return layout, settings, store, findings


def enrolled_key(key_id: str, public_key: bytes, *, now: datetime | None = None) -> PersonKey:
    """A key for the registry, valid from now for two years."""
    start = (now or datetime.now(UTC)) - _SLACK
    end = start + _KEY_LIFE
    return PersonKey(key_id, public_key, _text(start), _text(end))


def _solo_person(name: str, key: SigningKey) -> Person:
    own = enrolled_key(key.keyid, key.public_key)
    person_id = key.person_id or new_id("p", length=6)
    return Person(person_id, name, frozenset(Role), (own,))


def _first_registry(key: SigningKey, people: Sequence[Person], *, is_solo: bool) -> bytes:
    now = datetime.now(UTC)
    life = _SOLO_REGISTRY if is_solo else _TEAM_REGISTRY
    root = RootKey(key.keyid, key.public_key, key.printed_name)
    registry = new_registry(
        (root,),
        issued=_text(now),
        expires=_text(now + life),
        people=people,
        self_attested=is_solo,
    )
    return seal_registry(registry, key)


def _begin_log(layout: Layout, plan: _Plan) -> None:
    """The store, with the entries that every log begins with; its root key proves the rules."""
    opened = open_registry(plan.registry)
    told = {
        "version": opened.registry.version,
        "digest": opened.digest,
        "change": "the first registry",
    }
    settings, at = plan.settings, now_iso()
    named = {"origin": settings.origin, "project": settings.name, "site": settings.site}
    rules = {"policy": policy_json(plan.policy), "digest": policy_digest(plan.policy)}
    where = settings.database or layout.database
    with Store.create(where, origin=settings.origin) as store, store.act() as act:
        act.append([Draft("open", named)], actor=None, at=at)
        place = ActPlace("policy", None, None, None, act.size, act.head)
        drafts = [Draft("policy", with_proof(rules, place, plan.key)), Draft("people", told)]
        act.append(drafts, actor=None, at=at)


def _origin(site: str, name: str) -> str:
    """A name for the log that no other one has."""
    words = [_NOT_PLAIN.sub("-", one.lower()).strip("-")[:40] or "x" for one in (site, name)]
    return f"{words[0]}/{words[1]}/{new_id('log', length=12)}"


def _check_empty(layout: Layout) -> None:
    if layout.settings.exists():
        raise FormatError(
            f"A project is made in a folder that holds none; {layout.root} does. Open that one, or "
            "choose another folder."
        )
    leftovers = [one for one in _own(layout) if one.exists()]
    if leftovers:
        names = ", ".join(one.name for one in leftovers)
        raise FormatError(
            f"A project is made anew or not at all; {layout.root} holds {names} but no "
            f"{SETTINGS_NAME}: a part of a project, or one that was never finished. Choose another "
            "folder, or move these away."
        )


def _own(layout: Layout) -> tuple[Path, ...]:
    folder = layout.people.with_suffix("")
    return (layout.database, layout.people, folder, layout.secret, layout.cases)


@contextmanager
def _made_whole(layout: Layout) -> Iterator[None]:
    """Remove what was made if anything is raised."""
    try:
        yield
    except BaseException:
        for path in (layout.settings, *_own(layout)):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
        raise


def _text(time: datetime) -> str:
    return time.isoformat(timespec="seconds")
