"""Which segment each connected lesion of a mask belongs to."""

from __future__ import annotations

from collections.abc import Iterable

from medseg.measure import Lesion
from medseg.model import Segmentation


def labels_of(lesions: Iterable[Lesion], mask: Segmentation) -> dict[int, str]:
    """For each lesion's number the label of its segment."""
    return {one.number: mask.segment(one.segment).label for one in lesions}
