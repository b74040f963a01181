"""Refusals in one form: the rule, what was found, what to do."""

from __future__ import annotations

from medseg.errors import ReviewError


def refusal(rule: str, found: str, next_step: str) -> ReviewError:
    """The error that says all three, each as a sentence of its own."""
    return ReviewError(" ".join(_sentence(part) for part in (rule, found, next_step)))


def require(holds: bool, rule: str, found: str, next_step: str) -> None:
    """Pass if it holds.

    Raises:
        ReviewError: it does not; the message is rule, finding and next step.
    """
    if not holds:
        raise refusal(rule, found, next_step)


def _sentence(text: str) -> str:
    text = text.strip()
    return text if text[-1:] in ".!?" else f"{text}."
