"""The command line: each command repeats what the session and the rooms offer, in words."""

from __future__ import annotations

import sys

import typer

from medseg.cli import (
    comparing,
    contouring,
    demo,
    following,
    judging,
    logs,
    measuring,
    people,
    projects,
    reviewing,
    selftest,
    sharing,
    showing,
    signing,
    worklists,
)
from medseg.cli.console import accept_any_text, errors, print_json, say
from medseg.errors import MedsegError

app = typer.Typer(
    name="medseg",
    help="Lesion contouring with interpolation between slices, and sign-offs bound to voxels. "
    "Research use only; not a medical device.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("demo")(demo.demo)
app.command("info")(showing.info)
app.command("init")(projects.init)
app.command("import")(projects.import_)
app.command("worklist")(worklists.show_worklist)
app.command("assign")(worklists.assign)
app.command("distribute")(worklists.distribute)
app.command("open")(showing.open_viewer)
app.command("interpolate")(contouring.interpolate)
app.command("measure")(measuring.measure)
app.command("compare")(comparing.compare)
app.command("agreement")(comparing.agreement)
app.command("followup")(following.followup)
app.add_typer(people.people_app, name="people")
app.add_typer(signing.key_app, name="key")
app.add_typer(logs.policy_app, name="policy")
app.command("submit")(reviewing.submit)
app.command("handover")(reviewing.handover)
app.add_typer(reviewing.review_app, name="review")
app.command("sign")(signing.sign)
app.command("lock")(judging.lock)
app.command("unlock")(judging.unlock)
app.command("verify")(signing.verify)
app.add_typer(logs.log_app, name="log")
app.command("export")(sharing.export)
app.command("selftest")(selftest.selftest)

# Exit codes: 0 fine or valid, 10 valid with warnings, 11 invalid, 12 could not decide,
# 3 refused in words, 2 a usage error, 1 a crash.
_REFUSED = 3


def main() -> None:
    """Run the command line; a refusal is one message and exit code 3, never a stack trace."""
    accept_any_text()
    try:
        app()
    except MedsegError as error:
        if "--json" in sys.argv:
            print_json({"error": {"type": type(error).__name__, "text": str(error)}})
        say(("medseg:", "bold red"), f" {error}", to=errors)
        sys.exit(_REFUSED)
