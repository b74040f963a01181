"""What rows of tables are called: whole masks, segments and lesions."""

from __future__ import annotations

from collections.abc import Iterable

from medseg.measure import Lesion
from medseg.model import Segmentation

#: The row about a mask as a whole.
ALL = "all segments as one"


def labels_of(lesions: Iterable[Lesion], mask: Segmentation) -> dict[int, str]:
    """For each lesion's number the label of its segment."""
    return {one.number: mask.segment(one.segment).label for one in lesions}


def row_name(label: str, *, is_whole: bool) -> str:
    """A label's row, or that of the whole mask; a segment that bears the whole's name says so."""
    return f"segment {label}" if label == ALL and not is_whole else label
