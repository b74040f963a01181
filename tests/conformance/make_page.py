"""Write the table of vectors into docs/conformance.md: `python -m tests.conformance.make_page`."""

from __future__ import annotations

import json
from itertools import groupby
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "conformance.md"
START, END = "<!-- vectors -->\n", "<!-- end of vectors -->\n"


def table() -> str:
    """All vectors, by what is attacked."""
    vectors = json.loads((HERE / "vectors.json").read_text("utf-8"))
    vectors.sort(key=lambda one: (one["family"], one["name"]))
    parts = []
    for family, group in groupby(vectors, key=lambda one: str(one["family"])):
        rows = "\n".join(map(_row, group))
        head = "| vector | what was done | exit | worst verdict |\n|---|---|---|---|"
        parts.append(f"\n### {family.capitalize()}\n\n{head}\n{rows}\n")
    return "".join(parts)


def _row(vector: dict[str, Any]) -> str:
    codes = ", ".join(vector["worst"]) or "VALID"
    what = vector["what"].replace("|", "\\|")
    return f"| `{vector['name']}` | {what} | {vector['exitCode']} | {codes} |"


def page(before: str) -> str:
    """The page with its table made anew."""
    head, _, rest = before.partition(START)
    return head + START + table() + "\n" + END + rest.partition(END)[2]


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text("utf-8")), "utf-8")
