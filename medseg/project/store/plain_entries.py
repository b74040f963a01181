"""Entries of the log as the workflow takes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from medseg.signoff.log.entry import Entry


def plain_entry(entry: Entry) -> Mapping[str, Any]:
    """An entry as the fold takes it."""
    return {
        "seq": entry.seq,
        "at": entry.at,
        "actor": entry.actor,
        "kind": entry.kind,
        "case": entry.case,
        "reading": entry.reading,
        "data": entry.data,
    }
