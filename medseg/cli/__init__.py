"""The command line: each command repeats what the session and the rooms offer, in words."""

from __future__ import annotations

import sys

from medseg.cli.commands import app_for
from medseg.cli.console import accept_any_text, errors, print_json, say
from medseg.errors import MedsegError

# Exit codes: 0 fine or valid, 10 valid with warnings, 11 invalid, 12 could not decide,
# 3 refused in words, 2 a usage error, 1 a crash.
_REFUSED = 3


def main() -> None:
    """Run the command line; a refusal is one message and exit code 3, never a stack trace."""
    accept_any_text()
    try:
        app_for(sys.argv[1] if len(sys.argv) > 1 else None)()
    except MedsegError as error:
        if "--json" in sys.argv:
            print_json({"error": {"type": type(error).__name__, "text": str(error)}})
        say(("medseg:", "bold red"), f" {error}", to=errors)
        sys.exit(_REFUSED)
