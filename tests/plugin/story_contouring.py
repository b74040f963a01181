"""The part of the story in which a lesion is contoured, by mouse and keys in three planes."""

from __future__ import annotations

import numpy as np
import pytest

from medseg.model import Origin
from tests.plugin.hands import Hands, wait, wait_for
from tests.plugin.readers import AXIAL, CORONAL, SAGITTAL, mask_of, scroll_to
from tests.plugin.sights import bare_pixels, has_dashes, lesion_pixels

#: The middle of the lesion, (row, column) as shown.
MIDDLE = (19.5, 24.5)
#: The slices that are drawn, and the one that is corrected between them.
FIRST, CORRECTED, LAST = 3, 6, 8


def draw_between_two_key_slices(hands: Hands) -> None:
    """Two slices drawn, the ones between proposed in dashes, one of them corrected, accepted."""
    filling, session = hands.panel.model.filling, hands.panel.model.session
    bare = bare_pixels(hands)
    hands.press("D")
    for index, right in ((FIRST, -2), (LAST, 2)):
        scroll_to(hands, AXIAL, index)
        hands.draw_circle(index, (MIDDLE[0], MIDDLE[1] + right), 8)
    drawn = mask_of(hands).copy()
    assert np.flatnonzero(drawn.any(axis=(1, 2))).tolist() == [FIRST, LAST]
    assert drawn[FIRST].sum() == pytest.approx(np.pi * 64, rel=0.08)

    scroll_to(hands, AXIAL, CORRECTED)
    wait_for(lambda: sorted(filling.slices(1)) == [4, 5, 6, 7], "the proposal")
    wait(100)
    for through in (AXIAL, CORONAL, SAGITTAL):
        assert has_dashes(hands.view(through))
        assert lesion_pixels(hands, through) > bare[through] + 30
    np.testing.assert_array_equal(mask_of(hands), drawn)

    hands.draw_circle(CORRECTED, (MIDDLE[0], MIDDLE[1] + 8), 4)
    wait_for(lambda: sorted(filling.slices(1)) == [4, 5, 7], "what is left of the proposal")
    assert session.segmentation.provenance[1, CORRECTED].origin is Origin.CORRECTED
    scroll_to(hands, AXIAL, 5)
    hands.press("Return")
    assert np.flatnonzero(mask_of(hands).any(axis=(1, 2))).tolist() == [3, 5, 6, 8]
    before = lesion_pixels(hands, CORONAL)
    hands.press("Shift+Return")
    wait(100)
    assert np.flatnonzero(mask_of(hands).any(axis=(1, 2))).tolist() == [3, 4, 5, 6, 7, 8]
    assert lesion_pixels(hands, CORONAL) > before
    origins = {session.segmentation.provenance[1, index].origin for index in (4, 5, 7)}
    assert origins == {Origin.INTERPOLATED}
    assert not has_dashes(hands.view(AXIAL))


def correct_in_side_planes(hands: Hands) -> None:
    """Painted along the coronal plane, erased along the sagittal one."""
    mask, provenance = mask_of(hands), hands.panel.model.session.segmentation.provenance
    hands.press("Escape", "W")
    for through, index, shift in ((CORONAL, 20, False), (SAGITTAL, 25, True)):
        scroll_to(hands, through, index)
        before = mask.copy()
        other = 14.0 if shift else 38.0
        ends = [(4.0, index, other), (6.0, index, other)]
        hands.drag(
            through, ends if through == CORONAL else [(s, c, r) for s, r, c in ends], shift=shift
        )
        changed = np.argwhere(mask != before)
        assert len(changed) > 5
        assert set(changed[:, through]) == {index}
        assert bool((mask > before).any()) != shift
        assert bool((mask < before).any()) == shift
    assert provenance[1, 5].origin is Origin.CORRECTED
    hands.press("Escape")


def undo_all_and_redo(hands: Hands) -> None:
    drawn, lesions = mask_of(hands).copy(), hands.panel.model.lesions
    scroll_to(hands, AXIAL, LAST)
    painted, count = lesion_pixels(hands, AXIAL), 0
    while lesions.cannot_undo is None:
        hands.press("Ctrl+Z")
        count += 1
        assert count < 50
    assert not mask_of(hands).any()
    wait(100)
    # Lines of the crosshair and letters have a hue of their own that is near enough.
    assert lesion_pixels(hands, AXIAL) < painted / 2
    for _ in range(count):
        hands.press("Ctrl+Shift+Z")
    assert lesions.cannot_redo is not None
    np.testing.assert_array_equal(mask_of(hands), drawn)


def narrow(hands: Hands) -> None:
    """Cut the last slice with the outline tool."""
    before = int(mask_of(hands)[LAST].sum())
    hands.press("D")
    scroll_to(hands, AXIAL, LAST)
    left, right, top, bottom = 22.0, 40.0, 8.0, 13.5
    corners = [(top, left), (top, right), (bottom, right), (bottom, left)]
    hands.drag(AXIAL, [(LAST, *corner) for corner in corners], shift=True)
    assert 0 < int(mask_of(hands)[LAST].sum()) < before
    hands.press("Escape")
