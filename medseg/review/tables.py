"""Reading a table of `medseg.toml` with refusals that name the key."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Any, TypeVar

from medseg.errors import ReviewError
from medseg.review.refusing import refusal

_Word = TypeVar("_Word", bound=str)


class Table:
    """A table whose keys are taken one by one; `close` refuses those that nobody asked for.

    Args:
        values: as `tomllib` reads them.
        name: what the table is called in a refusal.

    Raises:
        ReviewError: it is no table.
    """

    def __init__(self, values: object, name: str) -> None:
        if not isinstance(values, Mapping):
            raise refusal(
                f"{name} is a table",
                f"Found {values!r}",
                f"Write it as [{name}] with its keys below",
            )
        self._values = {str(key): value for key, value in values.items()}
        self._name = name
        self._asked: set[str] = set()

    def close(self) -> None:
        """Pass if every key was asked for.

        Raises:
            ReviewError: one was not; the message lists those there are.
        """
        unknown = sorted(set(self._values) - self._asked)
        if unknown:
            raise refusal(
                f"[{self._name}] knows {', '.join(sorted(self._asked))}",
                f"Found {', '.join(unknown)}",
                "Correct the name, or take the line out",
            )

    def raw(self, key: str, default: Any) -> Any:
        """The value as it stands."""
        self._asked.add(key)
        return self._values.get(key, default)

    def table(self, key: str) -> Table:
        """The table of that name; an empty one where it is left out."""
        return Table(self.raw(key, {}), f"{self._name}.{key}")

    def truth(self, key: str, default: bool) -> bool:
        """True or false."""
        value = self.raw(key, default)
        if not isinstance(value, bool):
            raise self._wrong(key, "true or false", value)
        return value

    def whole(self, key: str, default: int, *, least: int = 0) -> int:
        """A whole number from `least` on."""
        value = self.raw(key, default)
        if type(value) is not int or value < least:
            raise self._wrong(key, f"a whole number from {least} on", value)
        return value

    def number(self, key: str, default: float, low: float, high: float) -> float:
        """A number within the limits."""
        value = self.raw(key, default)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not math.isfinite(value) or not low <= value <= high:
            raise self._wrong(key, f"a number from {low:g} to {high:g}", value)
        return float(value)

    def whole_or_off(self, key: str, default: int | None) -> int | None:
        """A whole number, or None where the value is false."""
        return None if self._is_off(key, default) else self.whole(key, default or 0)

    def number_or_off(
        self, key: str, default: float | None, low: float, high: float
    ) -> float | None:
        """A number within the limits, or None where the value is false."""
        return None if self._is_off(key, default) else self.number(key, default or 0.0, low, high)

    def word(self, key: str, known: Collection[_Word], default: _Word) -> _Word:
        """One of the known words."""
        value = self.raw(key, default)
        for word in known:
            if isinstance(value, str) and value == word:
                return word
        raise self._wrong(key, f"one of {', '.join(known)}", value)

    def words(self, key: str, known: Collection[str], default: Collection[str]) -> tuple[str, ...]:
        """A list of one or more of the known words."""
        value = self.raw(key, list(default))
        is_list = isinstance(value, list | tuple) and len(value) > 0
        if not is_list or any(not isinstance(one, str) or one not in known for one in value):
            raise self._wrong(key, f"a list out of {', '.join(known)}", value)
        return tuple(value)

    def _is_off(self, key: str, default: object) -> bool:
        value = self.raw(key, default)
        return value is None or value is False

    def _wrong(self, key: str, what: str, value: object) -> ReviewError:
        return refusal(f"{self._name}.{key} is {what}", f"Found {value!r}", "Change the line")
