"""What is said to the reader, and the rule that commands refuse in words.

All view-models of a case share its notice, so every command passes here: it is also where what a
hand has begun is ended before anything else is done.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from psygnal import Signal

from medseg.errors import MedsegError
from napari_medseg.viewmodels.gesture import Gesture


class Notice:
    """The last thing said, and the signal that something may look different now.

    Args:
        text: what is said first.

    Attributes:
        gesture: what a hand is in the middle of; commands end it first.
    """

    changed = Signal()

    def __init__(self, text: str) -> None:
        self.text = text
        self.is_refusal = False
        self.gesture = Gesture()

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
    """A person's command: what a hand has begun is ended first, so that it is whole.

    A `MedsegError` is put into the notice; `changed` tells that the command ended.
    """
    refusing = in_words_by_itself(command)

    @wraps(command)
    def run(model: Model, /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> None:
        model.notice.gesture.settle()
        refusing(model, *args, **kwargs)

    return run


def in_words_by_itself(
    command: Callable[Concatenate[Model, Arguments], None],
) -> Callable[Concatenate[Model, Arguments], None]:
    """What changes nothing that a hand draws, or comes by itself: a stroke goes on meanwhile.

    A `MedsegError` is put into the notice; `changed` tells that the command ended.
    """

    @wraps(command)
    def run(model: Model, /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> None:
        try:
            command(model, *args, **kwargs)
        except MedsegError as error:
            model.notice.refuse(error)
        model.notice.changed.emit()

    return run
