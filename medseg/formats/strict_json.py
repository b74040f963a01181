"""JSON read without guessing: no repeated keys, no NaN, no surprise about types."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NoReturn

from medseg.errors import FormatError
from medseg.formats.refusals import refusing_in_words

#: A sidecar beyond this is no sidecar of ours (one entry is about 200 bytes).
SIZE_LIMIT = 64 * 1024 * 1024


def load_object(path: Path) -> dict[str, Any]:
    """The JSON object in a file.

    Raises:
        FormatError: it cannot be read, is over 64 MB, is no JSON object in UTF-8, repeats a
            key, or holds NaN or infinity.
    """
    with refusing_in_words(path, "reading"):
        if path.stat().st_size > SIZE_LIMIT:
            raise FormatError(f"A sidecar is at most 64 MB; {path.name} is larger. Remove it.")
        data = path.read_bytes()
    try:
        found = json.loads(
            data.decode("utf-8"), object_pairs_hook=_without_repeats, parse_constant=_no_constant
        )
    except (
        ValueError,
        RecursionError,
    ) as error:  # UnicodeDecodeError and JSON's own are ValueErrors
        raise FormatError(
            f"A sidecar is JSON with each key once; {path.name} is not: {error}. Restore it from "
            "a copy, or move it away to read the mask without names."
        ) from error
    if not isinstance(found, dict):
        raise FormatError(f"A sidecar holds one JSON object; {path.name} holds something else.")
    return found


class Fields:
    """Typed access to one JSON object; each refusal names the file and the place in it.

    Args:
        values: the object.
        where: file name and place, as "lesions.json, segment 2".

    Raises:
        FormatError: it is no object.
    """

    def __init__(self, values: Any, where: str) -> None:
        self.where = where
        if not isinstance(values, dict):
            self.refuse("an object", values)
        self._values: dict[str, Any] = values

    def text(self, key: str) -> str:
        """The text under that key."""
        value = self._values.get(key)
        return value if isinstance(value, str) else self.refuse(f"text as {key}", value)

    def text_or_none(self, key: str) -> str | None:
        """The text under that key, None if it is null or absent."""
        return None if self._values.get(key) is None else self.text(key)

    def integer(self, key: str) -> int:
        """The whole number under that key."""
        value = self._values.get(key)
        if not isinstance(value, int) or isinstance(value, bool):
            self.refuse(f"a whole number as {key}", value)
        return value

    def items(self, key: str) -> list[Any]:
        """The list under that key."""
        value = self._values.get(key)
        return value if isinstance(value, list) else self.refuse(f"a list as {key}", value)

    def part(self, key: str) -> Fields:
        """The object under that key."""
        return Fields(self._values.get(key), f"{self.where}, {key}")

    def has(self, key: str) -> bool:
        """Whether there is something other than null under that key."""
        return self._values.get(key) is not None

    def refuse(self, rule: str, found: Any) -> NoReturn:
        """Refuse the file: the rule that is broken and what was found."""
        raise FormatError(
            f"A sidecar has {rule}; {self.where} has {str(found)[:80]!r}. Restore the file from a "
            "copy, or move it away to read the mask without names."
        )


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        repeated = sorted({key for key in keys if keys.count(key) > 1})
        raise ValueError(f"it repeats the key {repeated[0]!r}")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"it holds {name}, which is no JSON number")
