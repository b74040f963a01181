"""What segments and codes are called, against what they were called when signed.

Texts are no identity, so a changed one does not break a sign-off. But people read texts and not
codes: a changed one is a warning, and one that now says what another segment was called is an
error, because whoever reads it takes the one for the other.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from medseg.model import Finding, Place
from medseg.signoff.sides import Side

_Pairs = Iterable[tuple[Side, Side]]


def text_findings(pairs: _Pairs, signed: Iterable[Side]) -> list[Finding]:
    """LABEL_TEXT_DIFFERS for each changed text, TAMPERED_LABEL_SCHEMA for another's text.

    Names are compared, and what the codes are called where the codes are the same.

    Args:
        pairs: segments as signed and as found.
        signed: all segments as signed.
    """
    listed = list(signed)
    return [
        finding
        for before, now in pairs
        for finding in (*_label(before, now, listed), *_meanings(before, now, listed))
    ]


def _label(before: Side, now: Side, signed: list[Side]) -> list[Finding]:
    if before.label == now.label:
        return []
    others = {other.label for other in signed if other is not before}
    text = f"The segment signed as {before.label} is called {now.label} in the mask"
    return [_finding(text, before.label, now.label, others, now)]


def _meanings(before: Side, now: Side, signed: list[Side]) -> list[Finding]:
    findings = []
    for name in ("category", "type"):
        code, was, found = before.code[name], before.meanings[name], now.meanings[name]
        if code == now.code[name] and was != found:
            others = {side.meanings[name] for side in signed if side.code[name] != code}
            coded = f"{code['scheme']} {code['value']}"
            text = f"The {name} of {before.label}, {coded}, was signed as {was}; it reads {found}"
            findings.append(_finding(text, was, found, others, now))
    return findings


def _finding(text: str, was: str, found: str, others: set[str], side: Side) -> Finding:
    place = Place(segment=side.label)
    is_anothers = _folded(found) in {_folded(other) for other in others}
    if is_anothers and _folded(found) != _folded(was):
        text += ", which is what another was signed as. Set it right, or sign anew."
        return Finding("TAMPERED_LABEL_SCHEMA", "error", text, place)
    return Finding("LABEL_TEXT_DIFFERS", "warning", f"{text}; its code is the same.", place)


def _folded(text: str) -> str:
    """The text without what a reader hardly sees: case, width of letters, spaces."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())
