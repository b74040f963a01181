"""What a signature says, in the words that its signer saw."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from medseg.errors import SignoffError


@dataclass(frozen=True)
class Meaning:
    """What a signature says, in words that the signer saw.

    Args:
        code: stable upper-case name for programs.
        text: the sentence itself.
        lang: its language (BCP 47).

    Raises:
        SignoffError: code or text is blank.
    """

    code: str
    text: str
    lang: str = "en"

    def __post_init__(self) -> None:
        if not self.code.strip() or not self.text.strip():
            raise SignoffError("A signature has a meaning in words; found none.")

    def to_json(self) -> dict[str, Any]:
        """The meaning as plain JSON values, with the SHA-256 of its text."""
        return {
            "code": self.code,
            "text": self.text,
            "textDigest": hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest(),
            "lang": self.lang,
        }


_LOOKED = "I have looked at this segmentation on the image that this record names. "
MEANINGS: dict[str, Meaning] = {
    "approve": Meaning(
        "VERIFIED_COMPLETE_AND_CORRECT",
        _LOOKED + "In my judgement its outlines and labels are complete and correct.",
    ),
    "approve-with-edits": Meaning(
        "VERIFIED_AFTER_MY_EDITS",
        _LOOKED + "With the changes I made, its outlines and labels are complete and correct "
        "in my judgement.",
    ),
    "adjudicate": Meaning(
        "ADJUDICATED",
        _LOOKED + "The readers differed; this segmentation is the one I decide for.",
    ),
    "lock": Meaning("LOCKED", "This segmentation is final; it is not to be changed any more."),
    "reject": Meaning(
        "REJECTED", _LOOKED + "It must not be used as it stands, for the reason given."
    ),
    "unlock": Meaning(
        "UNLOCKED",
        "This segmentation is opened for changes again, for the reason given; it holds no "
        "approval until it is signed anew.",
    ),
}
