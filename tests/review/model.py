"""The workflow told a second time, in a few sets: what `decide` is held against.

It shares no code with medseg's rules and knows people by their roles in words alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field

ROLES = {
    "p-ann": {"annotator"},
    "p-ben": {"annotator", "reviewer"},
    "p-cat": {"annotator", "reviewer", "signer", "adjudicator"},
    "p-rae": {"reviewer"},
    "p-ada": {"adjudicator"},
    "p-sue": {"signer"},
    "p-lea": {"lead"},
    "p-all": {"annotator", "reviewer", "adjudicator", "signer", "lead"},
    "p-gone": set(),
}
WAITING = ("open", "returned", "submitted")


@dataclass
class Work:
    """One reading."""

    reader: str
    state: str = "open"
    version: int = 0
    approved: set[str] = field(default_factory=set)
    signed: set[str] = field(default_factory=set)
    makers: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)


@dataclass
class Model:
    """One case under a policy of so many readings, reviewers and signers."""

    readings: int
    reviewers: int
    signers: int
    works: dict[str, Work] = field(default_factory=dict)
    disputed: bool = False
    final: str | None = None
    judged: set[str] = field(default_factory=set)

    # What is to be signed, and who stands where.

    def due(self) -> str | None:
        if self.final or self.readings > 1:
            return self.final
        return next(iter(self.works), None)

    def reads(self, who: str) -> bool:
        return any(one.reader == who for one in self.works.values())

    def independent(self, who: str, name: str) -> bool:
        return not self.reads(who) and who not in self.works[name].makers

    def settled(self, name: str) -> bool:
        return self.final != name and (self.final is not None or self.disputed)

    def complete(self) -> bool:
        live = [one for one in self.works.values() if one.state != "aside"]
        return (
            len(live) == self.readings > 1
            and self.final is None
            and not self.disputed
            and all(
                one.state == "submitted" and len(one.approved) >= self.reviewers for one in live
            )
        )

    def to_sign(self, name: str) -> bool:
        one = self.works[name]
        return self.due() == name and len(one.approved) >= self.reviewers

    # Whether an act is legal.

    def may(self, act: str, who: str, name: str, other: str = "") -> bool:
        roles = ROLES[who]
        if act == "assign":
            return self._may_assign(roles, name, other)
        if act in ("dispute", "agree"):
            return bool(roles & {"lead", "adjudicator"}) and self.complete()
        if name not in self.works:
            return False
        return bool(getattr(self, f"_may_{act}")(who, roles, name, other))

    def _may_assign(self, roles: set[str], name: str, reader: str) -> bool:
        live = [one for one in self.works.values() if one.state != "aside"]
        return (
            "lead" in roles
            and "annotator" in ROLES[reader]
            and name not in self.works
            and not self.reads(reader)
            and reader not in self.judged
            and len(live) < self.readings
            and self.final is None
            and not self.disputed
        )

    def _may_ask(self, _who: str, roles: set[str], name: str, other: str) -> bool:
        fits = "reviewer" in ROLES[other] and self.independent(other, name)
        in_use = self.reviewers > 0
        return in_use and "lead" in roles and fits and self.works[name].state in WAITING

    def _may_submit(self, who: str, roles: set[str], name: str, _other: str) -> bool:
        one = self.works[name]
        if one.state not in WAITING or self.settled(name):
            return False
        if who == one.reader:
            return "annotator" in roles
        changes = self.reviewers > 0 and "reviewer" in roles and not self.reads(who)
        return changes and one.state == "submitted"

    def _reviews(self, who: str, roles: set[str], name: str) -> bool:
        one = self.works[name]
        asked = [person for person in one.asked if person not in one.makers]
        return (
            "reviewer" in roles
            and one.state == "submitted"
            and self.independent(who, name)
            and len(one.approved) < self.reviewers
            and (len(asked) < self.reviewers or who in asked)
        )

    def _may_approve(self, who: str, roles: set[str], name: str, _other: str) -> bool:
        return self._reviews(who, roles, name) and who not in self.works[name].approved

    def _may_reject(self, who: str, roles: set[str], name: str, reason: str) -> bool:
        if not reason:
            return False
        if self.works[name].state == "submitted" and self.to_sign(name):
            return "signer" in roles and self.independent(who, name)
        return self._reviews(who, roles, name)

    def _may_adjudicate(self, who: str, roles: set[str], _name: str, _other: str) -> bool:
        apart = all(self.independent(who, one) for one in self.works)
        return "adjudicator" in roles and self.disputed and apart

    def _may_sign(self, who: str, roles: set[str], name: str, _other: str) -> bool:
        one = self.works[name]
        return (
            "signer" in roles
            and one.state in ("submitted", "signed")
            and self.to_sign(name)
            and self.independent(who, name)
            and len(one.signed) < self.signers
            and who not in one.signed
        )

    def _may_lock(self, _who: str, roles: set[str], name: str, _other: str) -> bool:
        one = self.works[name]
        return "lead" in roles and one.state == "signed" and len(one.signed) >= self.signers

    def _may_unlock(self, _who: str, roles: set[str], name: str, reason: str) -> bool:
        return "lead" in roles and bool(reason) and self.works[name].state in ("signed", "locked")

    # What a legal act does.

    def do(self, act: str, who: str, name: str, other: str = "") -> None:
        if act == "assign":
            self.works[name] = Work(other, makers={other})
        elif act == "dispute":
            self.disputed = True
        elif act in ("agree", "adjudicate"):
            self._settle(name)
        elif act == "ask":
            self._ask(name, other)
        elif act == "submit":
            one = self.works[name]
            one.state, one.version = "submitted", one.version + 1
            one.makers.add(who)
            one.approved, one.signed = set(), set()
        else:
            self._say(act, who, name)

    def _settle(self, name: str) -> None:
        self.final, self.disputed = name, False
        for other, one in self.works.items():
            one.state = one.state if other == name else "aside"

    def _ask(self, name: str, who: str) -> None:
        asked = self.works[name].asked
        self.works[name].asked = [*(one for one in asked if one != who), who]

    def _say(self, act: str, who: str, name: str) -> None:
        one = self.works[name]
        self.judged.add(who)
        if act == "approve":
            one.approved.add(who)
        elif act == "reject":
            one.state = "returned"
            self._ask(name, who)
        elif act == "sign":
            one.state, self.final = "signed", name
            one.signed.add(who)
        elif act == "lock":
            one.state = "locked"
        else:
            one.state, one.approved, one.signed = "submitted", set(), set()

    def state(self) -> str:
        """As the worklist calls it."""
        if not self.works:
            return "unassigned"
        name = self.due()
        if self.disputed:
            return "adjudication"
        if name is None:
            return self._state_of_several()
        return self._state_of(self.works[name])

    def _state_of(self, one: Work) -> str:
        if one.state == "signed" and len(one.signed) >= self.signers:
            return "to lock"
        after_review = "to sign" if len(one.approved) >= self.reviewers else "review"
        table = {"open": "reading", "returned": "reading", "locked": "locked"}
        return table.get(one.state, after_review)

    def _state_of_several(self) -> str:
        done = [one for one in self.works.values() if one.state == "submitted"]
        if len(done) < self.readings:
            return "reading"
        return "adjudication" if self.complete() else "review"
