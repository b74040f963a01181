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
from medseg.model import Geometry, Origin, ReadingState, Volume
from medseg.project import Project
from tests.phantoms import ramp_volume
from tests.plugin.hands import Hands, wait_for
from tests.plugin.readers import AXIAL, come, hand_in, judge, mask_of, save
from tests.plugin.sights import assert_planes_are_on_screen, has_dashes
from tests.plugin.story_contouring import (
    CORRECTED,
    FIRST,
    LAST,
    correct_in_side_planes,
    draw_between_two_key_slices,
    narrow,
    undo_all_and_redo,
)
from tests.plugin.studies import SmallStudy

pytestmark = [
    pytest.mark.qt,
    # napari 0.9 declares its models in a way that pydantic has deprecated, on import only.
    pytest.mark.filterwarnings("ignore:`json_encoders` is deprecated"),
]

SHAPE, SPACING = (12, 40, 50), (3.0, 1.0, 1.0)
#: The slice that is drawn on and lost.
LOST = 10
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
