"""Small logs for the tests of this room."""

from __future__ import annotations

from typing import Any

from medseg.signoff.log.entry import START, Entry, make_entry

AT = "2026-11-22T12:00:00.000+01:00"


def comment(number: int) -> dict[str, Any]:
    return {
        "id": f"k-{number}",
        "text": f"remark {number}",
        "point": [1.5, -2, 1e-7],
        "lesion": None,
        "severity": "note",
    }


def grown(count: int, *, before: list[Entry] | None = None, word: str = "remark") -> list[Entry]:
    """A log of comments, or one that goes on from another."""
    entries = list(before or [])
    for number in range(len(entries), len(entries) + count):
        data = {**comment(number), "text": f"{word} {number}"}
        prev = entries[-1].head if entries else START
        entries.append(
            make_entry("comment", data, seq=number, prev=prev, at=AT, actor="p-7f3a2k", case="c-1")
        )
    return entries
