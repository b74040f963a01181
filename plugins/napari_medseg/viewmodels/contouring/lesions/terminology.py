"""The codes that a lesion can be given, as lists to choose from."""

from __future__ import annotations

from dataclasses import dataclass

from medseg.model import Code
from medseg.model.terminology import KINDS, REGIONS, code_in_words

#: What stands where no region is chosen.
NO_REGION = "No region"


@dataclass(frozen=True)
class Choice:
    """One entry of a list: a code, None for none, and how it is told."""

    code: Code | None
    text: str
    tip: str


def kind_choices(now: Code) -> tuple[Choice, ...]:
    """The kinds of lesions; one that is not on the list but in use comes first."""
    return _choices(tuple(kind.type for kind in KINDS), now)


def region_choices(now: Code | None) -> tuple[Choice, ...]:
    """No region, then the regions; one that is not on the list but in use comes before them."""
    return (Choice(None, NO_REGION, "Nobody has said where it is"), *_choices(REGIONS, now))


def place_of(choices: tuple[Choice, ...], code: Code | None) -> int:
    """Where the code stands in its list."""
    wanted = _key(code)
    return next(place for place, choice in enumerate(choices) if _key(choice.code) == wanted)


def tip_of(category: Code, kind: Code, region: Code | None) -> str:
    """A lesion's code in full."""
    parts = [("Category", category), ("Type", kind), ("Region", region)]
    lines = [f"{name}: {_full(code)}" for name, code in parts if code is not None]
    return "\n".join((code_in_words(kind, region), *lines))


def _choices(codes: tuple[Code, ...], now: Code | None) -> tuple[Choice, ...]:
    own = (now,) if now is not None and _key(now) not in map(_key, codes) else ()
    return tuple(Choice(code, code.meaning, _full(code)) for code in (*own, *codes))


def _key(code: Code | None) -> tuple[str, str] | None:
    return None if code is None else (code.scheme, code.value)


def _full(code: Code) -> str:
    return f"{code.meaning} ({code.scheme} {code.value})"
