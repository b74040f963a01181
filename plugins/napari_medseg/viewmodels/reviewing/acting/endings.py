"""How a reading ends, what the rule checks say to it, and handing it in."""

from __future__ import annotations

from contextlib import suppress
from functools import partial

from medseg.errors import EditError, MedsegError, ReviewError
from medseg.model import Ending, EndingKind, Finding, NotEvaluable, Person
from medseg.project import Project, acts, gold_feedback
from napari_medseg.viewmodels.case import CaseViewModel
from napari_medseg.viewmodels.reviewing.acting.acting import ActingViewModel, settle_if_due
from napari_medseg.viewmodels.reviewing.acting.signer import Signer
from napari_medseg.viewmodels.reviewing.project.project import ProjectViewModel


class SubmitViewModel(ActingViewModel):
    """Handing in the reading on screen: the mask is saved, the checks speak, then it is signed for.

    Args:
        home: the project and the reading on screen.
        case: its mask, which is saved first.
    """

    def __init__(self, home: ProjectViewModel, case: CaseViewModel) -> None:
        super().__init__(home)
        self._case = case
        self.kind = EndingKind.LESIONS if _has_lesions(case) else EndingKind.NO_LESION_FOUND
        self.reason = NotEvaluable.MOTION
        self.text = ""
        self.findings: tuple[Finding, ...] = ()
        self.is_checked = False
        self._asked, self._seen = 0, 0
        self._because = ""  # why handing in was refused; it stays while one looks again

    @property
    def ending(self) -> Ending:
        """How the reading ends as it is chosen now."""
        reason = self.reason if self.kind is EndingKind.NOT_EVALUABLE else None
        return Ending(self.kind, reason, self.text.strip())

    @property
    def asks_for_passphrase(self) -> bool:
        """Whether the project asks for a proven hand-in."""
        return self.home.policy is None or self.home.policy.proven

    @property
    def cannot_submit(self) -> str | None:
        """Why it cannot be handed in now, a sentence; None if it can."""
        if self.is_done:
            return "It is handed in."
        if self.home.standing is None:
            return "A reading of a project is handed in; open one first."
        if self.home.refusal:
            return self.home.refusal
        if self.is_busy or not self.is_checked:
            return "The checks are not through yet."
        blocking = sum(one.severity == "error" for one in self.findings)
        if blocking:
            what = "One finding has" if blocking == 1 else f"{blocking} findings have"
            return f"{what} to be put right first; a click shows where."
        return None

    def begin(self) -> None:
        """Look how the case stands now, save what is unsaved, and check."""
        self.home.notice.gesture.settle()
        self._because = ""
        self.home.reload()
        if self.cannot_submit == self.home.refusal and self.home.refusal:
            self.refuse(ReviewError(self.home.refusal))
            return
        if self._case.keeping.has_unsaved_changes:
            self._case.keeping.save()
        self.check()

    def end_as(
        self, kind: EndingKind, reason: NotEvaluable | None = None, text: str | None = None
    ) -> None:
        """Choose how it ends; the checks hold that against the mask.

        Args:
            kind: the ending.
            reason: why it is not evaluable; None leaves what was chosen.
            text: a remark; None leaves what was typed.
        """
        is_new = kind is not self.kind
        self.kind = kind
        self.reason = reason or self.reason
        self.text = self.text if text is None else text
        if is_new:
            self.check()

    def check(self) -> None:
        """Ask the rule checks, with what was displayed until now."""
        try:
            project, person, standing, _ = self.at_hand()
        except ReviewError as error:
            self.refuse(error)
            return
        self._asked += 1
        self.is_checked = False
        self.home.keep_viewings()
        work = partial(
            acts.check_hand_in,
            project,
            standing.reading.reading_id,
            by=person.person_id,
            ending=self.ending,
            unsaved=int(self._case.keeping.has_unsaved_changes),
        )
        self.run("Checking the reading", work, partial(self._take_findings, self._asked))

    def submit(self, passphrase: str = "", signer: str = "") -> None:
        """Hand in, proven by the key that the passphrase opens.

        Args:
            passphrase: of the person's key; not asked for where hand-ins are not proven.
            signer: who hands in, where the sitting begins.
        """
        try:
            project, person, standing, key = self.at_hand()
            if self._case.keeping.has_unsaved_changes:
                raise EditError("There are changes since the checks. Save them, and check again.")
            if self.cannot_submit:
                raise ReviewError(self.cannot_submit)
        except MedsegError as error:
            self.refuse(error)
            return
        self.home.keep_viewings()
        given = (passphrase, signer) if self.asks_for_passphrase else None
        reading = standing.reading.reading_id
        work = partial(_submit, project, person, reading, self.ending, given, key, self._seen)
        self.run("Handing in", work, self._submitted, failed=self._was_refused)

    def _take_findings(self, asked: int, findings: tuple[Finding, ...]) -> None:
        if asked != self._asked:
            return  # the ending was changed meanwhile, and the checks are asked again
        self.findings, self.is_checked = findings, True
        count = len(findings)
        said = "The checks found nothing." if not count else f"The checks found {count}:"
        self._seen = self.home.case.seq if self.home.case is not None else 0
        because, self._because = self._because, ""
        if because:
            self.refuse(ReviewError(because))
        else:
            self.say(said)

    def look_again(self) -> None:
        """Somebody acted on the case meanwhile: the checks are asked again."""
        case = self.home.case
        if not self.is_checked or case is None or case.seq == self._seen:
            return
        if not self.is_busy and not self.home.notice.gesture.is_under_way:
            self.check()

    def _was_refused(self, error: MedsegError) -> None:
        """Where the case stands otherwise by now, look again, so that the next try can go on."""
        self.refuse_act(error)
        if isinstance(error, ReviewError) and not self.is_ended:
            self._because = str(error)
            self.home.reload()
            self.check()

    def _submitted(self, feedback: str) -> None:
        done = f"Handed in: {self.kind.value}. It can be looked at, and not changed any more."
        self.finish(f"{done} {feedback}".strip())


def _submit(
    project: Project,
    person: Person,
    reading: str,
    ending: Ending,
    given: tuple[str, str] | None,
    signer: Signer,
    seen: int,
) -> str:
    """Hand in; returns how it met a known truth, where the rules tell that at once."""
    key = signer.unlock(*given).key if given is not None else None
    acts.submit(project, reading, by=person.person_id, ending=ending, key=key, seen=seen)
    settle_if_due(project, project.case_of(reading).case_id)
    with suppress(MedsegError):  # what was handed in stands, whatever becomes of that
        score = gold_feedback(project, reading, by=person.person_id)
        return score.in_words() if score is not None else ""
    return ""


def _has_lesions(case: CaseViewModel) -> bool:
    return case.session is not None and bool(case.session.segmentation.array.any())
