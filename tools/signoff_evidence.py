"""What one mask's sign-offs are held against: registry, log and rules; for verify_signoff.py.

Shares no code with medseg. Steps 3 and 4 of docs/records.md, as far as registry and log go by
themselves, and who may be believed.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from signoff_forms import (
    Refused,
    canonical,
    decoded,
    read_log,
    read_people,
    read_record,
    root_of,
    sha,
    strict,
    when,
)

TROUBLE = (ValueError, KeyError, TypeError, AttributeError, RecursionError, InvalidSignature)
Record = dict[str, Any]


class Evidence:
    """What the sign-offs of one mask are held against, and what was found."""

    def __init__(self, given: argparse.Namespace) -> None:
        self.given, self.now, self.found = given, datetime.now(UTC), []
        self.entries: list[Record] = []
        self.people: Record | None = None
        seen = strict(given.remembered.read_bytes(), exact=False) if given.remembered else {}
        self.seen = {"logs": {}, "registries": {}} | seen
        stem = re.sub(r"\.nii(\.gz)?$", "", given.mask.name)
        self.lines = content(given.mask.with_name(stem + ".signoff.jsonl"))
        self.names = content(given.mask.with_name(stem + ".json"))
        self.spot = re.findall(r"cases/(c-\w+)/(r-\w+)/[^/]+$", given.mask.resolve().as_posix())

    def say(self, severity: str, code: str, is_so: object = True, about: str = "") -> None:
        """Note a verdict on the record that is judged, or on something else, if it is so."""
        if is_so:
            self.found.append({"code": code, "severity": severity, "about": about})

    def attempt(self, read: Callable[[Any], Any], data: Any, about: str = "") -> Any:
        """What can be read; None after a verdict on what cannot."""
        try:
            return read(data)
        except TROUBLE as error:
            known = "BAD_SIGNATURE" if isinstance(error, InvalidSignature) else "MALFORMED"
            code = str(error) if isinstance(error, Refused) else known
            code = "LOG_CHAIN_BROKEN" if (about, code) == ("log", "MALFORMED") else code
            self.say("undecided" if code == "UNSUPPORTED_VERSION" else "error", code, True, about)

    # -- step 3 and 4: what the registry and the log are by themselves ----------------------------
    def read_log(self) -> None:
        """The sound entries of the log, and what speaks against it."""
        if self.given.log:
            self.attempt(
                lambda data: self.entries.extend(read_log(data)), content(self.given.log), "log"
            )
        self.origin = self.entries[0]["data"].get("origin") if self.entries else None
        self.leaves = [one["leaf"] for one in self.entries]
        self.entry_of = {
            e["data"]["record"]: e
            for e in self.entries
            if "record" in e["data"] and "envelope" in e["data"]
        }
        first = self.entries[:1] and self.entries[0]["kind"] != "open"
        signed = [one["data"] for one in self.entry_of.values()]
        held = [(one["record"], decoded(one["envelope"]["payload"])) for one in signed]
        held += [(one["digest"], canonical(one["policy"])) for one in self.said("policy")]
        wrong = any(sha(payload) != digest for digest, payload in held)
        self.say("error", "LOG_CHAIN_BROKEN", first or wrong, "log")
        known = self.seen["logs"].get(self.origin)
        if known:
            short = known["size"] > len(self.leaves)
            self.say("error", "LOG_TRUNCATED", short, "log")
            root = root_of(self.leaves[: known["size"]]).hex()
            self.say("error", "LOG_FORKED", not short and root != known["root"], "log")

    def said(self, kind: str) -> list[Record]:
        """What all entries of a kind hold."""
        return [one["data"] for one in self.entries if one["kind"] == kind]

    def logged(self) -> dict[str, Record]:
        """The sound records that the log holds, by digest."""
        found = {}
        for digest, entry in self.entry_of.items():
            try:
                record = read_record(canonical(entry["data"]["envelope"]))
            except TROUBLE:
                continue
            if record["digest"] == digest:
                found[digest] = record
        return found

    def read_people(self, judged: Iterable[Record]) -> None:
        """The registry, and what speaks against it."""
        if not self.given.people:
            return
        self.people = self.attempt(read_people, content(self.given.people), "people")
        if self.people is None:
            return
        self.say("note", "REGISTRY_NAMED")
        named = {(one["logAnchor"] or {"origin": None})["origin"] for one in judged}
        said = self.said("people") if self.origin in named else []
        seen = [self.seen["registries"].get(one["keyid"], 0) for one in self.people["roots"]]
        least = [one["version"] for one in said] + [one["registryVersion"] or 0 for one in judged]
        version, digest = self.people["version"], self.people["digest"]
        swapped = any(one["version"] == version and one["digest"] != digest for one in said)
        back = version < max([*seen, *least], default=0)
        self.say("error", "REGISTRY_ROLLBACK", back or swapped, "people")
        is_over = self.now >= when(self.people["expires"])
        self.say("undecided", "REGISTRY_EXPIRED", is_over, "people")

    def owner(self, record: Record) -> tuple[Record, Record] | None:
        """Person and key of the registry that a record was signed by."""
        for person in (self.people or {"people": []})["people"]:
            for key in person["keys"]:
                if key["keyid"] == record["keyid"]:
                    return person, key
        return None

    def person(self, record: Record) -> str:
        """Who signed, as well as can be told."""
        owner = self.owner(record)
        return owner[0]["personId"] if owner else record["personId"] or record["keyid"]

    def self_attested(self, record: Record) -> bool:
        """Whether one person does everything."""
        return bool((self.people or record)["selfAttested"])

    def signer(self, record: Record) -> list[tuple[str, str]]:
        """What speaks against the signer."""
        if record["keyid"] in self.given.trust:
            return []
        if self.people is None:
            return [("undecided", "SIGNER_NOT_ESTABLISHED")]
        owner, entry = self.owner(record), self.entry_of.get(record["digest"])
        if owner is None or record["personId"] not in (None, owner[0]["personId"]):
            return [("error", "UNKNOWN_KEY")]
        person, key = owner
        at = entry["seq"] if entry else None
        anchored = (record["logAnchor"] or {"size": None})["size"]
        found = held(key, record["signedAt"], at) + acted(person, record["role"], at, anchored)
        if record["printedName"] != person["printedName"]:
            found.append(("warning", "SIGNER_NAME_DIFFERS"))
        return found

    def annotators(self, record: Record) -> set[str]:
        """Who drew in what was signed, by the record and by the log."""
        entry = self.entry_of.get(record["digest"])
        submits = [one for one in self.entries if one["kind"] == "submit" and entry]
        same = [
            {*one["data"]["annotators"], one["actor"]}
            for one in submits
            if one["reading"] == entry["reading"]
            and one["data"]["version"] == entry["data"]["version"]
        ]
        return set(record["annotators"]).union(*same) - {None}

    def keys(self) -> list[Record]:
        """All keys of the registry."""
        return [key for one in (self.people or {"people": []})["people"] for key in one["keys"]]

    def rules(self, record: Record) -> Any:
        """The rules that the record names, out of the log."""
        mine = (
            one["policy"] for one in self.said("policy") if one["digest"] == record["policyDigest"]
        )
        return next((one for one in mine if sha(canonical(one)) == record["policyDigest"]), None)


def held(key: Record, signed_at: str, at: int | None) -> list[tuple[str, str]]:
    """What speaks against a key at a time and number of the log."""
    found = []
    if key["status"] != "active" and (at is None or at >= key["revokedFrom"]):
        found.append(("undecided" if at is None else "error", "KEY_REVOKED"))
    elif key["status"] == "compromised":
        found.append(("warning", "KEY_REVOKED"))
    if not when(key["notBefore"]) <= when(signed_at) <= when(key["notAfter"]):
        found.append(("error", "KEY_EXPIRED"))
    return found


def acted(
    person: Record, role: str, at: int | None, anchored: int | None = None
) -> list[tuple[str, str]]:
    """What speaks against a person's role at a number of the log, or after a log of that size."""
    begun = [one["from"] for one in person.get("laterRoles", []) if one["role"] == role]
    former = [one["until"] for one in person["formerRoles"] if one["role"] == role]
    latest = max(begun, default=0)
    if role in person["roles"]:
        place = at if at is not None else anchored
        if place is None or place >= latest:
            return []
    if at is None:
        known = role in person["roles"] or former
        return [("undecided" if known else "error", "ROLE_NOT_AUTHORISED")]
    end = min((one for one in former if one > at), default=at)
    if end > at and not any(at < one <= end for one in begun):
        return []
    return [("error", "ROLE_NOT_AUTHORISED")]


def content(path: Path) -> bytes:
    """A file's bytes; none if there is no file."""
    return path.read_bytes() if path.is_file() else b""
