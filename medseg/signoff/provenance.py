"""A digest of how each slice of each segment came to be: drawn, interpolated, corrected."""

from __future__ import annotations

import hashlib

from medseg.model import Orientation, Segmentation
from medseg.signoff.canonical import canonical
from medseg.signoff.digest import segment_key


def provenance_digest(segmentation: Segmentation, orientation: Orientation) -> str | None:
    """SHA-256 of the provenance as canonical JSON, hexadecimal; None if there is none.

    Segments go by their keys and slices by their place in the signed orientation, so it is
    the same for another numbering and another order of slices.
    """
    numbers = set(segmentation.numbers)
    known = [item for item in segmentation.provenance.items() if item[0][0] in numbers]
    axis = orientation.axes.index(0)
    last = segmentation.geometry.shape[0] - 1
    rows = [
        [
            segment_key(segmentation.segment(number)),
            axis,
            last - index if orientation.flips[axis] else index,
            [came.origin.value, came.author, came.time, came.tool, came.proposal],
        ]
        for (number, index), came in known
    ]
    if not rows:
        return None
    return hashlib.sha256(canonical(sorted(rows, key=canonical))).hexdigest()
