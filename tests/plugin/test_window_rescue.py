"""What no way in may show, where work goes that is not taken, and a window closed amid an act."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medseg import formats
from medseg.model import ReadingState
from medseg.project import Project, acts
from medseg.review.policy import policy_from_tables
from tests.plugin.canvas_hand import press
from tests.plugin.hands import wait, wait_for
from tests.plugin.studies import SmallStudy
from tests.plugin.test_window_signing import at_rest, state_of, type_passphrase

pytestmark = [
    pytest.mark.qt,
    pytest.mark.filterwarnings("ignore:`json_encoders` is deprecated"),
]
BLIND = policy_from_tables({"double": {"readings": 2}, "stages": {"review": False}})


def come(panel: Any, study: SmallStudy, name: str, reading: str) -> None:
    panel.open_project(study.folder, key=study.key(name))
    wait_for(lambda: name.title() in panel.project_model.who and at_rest(panel), name)
    panel.project_model.open_reading(study.case, reading)
    wait_for(lambda: panel.project_model.reading is not None and at_rest(panel), "the reading")


def readings(study: SmallStudy) -> list[str]:
    with Project.open(study.folder) as project:
        return [one.reading_id for one in project.case(study.case).readings]


def test_no_way_in_shows_a_blind_reader_what_the_other_drew(window: Any, tmp_path: Path) -> None:
    study = SmallStudy.make(tmp_path, policy=BLIND, readers="ana ben")
    mine, other = readings(study)
    theirs = study.mask.parents[1] / other / "lesions.nii.gz"
    with Project.open(study.folder) as project:
        version = project.layout.version(study.case, other, 1)
    version.parent.mkdir()
    version.write_bytes(theirs.read_bytes())
    image = study.root / "SMITH-JOHN" / "image.nii.gz"
    _, panel = window(show=True)
    come(panel, study, "ana", mine)
    own = panel.model.session
    questions = panel.questions
    questions.mask_to_open = questions.file_to_open = lambda: theirs
    ways = {
        "button": panel.open_mask.click,
        "file": panel.open_file.click,
        "drop": lambda: panel.entrance.drop([theirs]),
        "drop with an image": lambda: panel.entrance.drop([image, theirs]),
        "masks": lambda: panel.entrance.begin(image, masks=[theirs]),
        "kept version": lambda: panel.entrance.begin(version, is_mask=True),
        "beside": panel.beside.file.click,
    }
    for name, go in ways.items():
        panel.model.notice.say("")
        go()
        wait_for(lambda: at_rest(panel) and not panel.loading.is_busy, name)
        assert panel.model.session is own, name
        assert panel.model.notice.is_refusal, name
        assert panel.desk.prior.volume is None, name
    press(panel, "S")
    assert panel.project_model.reading.reading_id == mine

    panel.entrance.begin(study.mask, is_mask=True)  # one's own comes by the project's rules
    wait_for(lambda: at_rest(panel) and panel.model.session is not own, "my reading")
    assert panel.project_model.reading.reading_id == mine


def test_work_on_a_reading_given_away_is_rescued_by_the_key_that_saves(
    window: Any, tmp_path: Path
) -> None:
    study = SmallStudy.make(tmp_path)
    _, panel = window(show=True)
    come(panel, study, "ana", study.reading)
    panel.model.lesions.add_outline(1, [(1, 1), (1, 4), (4, 4), (4, 1)])
    with Project.open(study.folder) as project:
        acts.hand_over(project, study.reading, "p-ben", by="p-ana")
    before, copy = study.mask.read_bytes(), tmp_path / "copy.nii.gz"
    asked: list[Path] = []
    panel.questions.path_elsewhere = lambda suggested: asked.append(suggested) or copy
    press(panel, "S")
    assert study.mask.read_bytes() == before
    assert asked == [Path.home() / f"{study.reading}-copy.nii.gz"]
    rescued = formats.read_segmentation(copy)
    np.testing.assert_array_equal(rescued.array, panel.model.session.segmentation.array)
    assert "A copy is saved" in panel.message.text()


def test_a_window_closed_while_a_signature_runs_waits_for_it(window: Any, tmp_path: Path) -> None:
    study = SmallStudy.make(tmp_path)
    viewer, panel = window(show=True)
    come(panel, study, "ana", study.reading)
    press(panel, "F11")
    dialog = panel.room.dialog
    wait_for(lambda: dialog.model.is_checked, "the checks")
    type_passphrase(dialog, "wrong")
    assert panel.jobs.is_busy
    assert not viewer.window._qt_window.close()  # it was refused: the window stays and says so
    assert "passphrase" in dialog.message.text()
    type_passphrase(dialog, "correct horse of the tests")
    assert panel.jobs.is_busy
    viewer.close()
    wait(100)
    assert state_of(study) is ReadingState.SUBMITTED
