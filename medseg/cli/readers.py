"""`medseg review readers` and `truth`: how well readers agree, and how they meet known truths."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from medseg.cli.console import out, print_json, say
from medseg.cli.options import JsonOption
from medseg.cli.passphrases import KeyOption
from medseg.cli.whose import PersonOption, ProjectOption, TargetArgument, opened, person_of, target
from medseg.project import agreements, gold_scores, keep_truth
from medseg.review import GoldScore, Pair, PairAgreement


def truth(
    case: TargetArgument,
    mask: Annotated[Path, typer.Argument(help="The true mask, on the image's grid.")],
    *,
    project: ProjectOption = Path(),
    person: PersonOption = None,
    key: KeyOption = None,
) -> None:
    """Keep the known truth of a case that was imported with --gold; the lead does this."""
    with target(case, project) as found:
        by = person_of(found.project, person, key)
        keep_truth(found.project, found.case, mask, by=by.person_id)
        say(f"Kept: the truth of {found.case}")


def readers(
    *,
    project: ProjectOption = Path(),
    person: PersonOption = None,
    key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show how readers agree with each other, with themselves, and with known truths."""
    with opened(project) as house:
        by = person_of(house, person, key).person_id
        pairs, scores = agreements(house, by=by), gold_scores(house, by=by)
        names = {one.person_id: one.printed_name for one in house.registry.people}
    if as_json:
        told = [_pair_json(pair, found) for pair, found in pairs]
        print_json({"agreement": told, "gold": [_score_json(one) for one in scores]})
        return
    if not pairs and not scores:
        say("There is nothing to compare yet, or nothing that you may see.")
    if pairs:
        table = Table("case", "readings", "Dice", "HD95 mm", "matched", "only one", box=None)
        for pair, found in pairs:
            same = " (same reader)" if pair.reader else ""
            alone = str(found.only_first + found.only_second)
            cells = (_number(found.dice), _number(found.hd95_mm), str(found.matched), alone)
            table.add_row(pair.case, f"{pair.first}, {pair.second}{same}", *cells)
        out.print(table)
    if scores:
        table = Table("case", "reader", "Dice", "found", "missed", "invented", "", box=None)
        for one in scores:
            counts = (str(one.found), str(one.missed), str(one.invented))
            passed = "passed" if one.passed else "not passed"
            name = names.get(one.reader, one.reader)
            table.add_row(one.case, name, _number(one.dice), *counts, passed)
        out.print(table)


def _number(value: float) -> str:
    return f"{value:.3f}" if math.isfinite(value) else "-"


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _pair_json(pair: Pair, found: PairAgreement) -> dict[str, Any]:
    return {
        "case": pair.case,
        "readings": [pair.first, pair.second],
        "sameReader": pair.reader,
        "dice": _finite(found.dice),
        "hd95Mm": _finite(found.hd95_mm),
        "volumeDifferenceMl": _finite(found.volume_difference_ml),
        "matched": found.matched,
        "onlyFirst": found.only_first,
        "onlySecond": found.only_second,
    }


def _score_json(one: GoldScore) -> dict[str, Any]:
    return {
        "case": one.case,
        "reading": one.reading,
        "reader": one.reader,
        "at": one.at,
        "dice": _finite(one.dice),
        "hd95Mm": _finite(one.hd95_mm),
        "found": one.found,
        "missed": one.missed,
        "invented": one.invented,
        "passed": one.passed,
    }
