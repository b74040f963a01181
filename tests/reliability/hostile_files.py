"""A process that reads mutated files of every kind a project has, and judges what becomes of each.

Right is a `MedsegError`, or a value. All else is a fault: another error, a warning, two seconds of
work, memory that grows, a hang. Run as `python -m tests.reliability.hostile_files FOLDER ROUNDS`,
it prints what it found as JSON.
"""

from __future__ import annotations

import faulthandler
import json
import random
import sys
import time
import warnings
import zlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from medseg.errors import MedsegError
from medseg.formats import read_segmentation, read_volume
from medseg.model import Volume
from medseg.project.folder.remembered import read_remembered
from medseg.project.folder.settings import read_settings
from medseg.project.images.image_record import read_image, read_image_record
from medseg.review import policy_from_tables
from medseg.review.workflow.folding import fold_all
from medseg.signoff import (
    Exhibits,
    LogExhibit,
    PeopleExhibit,
    describe_key,
    judge_exhibits,
    unlock_key,
)
from medseg.signoff.canonical import canonical, strict_object
from medseg.signoff.derivation import open_derivation
from medseg.signoff.log.checkpoint import open_checkpoint
from medseg.signoff.log.entry import read_entry
from medseg.signoff.log.jsonl import read_log, split_log
from medseg.signoff.people.sealing import open_registry
from tests.reliability.hostile_values import mutated
from tests.signoff.cases import key_of

GROWTH = 1024 * 1024 * 1024
SLOW_S = 2.0
HANG_S = 120.0
MOST_FAULTS = 5
PASSPHRASE = "a passphrase"


@dataclass
class Outcome:
    """What became of the mutations of one kind of file.

    Args:
        read: how many still gave a value.
        refused: how many were refused in words.
        faults: what happened else.
        slowest_s: processor time of the slowest.
    """

    read: int = 0
    refused: int = 0
    faults: list[str] = field(default_factory=list)
    slowest_s: float = 0.0


@dataclass(frozen=True)
class Target:
    """A kind of file.

    Args:
        name: of the true one, in the folder.
        read: what a reader does with the bytes; the second argument is the file, which holds them.
    """

    name: str
    read: Callable[[bytes, Path], Any]


def _settings(_: bytes, path: Path) -> Any:
    return policy_from_tables(read_settings(path).tables.get("policy", {}))


def _signoffs(data: bytes, path: Path) -> Any:
    return judge_exhibits(data, _exhibits(path.parent))


def _log(data: bytes, path: Path) -> Any:
    whole = _exhibits(path.parent)
    read_log(data)
    held = Exhibits(whole.segmentation, whole.image, logs=(LogExhibit(split_log(data)),))
    return judge_exhibits((path.parent / "lesions.signoff.jsonl").read_bytes(), held)


def _people(data: bytes, path: Path) -> Any:
    open_registry(data)
    held = Exhibits(None, None, people=PeopleExhibit(data, None))
    return judge_exhibits((path.parent / "lesions.signoff.jsonl").read_bytes(), held)


def _entry(data: bytes, path: Path) -> Any:
    """One entry that can be read, laid among the true ones of its case."""
    entry = read_entry(data)
    true = [read_entry(raw) for raw in split_log((path.parent / "log.jsonl").read_bytes())]
    told = [one for one in (*true[: entry.seq], entry) if one.case is not None]
    return fold_all(json.loads(one.raw) for one in told)


@cache
def _exhibits(folder: Path) -> Exhibits:
    segmentation = read_segmentation(folder / "lesions.nii.gz")
    people = PeopleExhibit((folder / "people.json").read_bytes(), None)
    log = LogExhibit(split_log((folder / "log.jsonl").read_bytes()))
    image = read_volume(folder / "image.nii.gz")
    return Exhibits(segmentation, image, people=people, logs=(log,))


def _key(data: bytes, _: Path) -> Any:
    said = describe_key(data)
    if zlib.crc32(data) % 24 == 0:  # half a second each
        unlock_key(data, PASSPHRASE)
    return said


def _checkpoint(data: bytes, _: Path) -> Any:
    keys = {one.keyid: one.public_key for one in map(key_of, range(1, 20))}
    return open_checkpoint(data.decode("utf-8", "replace"), keys)


TARGETS: Mapping[str, Target] = {
    "record": Target("record.json", lambda data, _: canonical(strict_object(data))),
    "sign-offs": Target("lesions.signoff.jsonl", _signoffs),
    "log": Target("log.jsonl", _log),
    "entry": Target("entry.json", _entry),
    "checkpoint": Target("checkpoint.txt", _checkpoint),
    "people": Target("people.json", _people),
    "derivation": Target("derivation.json", lambda data, _: open_derivation(data)),
    "key": Target("key.json", _key),
    "sidecar": Target("lesions.json", lambda _, path: read_segmentation(_mask_of(path))),
    "settings": Target("medseg.toml", _settings),
    "image record": Target("cases/c-hostile/image.json", lambda _, path: _image(path)),
    "image record in clear": Target("image.json", lambda _, path: _image(path)),
    "remembered": Target("remembered.json", lambda *_: read_remembered()),
    "json, by the standard library": Target("record.json", lambda data, _: json.loads(data)),
}
#: The broken control, which a run leaves out unless it is named.
CONTROL = "json, by the standard library"


def _image(record: Path) -> Volume:
    return read_image(read_image_record(record))


def _mask_of(sidecar: Path) -> Path:
    return sidecar.with_name("lesions.nii.gz")


def run(target: Target, folder: Path, rounds: int, seed: int) -> Outcome:
    """Mutate, read and judge."""
    path = folder / target.name
    whole = path.read_bytes()
    outcome = Outcome()
    for number in range(rounds):
        chance = random.Random(f"{seed} {target.name} {number}")  # noqa: S311 - a test's own
        data = mutated(whole, chance)
        path.write_bytes(data)
        faulthandler.dump_traceback_later(HANG_S, exit=True)
        start = time.process_time()
        fault = _fault(target, data, path, outcome)
        took = time.process_time() - start
        outcome.slowest_s = max(outcome.slowest_s, took)
        if took > SLOW_S:
            fault = fault or f"it took {took:.1f} s"
        if fault and len(outcome.faults) < MOST_FAULTS:
            outcome.faults.append(f"round {number}: {fault}: {data[:300]!r}")
    faulthandler.cancel_dump_traceback_later()
    path.write_bytes(whole)
    return outcome


def _fault(target: Target, data: bytes, path: Path, outcome: Outcome) -> str:
    try:
        value = target.read(data, path)
    except MedsegError as error:
        outcome.refused += 1
        return "" if str(error).strip() else f"{type(error).__name__} without words"
    except BaseException as error:  # even a SystemExit would be a fault
        return f"{type(error).__name__}: {str(error)[:200]}"
    outcome.read += 1
    return _ambiguous(data, value) if target.name == "record.json" else ""


def _ambiguous(data: bytes, value: Any) -> str:
    """What was read and can be read in two ways, told by another reader."""
    if isinstance(value, bytes):
        value = json.loads(value)

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({name for name, _ in pairs}) < len(pairs):
            raise KeyError("a name stands twice")
        return dict(pairs)

    def never(text: str) -> Any:
        raise KeyError(f"{text} is no number")

    try:
        again = json.loads(data, object_pairs_hook=once, parse_constant=never)
        json.dumps(again, ensure_ascii=False, allow_nan=False).encode("utf-8")
    except (KeyError, ValueError) as error:
        return f"ambiguous, and read: {error}"
    return "" if again == value else "read otherwise than it says"


def _limit_memory() -> None:
    import resource

    held = next(
        int(line.split()[1]) * 1024
        for line in Path("/proc/self/status").read_text("ascii").splitlines()
        if line.startswith("VmSize")
    )
    resource.setrlimit(resource.RLIMIT_AS, (held + GROWTH, held + GROWTH))


def main() -> None:
    """Run the targets that are named, or all but the control."""
    folder, rounds, *names = sys.argv[1:]
    chosen = names or [one for one in TARGETS if one != CONTROL]
    for name in chosen:  # what is loaded late is no growth
        path = Path(folder) / TARGETS[name].name
        TARGETS[name].read(path.read_bytes(), path)
    _limit_memory()
    warnings.simplefilter("error")
    found = {one: asdict(run(TARGETS[one], Path(folder), int(rounds), 1)) for one in chosen}
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
