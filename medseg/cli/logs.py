"""`medseg log` and `medseg policy`: what happened, whether it is whole, and by which rules."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from medseg.cli.console import out, print_finding, print_json, say
from medseg.cli.options import JsonOption
from medseg.cli.passphrases import KeyOption, PassphraseOption
from medseg.cli.whose import PersonOption, ProjectOption, opened, person_of, signer_of
from medseg.formats import atomic
from medseg.model import Finding, Person, exit_code_of
from medseg.project import Project, acts, check_log
from medseg.project.store import rebuild_index
from medseg.review import policy_json, visible_entries
from medseg.signoff.log.entry import Entry
from medseg.signoff.log.jsonl import write_log

Told = tuple[Entry, Mapping[str, Any]]
log_app = typer.Typer(help="The append-only log of a project.", no_args_is_help=True)
policy_app = typer.Typer(help="The rules of a project.", no_args_is_help=True)


@log_app.command("show")
def show(
    case: Annotated[str | None, typer.Argument(help="Only about this case.")] = None,
    *,
    project: ProjectOption = Path(),
    person: PersonOption = None,
    key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the entries that you may see, in order: when, what, about which, who, and why."""
    with opened(project) as house:
        shown = visible_log(house, person_of(house, person, key), case)
        names = {one.person_id: one.printed_name for one in house.registry.people}
    if as_json:
        print_json([_entry_json(entry, data) for entry, data in shown])
        return
    for entry, data in shown:
        say(_line(entry, data, names))


def visible_log(house: Project, person: Person, case: str | None = None) -> list[Told]:
    """The entries of the log, or of a case, that a person may see, in order.

    Raises:
        ReviewError: there is no such case.
    """
    cases = [house.case(case)] if case else list(house.cases())
    with house.store.read() as view:
        entries = view.case_entries(case) if case else list(view.entries())
    by_case: dict[str | None, list[Entry]] = defaultdict(list)
    for entry in entries:
        by_case[entry.case].append(entry)
    shown: list[Told] = [(entry, entry.data) for entry in by_case[None]]
    policy = house.policy
    for one in cases:
        shown += visible_entries(policy, one, person, by_case[one.case_id])
    return sorted(shown, key=lambda told: told[0].seq)


def _line(entry: Entry, data: Mapping[str, Any], names: Mapping[str, str]) -> str:
    who = names.get(entry.actor or "", entry.actor or "medseg")
    what = " ".join(filter(None, (entry.kind, data.get("decision"))))
    why = next((data[name] for name in ("reason", "text", "change") if data.get(name)), "")
    parts = (entry.at, what, entry.case, entry.reading, who, why)
    return f"{entry.seq:6d}  " + "  ".join(filter(None, parts))


def _entry_json(entry: Entry, data: Mapping[str, Any]) -> dict[str, object]:
    return {
        "seq": entry.seq,
        "at": entry.at,
        "actor": entry.actor,
        "kind": entry.kind,
        "case": entry.case,
        "reading": entry.reading,
        "data": data,
    }


@log_app.command("check")
def check(
    *,
    project: ProjectOption = Path(),
    mend: Annotated[
        bool, typer.Option("--mend", help="Make the worklist anew from the log.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Check the whole log: its chain, its tree, and that the worklist tells what it tells."""
    with opened(project) as house:
        if mend:
            rebuild_index(house.store, house.summarise)
        findings = check_log(house)
        with house.store.read() as view:
            state = view.state
    if not findings:
        text = f"The log of {state.origin} is whole: {state.size} entries, root {state.root.hex()}."
        findings = (Finding("LOG_WHOLE", "note", text),)
    if as_json:
        print_json({"findings": [finding.to_json() for finding in findings]})
    else:
        for finding in findings:
            print_finding(finding, indent="")
    raise typer.Exit(exit_code_of(findings))


@log_app.command("export")
def export(
    path: Annotated[Path, typer.Argument(help="The file to write, one entry a line.")],
    *,
    project: ProjectOption = Path(),
) -> None:
    """Write the log to a file that `medseg verify --log` and others can read."""
    with opened(project) as house, house.store.read() as view:
        data = write_log(view.entries())
    atomic.write_bytes(path, data)
    say(f"Written: {path}")


@log_app.command("review")
def review(
    text: Annotated[str, typer.Argument(help="What was found.")],
    *,
    project: ProjectOption = Path(),
    person: PersonOption = None,
    key: KeyOption = None,
) -> None:
    """Enter that you looked through the log, and what you found."""
    with opened(project) as house:
        by = person_of(house, person, key)
        up_to = acts.review_trail(house, text, by=by.person_id)
        say(f"Reviewed up to entry {up_to}")


@policy_app.command("show")
def show_policy(*, project: ProjectOption = Path(), as_json: JsonOption = False) -> None:
    """Show the rules in force, as the log holds them."""
    with opened(project) as house:
        rules = policy_json(house.policy)
    if as_json:
        print_json(rules)
    else:
        out.print_json(data=rules)


@policy_app.command("apply")
def apply(
    *,
    project: ProjectOption = Path(),
    key: KeyOption = None,
    passphrase_fd: PassphraseOption = None,
) -> None:
    """Put the rules that `medseg.toml` tells now in force; the lead does this, by their key."""
    with opened(project) as house:
        by, unlocked = signer_of(house, key, passphrase_fd)
        changed = acts.change_policy(house, by=by.person_id, key=unlocked)
        say(
            "The rules of medseg.toml are in force."
            if changed
            else "The rules are in force already."
        )
