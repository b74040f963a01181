"""What the log notes of things elsewhere: another site's log, and images made from a case's own."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING

from medseg.errors import ReviewError, SignoffError
from medseg.model import Role, Volume, now_iso
from medseg.project.acts.acting import Done, Moment, perform
from medseg.project.acts.keeping import require_roles
from medseg.project.folder.opaque import read_secret
from medseg.project.store import Act, Draft
from medseg.review.workflow.draft import Draft as ReviewDraft
from medseg.signoff import LogExhibit
from medseg.signoff.derivation import seal_derivation
from medseg.signoff.image_identity import image_identity
from medseg.signoff.keys import SigningKey
from medseg.signoff.log.checkpoint import Checkpoint, sign_checkpoint
from medseg.signoff.log.jsonl import read_log, split_log
from medseg.signoff.schema import decode_base64

if TYPE_CHECKING:
    from medseg.project.face import Project


def witness_log(project: Project, data: bytes, *, by: str, key: SigningKey) -> Checkpoint:
    """Note where another log stands, countersigned, and return that.

    From then on it can neither be cut nor written anew unseen: each verdict in this project that
    is shown it holds it against what was noted, and so does the next call.

    Args:
        project: where it is noted.
        data: the other log as a file, one entry a line.
        by: id of the lead.
        key: theirs, unlocked.

    Raises:
        ReviewError: this person is not the lead, or the log is the project's own.
        SignoffError: the log is not sound, or does not go on from what was noted of it before; or
            the key is not theirs.
    """
    require_roles(project.person(by), {Role.LEAD}, "witness another log")
    _check_owner(project, by, key)
    state, exhibit = _state_of(data)
    if state.origin == project.settings.origin:
        raise ReviewError("A project witnesses the logs of others; this one is its own.")

    def work(act: Act) -> Checkpoint:
        for entry in act.entries_of_kind("anchor"):
            if entry.data["origin"] == state.origin:
                met = Checkpoint.from_anchor(entry.data)
                for finding in exhibit.against(met, f"was met on {entry.at}"):
                    raise SignoffError(finding.text)
        told = {**state.to_anchor(), "checkpoint": sign_checkpoint(state, key)}
        act.append([Draft("anchor", told)], actor=by, at=now_iso())
        return state

    return project.store.attempt(work)


def note_derivation(
    project: Project, case: str, image: Volume, method: str, *, by: str, key: SigningKey
) -> str:
    """Say under one's key that an image was made from a case's own, and return the digest of that.

    A defaced image has other values; a verdict on it follows this statement, with a warning.

    Args:
        project: where.
        case: id of the case.
        image: the image that was made.
        method: what was done to it, in words.
        by: id of an importer or the lead.
        key: theirs, unlocked.

    Raises:
        ReviewError: this person is neither, or there is no such case.
        SignoffError: the key is not theirs, or nothing says what was done.
    """
    require_roles(project.person(by), {Role.IMPORTER, Role.LEAD}, "say what an image was made from")
    _check_owner(project, by, key)
    old = project.case(case).image
    new = image_identity(image, secret=read_secret(project.layout.secret))
    envelope = json.loads(seal_derivation(old, new, method, replace(key, person_id=by)))
    payload = decode_base64(envelope["payload"], "payload")
    record = hashlib.sha256(payload).hexdigest()
    data = {"old": old, "new": new, "record": record, "envelope": envelope}

    def work(moment: Moment) -> Done:
        return moment.append([ReviewDraft("deid", by, case, None, data)])

    perform(project, case, work)
    return record


def _state_of(data: bytes) -> tuple[Checkpoint, LogExhibit]:
    """Where a log stands, if it is sound from its first entry to its last."""
    exhibit = LogExhibit(split_log(data))
    problem = read_log(data).problem
    findings = [problem] if problem else exhibit.findings
    if findings:
        raise SignoffError(f"A log is witnessed if it is sound. {findings[0].text}")
    if exhibit.origin is None:
        raise SignoffError("A log is witnessed by the name in its first entry; this one is empty.")
    return Checkpoint(exhibit.origin, len(exhibit.tree), exhibit.tree.root()), exhibit


def _check_owner(project: Project, by: str, key: SigningKey) -> None:
    owner = project.registry.owner(key.keyid)
    if owner is None or owner.person_id != by:
        raise SignoffError(
            f"One signs with one's own key; that of {key.printed_name} is not {by}'s. Choose your "
            "own, or ask the registry's keeper to enrol it."
        )
