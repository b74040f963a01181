"""What an entry names by its digest, it also holds: checked apart from the chain."""

from __future__ import annotations

import hashlib

from medseg.errors import SignoffError
from medseg.signoff.canonical import canonical
from medseg.signoff.log.entry import Entry
from medseg.signoff.log.kinds import SIGNED_KINDS
from medseg.signoff.schema import decode_base64


def holds_what_it_names(entry: Entry) -> bool:
    """Whether the entry's record or rules are those of the digest it gives; true of other kinds.

    A chain is sound over any bytes, so an entry could name one thing and hold another.
    """
    if entry.kind in SIGNED_KINDS or (entry.kind == "deid" and "envelope" in entry.data):
        return bool(_digest_of_record(entry) == entry.data["record"])
    if entry.kind == "policy":
        digest = hashlib.sha256(canonical(entry.data["policy"])).hexdigest()
        return bool(digest == entry.data["digest"])
    return True


def _digest_of_record(entry: Entry) -> str | None:
    try:
        payload = decode_base64(entry.data["envelope"]["payload"], "payload")
    except (SignoffError, KeyError, TypeError):  # a "deid" entry's envelope has no shape given
        return None
    return hashlib.sha256(payload).hexdigest()
