"""Acceptances that were asked for while what they take was still being computed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Asked:
    """What was to be accepted when the key was pressed, whatever is current by the time it is.

    Args:
        number: the lesion that was current; None where there was none.
        index: the stored slice that was on screen; None takes all slices.
        is_all: whether all lesions are meant.
    """

    number: int | None
    index: int | None = None
    is_all: bool = False


class Waiting:
    """Acceptances in the order in which they were asked for; each is there once."""

    def __init__(self) -> None:
        self._asked: list[Asked] = []

    @property
    def is_any(self) -> bool:
        """Whether something waits."""
        return bool(self._asked)

    def add(self, asked: Asked) -> None:
        """Let another one wait."""
        if asked not in self._asked:
            self._asked.append(asked)

    def take(self) -> tuple[Asked, ...]:
        """All that waited; nothing waits any longer."""
        asked, self._asked = tuple(self._asked), []
        return asked
