"""The verdict on a mask's sign-offs, in one word and in full."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

from psygnal import Signal

from medseg import project
from medseg.errors import MedsegError
from medseg.formats import sidecar
from medseg.model import Finding, Verification, Volume
from medseg.model.finding import Severity
from napari_medseg.viewmodels.reviewing.project.jobs import Jobs

#: Exit code of `medseg verify` -> the word, and how bad it is.
WORDS: dict[int, tuple[str, Severity]] = {
    0: ("VALID", "note"),
    10: ("VALID WITH WARNINGS", "warning"),
    11: ("INVALID", "error"),
    12: ("NOT ESTABLISHED", "undecided"),
}

# As medseg.signoff.verdicts.currency says it.
_REJECTED = re.compile(r"The mask was rejected by (?P<who>.+?) as .+? at \S+: (?P<why>.*)", re.S)


def word_of(verification: Verification) -> tuple[str, Severity]:
    """The verdict in a word, and how bad it is."""
    return WORDS[verification.exit_code]


def is_signed(mask: Path) -> bool:
    """Whether there are sign-offs beside a mask."""
    return sidecar.signoff_path(mask).is_file()


def sentence_of(mask: Path, verification: Verification) -> str:
    """The verdict in a line: the word, then what speaks for it."""
    word, severity = word_of(verification)
    told = [one for one in verification.verdicts if one.severity == severity]
    told.sort(key=lambda one: one.code != "VALID")  # what holds comes before what it replaces
    return f"{mask.name}: {word}. {told[0].text}" if told else f"{mask.name}: {word}."


class VerdictViewModel:
    """What `medseg verify` says of the mask on screen; found out in the background.

    Args:
        jobs: what does the work.
    """

    changed = Signal()
    """There is another verdict, or none."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self._mask: Path | None = None
        self._asked = 0
        self.verification: Verification | None = None
        self.problem = ""

    @property
    def text(self) -> str:
        """One line; empty where the mask on screen is not signed."""
        if self._mask is None:
            return ""
        if self.problem:
            return f"NOT ESTABLISHED: {self.problem}"
        if self.verification is None:
            return "The sign-offs of this mask are being checked …"
        said = sentence_of(self._mask, self.verification)
        return said.removeprefix(f"{self._mask.name}: ")

    @property
    def severity(self) -> Severity:
        """How bad it is; a note while it is not known."""
        if self.problem:
            return "undecided"
        return "note" if self.verification is None else word_of(self.verification)[1]

    @property
    def is_valid(self) -> bool:
        """Whether it was found valid, with or without warnings."""
        return bool(self.verification)

    @property
    def details(self) -> tuple[Finding, ...]:
        """All verdicts, in the order of the checks."""
        return () if self.verification is None else self.verification.verdicts

    @property
    def sent_back(self) -> tuple[str, str] | None:
        """Who sent the mask back, as the head of a sentence, and why; None where nobody did."""
        told = [_REJECTED.fullmatch(one.text) for one in self.details if one.code == "REJECTED"]
        if not told or told[0] is None:
            return None
        # A later version was handed in: the reason is what it is looked through for.
        found = {(one.code, one.severity) for one in self.details}
        later = ("SUPERSEDED", "error") in found
        head = "An earlier version was sent back by" if later else "Sent back by"
        return f"{head} {told[0]['who']}:", told[0]["why"]

    def look_at(self, mask: Path | None, image: Volume | None) -> None:
        """Find out about a mask as it is saved; None, and one without sign-offs, has no verdict.

        Args:
            mask: the file.
            image: the image on screen.
        """
        self._asked += 1
        self._mask = mask if mask is not None and is_signed(mask) else None
        self.verification, self.problem = None, ""
        if self._mask is not None:
            work: Callable[[], Verification] = partial(project.verify, self._mask, image=image)
            taken = partial(self._take, self._asked)
            self._jobs.run("", work, taken, failed=partial(self._refuse, self._asked))
        self.changed.emit()

    def _take(self, asked: int, verification: Verification) -> None:
        if asked == self._asked:
            self.verification = verification
            self.changed.emit()

    def _refuse(self, asked: int, error: MedsegError) -> None:
        if asked == self._asked:
            self.problem = str(error)
            self.changed.emit()
