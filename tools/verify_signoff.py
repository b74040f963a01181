"""Verify a medseg sign-off without medseg, from docs/records.md and docs/medsegMaskV1.md alone.

    python tools/verify_signoff.py MASK [--image FILE] [--people FILE] [--log FILE] [--trust KEYID]...

Prints the verdicts as JSON; exit code 0 valid, 10 valid with warnings, 11 invalid, 12 undecided, 3 a
file cannot be read. Shares no code with medseg. Masks and images are NIfTI. It is handed no
derivations and no project's secret, and names a file of people outright (records.md, step 3).
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import mask_digest
from cryptography.exceptions import InvalidSignature
from signoff_forms import (
    APPROVE,
    Refused,
    canonical,
    decoded,
    read_log,
    read_people,
    read_receipt,
    read_record,
    root_of,
    sha,
    strict,
    when,
)

TROUBLE = (ValueError, KeyError, TypeError, AttributeError, RecursionError, InvalidSignature)
LATE = timedelta(seconds=120)
EXIT_CODES = {"error": 11, "undecided": 12, "warning": 10, "note": 0}
Record = dict[str, Any]


class Verifier:
    """What the sign-offs of one mask are held against, and what was found."""

    def __init__(self, given: argparse.Namespace) -> None:
        self.given, self.now, self.found = given, datetime.now(UTC), []
        self.entries: list[Record] = []
        self.people: Record | None = None
        seen = strict(given.remembered.read_bytes(), exact=False) if given.remembered else {}
        self.seen = {"logs": {}, "registries": {}} | seen
        stem = re.sub(r"\.nii(\.gz)?$", "", given.mask.name)
        self.lines = _content(given.mask.with_name(stem + ".signoff.jsonl"))
        self.names = _content(given.mask.with_name(stem + ".json"))
        self.spot = re.findall(r"cases/(c-\w+)/(r-\w+)/[^/]+$", given.mask.resolve().as_posix())

    def say(self, severity: str, code: str, is_so: object = True, about: str = "") -> None:
        """Note a verdict, if it is so."""
        if is_so:
            self.found.append({"code": code, "severity": severity, "record": about})

    def attempt(self, read: Callable[[Any], Any], data: Any, about: str = "") -> Any:
        """What can be read; None after a verdict on what cannot."""
        try:
            return read(data)
        except TROUBLE as error:
            known = "BAD_SIGNATURE" if isinstance(error, InvalidSignature) else "MALFORMED"
            code = str(error) if isinstance(error, Refused) else known
            code = "LOG_CHAIN_BROKEN" if (about, code) == ("log", "MALFORMED") else code
            self.say("undecided" if code == "UNSUPPORTED_VERSION" else "error", code, True, about)

    def run(self) -> int:
        """The exit code; the verdicts are in `found`."""
        lines = [one for one in self.lines.split(b"\n") if one.strip()]
        self.say("undecided", "NOT_SIGNED", not lines)
        read = (self.attempt(read_record, line) for line in lines)
        mine = {one["digest"]: one for one in read if one}
        self.read_log()
        self.records = self.logged() | mine
        earlier = {one for record in mine.values() for one in record["previous"]}
        self.say("note", "SUPERSEDED", earlier & mine.keys())
        judged = [record for digest, record in mine.items() if digest not in earlier]
        self.read_people(judged)
        for record in judged:
            before = len(self.found)
            for step in STEPS:
                step(self, record)
            news = self.found[before:] + [one for one in self.found if one["record"]]
            bad = [one for one in news if one["severity"] in ("error", "undecided")]
            self.say("note", "VALID", not bad)
        worst = {one["severity"] for one in self.found}
        is_valid = any(one["code"] == "VALID" for one in self.found)
        if "error" in worst or "undecided" in worst or not is_valid:
            return 11 if "error" in worst else 12
        return 10 if "warning" in worst else 0

    # -- step 3 and 4: what the registry and the log are by themselves ----------------------------
    def read_log(self) -> None:
        """The sound entries of the log, and what speaks against it."""
        if self.given.log:
            self.attempt(
                lambda data: self.entries.extend(read_log(data)), _content(self.given.log), "log"
            )
        self.origin = self.entries[0]["data"].get("origin") if self.entries else None
        self.leaves = [one["leaf"] for one in self.entries]
        self.entry_of = {
            e["data"]["record"]: e
            for e in self.entries
            if "record" in e["data"] and "envelope" in e["data"]
        }
        first = self.entries[:1] and self.entries[0]["kind"] != "open"
        wrong = [
            one
            for digest, one in self.entry_of.items()
            if sha(decoded(one["data"]["envelope"]["payload"])) != digest
        ]
        self.say("error", "LOG_CHAIN_BROKEN", first or wrong, "log")
        known = self.seen["logs"].get(self.origin)
        if known:
            short = known["size"] > len(self.leaves)
            self.say("error", "LOG_TRUNCATED", short, "log")
            root = root_of(self.leaves[: known["size"]]).hex()
            self.say("error", "LOG_FORKED", not short and root != known["root"], "log")

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
        self.people = self.attempt(read_people, _content(self.given.people), "people")
        if self.people is None:
            return
        self.say("note", "REGISTRY_NAMED")
        said = [one["data"] for one in self.entries if one["kind"] == "people"]
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
        found, at = [], entry["seq"] if entry else None
        if record["printedName"] != person["printedName"]:
            found.append(("warning", "SIGNER_NAME_DIFFERS"))
        if key["status"] != "active" and (at is None or at >= key["revokedFrom"]):
            found.append(("undecided" if at is None else "error", "KEY_REVOKED"))
        elif key["status"] == "compromised":
            found.append(("warning", "KEY_REVOKED"))
        if not when(key["notBefore"]) <= when(record["signedAt"]) <= when(key["notAfter"]):
            found.append(("error", "KEY_EXPIRED"))
        former = [one["until"] for one in person["formerRoles"] if one["role"] == record["role"]]
        until = max(former, default=-1)
        if record["role"] not in person["roles"] and (at is None or at >= until):
            unknown = bool(former) and at is None
            found.append(("undecided" if unknown else "error", "ROLE_NOT_AUTHORISED"))
        return found

    def is_established(self, record: Record) -> bool:
        """Whether the signer is known and was entitled."""
        return all(severity == "warning" for severity, _ in self.signer(record))

    def annotators(self, record: Record) -> set[str]:
        """Who drew in what was signed, by the record and by the log."""
        entry = self.entry_of.get(record["digest"])
        submits = [one for one in self.entries if one["kind"] == "submit" and entry]
        same = [
            one["data"]["annotators"]
            for one in submits
            if one["reading"] == entry["reading"]
            and one["data"]["version"] == entry["data"]["version"]
        ]
        return set(record["annotators"]).union(*same)

    # -- steps 2 to 8: what is asked of each judged record ----------------------------------------
    def check_receipt(self, record: Record) -> None:
        """Step 2: the place in the log that the line itself proves."""
        keys = {key["keyid"]: decoded(key["publicKey"]) for key in self.keys()}
        keys[record["keyid"]] = decoded(record["publicKey"])
        read = self.attempt(lambda one: read_receipt(one, keys), record)
        record["receipt"] = read

    def keys(self) -> list[Record]:
        """All keys of the registry."""
        return [key for one in (self.people or {"people": []})["people"] for key in one["keys"]]

    def check_signer(self, record: Record) -> None:
        """Step 3: who signed, and whether they might."""
        for severity, code in self.signer(record):
            self.say(severity, code)
        alone = self.self_attested(record)
        self.say("warning", "SELF_ATTESTED", alone)
        own = self.person(record) in self.annotators(record)
        judges = record["stage"] in ("review", "adjudicate", "sign")
        judges = judges and record["decision"] in ("approve", "adjudicate")
        self.say("error", "SEPARATION_VIOLATED", judges and own and not alone)

    def check_enough(self, record: Record) -> None:
        """Step 3: as many persons as the rules want."""
        if record["stage"] not in ("sign", "lock") or not self.rules(record):
            return
        same = [one for one in self.records.values() if one["mask"] == record["mask"]]
        same = [one for one in same if one["decision"] in APPROVE]
        stages = {one["stage"] for one in same}
        absent = any(one not in self.records for one in record["previous"])
        for stage in ("review", "sign"):
            rule = self.rules(record)["stages"][stage]
            if not rule or (stage == "review" and "adjudicate" in stages):
                continue
            persons = {
                self.person(one)
                for one in same
                if one["stage"] == stage
                and self.is_established(one)
                and (self.self_attested(one) or self.person(one) not in self.annotators(one))
            }
            severity = "undecided" if absent else "error"
            self.say(severity, "INSUFFICIENT_SIGNATURES", len(persons) < rule["persons"])

    def rules(self, record: Record) -> Any:
        """The rules that the record names, out of the log."""
        said = [one["data"] for one in self.entries if one["kind"] == "policy"]
        mine = (one["policy"] for one in said if one["digest"] == record["policyDigest"])
        return next((one for one in mine if sha(canonical(one)) == record["policyDigest"]), None)

    def check_log(self, record: Record) -> None:
        """Step 4: the record's place in the log."""
        anchor, entry = record["logAnchor"], self.entry_of.get(record["digest"])
        if not self.given.log:
            return self.say("note", "LOG_ABSENT", anchor)
        if anchor and anchor["origin"] != self.origin:
            return self.say("undecided", "NOT_IN_LOG")
        states = [(anchor["size"], bytes.fromhex(anchor["root"]))] if anchor else []
        states += [record["receipt"]] if record["receipt"] else []
        short = any(size > len(self.leaves) for size, _ in states)
        forked = any(
            root_of(self.leaves[:size]) != root for size, root in states if size <= len(self.leaves)
        )
        early = entry and anchor and entry["seq"] < anchor["size"]
        self.say("error", "LOG_TRUNCATED", short)
        self.say("error", "LOG_FORKED", forked or early)
        whole = not any(one["code"] == "LOG_CHAIN_BROKEN" for one in self.found)
        absent = not entry and whole and not short and not forked
        self.say("error", "NOT_IN_LOG", absent)

    def check_binding(self, record: Record) -> None:
        """Step 5: the case, and the image."""
        entry = self.entry_of.get(record["digest"])
        places = [*self.spot, *([(entry["case"], entry["reading"])] if entry else [])]
        other = any(
            said is not None and said != found
            for place in places
            for said, found in zip((record["case"], record["reading"]), place, strict=True)
        )
        self.say("error", "REPLAYED_OTHER_CASE", other)
        if self.given.image is None or not self.given.image.is_file():
            return self.say("undecided", "IMAGE_ABSENT")
        rungs = mask_digest.image_rungs(self.given.image, record["image"]["geometry"])
        same = any(record["image"]["rungs"][name] == rungs.get(name, "") for name in rungs)
        self.say("error", "WRONG_IMAGE", not same)

    def check_content(self, record: Record) -> None:
        """Step 6: the mask's grid, meanings and voxels."""
        for severity, code in mask_digest.differences(self.given.mask, self.names, record):
            self.say(severity, code)

    def check_currency(self, record: Record) -> None:
        """Step 7: whether it still holds."""
        self.say("error", "REJECTED", record["decision"] == "reject")
        self.say("undecided", "UNLOCKED", record["decision"] == "unlock")
        known = self.records.keys() | self.entry_of.keys()
        self.say("warning", "HISTORY_INCOMPLETE", set(record["previous"]) - known)
        entry = self.entry_of.get(record["digest"])
        later = [one for one in self.entries if entry and one["seq"] > entry["seq"]]
        after = [one for one in later if one["reading"] == entry["reading"]]
        kinds = {one["kind"] for one in after}
        revoked = "unlock" in kinds or any(one["data"].get("decision") == "reject" for one in after)
        self.say("error", "REVOKED_DECISION", revoked)
        self.say("error", "SUPERSEDED", "submit" in kinds and not revoked)
        newer = any("record" in one["data"] for one in after)
        self.say("note", "SUPERSEDED", newer and not revoked and "submit" not in kinds)
        others = [one["data"] for one in later if one["kind"] == "adjudicate"]
        lost = [one for one in others if record["reading"] in one["from"]]
        self.say("error", "SUPERSEDED", any(one["chosen"] != record["reading"] for one in lost))
        self.say("error", "CONFLICT", self.conflict(record))

    def conflict(self, record: Record) -> bool:
        """Whether two locks of the case stand beside each other."""

        def before(digest: str) -> set[str]:
            previous = self.records[digest]["previous"] if digest in self.records else []
            return set(previous).union(*map(before, previous))

        reached = {digest: before(digest) for digest in self.records}
        locks = [
            digest
            for digest, one in self.records.items()
            if one["decision"] == "lock" and one["case"] == record["case"]
        ]
        return any(
            not any({one, other} <= reached[third] | {third} for third in reached)
            for one in locks
            for other in locks
        )

    def check_cautions(self, record: Record) -> None:
        """Step 8: clock and coverage."""
        signed, entry = when(record["signedAt"]), self.entry_of.get(record["digest"])
        earlier = [self.records[one] for one in record["previous"] if one in self.records]
        floor = [when(one["signedAt"]) for one in earlier]
        anchor = (record["logAnchor"] or {"size": 0})["size"]
        floor += [when(one["at"]) for one in self.entries[:anchor][-1:]]
        odd = signed > self.now + LATE or any(signed < one - LATE for one in floor)
        odd = odd or bool(entry and abs(when(entry["at"]) - signed) > LATE)
        self.say("warning", "CLOCK_SUSPECT", odd)
        rule = (self.rules(record) or {"stages": {}})["stages"].get(record["stage"]) or {}
        name = {"labelled": "labelledSlicesSeen", "all": "allSlicesSeen"}.get(rule.get("coverage"))
        seen = (record["viewed"] or {}).get(name, 0)
        self.say("warning", "COVERAGE_BELOW_POLICY", name and seen < 1)


STEPS = (
    Verifier.check_receipt,
    Verifier.check_signer,
    Verifier.check_enough,
    Verifier.check_log,
    Verifier.check_binding,
    Verifier.check_content,
    Verifier.check_currency,
    Verifier.check_cautions,
)


def _content(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""


def main(arguments: list[str] | None = None) -> int:
    """The exit code, after printing the verdicts."""
    parser = argparse.ArgumentParser(description="Verify a medseg sign-off.")
    parser.add_argument("mask", type=Path)
    for name in ("image", "people", "log", "remembered"):
        parser.add_argument(f"--{name}", type=Path)
    parser.add_argument("--trust", action="append", default=[], metavar="KEYID")
    given = parser.parse_args(arguments)
    missing = [one for one in (given.mask, given.people, given.log) if one and not one.is_file()]
    if missing:
        print(json.dumps({"error": f"There is no file {missing[0]}."}))
        return 3
    verifier = Verifier(given)
    code = verifier.run()
    print(json.dumps({"exitCode": code, "verdicts": verifier.found}, indent=1))
    return code


if __name__ == "__main__":
    sys.exit(main())
