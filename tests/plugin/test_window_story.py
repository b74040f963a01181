"""The whole story of a lesion in napari's window, by mouse and keys, and what is left on disk."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import medseg
import napari_medseg
from medseg.formats import read_segmentation, sidecar
from medseg.model import Geometry, Origin, ReadingState, Volume, palette_color
from medseg.project import Project
from napari_medseg.viewmodels.looking.film import letter_boxes
from tests.phantoms import ramp_volume
from tests.plugin.hands import Hands, count_color, picture, wait, wait_for
from tests.plugin.studies import PASSPHRASE, SmallStudy

pytestmark = [
    pytest.mark.qt,
    # napari 0.9 declares its models in a way that pydantic has deprecated, on import only.
    pytest.mark.filterwarnings("ignore:`json_encoders` is deprecated"),
]

SHAPE, SPACING = (12, 40, 50), (3.0, 1.0, 1.0)
MIDDLE = (19.5, 24.5)
#: The slices that are drawn, the one that is corrected between them, the one that is lost.
FIRST, CORRECTED, LAST, LOST = 3, 6, 8, 10
LETTER_COLOR = (0xFF, 0xD8, 0x4D)
AXIAL, CORONAL, SAGITTAL = 0, 1, 2
REMARK = "Too wide here"


def ball() -> Volume:
    """An upright scan of 12 slices with one bright ball in the middle."""
    volume = ramp_volume(Geometry.from_spacing(SHAPE, SPACING))
    places = np.indices(SHAPE) * np.reshape(SPACING, (3, 1, 1, 1))
    middle = (np.array(SHAPE) - 1) / 2 * SPACING
    away = np.sqrt(((places - middle.reshape(3, 1, 1, 1)) ** 2).sum(axis=0))
    return replace(volume, voxels=np.where(away < 14, 200, -50).astype(np.int16))


@pytest.fixture
def study(tmp_path: Path) -> SmallStudy:
    """A project whose one case waits for Ana; nothing is drawn."""
    return SmallStudy.make(tmp_path, volume=ball(), is_drawn=False)


# -- what people do ---------------------------------------------------------------------------


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
    assert "Lesion 1" in dialog.lesions.text()
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


# -- what is on screen ------------------------------------------------------------------------


def assert_planes_are_on_screen(hands: Hands) -> None:
    """Each plane shows the ball, grey on black, and the patient's sides at its edges."""
    wanted = {AXIAL: "RLAP", CORONAL: "RLSI", SAGITTAL: "APSI"}
    for through, sides in wanted.items():
        view = hands.view(through)
        letters = view.overlays.letters()
        assert "".join(letters.values()) == sides
        pixels = picture(view.canvas)
        assert count_color(pixels, (255, 255, 255)) > 500, "the ball"
        assert count_color(pixels, (0, 0, 0)) > 500, "what is around it"
        for box in letter_boxes(view.canvas.width(), view.canvas.height(), letters).values():
            top, left = round(box.top), round(box.left)
            around = pixels[top : top + round(box.height), left : left + round(box.width)]
            assert count_color(around, LETTER_COLOR, within=60) > 10, letters


def lesion_pixels(hands: Hands, through: int) -> int:
    """How many pixels of a plane have the hue of the first lesion, as outline, dash or fill."""
    color = np.array(palette_color(1), float)
    pixels = picture(hands.view(through).canvas).astype(float)
    chroma = pixels - pixels.mean(axis=2, keepdims=True)
    wanted = color - color.mean()
    strength = np.linalg.norm(chroma, axis=2)
    along = (chroma @ wanted) / np.linalg.norm(wanted)
    return int(((strength > 30) & (along > 0.95 * strength)).sum())


def bare_pixels(hands: Hands) -> list[int]:
    return [lesion_pixels(hands, through) for through in (AXIAL, CORONAL, SAGITTAL)]


def has_dashes(view: Any) -> bool:
    return any(getattr(shape, "is_dashed", False) for shape in view.marks.shapes)


# -- the stages -------------------------------------------------------------------------------


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


def kill_while_drawing(study: SmallStudy) -> None:
    """Ana goes on in another process, and before anything is saved it is gone."""
    saved = study.mask.read_bytes()
    root, plugins = Path(__file__).parents[2], Path(napari_medseg.__file__).parents[1]
    command = [sys.executable, "-W", "ignore", "-m", "tests.plugin.killed_reader"]
    told = (study.folder, study.key("ana"), LOST)
    with subprocess.Popen(
        [*command, *map(str, told)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=root,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(root), str(plugins)])},
    ) as process:
        guard = threading.Timer(120, process.kill)
        guard.start()
        assert process.stdout is not None
        assert process.stdout.readline() == "drawn, unsaved: True\n"
        guard.cancel()
        time.sleep(1)  # what was made a second ago outlives everything
        process.kill()
    assert study.mask.read_bytes() == saved


def recover(hands: Hands) -> None:
    """The next start offers what was lost, dashed, and brings it back."""
    panel, before = hands.panel, mask_of(hands).copy()
    assert panel.offer.isVisible()
    assert "not saved" in panel.offer.text()
    assert not before[LOST].any()
    panel.reading.planes.go_to_slice(AXIAL, LOST)
    wait_for(lambda: has_dashes(hands.view(AXIAL)), "the preview")
    hands.click(panel.recover)
    wait_for(lambda: not panel.offer.isVisible(), "the end of the offer")
    assert mask_of(hands)[LOST].sum() == pytest.approx(np.pi * 25, rel=0.12)
    np.testing.assert_array_equal(mask_of(hands)[:LOST], before[:LOST])


def pin_a_remark(hands: Hands) -> None:
    """Shift+T, the words, Return: a pin where the crosshair is."""
    hands.panel.reading.planes.go_to_stored((LAST, 20, 24))
    hands.press("Shift+T")
    page = hands.panel.review_page.comments
    hands.type(page.text, REMARK)
    hands.press("Return", on=page.text)
    wait_for(lambda: page.list.count() == 1, "the remark")
    assert REMARK in page.list.item(0).text()


def resolve_the_remark(hands: Hands) -> None:
    """A click on the remark goes to its place; an answer and Return resolve it."""
    page, planes = hands.panel.review_page.comments, hands.panel.reading.planes
    comments = hands.panel.desk.review.comments
    hands.click_tab(page)
    planes.go_to_slice(AXIAL, 0)
    hands.click_line(page.list, 0)
    assert planes.crosshair[AXIAL] == LAST
    hands.type(page.reply, "Narrower now")
    hands.press("Return", on=page.reply)
    wait_for(lambda: not comments.rows[0].comment.is_open, "the answer")


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


def says_valid(text: str) -> bool:
    """Whether a text says VALID; INVALID is something else."""
    return re.search(r"\bVALID\b", text) is not None


def state_of(study: SmallStudy) -> ReadingState:
    with Project.open(study.folder) as project:
        return project.case(study.case).reading(study.reading).state


def assert_all_is_on_disk(study: SmallStudy, final: NDArray[Any]) -> None:
    """Voxels, provenance, sign-offs, verdict and log, read by what knows nothing of the window."""
    kept = read_segmentation(study.mask)
    np.testing.assert_array_equal(kept.array, final)
    (segment,) = kept.segments
    told = json.loads(sidecar.sidecar_path(study.mask).read_text(encoding="utf-8"))
    assert told["segments"][0]["label"] == segment.label
    origins = {index: kept.provenance[1, index].origin for index in (*range(3, 9), LOST)}
    assert origins[FIRST] is Origin.DRAWN
    assert origins[CORRECTED] is Origin.CORRECTED
    assert {kept.provenance[1, index].author for index in origins} == {"p-ana"}
    assert origins[LOST] is Origin.DRAWN

    signed = sidecar.signoff_path(study.mask).read_text(encoding="utf-8").splitlines()
    assert len(signed) >= 2
    verification = medseg.verify(study.mask)
    assert verification.exit_code == 0, verification
    with Project.open(study.folder) as project, project.store.read() as view:
        kinds = [entry.kind for entry in view.entries()]
    story = ["submit", "comment", "review", "submit", "resolve", "review", "sign"]
    assert [kind for kind in kinds if kind in story] == story


def test_a_lesion_is_drawn_killed_recovered_sent_back_corrected_approved_and_signed(
    window: Any, home: Path, study: SmallStudy
) -> None:
    (home / "viewer.json").write_text('{"layout": "one and two"}', encoding="utf-8")
    viewer, panel = window(show=True)
    viewer.window.resize(1500, 900)
    hands = Hands(panel)
    come(hands, study, "ana")
    assert_planes_are_on_screen(hands)
    draw_between_two_key_slices(hands)
    correct_in_side_planes(hands)
    undo_all_and_redo(hands)
    save(hands)
    np.testing.assert_array_equal(read_segmentation(study.mask).array, mask_of(hands))
    viewer.close()

    kill_while_drawing(study)

    viewer, panel = window(show=True)
    viewer.window.resize(1500, 900)
    hands = Hands(panel)
    come(hands, study, "ana")
    recover(hands)
    save(hands)
    hand_in(hands)
    assert state_of(study) is ReadingState.SUBMITTED

    come(hands, study, "rob")
    pin_a_remark(hands)
    judge(hands, "reject", "The top is too wide.")
    assert state_of(study) is ReadingState.RETURNED

    come(hands, study, "ana")
    assert REMARK in panel.review_page.comments.list.item(0).text()
    narrow(hands)
    save(hands)
    final = mask_of(hands).copy()
    hand_in(hands)

    come(hands, study, "rob")
    resolve_the_remark(hands)
    judge(hands, "approve")
    come(hands, study, "sig")
    judge(hands, "sign")
    assert state_of(study) is ReadingState.SIGNED
    wait_for(lambda: says_valid(panel.room.verdict_line.label.text()), "the verdict")
    assert "signed" in panel.project_model.refusal
    assert_all_is_on_disk(study, final)
