"""Acts about the project itself: its rules, its people, and what the trail is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from medseg.errors import ReviewError
from medseg.formats import atomic
from medseg.formats.folders import make_folder
from medseg.model import Person, Role, now_iso
from medseg.project.acts.acting import Done, Moment, perform
from medseg.project.acts.proving import check_key_given, proven
from medseg.project.folder.settings import read_settings
from medseg.project.store import Act, Draft
from medseg.review.policy import policy_digest, policy_from_tables, policy_json
from medseg.review.workflow.draft import Draft as ReviewDraft
from medseg.review.workflow.scene import listed
from medseg.signoff.keys import SigningKey
from medseg.signoff.log.entry import Entry
from medseg.signoff.log.proof import read_proof
from medseg.signoff.people.registry import Registry
from medseg.signoff.people.sealing import open_registry

if TYPE_CHECKING:
    from medseg.project.face import Project


def change_policy(project: Project, *, by: str, key: SigningKey | None = None) -> bool:
    """Enter the policy that `medseg.toml` tells now, and return whether it was another one.

    Cases are judged by it from here on; what was done before stays as it was. The same rules are
    entered again where a root key proved them that is none of the registry's any more.

    Args:
        project: where.
        by: id of the lead.
        key: theirs, unlocked: it signs the rules. None where neither these nor those before them
            ask for that (`policy.proven`).

    Raises:
        ReviewError: this person is not the lead, or the rules contradict each other.
        SignoffError: there is no key and the rules ask for one, or it is another's or signs no
            longer.
        FormatError: `medseg.toml` cannot be read.
    """
    require_roles(project.person(by), {Role.LEAD}, "change the policy")
    tables = read_settings(project.layout.settings).tables
    policy = policy_from_tables(tables.get("policy", {}))
    digest = policy_digest(policy)

    def work(act: Act) -> bool:
        entry = project.rules.policy_entry(act)
        is_vouched = key is None or _is_vouched_for(entry, project.rules.registry_at(act))
        if entry.data["digest"] == digest and is_vouched:
            return False
        for rules in (policy, project.policy_at(act)):
            check_key_given(key, rules, "a change of the policy")
        draft = Draft("policy", {"policy": policy_json(policy), "digest": digest})
        act.append([proven(project, act, draft, by=by, key=key)], actor=by, at=now_iso())
        _index_anew(project, act)
        return True

    return project.store.attempt(work)


def _is_vouched_for(entry: Entry, registry: Registry) -> bool:
    """Whether the registry tells whose key proved the rules in force, if they ask for proofs."""
    if entry.actor is not None or entry.data["policy"].get("proven") is not True:
        return True
    proof = read_proof(entry)
    return proof is not None and proof.keyid in registry.root_ids


def change_people(project: Project, sealed: bytes, *, change: str, by: str | None = None) -> int:
    """Put the next version of the registry of people in force, and return its number.

    Args:
        project: where.
        sealed: the registry as its root keys signed it.
        change: what was changed, in words.
        by: id of who enters it; None where no person of the project does.

    Raises:
        SignoffError: it is not signed by enough root keys, is no successor of the one in force, or
            another version was put in force meanwhile.
        FormatError: it cannot be written.
    """

    def work(act: Act) -> int:
        earlier = project.rules.registry_at(act)
        opened = open_registry(sealed, earlier=earlier)
        version = opened.registry.version
        if version != earlier.version + 1:
            raise ReviewError(
                f"A registry follows the one in force, version {earlier.version}; found version "
                f"{version}. Make the change anew, from the one in force."
            )
        path = project.layout.people_version(version)
        make_folder(path.parent)
        # Before the log names it: what the log names must be there.
        atomic.write_bytes(path, sealed)
        told = {"version": version, "digest": opened.digest, "change": change}
        act.append([Draft("people", told)], actor=by, at=now_iso())
        _index_anew(project, act)
        return version

    version = project.store.attempt(work)
    atomic.write_bytes(project.layout.people, sealed)
    return version


def note_export(
    project: Project, reading: str, files: Mapping[str, str], *, by: str | None = None
) -> None:
    """Enter that a reading's newest version was exported.

    Args:
        project: where.
        reading: id of the reading.
        files: name -> SHA-256 of each file that left, hexadecimal.
        by: id of who exported it.

    Raises:
        ReviewError: it was never handed in.
    """
    case = project.case_of(reading).case_id

    def work(moment: Moment) -> Done:
        found = moment.case.reading(reading) if moment.case else None
        if found is None or found.newest is None:
            raise ReviewError(f"What is exported was handed in; {reading} was not yet. Submit it.")
        data = {"version": found.newest.version, "files": dict(files)}
        return moment.append([ReviewDraft("export", by, case, reading, data)])

    perform(project, case, work)


def note_failed_auth(project: Project, keyid: str, what: str, *, by: str | None = None) -> None:
    """Enter that somebody tried in vain to use a key."""
    _append(project, Draft("failed-auth", {"keyid": keyid, "what": what}), by)


def review_trail(project: Project, text: str, *, by: str) -> int:
    """Enter that somebody looked through the log, and return up to which entry.

    Raises:
        ReviewError: this person is not the lead, or says nothing.
    """
    require_roles(project.person(by), {Role.LEAD}, "review the trail")
    if not text.strip():
        raise ReviewError("Who looked through the log says what was found; found no text.")

    def work(act: Act) -> int:
        size = act.size
        data = {"upTo": size, "text": text}
        act.append([Draft("trail-review", data)], actor=by, at=now_iso())
        return size

    return project.store.attempt(work)


def _append(project: Project, draft: Draft, by: str | None) -> None:
    project.store.attempt(lambda act: act.append([draft], actor=by, at=now_iso()))


def _index_anew(project: Project, act: Act) -> None:
    """Under other rules, and for other people, cases stand elsewhere."""
    for case in act.case_ids():
        summary = project.summary_at(act, act.case_entries(case))
        if summary is not None:
            act.index(summary)


def require_roles(person: Person, roles: set[Role], what: str) -> None:
    """Pass if the person has one of the roles.

    Raises:
        ReviewError: they have none.
    """
    if not person.may_act_as(roles):
        raise ReviewError(
            f"Only {listed(roles, 'or')} may {what}; {person.printed_name} is not. Ask one, or "
            "the registry's keeper for the role."
        )
