"""Write the conformance vectors: `python -m tests.conformance.make_vectors [NAME]...`.

Keys and times are fixed, so it writes the same bytes each time. What is stored stays: a vector of
an old version has to verify as it did for ever. So only those that are not there yet are written,
and those that are named.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from tests.conformance import (  # noqa: F401 - each adds its own
    attacks_on_decisions,
    attacks_on_log,
    attacks_on_masks,
    attacks_on_people,
    attacks_on_proofs,
    attacks_on_records,
    attacks_on_rules,
    attacks_on_workflow,
)
from tests.conformance.attacks import ATTACKS, Attack

HERE = Path(__file__).parent
VECTORS, FILES = HERE / "vectors.json", HERE / "files"
OPTIONS = ("mask", "image", "people", "log", "remembered", "trust")


def described(attack: Attack) -> dict[str, Any]:
    """One vector, after writing those of its files that no other one has."""
    evidence = attack.make()
    return {
        "name": attack.name,
        "family": attack.family,
        "what": attack.what,
        "exitCode": attack.exit_code,
        "worst": sorted(attack.codes),
        "files": {place: stored(place, data) for place, data in sorted(evidence.files.items())},
        "call": {one: getattr(evidence, one) for one in OPTIONS},
    }


def stored(place: str, data: bytes) -> str:
    """The name that a content is stored under; what is not packed yet is packed (.gz)."""
    name = hashlib.sha256(data).hexdigest()[:16] + "-" + Path(place).name
    if not place.endswith(".gz"):
        name, data = name + ".gz", gzip.compress(data, mtime=0)
    FILES.mkdir(exist_ok=True)
    (FILES / name).write_bytes(data)
    return name


def main(names: list[str]) -> None:
    known = json.loads(VECTORS.read_text("utf-8")) if VECTORS.exists() else []
    vectors = {one["name"]: one for one in known}
    for attack in ATTACKS:
        if attack.name in names or attack.name not in vectors:
            vectors[attack.name] = described(attack)
    listed = [vectors[name] for name in sorted(vectors)]
    VECTORS.write_text(json.dumps(listed, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
