"""What slices at one place can differ in, in one table: the value asked for and what to call it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from medseg.formats.dicom.header.slice_header import SliceHeader

Key = Callable[[SliceHeader], Any]


@dataclass(frozen=True)
class Distinction:
    """One row of the table.

    Args:
        key: the value slices are told apart by; None or empty where a slice does not name it.
        name: what a group adds to the series' id, from its first slice and its number from 1.
        words: what it adds to the description, likewise.
    """

    key: Key
    name: Callable[[SliceHeader, int], str]
    words: Callable[[SliceHeader, int], str]


def _echo_words(header: SliceHeader, number: int) -> str:
    time = header.traits.echo_ms
    return f"echo {number}" + (f" ({time:g} ms)" if time else "")


def _by_value(trait: str, name: str, words: str) -> Distinction:
    """Groups called by a number they share; `words` has {} for it."""
    return Distinction(
        lambda header: getattr(header.traits, trait),
        lambda header, _: f"{name}={getattr(header.traits, trait):g}",
        lambda header, _: words.format(f"{getattr(header.traits, trait):g}"),
    )


def _by_text(trait: str, name: str, words: str) -> Distinction:
    """Groups called by a text they share."""
    return Distinction(
        lambda header: getattr(header.traits, trait),
        lambda header, _: f"{name}={getattr(header.traits, trait)}".replace("/", "-"),
        lambda header, _: words.format(getattr(header.traits, trait)),
    )


def _direction(header: SliceHeader, number: int) -> str:
    return "none" if header.traits.gradient is None else str(number)


def _echo(key: Key) -> Distinction:
    return Distinction(key, lambda _, number: f"echo={number}", _echo_words)


def _numbered(key: Key, name: str) -> Distinction:
    """Groups that share a text of a person's own, which may name the patient: a number alone."""
    return Distinction(key, lambda _, number: f"{name}={number}", lambda _, n: f"{name} {n}")


#: In the order in which they are asked for, after the kind of image and before time.
DISTINCTIONS = (
    _by_text("component", "component", "{}"),
    _by_text("kernel", "kernel", "kernel {}"),
    _by_value("kvp", "kvp", "{} kV"),
    Distinction(
        lambda header: header.thickness,
        lambda header, _: f"thickness={header.thickness:g}",
        lambda header, _: f"{header.thickness:g} mm thick",
    ),
    _echo(lambda header: header.traits.echo),
    _echo(lambda header: header.traits.echo_ms),
    _by_value("inversion_ms", "ti", "inversion time {} ms"),
    _by_value("flip_degrees", "flip", "flip angle {} degrees"),
    _by_value("repetition_ms", "tr", "repetition time {} ms"),
    _by_value("b_value", "b", "b = {} s/mm2"),
    Distinction(
        # None, as of a trace beside its directions, is a value too; it comes last.
        lambda header: (header.traits.gradient is None, header.traits.gradient or ()),
        lambda header, number: f"direction={_direction(header, number)}",
        lambda header, number: f"gradient direction {_direction(header, number)}",
    ),
    _by_text("sequence", "sequence", "sequence {}"),
    _by_text("coil", "coil", "coil {}"),
    Distinction(
        lambda header: header.traits.contrast or "-",  # none is a value too: before and after
        lambda _, number: f"contrast={number}",
        lambda header, _: f"contrast agent {header.traits.contrast or 'none'}",
    ),
    _by_value("cardiac_percent", "phase", "{} % of the cardiac cycle"),
    _numbered(lambda header: header.description, "description"),
    _numbered(lambda header: header.traits.comments, "comment"),
)

#: Times, of which the first that explains all the repeats is taken.
TIMES: tuple[Key, ...] = (
    lambda header: header.traits.temporal_position,
    lambda header: header.traits.trigger_ms,
    lambda header: header.traits.reference_ms,
    lambda header: header.traits.acquisition,
    lambda header: header.traits.acquired_at,
    lambda header: header.traits.content_at,
)
