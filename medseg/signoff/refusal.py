"""How a sign-off record is refused: a SignoffError that knows its verdict."""

from __future__ import annotations

from medseg.errors import SignoffError


class RecordError(SignoffError):
    """A sign-off record cannot be relied on; `code` is the verdict that this leads to."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


def malformed(text: str) -> RecordError:
    """The refusal of a record that is damaged or contradicts itself."""
    return RecordError("MALFORMED", text)


def unsupported(text: str) -> RecordError:
    """The refusal of a record that a later version of medseg may understand."""
    return RecordError("UNSUPPORTED_VERSION", text)
