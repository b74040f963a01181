"""What each rule check does to a submission where the policy does not say."""

from __future__ import annotations

from typing import Literal

Level = Literal["off", "warn", "block"]

DEFAULTS: dict[str, Level] = {
    "small_islands": "warn",
    "outside_image": "warn",
    "unaccepted_interpolation": "warn",
    "unviewed_propagation": "warn",
    "missing_code": "warn",
    "one_slice_lesion": "warn",
    "empty_segment": "warn",
    "duplicate_codes": "block",
    "ending_contradicts_mask": "block",
    "unsaved_changes": "block",
}
