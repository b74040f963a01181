"""The key of who sits here: opened by its passphrase for one act, and let go."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from medseg.errors import MedsegError, SignoffError
from medseg.model import Person
from medseg.project import Project, acts
from medseg.signoff import describe_key
from medseg.signoff.sitting import Sitting, Unlocked


class Signer:
    """Who signs here, for one sitting; the key's secret is never kept, nor is a passphrase.

    The first act of a sitting asks for id and passphrase, each next one for the passphrase; after
    a quarter of an hour without a sign of life both are asked for again.

    Args:
        project: where a wrong passphrase is entered in the log.
        person: who works.
        key_file: theirs.
    """

    def __init__(self, project: Project, person: Person, key_file: Path) -> None:
        self._project, self._person, self._key_file = project, person, key_file
        self._sitting = Sitting(self._key_of, on_failure=self._note_failure)

    @property
    def asks_for_id(self) -> bool:
        """Whether the next act asks for the id besides the passphrase."""
        return self._sitting.signer is None

    def touch(self) -> None:
        """Note a sign of life."""
        self._sitting.touch()

    def unlock(self, passphrase: str, signer: str = "") -> Unlocked:
        """The key for one act; opening it takes half a second on purpose.

        Args:
            passphrase: the key's.
            signer: id or printed name of who signs; needed where `asks_for_id`.

        Raises:
            SignoffError: it is nobody's key, the passphrase is wrong, an id is missing or
                another's, or one has to wait after several wrong ones.
        """
        return self._sitting.unlock(passphrase, signer=signer.strip() or None)

    def _key_of(self, signer: str) -> bytes:
        person = self._person
        if signer not in (person.person_id, person.printed_name):
            raise SignoffError(
                # What was typed is not repeated: it may be a passphrase in the wrong field.
                f"Who works here signs here, and what was typed as id is not that of "
                f"{person.printed_name} ({person.person_id}). Type your own id, or open the "
                "project as yourself."
            )
        try:
            data = self._key_file.read_bytes()
        except OSError as error:
            raise SignoffError(
                f"Signing needs your key; {self._key_file} cannot be read ({error.strerror}). "
                "Make one with: medseg key new NAME, and ask the registry's keeper to enrol it."
            ) from error
        owner = self._project.registry.owner(str(describe_key(data)["keyid"]))
        if owner is None or owner.person_id != person.person_id:
            whose = owner.printed_name if owner else "nobody here"
            raise SignoffError(
                f"One signs with one's own key; {self._key_file.name} is that of {whose}. Open "
                "the project with your own: medseg open PROJECT --key FILE"
            )
        return data

    def _note_failure(self, keyid: str, _count: int) -> None:
        with suppress(MedsegError):  # that the passphrase was wrong is what has to be told
            acts.note_failed_auth(self._project, keyid, "passphrase", by=self._person.person_id)
