"""What is said of a reading under one's own signature, shown in full before it is signed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from medseg import formats
from medseg.errors import MedsegError, ReviewError
from medseg.model import StageName, slices_in_words
from medseg.project import Project, acts
from medseg.review.workflow.facts import competing
from medseg.session import Session
from medseg.signoff.sitting import Unlocked
from napari_medseg.viewmodels.case import CaseViewModel
from napari_medseg.viewmodels.reviewing.acting.acting import ActingViewModel, settle_if_due
from napari_medseg.viewmodels.reviewing.acting.choices import Choice, choices_of
from napari_medseg.viewmodels.reviewing.project.project import ProjectViewModel

_NOTHING_HERE = (
    "Nothing here waits for your signature: this reading is yours to read (F11 hands it in), or "
    "another's to judge."
)
_CHANGED = (
    "The mask was changed since it was handed in, and what is approved is what was handed in."
)


class SigningViewModel(ActingViewModel):
    """A judgement on the reading on screen, and what exactly it is about.

    Args:
        home: the project and the reading on screen.
        case: its mask.
    """

    def __init__(self, home: ProjectViewModel, case: CaseViewModel) -> None:
        super().__init__(home)
        self._case = case
        self.preview: acts.Preview | None = None
        self.choices: tuple[Choice, ...] = ()
        if home.standing is not None and home.person is not None:
            self.choices = choices_of(home.standing, home.person)
        self.choice = self.choices[0] if self.choices else None
        self.reason = ""
        home.viewings.changed.connect(self._follow_display)

    @property
    def role(self) -> str:
        """In which role the person signs: the first of the stage's that they have."""
        person, policy = self.home.person, self.home.policy
        if person is None or policy is None or self.choice is None:
            return ""
        is_review = self.choice.name == "reject"  # also of whoever is to sign
        stage = policy.stage(StageName.REVIEW if is_review else self.choice.stage)
        fitting = sorted(role.value for role in person.roles & (stage.roles if stage else set()))
        return (
            fitting[0] if fitting else next(iter(sorted(role.value for role in person.roles)), "")
        )

    @property
    def cannot_sign(self) -> str | None:
        """Why nothing can be signed now, a sentence; None if it can."""
        if self.is_done:
            return "It is done."
        if self.choice is None:
            return self.home.refusal or _NOTHING_HERE
        if self._case.keeping.has_unsaved_changes:
            return "You have changed voxels. Hand that in as a version (F11), or undo it, first."
        if self.preview is None or self.is_busy:
            return "What will be signed is still being looked up."
        if self.choice.name not in [one.name for one in self._open_now]:
            return (
                f"“{self.choice.label}” is not open to you any more: the reading stands "
                "otherwise by now. Close this window; F10 shows what is."
            )
        return self._missing(self.choice, self.preview) or self._not_displayed

    @property
    def _open_now(self) -> tuple[Choice, ...]:
        standing, person = self.home.standing, self.home.person
        return choices_of(standing, person) if standing is not None and person is not None else ()

    def _missing(self, choice: Choice, preview: acts.Preview) -> str | None:
        """What the choice lacks; what opens a reading again is said of a changed mask, too."""
        if choice.approves and not preview.is_as_handed_in:
            return f"{_CHANGED} {self._way_back(preview)}"
        if choice.needs_reason and not self.reason.strip():
            return "A reason is needed; it stands in the record."
        return None

    def _way_back(self, preview: acts.Preview) -> str:
        """What can be done about a mask that is not the one that was handed in."""
        kept = f"put versions/{preview.newest.version}.nii.gz back in its place."
        names = [one.name for one in self._open_now]
        if not self.home.refusal:
            return f"Hand it in as a new version (F11), or {kept}"
        if "unlock" in names:
            return f"Unlock it, with a reason, so that it can be handed in anew; or {kept}"
        if "reject" in names:
            return f"Send it back, with a reason, so that it is handed in anew; or {kept}"
        return f"Ask the lead to have it handed in anew, or to {kept}"

    @property
    def _not_displayed(self) -> str | None:
        """Which slices the policy wants displayed before, as it is at this moment."""
        policy, choice, preview = self.home.policy, self.choice, self.preview
        stage = policy.stage(choice.stage) if policy and choice and choice.asks_display else None
        shown = self.home.viewings.coverage(preview.labelled if preview else ())
        missing = shown.missing(stage.coverage) if stage is not None and shown is not None else ()
        if not missing:
            return None
        return (
            f"Before this, {slices_in_words(missing)} must have been displayed with the mask "
            "visible (Shift+U goes to the next)."
        )

    def _follow_display(self) -> None:
        if self.preview is not None and not self.is_done:
            self.changed.emit()

    @property
    def can_draw_own(self) -> bool:
        """Whether an adjudicator may draw a reading of their own from those that differ."""
        policy = self.home.policy
        return (
            policy is not None
            and policy.double.adjudication == "edit"
            and any(one.name == "adjudicate" for one in self.choices)
            and not self.home.reading_is_own
            and not self.is_done
        )

    def draw_own(self) -> None:
        """Begin a reading of the adjudicator's own, as a copy of the one on screen."""
        try:
            project, person, standing, _ = self.at_hand()
        except MedsegError as error:
            self.refuse(error)
            return
        case, first = standing.case, standing.reading.reading_id
        others = [one.reading_id for one in competing(case) if one.reading_id != first]
        work = partial(
            acts.assign,
            project,
            case.case_id,
            person.person_id,
            by=person.person_id,
            drawn_from=(first, *others),
        )
        self.run("Beginning your own reading", work, partial(self._begun, case.case_id))

    def begin(self) -> None:
        """Look up what would be signed, and how the case stands now."""
        self.home.reload()
        self._look()

    def look_again(self) -> None:
        """Somebody acted on the case meanwhile: what would be signed is looked up again."""
        case, preview = self.home.case, self.preview
        if preview is None or case is None or case.seq == preview.case.seq:
            return
        if not self.is_busy and not self.home.notice.gesture.is_under_way:
            self._look()

    def _look(self, because: str = "") -> None:
        """Look it up; what was refused before stays to be read."""
        try:
            project, person, standing, _ = self.at_hand()
            if self.choice is None:
                raise ReviewError(self.cannot_sign or "")
        except MedsegError as error:
            self.refuse(error)
            return
        self.home.keep_viewings()
        reading = standing.reading.reading_id
        work = partial(acts.preview_signature, project, reading, by=person.person_id)
        self.run("Looking up what will be signed", work, partial(self._take, because=because))

    def choose(self, name: str) -> None:
        """Choose what is said."""
        self.choice = next((one for one in self.choices if one.name == name), self.choice)
        self.changed.emit()

    def give_reason(self, text: str) -> None:
        """Why it is said."""
        self.reason = text
        self.changed.emit()

    def sign(self, passphrase: str, signer: str = "") -> None:
        """Do it, under the key that the passphrase opens.

        Args:
            passphrase: of the person's key.
            signer: who signs, where the sitting begins.
        """
        try:
            project, person, standing, key = self.at_hand()
            preview, session = self.preview, self._case.session
            if self.cannot_sign or self.choice is None or preview is None or session is None:
                raise ReviewError(self.cannot_sign or "There is no mask on screen to be signed.")
        except MedsegError as error:
            self.refuse(error)
            return
        self.home.keep_viewings()
        act = _act(self.choice.name, self.reason.strip() or None)
        act = partial(act, project, preview.reading.reading_id, by=person.person_id)
        act = partial(act, seen=preview.case.seq)  # what was shown, and nothing later
        shown = None
        if self.choice.approves and self.home.on_screen is not None:
            shown = partial(_check_shown, self.home.on_screen, session)
        unlock = partial(key.unlock, passphrase, signer)
        work = partial(_sign, project, standing.case.case_id, act, unlock, shown)
        self.run("Signing", work, partial(self._signed, self.choice), failed=self._was_refused)

    def _begun(self, case: str, reading: str) -> None:
        self.is_done = True
        self.say("Your own reading is on screen; F11 hands it in, then F10 decides for it.")
        self.home.open_reading(case, reading)

    def _take(self, preview: acts.Preview, *, because: str = "") -> None:
        self.preview = preview
        if because:
            self.refuse(ReviewError(because))
        else:
            self.say(self.cannot_sign or "")

    def _was_refused(self, error: MedsegError) -> None:
        """Where the case stands otherwise by now, look again; what was typed stays."""
        self.refuse_act(error)
        if isinstance(error, ReviewError) and not self.is_ended:
            self.home.reload()
            self._look(str(error))

    def _signed(self, choice: Choice, record: str) -> None:
        by = self.home.person.printed_name if self.home.person else ""
        self.finish(f"{choice.done} by {by}; record {record[:16]}…")


Act = Callable[..., str]


def _act(name: str, reason: str | None) -> Act:
    """The function of the project that enters a choice."""
    match name:
        case "sign":
            return acts.sign
        case "lock":
            return acts.lock
        case "unlock":
            return partial(acts.unlock, reason=reason or "")
        case "adjudicate":
            return partial(acts.adjudicate, reason=reason)
        case _:
            options: dict[str, Any] = {"decision": name, "reason": reason}
            return partial(acts.review, **options)


def _sign(
    project: Project,
    case: str,
    act: Act,
    unlock: Callable[[], Unlocked],
    check: Callable[[], None] | None,
) -> str:
    if check is not None:
        check()
    unlocked = unlock()
    record = act(key=unlocked.key, session_first=unlocked.session_first)
    settle_if_due(project, case)
    return record


def _check_shown(opened: acts.OpenReading, session: Session) -> None:
    """Pass if the mask on disk, which is what is signed, is the one on screen.

    Raises:
        ReviewError: it is another one, as where somebody handed in a version meanwhile.
        FormatError: it cannot be read.
    """
    on_disk = formats.read_segmentation(opened.mask_path, like=opened.image)
    if not np.array_equal(on_disk.array, session.segmentation.array):
        raise ReviewError(
            "One approves the mask that one sees; the one on disk is another than the one on "
            "screen. Open the reading anew from the worklist, and look at it."
        )
