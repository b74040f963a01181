"""Write the conformance vectors: `python -m tests.conformance.make_vectors` from the root.

Keys and times are fixed, so it writes the same bytes each time. What is stored stays: a vector of
an old version has to verify as it did for ever, so an existing folder is only replaced when asked.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.conformance import (  # noqa: F401 - each adds its own
    attacks_on_log,
    attacks_on_masks,
    attacks_on_people,
    attacks_on_records,
    attacks_on_workflow,
)
from tests.conformance.attacks import ATTACKS, Attack, told

HERE = Path(__file__).parent
OPTIONS = ("mask", "image", "people", "log", "remembered", "trust")


def write(attack: Attack, base: dict[str, bytes]) -> None:
    """One vector: its description, and the files that are not those of the good case."""
    folder = HERE / "vectors" / attack.name
    folder.mkdir(parents=True, exist_ok=True)
    evidence, files = attack.make(), {}
    for place, data in sorted(evidence.files.items()):
        name = Path(place).name
        is_base = base.get(place) == data
        files[place] = f"../../base/{name}" if is_base else name
        if not is_base:
            (folder / name).write_bytes(data)
    said = {
        "name": attack.name,
        "family": attack.family,
        "what": attack.what,
        "exitCode": attack.exit_code,
        "worst": sorted(attack.codes),
        "files": files,
        "call": {one: getattr(evidence, one) for one in OPTIONS},
    }
    (folder / "vector.json").write_text(json.dumps(said, indent=1, ensure_ascii=False) + "\n")


def main(names: list[str]) -> None:
    base = told()
    (HERE / "base").mkdir(exist_ok=True)
    for place, data in base.items():
        (HERE / "base" / Path(place).name).write_bytes(data)
    for attack in ATTACKS:
        is_there = (HERE / "vectors" / attack.name).exists()
        if attack.name in names or not is_there:
            write(attack, base)


if __name__ == "__main__":
    main(sys.argv[1:])
