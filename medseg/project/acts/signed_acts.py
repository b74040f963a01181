"""A signed act: rehearsed, then signed on the log as it stands, entered, and witnessed.

The record holds the state of the log before its own entry; the checkpoint that the same key signs
after it holds the state with it. Either shows if the log is cut or changed later on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from medseg.errors import MedsegError, ReviewError, SignoffError
from medseg.model import (
    Case,
    Finding,
    Person,
    Place,
    Reading,
    StageName,
    Submission,
    now_iso,
)
from medseg.project.acts.acting import Done, Moment, perform
from medseg.project.acts.displayed import displayed
from medseg.project.acts.judgement import Judgement, SignedRequest, reading_of
from medseg.project.acts.proving import check_handed_in, key_problem
from medseg.project.acts.reading_files import ReadingFiles, read_reading
from medseg.project.evidence.whole_log import check_goes_on
from medseg.project.folder.healing import write_signoffs
from medseg.project.folder.signoff_lines import signed_entries
from medseg.review.policy import policy_digest
from medseg.review.workflow import facts
from medseg.review.workflow.parts import ending_json
from medseg.review.workflow.requests import Adjudicate, Lock, Request, Signed, Unlock
from medseg.signoff.envelope import seal
from medseg.signoff.keys import SigningKey
from medseg.signoff.log.checkpoint import sign_checkpoint
from medseg.signoff.people.registry import moment as time_of
from medseg.signoff.schema import decode_base64
from medseg.signoff.statement import APPROVALS, Claim, Meaning, build_statement

if TYPE_CHECKING:
    from medseg.project.face import Project


def entered(
    project: Project,
    request: SignedRequest,
    *,
    key: SigningKey,
    meaning: Meaning | None = None,
    metrics: Mapping[str, Any] | None = None,
    session_first: bool = True,
) -> str:
    """Enter a signed act, write the reading's own file, and return the record's digest.

    The log comes first, and the file follows it: where it cannot be written now it is when the
    project is opened anew, and `Project.findings` tells it.

    Args:
        project: where.
        request: what is asked, of the version `NEWEST`.
        key: the actor's, unlocked.
        meaning: what the signature says; None takes the sentence for the decision.
        metrics: what was measured, plain JSON values.
        session_first: whether it is the first signature since the key was unlocked.

    Raises:
        ReviewError: the workflow refuses, or the mask is not the version that was submitted.
        SignoffError: the key is not theirs, or does not sign any more; or what is approved is not
            proven to have been handed in by whom the log names.
        FormatError, GeometryError: mask or image cannot be read, or do not belong together.
        StoreError: the log cannot be written.
    """
    reading = reading_of(request)
    case = project.case_of(reading)
    # Mask, image and what was displayed are read before the transaction.
    files = read_reading(project.layout, case, reading)
    if isinstance(request, Unlock) or getattr(request, "decision", "") == "reject":
        files = _as_handed_in(project, case, reading, files)
    shown = displayed(project, case, reading, files, request.actor or "")
    judgement = Judgement(request, key, files, shown, meaning, metrics, session_first)
    done = perform(project, case.case_id, lambda moment: _enter(moment, judgement))
    try:
        write_signoffs(project.layout, project.store, case.case_id, reading)
    except MedsegError as error:
        text = f"The signed act is in the log; its own file could not be written: {error}"
        project.findings += (Finding("SIGNOFFS_BEHIND", "warning", text, Place(file=reading)),)
    return str(done.entry.data["record"])


def _as_handed_in(project: Project, case: Case, reading: str, files: ReadingFiles) -> ReadingFiles:
    """What opens a reading again is about the version handed in, whatever became of its mask."""
    _, newest = newest_of(case, reading)
    if files.mask.hexdigest == newest.mask_digest:
        return files
    with suppress(MedsegError):
        return read_reading(project.layout, case, reading, version=newest.version)
    return files  # the version kept is gone, too: the refusal tells what to do


def _enter(moment: Moment, judgement: Judgement) -> Done:
    """Rehearse, sign, append, and leave a checkpoint; all of it within the moment."""
    check_goes_on(moment.act)
    if moment.case is not None:
        moment.act.check_case(moment.case.case_id)
    moment.decide(_completed(moment, judgement), rehearsal=True)
    reading, newest = newest_of(moment.case, judgement.reading)
    check_is_version(judgement.files, reading, newest)
    if judgement.decision in APPROVALS:
        decides = isinstance(judgement.request, Adjudicate)
        check_handed_in(
            moment.project, moment.act, moment.entries, judgement.reading, decides=decides
        )
    signer = _signer(moment, judgement)
    envelope = _envelope(moment, reading, newest, judgement, signer)
    record = hashlib.sha256(decode_base64(envelope["payload"], "payload")).hexdigest()
    done = moment.append(moment.decide(_completed(moment, judgement, Signed(record, envelope))))
    note = sign_checkpoint(moment.act.state, judgement.key)
    moment.act.checkpoint(note, keyid=judgement.key.keyid)
    return done


def _completed(moment: Moment, judgement: Judgement, signed: Signed | None = None) -> Request:
    """The request with what is known in the moment alone; unsigned for the rehearsal."""
    request = judgement.request
    reading, newest = newest_of(moment.case, judgement.reading)
    known: dict[str, Any] = {"version": newest.version, "signed": signed}
    if not isinstance(request, Lock | Unlock):
        known["coverage"] = judgement.viewed
    if isinstance(request, Adjudicate) and moment.case is not None:
        competing = (one.reading_id for one in facts.competing(moment.case))
        known["between"] = reading.drawn_from or tuple(competing)
    return replace(request, **known)


def newest_of(case: Case | None, reading_id: str) -> tuple[Reading, Submission]:
    """A reading and its newest version.

    Raises:
        ReviewError: it has none.
    """
    reading = case.reading(reading_id) if case else None
    if reading is None or reading.newest is None:
        raise ReviewError(
            f"What is judged was handed in; {reading_id} was not yet. Its reader submits it first."
        )
    return reading, reading.newest


def check_is_version(files: ReadingFiles, reading: Reading, newest: Submission) -> None:
    """Pass if the mask on disk is the one that was handed in.

    Raises:
        ReviewError: it was changed since.
    """
    if files.mask.hexdigest != newest.mask_digest:
        raise ReviewError(
            f"What is judged is the version that was handed in; the mask of {reading.reading_id} "
            f"was changed since version {newest.version}. Submit it as a new version, or put "
            f"versions/{newest.version}.nii.gz back in its place."
        )


def _signer(moment: Moment, judgement: Judgement) -> Person:
    registry = moment.project.rules.registry_at(moment.act)
    person = registry.person(judgement.by)
    if person is None:
        raise ReviewError(
            f"Who signs is in the project's registry of people; {judgement.by!r} is not. Ask its "
            "keeper to enrol you."
        )
    role = role_for(moment, person, judgement.stage)
    now = time_of(now_iso())
    problem = key_problem(registry, judgement.key, judgement.by, role, moment.act.size, now)
    if problem:
        raise SignoffError(problem)
    return person


def role_for(moment: Moment, person: Person, stage: StageName) -> str:
    """The role in which a person acts at a stage: the first of the stage's that they have."""
    rule = moment.project.policy_at(moment.act).stage(stage)
    wanted = rule.roles if rule else frozenset()
    fitting = sorted(role.value for role in person.roles & wanted)
    others = sorted(role.value for role in person.roles)
    return fitting[0] if fitting else next(iter(others), "")


def _envelope(
    moment: Moment, reading: Reading, newest: Submission, judgement: Judgement, signer: Person
) -> dict[str, Any]:
    key = replace(judgement.key, person_id=signer.person_id, printed_name=signer.printed_name)
    claim = _claim(moment, reading, newest, judgement, signer)
    statement = build_statement(
        claim, judgement.files.content, key, session_first=judgement.session_first
    )
    return seal(statement, key)


def _claim(
    moment: Moment, reading: Reading, newest: Submission, judgement: Judgement, signer: Person
) -> Claim:
    project = moment.project
    policy = project.policy_at(moment.act)
    earlier = signed_entries(list(moment.entries), reading.reading_id)
    assert moment.case is not None  # noqa: S101 - it was rehearsed
    return Claim(
        role_for(moment, signer, judgement.stage),
        judgement.stage.value,
        judgement.decision,
        judgement.meaning,
        judgement.reason,
        moment.case.case_id,
        len(earlier) + 1,
        project=project.settings.name,
        site=project.settings.site,
        credentials=tuple(dict(one) for one in signer.credentials),
        previous=tuple(one.data["record"] for one in earlier),
        metrics=judgement.metrics,
        viewed=judgement.viewed,
        policy_digest=policy_digest(policy),
        registry_version=project.rules.registry_at(moment.act).version,
        log_anchor=moment.act.state.to_anchor(),
        reading=reading.reading_id,
        annotators=tuple(sorted(newest.annotators)),
        ending=ending_json(newest.ending),
        self_attested=policy.self_attested,
    )
