"""The rule checks before a submission: one literal table."""

from __future__ import annotations

from typing import NamedTuple

from medseg.model import Finding, Policy
from medseg.model.finding import Severity
from medseg.review.checks import on_masks, on_segments
from medseg.review.checks.defaults import DEFAULTS, Level
from medseg.review.checks.hand_in import HandIn, Look, NotChecked


class Check(NamedTuple):
    """One rule check.

    Args:
        code: of its findings.
        text: what it looks for.
        look: finds it.
    """

    code: str
    text: str
    look: Look


#: Name in `medseg.toml` -> the check; defaults stand in `defaults.py`.
CHECKS: dict[str, Check] = {
    "small_islands": Check("SMALL_ISLANDS", "stray voxels apart", on_masks.small_islands),
    "outside_image": Check("OUTSIDE_IMAGE", "mask on filler", on_masks.outside_image),
    "unaccepted_interpolation": Check(
        "UNACCEPTED_INTERPOLATION",
        "interpolated slices never displayed",
        on_segments.unaccepted_interpolation,
    ),
    "unviewed_propagation": Check(
        "UNVIEWED_PROPAGATION",
        "propagated or proposed slices never displayed",
        on_segments.unviewed_propagation,
    ),
    "missing_code": Check("MISSING_CODE", "segments without a code", on_segments.missing_code),
    "one_slice_lesion": Check(
        "ONE_SLICE_LESION", "lesions on a single slice", on_masks.one_slice_lesion
    ),
    "empty_segment": Check("EMPTY_SEGMENT", "segments without a voxel", on_masks.empty_segment),
    "duplicate_codes": Check(
        "DUPLICATE_CODES", "segments of one tracking UID", on_segments.duplicate_codes
    ),
    "ending_contradicts_mask": Check(
        "ENDING_CONTRADICTS_MASK",
        "an ending that the mask contradicts",
        on_masks.ending_contradicts_mask,
    ),
    "unsaved_changes": Check("UNSAVED_CHANGES", "edits not saved yet", on_masks.unsaved_changes),
}

_SEVERITY: dict[Level, Severity] = {"warn": "warning", "block": "error"}


def run_checks(policy: Policy, hand_in: HandIn) -> tuple[Finding, ...]:
    """What the policy's checks find, in the table's order; empty where all is well.

    A check that blocks gives findings of severity "error", one that warns "warning". One that
    blocks and could not be made is an error too: not having been able to look is not well.
    """
    found: list[Finding] = []
    for name, check in CHECKS.items():
        level = policy.checks.get(name, DEFAULTS[name])
        if level != "off":
            found += _findings(check, level, hand_in)
    return tuple(found)


def _findings(check: Check, level: Level, hand_in: HandIn) -> list[Finding]:
    result = check.look(hand_in)
    if isinstance(result, NotChecked):
        severity: Severity = "error" if level == "block" else "undecided"
        text = f"Could not be checked for {check.text}: {result.why}. Bring it, and check again."
        return [Finding(check.code, severity, text)]
    return [Finding(check.code, _SEVERITY[level], one.text, one.where) for one in result]
