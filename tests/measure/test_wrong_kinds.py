"""Words and ragged lists in the place of numbers are refused as such, whatever the measure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from medseg.errors import MedsegError
from medseg.measure import (
    Votes,
    bland_altman,
    compare_lesions,
    compare_masks,
    fleiss_kappa,
    follow_up,
    intraclass_correlation,
)
from medseg.model import Geometry, Segment, Segmentation

INSIDE = np.ones((3, 4, 5), np.uint8)
MASK = Segmentation(INSIDE, Geometry.from_spacing((3, 4, 5), (1, 1, 1)), (Segment.unnamed(1),))
RAGGED: Any = [[1], [1, 2]]
WORDS: Any = "x"
LIST: Any = ["surfel"]

WRONG: dict[str, Callable[[], object]] = {
    "ratings, words": lambda: fleiss_kappa([["a", "b"]]),
    "ratings, ragged": lambda: fleiss_kappa(RAGGED),
    "ratings, one row": lambda: fleiss_kappa([1, 2]),
    "weights, infinite": lambda: fleiss_kappa([[1, 1]], [np.inf]),
    "pairs, words": lambda: bland_altman(["a"], ["b"]),
    "pairs, ragged": lambda: bland_altman(RAGGED, [1, 2]),
    "pairs, tables": lambda: bland_altman(np.ones((2, 2)), np.ones((2, 2))),
    "subjects, three axes": lambda: intraclass_correlation(np.ones((2, 2, 2))),
    "subjects, one number": lambda: intraclass_correlation(1.0),
    "subjects, ragged": lambda: intraclass_correlation(RAGGED),
    "votes, ragged": lambda: Votes.of({"a": RAGGED, "b": RAGGED}),
    "convention, a list": lambda: compare_masks(INSIDE, INSIDE, (1, 1, 1), convention=LIST),
    "IoU, a word": lambda: compare_lesions(INSIDE, INSIDE, (1, 1, 1), least_iou=WORDS),
    "transform, a word": lambda: follow_up(MASK, MASK, transform=WORDS),
    "transform, ragged": lambda: follow_up(MASK, MASK, transform=RAGGED),
    "limit, a word": lambda: follow_up(MASK, MASK, stable_within=WORDS),
}


@pytest.mark.parametrize("call", WRONG.values(), ids=WRONG.keys())
def test_what_is_no_number_is_refused_in_words(call: Callable[[], object]) -> None:
    with pytest.raises(MedsegError, match=r"found|holds"):
        call()
