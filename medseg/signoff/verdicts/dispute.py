"""What the log tells of a dispute: which readings an adjudicator had to decide between."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from medseg.model import Finding
from medseg.signoff.envelope import OpenedEnvelope
from medseg.signoff.log.entry import Entry
from medseg.signoff.verdicts.dossier import Dossier


@dataclass
class Dispute:
    """How the readings of a case stand to each other, entry by entry.

    Args:
        handed_in: reading -> the newest entry that a reader handed it in with.
        drawn: reading -> those that an adjudicator draws it from.
        computed: reading -> those that the program made it from.
        between: the readings that an adjudicator has to decide between; empty: none.
    """

    handed_in: dict[str, Entry] = field(default_factory=dict)
    drawn: dict[str, list[str]] = field(default_factory=dict)
    computed: dict[str, list[str]] = field(default_factory=dict)
    between: list[str] = field(default_factory=list)

    @classmethod
    def before(cls, entries: Iterable[Entry], seq: int) -> Dispute:
        """The state of a case just before an entry of it."""
        return cls.after(entry for entry in entries if entry.seq < seq)

    @classmethod
    def after(cls, entries: Iterable[Entry]) -> Dispute:
        """The state of a case after all of these."""
        found = cls()
        for entry in entries:
            found.take(entry)
        return found

    def take(self, entry: Entry) -> None:
        """What one more entry changes."""
        data, reading = entry.data, str(entry.reading)
        if entry.kind == "submit":
            self.handed_in[reading] = entry
        elif entry.kind == "assign":
            self.drawn[reading] = _names(data.get("from"))
        elif entry.kind == "disagree":
            self.between = list(data["between"])
        elif entry.kind == "consensus":
            self.between = []
            self.computed[reading] = list(data["from"]) if "mask" in data else []
        elif entry.kind == "adjudicate":
            self.between = []
        elif entry.kind == "review" and data["decision"] == "reject":
            # A computed reading that is rejected leaves those that it was made from.
            self.between = self.computed.get(reading, [])

    @property
    def hand_ins(self) -> list[Entry]:
        """The newest hand-in of each disputed reading that has one."""
        return [self.handed_in[one] for one in self.between if one in self.handed_in]

    def could_end_in(self, reading: str) -> bool:
        """Whether an adjudicator could decide for a reading: disputed, or drawn from such."""
        real = len(set(self.between)) > 1 and self.handed_in.keys() >= set(self.between)
        drawn = self.drawn.get(reading, [])
        is_drawn = bool(drawn) and set(drawn) <= set(self.between)
        return real and (reading in self.between or is_drawn)


def was_disputed(dossier: Dossier, one: OpenedEnvelope) -> bool | None:
    """Whether the log shows the dispute that a record decides; None without any log."""
    if not dossier.exhibits.logs:
        return None
    log, entry = dossier.log_of(one), dossier.entry_of(one)
    if log is None or entry is None or entry.kind != "adjudicate":
        return False
    if entry.data["chosen"] != entry.reading:
        return False
    before = Dispute.before(log.by_case.get(entry.case or "", ()), entry.seq)
    return before.could_end_in(str(entry.reading))


def judge_dispute(dossier: Dossier, one: OpenedEnvelope) -> list[Finding]:
    """NOT_DISPUTED: an adjudicator decided where nothing was to be decided."""
    is_decision = one.record.stage == "adjudicate" and one.record.decision == "adjudicate"
    if not is_decision or dossier.policy_of(one.record) is None:
        return []
    if dossier.entry_of(one) is None or was_disputed(dossier, one):
        return []
    text = (
        "An adjudicator decides between readings that were handed in and disagree, for one of "
        f"them; the log shows no such dispute before the record by {one.record.title}. Have the "
        "reading reviewed."
    )
    return [Finding("NOT_DISPUTED", "error", text)]


def behind(
    entries: Sequence[Entry], reading: str | None, *, decides: bool = False
) -> list[Entry | None]:
    """The hand-ins that a judgement of a reading stands on; None: there is none.

    First that of the reading itself, or those of the readings that it was computed from; then,
    where an adjudicator decided for it, the newest of each disputed reading.

    Args:
        entries: of the case, before the judgement.
        reading: id of the reading.
        decides: whether the judgement is the adjudicator's.
    """
    mine = newest(entries, reading)
    found: list[Entry | None] = [mine]
    if mine is not None and mine.kind == "consensus":
        earlier = _before(entries, mine)
        found = [newest(earlier, one, {"submit"}) for one in mine.data["from"]] or [None]
    decided = [one for one in entries if one.kind == "adjudicate" and one.reading == reading]
    if decides or decided:
        found += Dispute.after(entries if decides else _before(entries, decided[-1])).hand_ins
    return found


def newest(
    entries: Sequence[Entry],
    reading: str | None,
    kinds: Iterable[str] = frozenset({"submit", "consensus"}),
) -> Entry | None:
    """The last entry that a version of a reading came with."""
    mine = (
        one
        for one in reversed(entries)
        if one.reading == reading and one.kind in kinds and "mask" in one.data
    )
    return next(mine, None)


def _names(found: object) -> list[str]:
    """The ids in a list of such; none in anything else, for no shape was asked of it."""
    names = found if isinstance(found, list) else []
    return names if all(isinstance(one, str) for one in names) else []


def _before(entries: Sequence[Entry], entry: Entry) -> list[Entry]:
    return [one for one in entries if one.seq < entry.seq]
