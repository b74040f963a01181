"""Bad input in napari's window: told in words, the window goes on, and no edit is lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medseg import formats
from medseg.model import Geometry, Segmentation
from tests.phantoms import ramp_volume
from tests.plugin.hands import Hands, wait, wait_for
from tests.plugin.studies import SmallStudy

pytestmark = [
    pytest.mark.qt,
    # napari 0.9 declares its models in a way that pydantic has deprecated, on import only.
    pytest.mark.filterwarnings("ignore:`json_encoders` is deprecated"),
]

UPRIGHT = Geometry.from_spacing((12, 40, 50), (3, 1, 1))


class Reader:
    """Ana with an unsaved lesion on screen, and what she sees when something goes wrong."""

    def __init__(self, hands: Hands) -> None:
        self.hands, self.panel = hands, hands.panel
        hands.press("D")
        hands.draw_circle(3, (20, 25), 8)
        self.session = self.panel.model.session
        self.drawn = np.array(self.session.segmentation.array)
        assert self.drawn[3].any()

    def opens(self, path: Path) -> None:
        """By the button; what is unsaved is saved when she is asked."""
        self.panel.questions.file_to_open = lambda: path
        self.panel.questions.what_about_changes = lambda: "save"
        self.hands.click(self.panel.open_file)

    def reopens(self) -> None:
        """The row of her case in the worklist, by Return."""
        table = self.panel.room.page.table
        self.hands.click_tab(self.panel.room.page)
        table.selectRow(0)
        self.hands.press("Return", on=table)

    def is_told(self, *words: str, by: Callable[[], str] | None = None) -> None:
        """It is said, no window has to be clicked away, and she draws on as if nothing were."""
        text = by or self.panel.message.text
        wait_for(lambda: all(word in text() for word in words), f"{words}", seconds=25)
        assert "Traceback" not in text()
        wait_for(lambda: not self.panel.jobs.is_busy and not self.panel.loading.is_busy, "rest")
        assert self.panel.message.isVisible()
        self._goes_on()

    def _goes_on(self) -> None:
        assert self.panel.model.session is self.session
        mask = self.session.segmentation.array
        np.testing.assert_array_equal(mask, self.drawn)
        self.panel.reading.planes.go_to_slice(0, 7)
        wait()
        self.hands.draw_circle(7, (20, 25), 6)
        assert mask[7].any()
        self.hands.press("Ctrl+Z")
        np.testing.assert_array_equal(mask, self.drawn)


@pytest.fixture
def study(tmp_path: Path) -> SmallStudy:
    return SmallStudy.make(tmp_path, volume=ramp_volume(UPRIGHT), is_drawn=False)


@pytest.fixture
def reader(window: Any, study: SmallStudy) -> Reader:
    viewer, panel = window(show=True)
    viewer.window.resize(1400, 850)
    panel.open_project(study.folder, key=study.key("ana"))
    wait_for(lambda: panel.room.page.table.rows, "the worklist")
    hands = Hands(panel)
    hands.open_case()
    panel.reading.planes.go_to_slice(0, 3)
    wait()
    return Reader(hands)


def test_bad_files_and_broken_work_are_told_in_words_and_the_reader_goes_on(
    reader: Reader, study: SmallStudy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel = reader.panel
    damaged = tmp_path / "damaged.nii.gz"
    damaged.write_bytes(b"not an image")
    reader.opens(damaged)
    reader.is_told("damaged.nii.gz")
    reader.opens(tmp_path / "absent.nii.gz")
    reader.is_told("absent.nii.gz")
    elsewhere = tmp_path / "elsewhere-mask.nii.gz"
    shifted = Geometry.from_spacing(UPRIGHT.shape, (3, 1, 1), (0.3, 0, 0))
    formats.write_segmentation(Segmentation.empty(shifted), elsewhere)
    reader.opens(elsewhere)
    reader.is_told("elsewhere-mask.nii.gz is off by 0.3 mm")

    image = study.root / "SMITH-JOHN" / "image.nii.gz"
    away = image.rename(tmp_path / "away.nii.gz")
    reader.reopens()
    reader.is_told("image")
    away.rename(image)
    reader.hands.press("S")
    wait_for(lambda: not panel.model.keeping.has_unsaved_changes, "saved")
    kept = study.mask.read_bytes()
    study.mask.write_bytes(kept[: len(kept) // 2])
    reader.reopens()
    reader.is_told("lesions.nii.gz")
    study.mask.write_bytes(kept)

    def broken(*_asked: Any, **_told: Any) -> None:
        raise ZeroDivisionError("by zero")

    panel.jobs.run("Counting", broken)
    reader.is_told("Counting ended in an unexpected way", "by zero")
    monkeypatch.setattr(formats, "read_volume", broken)
    reader.opens(image)
    reader.is_told("image.nii.gz could not be read", "by zero")


def test_a_database_that_is_gone_is_told_and_what_was_drawn_is_handed_in_when_it_is_back(
    reader: Reader, study: SmallStudy
) -> None:
    panel, database = reader.panel, study.folder / "project.db"
    away = database.rename(study.folder / "away.db")
    panel.project_model.project.store.close()  # as after a network that went away
    reader.hands.press("F11")
    dialog = panel.room.dialog
    reader.is_told("project.db", by=dialog.message.text)
    assert not dialog.act.isEnabled()
    reader.hands.click(dialog.leave)
    reader.reopens()
    reader.is_told("project.db")
    away.rename(database)
    reader.hands.press("F11")
    dialog = panel.room.dialog
    wait_for(lambda: dialog.model.is_checked, "the checks")
    assert not dialog.model.is_refusal, dialog.model.said
    np.testing.assert_array_equal(formats.read_segmentation(study.mask).array, reader.drawn)
    reader.hands.click(dialog.leave)
