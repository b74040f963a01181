"""Makes the pictures of the window in docs/images, from the sample case.

napari.png (drawing, with what is proposed between key slices), workbench_3d.png, review.png and
sign_off.png. Run it where there is a screen, or under `xvfb-run -s "-screen 0 1600x1000x24"`.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from qtpy.QtWidgets import QApplication

from medseg import formats, signoff
from medseg.formats.sample import sample_case
from medseg.model import Ending, EndingKind, Segmentation
from medseg.project import Project, acts, import_images
from medseg.raster import edge_contours
from napari_medseg.display import display_of
from napari_medseg.viewer import give_room, make_viewer
from napari_medseg.viewmodels.contouring.tools.tool import Touch

SIZE = (1500, 940)
#: The slice shown, on which two of the lesions lie; and the lesion that is being drawn on it.
SHOWN_SLICE, HALFWAY = 46, 1
#: How the surfaces are looked at: a little from above and from the side, so that depth is seen.
FROM_ABOVE = (0.0, 25.0, 20.0)
READER = "Dr. Solo Example"


def wait(until: Callable[[], Any] = lambda: False, *, seconds: float = 60.0) -> None:
    """Let the window go on until something is so, or for this long."""
    end = time.monotonic() + seconds
    while not until() and time.monotonic() < end:
        QApplication.processEvents()
        time.sleep(0.01)


def open_window(layout: str) -> tuple[Any, Any]:
    """A window of medseg as `medseg open` shows it, with nothing opened yet."""
    viewer, panel = make_viewer(author="A. Reader")
    viewer.window.resize(*SIZE)
    give_room(panel)
    panel.layout_model.choose(layout)
    panel.window().activateWindow()
    wait(seconds=0.3)
    return viewer, panel


def close(viewer: Any, panel: Any) -> None:
    """Close the window, and keep nothing of what was drawn."""
    panel.desk.toolbox.cancel()
    panel.questions.what_about_changes = lambda: "discard"
    viewer.close()
    wait(seconds=0.3)


def photograph(viewer: Any, target: Path) -> None:
    """The whole window, once its threads have brought all they bring."""
    wait(seconds=1.5)
    viewer.status = "Ready"
    target.parent.mkdir(parents=True, exist_ok=True)
    viewer.screenshot(str(target), canvas_only=False, flash=False)


def sample_copy() -> Path:
    """The sample's images in a folder that is gone afterwards, with all that is drawn."""
    copy = Path(os.environ["MEDSEG_HOME"]).parent / "chest"
    if not copy.exists():
        shutil.copytree(sample_case().dicom, copy)
    return copy


def true_mask(panel: Any) -> Any:
    """The sample's lesions as they are."""
    return formats.read_segmentation(sample_case().truth, like=panel.model.session.volume)


def ring(plane: Any) -> Any:
    """The longest contour of what is set in a plane, (n, 2)."""
    return max(edge_contours(plane), key=len)


def draw_lesions(panel: Any, *, halfway: int | None = None) -> None:
    """Draw each lesion on its suggested key slices and fill between, but for one."""
    lesions, truth = panel.model.lesions, true_mask(panel)
    for lesion in sample_case().lesions:
        lesions.new_lesion(lesion["name"])
        is_halfway = lesion["number"] == halfway
        indices = lesion["key_slices"]
        for index in (indices[0], indices[-1]) if is_halfway else indices:
            plane = truth.array[index] == lesion["number"]
            lesions.add_outline(index, ring(plane), seconds=3.0)
        if not is_halfway:
            lesions.fill()
    lesions.measured.wait()


def look_at(panel: Any, number: int, *, zoom: float) -> None:
    """Put the crosshair on a lesion's section, and enlarge the first plane about it."""
    truth = true_mask(panel)
    middle = np.argwhere(truth.array[SHOWN_SLICE] == number).mean(axis=0)
    panel.reading.planes.go_to_stored((SHOWN_SLICE, *middle))
    view = panel.desk.screen.views[0]
    camera = view.viewer.scene.camera
    shown = display_of(truth.geometry).to_shown((SHOWN_SLICE, *middle))
    camera.zoom *= zoom
    across = shown[1:] * np.asarray(view.image.scale[-2:])
    center = np.asarray(camera.center)[-2:]
    camera.center = tuple(across + (center - across) / zoom)


def draw_halfway(panel: Any) -> None:
    """Leave the outline tool up with a line half drawn where the proposal is corrected."""
    toolbox = panel.desk.toolbox
    toolbox.toggle("outline")
    section = true_mask(panel).array[SHOWN_SLICE] == HALFWAY
    middle, radius = np.argwhere(section).mean(axis=0), np.sqrt(section.sum() / np.pi) + 1.0
    turns = np.linspace(-0.4, 2.6, 50)
    around = middle + radius * np.column_stack([np.sin(turns), np.cos(turns)])
    points = np.column_stack([np.full(len(around), SHOWN_SLICE), around])
    shown = display_of(panel.model.session.volume.geometry)
    touches = [Touch(shown.to_shown(point), 0) for point in points]
    toolbox.active.press(touches[0])
    for touch in touches[1:]:
        toolbox.active.drag(touch)


def picture_drawing(target: Path) -> None:
    """The window while a lesion is drawn: dashed between its key slices."""
    viewer, panel = open_window("one and two")
    panel.open(sample_copy())
    draw_lesions(panel, halfway=HALFWAY)
    panel.model.lesions.select(HALFWAY)
    wait(seconds=1.0)
    look_at(panel, HALFWAY, zoom=2.0)
    draw_halfway(panel)
    photograph(viewer, target)
    close(viewer, panel)


def picture_3d(target: Path) -> None:
    """Three planes and the lesions' surfaces."""
    viewer, panel = open_window("two by two")
    panel.open(sample_copy())
    draw_lesions(panel)
    panel.desk.go_to_lesion(2)
    wait(seconds=3.0)
    panel.desk.screen.fit()
    panel.desk.screen.scene.model.scene.camera.angles = FROM_ABOVE
    wait(seconds=1.0)
    photograph(viewer, target)
    close(viewer, panel)


def picture_review(target: Path, folder: Path) -> None:
    """Somebody's mask against the one on screen, as the difference."""
    viewer, panel = open_window("one and two")
    panel.open(sample_copy())
    draw_lesions(panel)
    truth = true_mask(panel)
    theirs = truth.array.copy()
    theirs[np.isin(truth.array, (HALFWAY, len(sample_case().lesions)))] = 0
    theirs[np.roll(truth.array, (1, 2), axis=(1, 2)) == HALFWAY] = HALFWAY
    names = panel.model.session.segmentation.segments
    path = folder / "first-reading.nii.gz"
    formats.write_segmentation(Segmentation(theirs, truth.geometry, names), path)
    panel.tabs.setCurrentIndex(1)
    panel.desk.review.comparing.choose_file(path)
    wait(lambda: panel.desk.review.comparing.result is not None)
    lesion, walk = sample_case().lesions[HALFWAY - 1]["name"], panel.desk.review.walk
    walk.go_to(next(place for place, one in enumerate(walk.items) if one.lesion == lesion))
    wait(seconds=0.5)
    photograph(viewer, target)
    close(viewer, panel)


def picture_signing(target: Path, folder: Path) -> None:
    """The window in which a reading is signed."""
    key = folder / "key.json"
    key.write_bytes(signoff.create_key(READER, "a passphrase for a picture"))
    hand_in(folder / "study", signoff.unlock_key(key.read_bytes(), "a passphrase for a picture"))
    viewer, panel = open_window("one")
    panel.open_project(folder / "study", key=key)
    wait(lambda: panel.room.page.table.rows)
    panel.desk.commands["next_case"]()
    wait(lambda: panel.model.session is not None and not panel.jobs.is_busy)
    for index in range(panel.model.session.volume.geometry.shape[0]):  # each is displayed
        panel.reading.planes.go_to_stored((index, 128, 128))
        wait(seconds=0.12)
    panel.desk.commands["sign"]()
    wait(lambda: panel.room.dialog.model.preview is not None)
    wait(seconds=1.0)
    panel.room.dialog.grab().save(str(target))
    panel.room.dialog.close()
    close(viewer, panel)


def hand_in(folder: Path, key: Any) -> None:
    """A project of one person, with the sample's lesions handed in."""
    with Project.create(folder, name="Chest", site="Home", key=key, solo=READER) as project:
        person = project.registry.people[0].person_id
        (case,) = import_images(project, sample_case().dicom, by=person).cases
        reading = acts.assign(project, case, person, by=person)
        truth = formats.read_segmentation(sample_case().truth, like=project.image(case))
        named = {one["number"]: one["name"] for one in sample_case().lesions}
        segments = tuple(replace(one, label=named[one.number]) for one in truth.segments)
        mask = project.mask_path(case, reading)
        mask.parent.mkdir(parents=True, exist_ok=True)
        formats.write_segmentation(Segmentation(truth.array, truth.geometry, segments), mask)
        ending = Ending(EndingKind.LESIONS)
        acts.submit(project, reading, by=person, ending=ending, key=key)


def make_pictures(images: Path, wanted: list[str]) -> None:
    """Make those of the pictures that are wanted."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["MEDSEG_HOME"] = str(folder / "home")  # nothing of the user's own is shown
        pictures = {
            "napari": picture_drawing,
            "workbench_3d": picture_3d,
            "review": lambda path: picture_review(path, folder),
            "sign_off": lambda path: picture_signing(path, folder),
        }
        for one in wanted or pictures:
            pictures[one](images / f"{one}.png")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    here = Path(__file__).resolve().parent
    parser.add_argument("names", nargs="*", help="which pictures; all without a name")
    parser.add_argument("--out", type=Path, default=here / "images", help="folder")
    chosen = parser.parse_args()
    make_pictures(chosen.out, chosen.names)
