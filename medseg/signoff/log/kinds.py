"""What an entry of the log can tell: one literal table, kind -> shape of its data.

A name in the shape must be there; others are tolerated, so that later versions can add some.
Times, persons, cases and readings stand in the entry itself and not in its data. The data of a
"submit" and a "policy" can hold a proof besides, which `log.proof` reads.
"""

from __future__ import annotations

import re
from typing import Any

from medseg.signoff.image_identity import IMAGE_IDENTITY
from medseg.signoff.schema import HEX_256, Maybe

PERSON_ID = re.compile(r"p-[0-9A-Za-z]{1,32}")
CASE_ID = re.compile(r"c-[0-9A-Za-z]{1,32}")
READING_ID = re.compile(r"r-[0-9A-Za-z]{1,32}")
#: The name of a log in checkpoints and anchors: one line, and nothing that a note gives a meaning.
ORIGIN = re.compile(r"[^\s+]{1,200}")

_OBJECT: dict[str, Any] = {}
ENDING = {
    "kind": frozenset({"lesions", "no lesion found", "not evaluable"}),
    "reason": Maybe(str),
    "text": str,
}
_ENVELOPE = {
    "payload": str,
    "payloadType": str,
    "signatures": [{"keyid": HEX_256, "sig": str}],
}
_SIGNED = {"record": HEX_256, "envelope": _ENVELOPE}
_MARKS = {"code": HEX_256, "slices": [int], "marks": str}

KINDS: dict[str, dict[str, Any]] = {
    # The project
    "open": {"origin": ORIGIN, "project": str, "site": Maybe(str)},
    "policy": {"policy": _OBJECT, "digest": HEX_256},
    "people": {"version": int, "digest": HEX_256, "change": str},
    "anchor": {"origin": ORIGIN, "size": int, "root": HEX_256, "checkpoint": str},
    "trail-review": {"upTo": int, "text": str},
    "failed-auth": {"keyid": HEX_256, "what": str},
    # A case and its readings
    "import": {
        "image": IMAGE_IDENTITY,
        "subject": str,
        "timePoint": int,
        "specialty": str,
        "gold": bool,
        "findings": [str],
    },
    "assign": {"reader": PERSON_ID, "round": int, "order": Maybe(int), "note": str},
    "assign-reviewer": {"reviewer": PERSON_ID},
    "submit": {
        "version": int,
        "ending": ENDING,
        "mask": HEX_256,
        "marks": [_MARKS],
        "annotators": [PERSON_ID],
        "findings": [str],
        "coverage": _OBJECT,
        "provenanceDigest": Maybe(HEX_256),
    },
    "handover": {"to": Maybe(PERSON_ID), "packet": HEX_256},
    # Judgements
    "review": {
        "decision": frozenset({"approve", "approve-with-edits", "reject"}),
        "version": int,
        "reason": Maybe(str),
        **_SIGNED,
    },
    "disagree": {"between": [READING_ID], "why": [str]},
    "consensus": {"method": str, "from": [READING_ID], "version": int},
    "adjudicate": {
        "decision": str,
        "chosen": Maybe(READING_ID),
        "from": [READING_ID],
        "version": int,
        "reason": Maybe(str),
        **_SIGNED,
    },
    "sign": {"version": int, **_SIGNED},
    "lock": {"version": int, **_SIGNED},
    "unlock": {"version": int, "reason": str, **_SIGNED},
    # What is said about it
    "comment": {
        "id": str,
        "text": str,
        "point": Maybe(list),  # three numbers, LPS mm
        "lesion": Maybe(str),
        "severity": frozenset({"note", "warning", "error"}),
    },
    "resolve": {"id": str, "text": str},
    "query": {"id": str, "text": str},
    "answer": {"id": str, "text": str},
    "close-query": {"id": str, "text": str},
    # What leaves the house
    "export": {"version": int, "files": _OBJECT},
    "deid": {"old": IMAGE_IDENTITY, "new": IMAGE_IDENTITY, "record": HEX_256},
}

#: Kinds that carry a signed record.
SIGNED_KINDS = frozenset(kind for kind, shape in KINDS.items() if "envelope" in shape)
