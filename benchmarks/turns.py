"""Contestants take turns in one process, so that all see the same machine."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping

Work = Callable[[], object]
ROUNDS = 9


def compare(
    case: str, contestants: Mapping[str, Work], *, goals: Mapping[str, float], repeats: int = 1
) -> dict[str, float]:
    """Print medians in ms, and each peer's time over the first one's, with quartiles.

    Returns the median ratios by peer.

    Args:
        case: what is measured.
        contestants: name -> what to time; the first is ours.
        goals: peer -> the least ratio wanted.
        repeats: how often each works in one round, for what takes microseconds.
    """
    for work in contestants.values():
        work()  # compile, and touch the memory
    rounds = [
        {name: _seconds(work, repeats) for name, work in contestants.items()} for _ in range(ROUNDS)
    ]
    ours, *peers = contestants
    times = {name: statistics.median(one[name] for one in rounds) for name in contestants}
    print(f"{case}: " + ", ".join(f"{name} {1e3 * took:.4g} ms" for name, took in times.items()))
    ratios = {}
    for peer in peers:
        each = [one[peer] / one[ours] for one in rounds]
        low, ratios[peer], high = statistics.quantiles(each, n=4, method="inclusive")
        goal = goals.get(peer)
        met = "" if goal is None else f", goal {goal:g}: {_word(ratios[peer], goal)}"
        print(f"    {peer} / {ours} {ratios[peer]:.3g} (quartiles {low:.3g} to {high:.3g}){met}")
    return ratios


def _word(ratio: float, goal: float) -> str:
    return "met" if ratio >= goal else "MISSED"


def _seconds(work: Work, repeats: int) -> float:
    start = time.perf_counter()
    for _ in range(repeats):
        work()
    return (time.perf_counter() - start) / repeats
