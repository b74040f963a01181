"""The numbers that place voxels in the text headers of NRRD and MetaImage, held to be numbers.

ITK reads "nan" as 0, "1x" as 1 and steps of 1e308 mm as 1, and says nothing.

Reference:
    https://teem.sourceforge.net/nrrd/format.html
    https://itk.org/Wiki/ITK/MetaIO/Documentation
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from medseg.errors import FormatError

_NUMBERS_OF = ("spacings", "axis mins", "axismins", "axis maxs", "axismaxs")
_VECTORS_OF = ("space directions", "space origin")

_LONGEST = 1000  # far beyond nine numbers of a double's digits
_MOST = 1e9  # mm; as for any grid

_NUMBER = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
_VECTOR = rf"\(\s*{_NUMBER}(?:\s*,\s*{_NUMBER})*\s*\)"
_NUMBERS = re.compile(rf"{_NUMBER}(?:\s+{_NUMBER})*", re.ASCII)
_VECTORS = re.compile(rf"(?:none\s+)?{_VECTOR}(?:\s*{_VECTOR})*", re.ASCII | re.IGNORECASE)


def are_numbers(text: str) -> bool:
    """Whether a text is numbers with blanks between, each in full and none beyond 1e9."""
    return _is(_NUMBERS, text)


def check_places(fields: Mapping[str, str], path: Path) -> None:
    """Refuse an NRRD header in which what places voxels is no number in full.

    Args:
        fields: lower-case name -> text.
        path: of the file.

    Raises:
        FormatError: a field is none, or beyond 1e9; the message names it.
    """
    for names, form in ((_NUMBERS_OF, _NUMBERS), (_VECTORS_OF, _VECTORS)):
        for name in names:
            if name in fields and not _is(form, fields[name]):
                raise FormatError(
                    f"Voxels are placed by numbers of up to {_MOST:g} mm; {path.name} has {name}: "
                    f"{fields[name][:60]!r}. The header is damaged: copy or export the file again."
                )


def _is(form: re.Pattern[str], text: str) -> bool:
    if len(text) > _LONGEST or not form.fullmatch(text):
        return False
    return all(abs(float(number)) <= _MOST for number in re.findall(_NUMBER, text, re.ASCII))
