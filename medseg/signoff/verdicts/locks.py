"""Step 7, locks: a case is locked once, and two sites that lock it apart are told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import combinations

from medseg.model import Finding
from medseg.signoff.envelope import OpenedEnvelope
from medseg.signoff.verdicts.dossier import Dossier


def judge_locks(dossier: Dossier) -> list[Finding]:
    """CONFLICT: two locks of one case of which neither knows the other; the first such pair.

    A lock that was taken back by an unlocking does not count, nor do two that a later record
    knows both of.
    """
    known = dossier.known
    locks = [digest for digest, one in known.items() if one.record.decision == "lock"]
    if len(locks) < 2:
        return []
    bits = {digest: 1 << place for place, digest in enumerate(known)}
    behind = _behind(known, bits)
    unlocks = (digest for digest, one in known.items() if one.record.decision == "unlock")
    unlocked = _union(behind[digest] for digest in unlocks)
    standing = [digest for digest in locks if not bits[digest] & unlocked]
    ahead = {
        lock: sum(bits[other] for other in known if behind[other] & bits[lock]) for lock in standing
    }
    for first, second in combinations(standing, 2):
        knows = behind[first] & bits[second] or behind[second] & bits[first]
        here, there = known[first].record, known[second].record
        if here.case == there.case and not knows and not ahead[first] & ahead[second]:
            text = (
                f"A case is locked once; here {here.title} and {there.title} locked it, and "
                "neither knew of the other. Have it adjudicated."
            )
            return [Finding("CONFLICT", "error", text)]
    return []


def _behind(known: Mapping[str, OpenedEnvelope], bits: Mapping[str, int]) -> dict[str, int]:
    """The bits of all records before each one, as far as they are at hand.

    Records name those before them by digest, so there is no circle among them.
    """
    before = {digest: one.record.previous & known.keys() for digest, one in known.items()}
    found: dict[str, int] = {}
    waiting = list(known)
    while waiting:
        digest = waiting[-1]
        missing = () if digest in found else before[digest] - found.keys()
        waiting += missing
        if not missing:
            waiting.pop()
            if digest not in found:
                found[digest] = _union(bits[one] | found[one] for one in before[digest])
    return found


def _union(sets: Iterable[int]) -> int:
    joined = 0
    for one in sets:
        joined |= one
    return joined
