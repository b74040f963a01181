"""What this machine has seen of others: trusted roots, newest registries, highest checkpoints.

A log that was cut and a registry that was rolled back look right by themselves. Only somebody
who remembers a later state can tell, so each check leaves what it saw in the user's own folder.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from medseg.errors import FormatError, SignoffError
from medseg.formats import atomic
from medseg.formats.folders import make_folder
from medseg.project.folder.home import home_folder
from medseg.project.folder.locking import locked
from medseg.signoff.log.checkpoint import Checkpoint
from medseg.strict_json import check, strict_json

_FORMAT, _VERSION = "medseg-remembered", 1
_KEY_ID = re.compile(r"[0-9a-f]{64}")
_SHAPE = {"format": frozenset({_FORMAT}), "version": int, "roots": {}, "registries": {}, "logs": {}}
_CHECKPOINT = {"size": int, "root": _KEY_ID}


@dataclass(frozen=True)
class Remembered:
    """What was seen before.

    Args:
        roots: id of a trusted root key -> whose registry it signs, in words.
        registries: id of a root key -> the highest version of its registry seen.
        logs: origin of a log -> (size, root hash in hexadecimal) of its highest checkpoint seen.
    """

    roots: Mapping[str, str] = field(default_factory=dict)
    registries: Mapping[str, int] = field(default_factory=dict)
    logs: Mapping[str, tuple[int, str]] = field(default_factory=dict)


def read_remembered() -> Remembered:
    """What this user has seen; nothing where nothing was yet.

    Raises:
        FormatError: the file is damaged.
    """
    path = _path()
    try:
        return _parsed(path.read_bytes())
    except FileNotFoundError:
        return Remembered()
    except (OSError, ValueError) as error:
        raise FormatError(
            f"What medseg remembers of logs and registries stands in {path}; it cannot be read "
            f"({error}). Restore it from a copy, or remove it and trust the roots anew."
        ) from error


def trust_root(keyid: str, name: str) -> None:
    """Take the word of registries that this root key signs, from now on.

    Raises:
        SignoffError: it is no key id.
        FormatError: the user's folder cannot be written to.
    """
    if not _KEY_ID.fullmatch(keyid):
        raise SignoffError(f"A root key is named by 64 hexadecimal digits; found {keyid!r}.")
    _change(roots={keyid: name})


def remember_registry(root_keyids: tuple[str, ...], version: int) -> None:
    """Note that this version of a registry was seen; a lower one changes nothing."""
    known = read_remembered().registries
    newer = {one: version for one in root_keyids if known.get(one, -1) < version}
    if newer:
        _change(registries=newer)


def remember_log(origin: str, size: int, root: str) -> None:
    """Note the state of a log that goes on from what is remembered; a shorter one changes nothing.

    Whether it goes on is for the caller to check first: what is noted here is believed later.
    """
    known = read_remembered().logs.get(origin)
    if known is None or known[0] < size:
        _change(logs={origin: (size, root)})


def remembered_of(origin: str | None) -> tuple[Checkpoint, ...]:
    """The highest checkpoint of a log that was seen; nothing where none was.

    Raises:
        FormatError: the file is damaged.
    """
    seen = read_remembered().logs.get(origin) if origin is not None else None
    if origin is None or seen is None:
        return ()
    return (Checkpoint(origin, seen[0], bytes.fromhex(seen[1])),)


def _path() -> Path:
    return home_folder() / "remembered.json"


def _change(
    *,
    roots: Mapping[str, str] | None = None,
    registries: Mapping[str, int] | None = None,
    logs: Mapping[str, tuple[int, str]] | None = None,
) -> None:
    """Add to what is remembered; whatever is higher there already, stays."""
    path = _path()
    make_folder(path.parent)
    with locked(path):
        before = read_remembered()
        higher = {
            origin: seen
            for origin, seen in (logs or {}).items()
            if origin not in before.logs or before.logs[origin][0] < seen[0]
        }
        versions = {
            one: max(version, before.registries.get(one, version))
            for one, version in (registries or {}).items()
        }
        content = {
            "format": _FORMAT,
            "version": _VERSION,
            "roots": {**before.roots, **(roots or {})},
            "registries": {**before.registries, **versions},
            "logs": {
                origin: {"size": size, "root": root}
                for origin, (size, root) in {**before.logs, **higher}.items()
            },
        }
        data = json.dumps(content, indent=2, sort_keys=True).encode() + b"\n"
        atomic.write_bytes(path, data, mode=0o600)


def _parsed(data: bytes) -> Remembered:
    content: Any = strict_json(data)
    check(content, _SHAPE, "remembered")
    if content["version"] != _VERSION:
        raise ValueError(f"it is of version {content['version']}")
    for name, shape in (("roots", str), ("registries", int), ("logs", _CHECKPOINT)):
        for key, value in content[name].items():
            check(value, shape, f"{name}.{key}")
    logs = {origin: (seen["size"], seen["root"]) for origin, seen in content["logs"].items()}
    return Remembered(content["roots"], content["registries"], logs)


def is_writable() -> bool:
    """Whether the user's folder can be written to; a check goes on where it cannot."""
    folder = home_folder()
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return os.access(folder, os.W_OK)
