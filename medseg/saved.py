"""What a mask's file held when it was opened or saved, so that nobody else's work is replaced."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from medseg.durable import file_digest
from medseg.errors import EditError


@dataclass(frozen=True)
class Saved:
    """What the mask's file holds, as far as a session knows.

    Args:
        state: the history's token of what was saved; None for what was opened.
        content: digest of the file; None if there is no file.
    """

    state: object = None
    content: bytes | None = None

    @classmethod
    def at(cls, path: Path | None, state: object = None) -> Saved:
        """What the file holds now."""
        return cls(state, file_digest(path) if path else None)

    def check_untouched(self, path: Path) -> None:
        """Pass if the file is as it was opened or saved here, or gone.

        Raises:
            EditError: somebody else has written it.
        """
        if file_digest(path) not in (None, self.content):
            raise EditError(
                f"A save never overwrites what somebody else has written; {path.name} has "
                "changed since it was opened here. Save to another name, and compare the two."
            )
