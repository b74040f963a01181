"""Step 8: what makes nothing invalid, and is told all the same."""

from __future__ import annotations

from datetime import datetime, timedelta

from medseg.model import Finding, StageName
from medseg.signoff.envelope import OpenedEnvelope
from medseg.signoff.verdicts.dossier import Dossier

_CLOCK_SLACK = timedelta(seconds=120)
_DEMANDS = {"labelled": "labelledSlicesSeen", "all": "allSlicesSeen"}


def judge_clock(dossier: Dossier, one: OpenedEnvelope) -> list[Finding]:
    """CLOCK_SUSPECT: the order of the log holds, so a wrong clock is told and blocks nothing."""
    at, now = one.record.signed_at, dossier.exhibits.now
    after = [
        dossier.known[digest].record.signed_at
        for digest in one.record.previous & dossier.known.keys()
    ]
    log, entry, anchor = dossier.log_of(one), dossier.entry_of(one), one.record.anchor
    if log is not None and anchor is not None and 0 < anchor.size <= len(log.tree):
        after.append(log.chain.entries[anchor.size - 1].time)
    from_future = now is not None and at - now > _CLOCK_SLACK
    apart = entry is not None and abs(entry.time - at) > _CLOCK_SLACK
    if not from_future and not apart and not _is_before(at, after):
        return []
    text = f"The time of the record by {one.record.title} cannot be right; a clock was wrong."
    return [Finding("CLOCK_SUSPECT", "warning", text)]


def judge_coverage(dossier: Dossier, one: OpenedEnvelope) -> list[Finding]:
    """COVERAGE_BELOW_POLICY: less was displayed than the rules demand."""
    policy = dossier.policy_of(one.record)
    names = {str(name) for name in StageName}
    if policy is None or one.record.stage not in names:
        return []
    stage = policy.stage(StageName(one.record.stage))
    name = _DEMANDS.get(stage.coverage) if stage else None
    if stage is None or name is None:
        return []
    seen = (one.record.predicate["viewed"] or {}).get(name)
    fraction = float(seen) if isinstance(seen, (int, float)) else None
    if fraction is not None and fraction >= 1:
        return []
    found = "nothing was recorded" if fraction is None else f"{fraction:.0%} were"
    text = (
        f"The rules ask that the signer's screen displays {stage.coverage} slices with the mask; "
        f"of the record by {one.record.title}, {found}. This is evidence of display alone."
    )
    return [Finding("COVERAGE_BELOW_POLICY", "warning", text)]


def _is_before(at: datetime, others: list[datetime]) -> bool:
    # A difference of times always exists; a time 120 s before the year 1 does not.
    return any(other - at > _CLOCK_SLACK for other in others)
