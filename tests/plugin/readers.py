"""What readers do in napari's window: come, scroll, save, hand in, judge."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.plugin.hands import Hands, cells_of, wait_for
from tests.plugin.studies import PASSPHRASE, SmallStudy

#: The shown axis that each plane runs through.
AXIAL, CORONAL, SAGITTAL = 0, 1, 2


def come(hands: Hands, study: SmallStudy, name: str) -> None:
    """Somebody sits down, opens the project with their key, and the case that waits for them."""
    panel = hands.panel
    panel.open_project(study.folder, key=study.key(name))
    wait_for(lambda: f"Dr {name.title()}" in panel.project_model.who, name)
    wait_for(lambda: not panel.jobs.is_busy and panel.room.page.table.rows, "the worklist")
    hands.open_case()


def scroll_to(hands: Hands, through: int, index: int) -> None:
    """Turn the wheel over a plane until a slice is there; it goes to the head, front or right."""
    planes = hands.panel.reading.planes
    notches = index - int(planes.crosshair[through])
    hands.wheel(through, notches if through == AXIAL else -notches)
    assert planes.crosshair[through] == index


def mask_of(hands: Hands) -> NDArray[Any]:
    return np.asarray(hands.panel.model.session.segmentation.array)


def save(hands: Hands) -> None:
    hands.press("S")
    keeping = hands.panel.model.keeping
    wait_for(lambda: not keeping.has_unsaved_changes, "saved")
    wait_for(lambda: "Saved" in hands.panel.status.text(), "the footer")


def hand_in(hands: Hands) -> None:
    hands.press("F11")
    dialog = hands.panel.room.dialog
    wait_for(lambda: dialog.model.is_checked, "the checks")
    _prove(hands, dialog)


def judge(hands: Hands, choice: str, reason: str = "") -> None:
    hands.press("F10")
    dialog = hands.panel.room.dialog
    wait_for(lambda: dialog.model.preview is not None, "what will be signed")
    assert cells_of(dialog.lesions)[0][1] == "Lesion 1"
    hands.click(dialog.choices[choice])
    if reason:
        hands.type(dialog.reason, reason)
    _prove(hands, dialog)


def _prove(hands: Hands, dialog: Any) -> None:
    """The passphrase and Enter; then the window is closed."""
    hands.type(dialog.proof.passphrase, PASSPHRASE)
    hands.press("Return", on=dialog.proof.passphrase)
    wait_for(lambda: dialog.model.is_done or dialog.model.is_refusal, "the signature")
    assert dialog.model.is_done, dialog.model.said
    wait_for(lambda: not hands.panel.jobs.is_busy, "rest")
    hands.click(dialog.leave)
