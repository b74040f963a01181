"""Names and labels from files, made safe to be read."""

from __future__ import annotations

import re
import unicodedata

#: Control characters steer a terminal; marks of writing direction turn round what stands beside
#: them; line and paragraph separators break rows. A zero-width joiner belongs to some scripts.
_KINDS = ("Cc", "Cf", "Zl", "Zp", "Cs")
_OF_SCRIPTS = "\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}\N{SOFT HYPHEN}"
_NO_ASCII_LETTER = re.compile(r"[^ -~]")


def visible(text: str) -> str:
    """The text with what cannot be seen, or turns other letters round, written out: <U+202E>."""
    return _NO_ASCII_LETTER.sub(lambda found: _written(found[0]), text)


def visible_lines(text: str) -> str:
    """As `visible`, but its line ends and tabs stay: of a sentence, not of a label."""
    return re.sub(r"[^\n\t]+", lambda found: visible(found[0]), text)


def _written(letter: str) -> str:
    steers = unicodedata.category(letter) in _KINDS and letter not in _OF_SCRIPTS
    return f"<U+{ord(letter):04X}>" if steers else letter
