"""What the log tells of how a record came about: proofs and disputes; for verify_signoff.py.

Shares no code with medseg. The proofs of step 4 of docs/records.md, and NOT_DISPUTED of step 3.
"""

from __future__ import annotations

from typing import Any

from signoff_evidence import TROUBLE, Evidence, Record, acted, held
from signoff_forms import check, check_proof, decoded, require

Found = list[tuple[str, str]]


class Workflow(Evidence):
    """How the log says that things were handed in, ruled and decided."""

    def story(self, record: Record) -> tuple[Any, list[Record]]:
        """A record's entry in its own log, and the entries of its case before that."""
        entry, anchor = self.entry_of.get(record["digest"]), record["logAnchor"]
        if not entry or (anchor and anchor["origin"] != self.origin):
            return None, []
        same = [one for one in self.entries if one["case"] and one["case"] == entry["case"]]
        return entry, [one for one in same if one["seq"] < entry["seq"]]

    def proven(self, entry: Record, code: str) -> Found:
        """What speaks against an entry's actor having made it."""
        proof, who = entry["data"].get("proof"), entry["actor"]
        if proof is None:
            return [("undecided", code)]
        people = self.people or {"people": [], "roots": []}
        person = next((one for one in people["people"] if one["personId"] == who), None)
        keys = person["keys"] if person else []
        if who is None and entry["kind"] == "policy":
            keys = people["roots"]
        try:
            check(proof, "keyid:hex size:int sig:text")
            require(proof["size"] == entry["seq"] and decoded(proof["sig"]) is not None)
            key = next((one for one in keys if one["keyid"] == proof["keyid"]), None)
            if key is None:
                return [("undecided", code)]
            check_proof(entry, decoded(key["publicKey"]))
        except TROUBLE:
            return [("error", "BAD_SIGNATURE")]
        if person is None:
            return []
        found = held(key, entry["at"], entry["seq"])
        found += acted(person, "lead", entry["seq"]) if entry["kind"] == "policy" else []
        return [("undecided", code)] if any(one[0] != "warning" for one in found) else found

    def ruled(self, seq: int) -> tuple[bool, str | None, Found]:
        """Whether proofs are asked for at a number, the digest of the rules, what is said."""
        asked, digest, found = False, None, Found()
        for entry in self.entries[:seq]:
            if entry["kind"] != "policy":
                continue
            own = entry["data"]["policy"].get("proven") is True
            said = self.proven(entry, "POLICY_NOT_ESTABLISHED") if own or asked else []
            is_first = entry["data"] is self.said("policy")[0]
            if is_first and ("undecided", "POLICY_NOT_ESTABLISHED") in said:
                said = [] if self.entered_again(entry) else said
            if any(severity != "warning" for severity, _ in said):
                asked, found = True, found + said
            else:
                asked, digest, found = own, entry["data"]["digest"], said
        return asked, digest, found

    def entered_again(self, entry: Record) -> bool:
        """Whether a lead proved the same rules: of former root keys nobody tells."""
        same = [one for one in self.entries if one["kind"] == "policy" and one["actor"]]
        same = [one for one in same if one["data"]["digest"] == entry["data"]["digest"]]
        found = [self.proven(one, "POLICY_NOT_ESTABLISHED") for one in same]
        return any(all(severity == "warning" for severity, _ in said) for said in found)

    def check_proofs(self, record: Record) -> None:
        """Step 4: the rules, and what was handed in."""
        entry, before = self.story(record)
        if not entry:
            return
        asked, digest, found = self.ruled(entry["seq"])
        for severity, code in found:
            self.say(severity, code)
        self.say("undecided", "POLICY_NOT_ESTABLISHED", asked and record["policyDigest"] != digest)
        mine = newest(before, entry["reading"])
        asked = self.ruled((mine or entry)["seq"])[0]
        said = mine["data"] if mine else {}
        same = said.get("mask") == record["mask"] and said["version"] == entry["data"].get(
            "version"
        )
        self.say("undecided", "SUBMITTER_NOT_ESTABLISHED", asked and not same)
        for one in self.behind(entry, before, mine) if same or not asked else []:
            if one is None:
                self.say("undecided", "SUBMITTER_NOT_ESTABLISHED", asked)
            elif self.ruled(one["seq"])[0]:
                for severity, code in self.proven(one, "SUBMITTER_NOT_ESTABLISHED"):
                    self.say(severity, code)

    def behind(self, entry: Record, before: list[Record], mine: Any) -> list[Any]:
        """The hand-ins that a record came out of; None for one that is not there."""
        found = [mine]
        if mine and mine["kind"] == "consensus":
            made = [one for one in before if one["seq"] < mine["seq"]]
            found = [newest(made, one, "submit") for one in mine["data"]["from"]] or [None]
        decided = [one for one in [*before, entry] if one["kind"] == "adjudicate"]
        decided = [one for one in decided if one["reading"] == entry["reading"]]
        if decided:
            earlier = [one for one in before if one["seq"] < decided[-1]["seq"]]
            said = [newest(earlier, one, "submit") for one in dispute(earlier)[0]]
            found += [one for one in said if one]
        return found

    def annotators(self, record: Record) -> set[str]:
        """As the evidence tells; for an adjudicator those of the disputed readings as well."""
        mine, (entry, before) = super().annotators(record), self.story(record)
        if not entry or record["stage"] != "adjudicate":
            return mine
        between, drawn = dispute(before)
        said = [newest(before, one, "submit") for one in between]
        others = {one for each in said if each for one in each["data"]["annotators"]}
        others |= {one["actor"] for one in said if one} - {None}
        rules = self.rules(record)
        edits = rules and rules["double"]["adjudication"] == "edit"
        return others if edits and drawn.get(entry["reading"]) else others | mine

    def disputed(self, record: Record) -> bool:
        """Whether the log shows the dispute that a record decides."""
        entry, before = self.story(record)
        if not entry or entry["kind"] != "adjudicate":
            return False
        between, drawn = dispute(before)
        chosen, several = entry["reading"], set(between)
        source = drawn.get(chosen)
        handed_in = {one["reading"] for one in before if one["kind"] == "submit"}
        if entry["data"]["chosen"] != chosen or len(several) < 2 or not several <= handed_in:
            return False
        return chosen in several or (bool(source) and set(source) <= several)


def dispute(entries: list[Record]) -> tuple[list[str], dict[str, Any]]:
    """The readings to be decided between after these entries, and what each was drawn from."""
    between: list[str] = []
    drawn: dict[str, Any] = {}
    made: dict[str, list[str]] = {}
    for one in entries:
        data, reading = one["data"], one["reading"]
        if one["kind"] == "assign":
            names = data.get("from")
            is_list = isinstance(names, list) and all(isinstance(each, str) for each in names)
            drawn[reading] = names if is_list else []
        elif one["kind"] == "disagree":
            between = data["between"]
        elif one["kind"] in ("consensus", "adjudicate"):
            between = []
            if one["kind"] == "consensus":
                made[reading] = data["from"] if "mask" in data else []
        elif one["kind"] == "review" and data["decision"] == "reject":
            between = made.get(reading, [])
    return between, drawn


def newest(entries: list[Record], reading: Any, kinds: str = "submit consensus") -> Any:
    """The last entry that a version of a reading came with."""
    mine = [one for one in entries if one["reading"] == reading and one["kind"] in kinds.split()]
    return next((one for one in reversed(mine) if "mask" in one["data"]), None)
