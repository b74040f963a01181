"""What is said to the reader, and the rule that commands refuse in words."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from psygnal import Signal

from medseg.errors import MedsegError


class Notice:
    """The last thing said, and the signal that something may look different now.

    Args:
        text: what is said first.
    """

    changed = Signal()

    def __init__(self, text: str) -> None:
        self.text = text
        self.is_refusal = False

    def say(self, text: str) -> None:
        """Say something; it is shown when the command that says it ends."""
        self.text, self.is_refusal = text, False

    def refuse(self, error: MedsegError) -> None:
        """Say what was refused, and why."""
        self.text, self.is_refusal = str(error), True


class Speaking(Protocol):
    """A view-model with a notice."""

    notice: Notice


Model = TypeVar("Model", bound=Speaking)
Arguments = ParamSpec("Arguments")


def in_words(
    command: Callable[Concatenate[Model, Arguments], None],
) -> Callable[Concatenate[Model, Arguments], None]:
    """The command, with a `MedsegError` put into the notice; `changed` tells that it ended."""

    @wraps(command)
    def run(model: Model, /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> None:
        try:
            command(model, *args, **kwargs)
        except MedsegError as error:
            model.notice.refuse(error)
        model.notice.changed.emit()

    return run
