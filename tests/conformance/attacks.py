"""What an attack is: a name, what was done, what has to come of it, and the files."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from tests.conformance.story import FOLDER, Story

MASK, NAMES = FOLDER + "lesions.nii.gz", FOLDER + "lesions.json"
LINES = FOLDER + "lesions.signoff.jsonl"


@dataclass
class Evidence:
    """Files on disk, and how a verifier is called on them; None: it is not named."""

    files: dict[str, bytes]
    mask: str = MASK
    image: str | None = "image.nii.gz"
    people: str | None = "people.json"
    log: str | None = "log.jsonl"
    remembered: str | None = None
    trust: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Attack:
    """One vector.

    Args:
        family: what is attacked.
        name: unique.
        what: what was done, in words.
        exit_code: of a verifier.
        codes: the worst verdicts' codes; empty if valid.
        make: the evidence after it.
    """

    family: str
    name: str
    what: str
    exit_code: int
    codes: tuple[str, ...]
    make: Callable[[], Evidence]


ATTACKS: list[Attack] = []


def add(
    family: str,
    name: str,
    what: str,
    exit_code: int,
    codes: str,
    make: Callable[[], Any],
) -> None:
    """One more vector; `codes` apart by spaces. `make` gives evidence, a story or files."""

    def made() -> Evidence:
        found = make()
        if isinstance(found, Evidence):
            return found
        return Evidence(found.files() if isinstance(found, Story) else found)

    ATTACKS.append(Attack(family, name, what, exit_code, tuple(codes.split()), made))


def attack(family: str, exit_code: int, codes: str = "") -> Any:
    """The function's name is the attack's, its docstring tells what was done."""

    def register(make: Callable[[], Any]) -> Callable[[], Any]:
        name = make.__name__.replace("_", "-")
        add(family, name, (make.__doc__ or "").strip(), exit_code, codes, make)
        return make

    return register


def told() -> dict[str, bytes]:
    """The files of the good case."""
    return dict(_told())


@cache
def _told() -> dict[str, bytes]:
    return Story().told().files()


def on_last_line(change: Callable[[dict[str, Any]], Any]) -> dict[str, bytes]:
    """The good case with the lock's line changed after all was done."""
    files = told()
    *before, last = files[LINES].splitlines()
    line = json.loads(last)
    new = change(line)
    data = new if isinstance(new, bytes) else json.dumps(line, ensure_ascii=False).encode()
    files[LINES] = b"\n".join([*before, data]) + b"\n"
    return files


def payload_of(line: dict[str, Any]) -> dict[str, Any]:
    return dict(json.loads(base64.b64decode(line["payload"])))
