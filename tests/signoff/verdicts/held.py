"""What the tests of the verdicts do to a signed case."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from medseg.model import (
    Segment,
    Segmentation,
    Verification,
)
from medseg.signoff import Claim, open_envelope, seal
from medseg.signoff.canonical import canonical
from medseg.signoff.digest import body_digest
from tests.signoff.cases import (
    SignedCase,
    envelope_line,
    key_of,
    with_array,
)


def finding(verification: Verification, code: str) -> Any:
    (found,) = [one for one in verification.verdicts if one.code == code]
    return found


def edited(case: SignedCase, *changes: tuple[tuple[int, int, int], int]) -> Segmentation:
    array = case.segmentation.array.copy()
    for index, label in changes:
        array[index] = label
    return with_array(case.segmentation, array)


def with_segments(segmentation: Segmentation, *segments: Segment) -> Segmentation:
    return Segmentation(segmentation.array, segmentation.geometry, segments)


def bare(segmentation: Segmentation) -> Segmentation:
    """As read from a file that lost its sidecar."""
    numbers = sorted(set(np.unique(segmentation.array).tolist()) - {0})
    return with_segments(segmentation, *(Segment.unnamed(number) for number in numbers))


def following(case: SignedCase, claim: Claim, lines: bytes | None = None, seed: int = 1) -> bytes:
    """The lines with one more record that names them all."""
    lines = case.lines if lines is None else lines
    before = tuple(open_envelope(line).digest for line in lines.splitlines())
    claim = replace(claim, previous=before, case_version=len(before) + 1)
    return lines + envelope_line(case.segmentation, case.volume, key_of(seed), claim)


def resealed(case: SignedCase, change: Callable[[dict[str, Any]], None]) -> bytes:
    """The statement changed, and honestly signed by the same key."""
    statement = json.loads(base64.b64decode(json.loads(case.lines)["payload"]))
    change(statement["predicate"])
    body = statement["predicate"]["maskBody"]
    statement["subject"][0]["digest"]["medsegMaskV1"] = body_digest(body)
    return canonical(seal(statement, case.key))
