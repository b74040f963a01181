"""What scanners write of diffusion and activity into private elements, found by their creator.

Files are opened a second time for it, so it is asked for only where the standard's own attributes
say nothing.

Reference:
    DICOM PS3.5 7.8 (private elements and their creators); the makers' conformance statements.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from pydicom.dataset import Dataset

from medseg.formats.dicom.header.parsing import read_dataset
from medseg.formats.dicom.header.slice_header import SliceHeader
from medseg.formats.refusals import refusing_in_words

# Creator, group, element in its block.
_Private = tuple[str, int, int]

_B_VALUES: tuple[_Private, ...] = (
    ("SIEMENS MR HEADER", 0x0019, 0x0C),
    ("GEMS_PARM_01", 0x0043, 0x39),
    ("Philips Imaging DD 001", 0x2001, 0x03),
    ("Image Private Header", 0x0065, 0x09),  # United Imaging
)
_DIRECTIONS: tuple[tuple[_Private, ...], ...] = (
    (("SIEMENS MR HEADER", 0x0019, 0x0E),),
    tuple(("GEMS_ACQU_01", 0x0019, element) for element in (0xBB, 0xBC, 0xBD)),
    tuple(("Philips MR Imaging DD 001", 0x2005, element) for element in (0xB0, 0xB1, 0xB2)),
    (("Image Private Header", 0x0065, 0x37),),
)

#: GE adds multiples of 1e9 to the b-value where it was derived from several directions.
_GE_OFFSET = 100_000

_SUV_FACTOR: _Private = ("Philips PET Private Group", 0x7053, 0x00)
_ACTIVITY_FACTOR: _Private = ("Philips PET Private Group", 0x7053, 0x09)
_GE_SCAN_START: _Private = ("GEMS_PETD_01", 0x0009, 0x0D)


def with_vendor_diffusion(headers: Sequence[SliceHeader]) -> list[SliceHeader]:
    """MR slices that know b-value and direction from private elements; others as they are.

    Nothing is looked up where a slice names the standard's b-value, nor where the first slice has
    no private one.
    """
    is_asked = all(
        header.modality == "MR" and header.traits.b_value is None and header.frame is None
        for header in headers
    )
    if not is_asked or _diffusion(headers[0])[0] is None:
        return list(headers)
    found = [(header, *_diffusion(header)) for header in headers]
    return [
        replace(header, traits=replace(header.traits, b_value=b_value, gradient=gradient))
        for header, b_value, gradient in found
    ]


def _diffusion(header: SliceHeader) -> tuple[float | None, tuple[float, ...] | None]:
    dataset = _opened(header.path)
    found = ((private[0], _numbers(dataset, private)) for private in _B_VALUES)
    maker, values = next((pair for pair in found if pair[1]), ("", []))
    b_value = round(values[0], 3) if values else None
    if b_value is not None and maker == "GEMS_PARM_01":
        b_value %= _GE_OFFSET
    for parts in _DIRECTIONS:
        direction = [value for private in parts for value in _numbers(dataset, private)]
        if len(direction) == 3:
            return b_value, tuple(round(part, 3) for part in direction)
    return b_value, None


def philips_factors(header: SliceHeader) -> tuple[float | None, float | None]:
    """What counts are multiplied by to give SUVbw, and to give Bq/ml; None where it is not said."""
    dataset = _opened(header.path)
    suv, activity = (_numbers(dataset, one) for one in (_SUV_FACTOR, _ACTIVITY_FACTOR))
    return _above_zero(suv), _above_zero(activity)


def ge_scan_start(header: SliceHeader) -> str:
    """When the scan of a PET series began, as GE writes it (DT); empty where it does not."""
    value = _value(_opened(header.path), _GE_SCAN_START)
    return value.decode("ascii", "replace") if isinstance(value, bytes) else str(value or "")


def _above_zero(values: list[float]) -> float | None:
    return values[0] if len(values) == 1 and values[0] > 0 else None


def _opened(path: Path) -> Dataset:
    with refusing_in_words(path, "reading"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydicom's remarks on odd values are judged here
        return read_dataset(path, stop_before_pixels=True, force=True)


def _value(dataset: Dataset, private: _Private) -> Any:
    """The value of a private element; None where there is none or it cannot be parsed."""
    creator, group, element = private
    try:
        return dataset.private_block(group, creator)[element].value
    except Exception:  # whatever is damaged in a private element, it then says nothing
        return None


def _numbers(dataset: Dataset, private: _Private) -> list[float]:
    """Its finite numbers; empty where one is none. Bytes of an unknown kind are told by length."""
    value = _value(dataset, private)
    if isinstance(value, bytes):
        value = _from_bytes(value)
    many = value if isinstance(value, (list, tuple, pydicom.multival.MultiValue)) else [value]
    try:
        numbers = [float(part) for part in many]
    except (TypeError, ValueError):
        return []
    return numbers if all(map(math.isfinite, numbers)) else []


def _from_bytes(data: bytes) -> list[Any]:
    """Text of numbers, or floats of 4 or 8 bytes."""
    text = data.rstrip(b"\0 ")
    if text and all(chr(part) in "0123456789+-.eE\\ " for part in text):
        return text.decode("ascii").split("\\")
    if len(data) not in (4, 8, 24):
        return [None]
    return list(np.frombuffer(data, "<f4" if len(data) == 4 else "<f8"))
