"""Verify a medseg sign-off without medseg, from docs/records.md and docs/medsegMaskV1.md alone.

    python tools/verify_signoff.py MASK [--image FILE] [--people FILE] [--log FILE] [--trust ID]...

Prints the verdicts as JSON; exit code 0 valid, 10 valid with warnings, 11 invalid, 12 undecided,
3 a file cannot be read. Shares no code with medseg. Masks and images are NIfTI. It is handed no
derivations and no project's secret, and takes a file of people at its word (records.md, step 3).
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from datetime import timedelta
from pathlib import Path

import mask_digest
from signoff_evidence import Record
from signoff_forms import APPROVE, decoded, read_receipt, read_record, root_of, when
from signoff_workflow import Workflow

LATE = timedelta(seconds=120)
# Who acts at a stage where no project's rules are at hand.
OWN = {"annotate": "annotator", "review": "reviewer", "adjudicate": "adjudicator"}
OWN |= {"sign": "signer", "lock": "lead"}


class Verifier(Workflow):
    """The verdicts on each record that is judged, in the order of the document."""

    def run(self) -> int:
        """The exit code; the verdicts are in `found`."""
        lines = [one for one in self.lines.split(b"\n") if one.strip()]
        if not lines:
            self.say("undecided", "NOT_SIGNED")
            return 12
        read = (self.attempt(read_record, line, "line") for line in lines)
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
            counts = [one for one in self.found if one["about"] in ("log", "people")]
            counts += [one for one in self.found[before:] if not one["about"]]
            bad = any(one["severity"] in ("error", "undecided") for one in counts)
            self.say("note", "VALID", not bad)
        worst = {one["severity"] for one in self.found}
        is_valid = any(one["code"] == "VALID" for one in self.found)
        if "error" in worst or "undecided" in worst or not is_valid:
            return 11 if "error" in worst else 12
        return 10 if "warning" in worst else 0

    def check_receipt(self, record: Record) -> None:
        """Step 2: the place in the log that the line itself proves."""
        keys = {key["keyid"]: decoded(key["publicKey"]) for key in self.keys()}
        keys[record["keyid"]] = decoded(record["publicKey"])
        read = self.attempt(lambda one: read_receipt(one, keys), record, "receipt")
        record["receipt"] = read

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
        rules = self.rules(record)
        rule = rules and rules["stages"].get(record["stage"])
        other = rule and record["role"] not in rule["roles"]
        self.say("error", "ROLE_NOT_AUTHORISED", other and not alone)
        decides = (record["stage"], record["decision"]) == ("adjudicate", "adjudicate")
        known = rules and record["digest"] in self.entry_of
        self.say("error", "NOT_DISPUTED", decides and known and not self.disputed(record))

    def check_enough(self, record: Record) -> None:
        """Step 3: as many persons as the rules want."""
        if record["stage"] not in ("sign", "lock") or not self.rules(record):
            return
        same = [one for one in self.records.values() if one["mask"] == record["mask"]]
        same = [one for one in same if one["decision"] in APPROVE]
        rules = self.rules(record)
        decides = rules["stages"]["adjudicate"]
        decided = decides and any(
            one["stage"] == "adjudicate"
            and self.disputed(one)
            and self.counts(one, decides, record)
            for one in same
        )
        absent = any(one not in self.records for one in record["previous"])
        for stage in ("review", "sign"):
            rule = rules["stages"][stage]
            if not rule or (stage == "review" and decided):
                continue
            there = [one for one in same if one["stage"] == stage]
            persons = {self.person(one) for one in there if self.counts(one, rule, record)}
            unknown = any(("undecided" in self.doubts(one, record)) for one in there)
            severity = "undecided" if absent or unknown else "error"
            self.say(severity, "INSUFFICIENT_SIGNATURES", len(persons) < rule["persons"])

    def counts(self, record: Record, rule: Record, judged: Record) -> bool:
        """Whether a record is the word of somebody who might give it at that stage."""
        doubts = self.doubts(record, judged)
        if doubts or self.self_attested(record):
            return not doubts
        own = self.person(record) in self.annotators(record)
        return record["role"] in rule["roles"] and not own

    def doubts(self, record: Record, judged: Record) -> set[str]:
        """How bad it is what speaks against a signer; of the one who is judged, if unknown."""
        nobody = ("UNKNOWN_KEY", "SIGNER_NOT_ESTABLISHED")
        told = [one for one in self.signer(record) if record is not judged or one[1] in nobody]
        return {severity for severity, _ in told} - {"warning"}

    def check_log(self, record: Record) -> None:
        """Step 4: the record's place in the log."""
        anchor, entry = record["logAnchor"], self.entry_of.get(record["digest"])
        if not self.given.log:
            self.say("note", "LOG_ABSENT", anchor)
            team = self.people and not self.people["selfAttested"]
            outside = not anchor and team and record["keyid"] not in self.given.trust
            self.say("warning", "OUTSIDE_PROJECT", outside)
            other = OWN.get(record["stage"], record["role"]) != record["role"]
            self.say("error", "ROLE_NOT_AUTHORISED", outside and other)
            return
        if anchor and anchor["origin"] != self.origin:
            self.say("undecided", "NOT_IN_LOG")
            return
        states = [(anchor["size"], bytes.fromhex(anchor["root"]))] if anchor else []
        states += [record["receipt"]] if record["receipt"] else []
        short = any(size > len(self.leaves) for size, _ in states)
        forked = any(
            root_of(self.leaves[:size]) != root for size, root in states if size <= len(self.leaves)
        )
        early = entry and anchor and entry["seq"] < anchor["size"]
        self.say("error", "LOG_TRUNCATED", short and not forked)
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
            self.say("undecided", "IMAGE_ABSENT")
            return
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
        self.say("error", "CONFLICT", self.conflict(record), "case")

    def conflict(self, record: Record) -> bool:
        """Whether two locks of the case stand beside each other."""

        def before(digest: str) -> set[str]:
            previous = self.records[digest]["previous"] if digest in self.records else []
            return set(previous).union(*map(before, previous))

        reached = {digest: before(digest) | {digest} for digest in self.records}
        opened = (d for d, one in self.records.items() if one["decision"] == "unlock")
        undone = set().union(*(reached[one] for one in opened))
        locks = [d for d, one in self.records.items() if one["decision"] == "lock"]
        locks = [one for one in locks if self.records[one]["case"] == record["case"]]
        pairs = itertools.combinations([one for one in locks if one not in undone], 2)
        return any(not any({*pair} <= one for one in reached.values()) for pair in pairs)

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
    Verifier.check_proofs,
    Verifier.check_binding,
    Verifier.check_content,
    Verifier.check_currency,
    Verifier.check_cautions,
)


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
