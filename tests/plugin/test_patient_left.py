"""The patient's left, from the file to the screen: marker, letter and mm read-out agree.

A phantom has a marker on the patient's left, one behind and one towards the head, painted by
their places in mm. It is stored in every orientation that a format can hold, read, and shown by
the parts that the window is made of; no window is needed.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import permutations, product
from pathlib import Path

import nibabel
import numpy as np
import pytest

with warnings.catch_warnings():
    # napari 0.9 declares its models in a way that pydantic has deprecated, on import only.
    warnings.filterwarnings("ignore", message="`json_encoders` is deprecated")
    pytest.importorskip("napari.components", reason="the gui extra is not installed")

from napari.components import ViewerModel

import medseg
from medseg.model import Volume
from napari_medseg.display import Display
from napari_medseg.layers import new_image
from napari_medseg.views.looking.letters import PatientOverlays
from tests.formats.dicom_files import write_slice

MIDDLE = np.array([2.0, -40.0, 120.0])  # of the phantom, in LPS mm
MARKS = {"L": (8.0, 0, 0), "P": (0, 8.0, 0), "S": (0, 0, 8.0)}  # from there, as they are lettered
VALUES = {"L": 1000, "P": 2000, "S": 3000}
SIDES = {"L": "LR", "P": "PA", "S": "SI"}
SIZES = np.array([11, 9, 7])  # columns, rows, slices
STEPS_MM = np.array([2.0, 2.5, 3.0])

# Where the main plane has to have them (DESIGN decision 4): the edge of the screen by letter.
EXPECTED = {
    "axial": {"L": "right", "P": "bottom"},
    "coronal": {"L": "right", "S": "top"},
    "sagittal": {"P": "right", "S": "top"},
}

# Axes on screen: the slices themselves, and the two planes across them.
ORDERS = ((0, 1, 2), (1, 0, 2), (2, 0, 1))

STORED = [
    np.array([sign * np.eye(3)[axis] for axis, sign in zip(axes, signs, strict=True)])
    for axes in permutations(range(3))
    for signs in product((1.0, -1.0), repeat=3)
]
# DICOM's slices ascend along row x column, so half of them cannot be written.
STORED_AS_DICOM = [ways for ways in STORED if np.linalg.det(ways) > 0]
MIRRORED = [ways for ways in STORED if np.linalg.det(ways) < 0]


def name(ways: np.ndarray) -> str:
    """Which way columns, rows and slices run, as "LPS"."""
    return "".join("LPSRAI"[int(np.abs(w).argmax()) + 3 * int(w.sum() < 0)] for w in ways)


def turned(ways: np.ndarray) -> np.ndarray:
    """The same, oblique: by 20 degrees about the head-foot axis and by 12 about left-right."""
    (c, s), (d, t) = ((np.cos(a), np.sin(a)) for a in np.radians((20, 12)))
    about_z = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    about_x = np.array([[1, 0, 0], [0, d, -t], [0, t, d]])
    return ways @ (about_x @ about_z).T


def tilted(ways: np.ndarray) -> np.ndarray:
    """The same, the slices stacked at 18 degrees to their normal."""
    leaning = ways[2] + np.tan(np.radians(18)) * ways[1]
    return np.array([ways[0], ways[1], leaning])


@dataclass(frozen=True)
class Phantom:
    """What is painted: values (slice, row, column), each voxel's place, and the first one's."""

    values: np.ndarray
    places: np.ndarray
    steps: np.ndarray

    @property
    def marks(self) -> dict[str, np.ndarray]:
        """Where each marker's voxels are in the mean, in LPS mm."""
        return {mark: self.places[self.values == VALUES[mark]].mean(axis=0) for mark in MARKS}


def phantom(ways: np.ndarray) -> Phantom:
    steps = ways * STEPS_MM[:, None]
    first = MIDDLE - (SIZES - 1) / 2 @ steps
    slices, rows, columns = np.indices(SIZES[::-1])
    places = first + np.stack([columns, rows, slices], axis=-1) @ steps
    values = np.zeros(SIZES[::-1], np.int16)
    for mark, away in MARKS.items():
        apart = np.linalg.norm(places - MIDDLE - away, axis=-1)
        values[apart < 2.6] = VALUES[mark]
    return Phantom(values, places, steps)


def as_nifti(folder: Path, scan: Phantom) -> Volume:
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = scan.steps.T, scan.places[0, 0, 0]
    image = nibabel.Nifti1Image(scan.values.T, np.diag([-1.0, -1, 1, 1]) @ affine)
    nibabel.save(image, folder / "scan.nii.gz")
    return medseg.read_volume(folder / "scan.nii.gz")


def as_dicom(folder: Path, scan: Phantom) -> Volume:
    columns, rows, _ = scan.steps / np.linalg.norm(scan.steps, axis=1, keepdims=True)
    for index, values in enumerate(scan.values):
        write_slice(
            folder / f"{(index * 3) % 7}.dcm",  # the names do not give the order away
            (values + 1024).astype(np.uint16),
            ImagePositionPatient=scan.places[index, 0, 0].tolist(),
            ImageOrientationPatient=[*columns, *rows],
            PixelSpacing=[STEPS_MM[1], STEPS_MM[0]],
        )
    return medseg.read_volume(folder)


@lru_cache(maxsize=1)
def canvas() -> tuple[ViewerModel, PatientOverlays]:
    """One viewer for all, with no layer in it: where axes go is for dims and camera to say."""
    viewer = ViewerModel()
    viewer.dims.ndim = 3
    return viewer, PatientOverlays(viewer)


class Screen:
    """A volume as the window shows it."""

    def __init__(self, volume: Volume) -> None:
        self.display = Display(volume.geometry)
        self.viewer, self.overlays = canvas()
        self.layer = new_image(volume)
        self.overlays.show(volume)

    def turn(self, order: tuple[int, ...]) -> None:
        self.viewer.dims.order = order

    def mark(self, letter: str) -> np.ndarray:
        """Where a marker is in the layer's data."""
        return np.argwhere(np.asarray(self.layer.data) == VALUES[letter]).mean(axis=0)

    def place(self, letter: str) -> np.ndarray:
        """What the patient's coordinates are under the cursor, if it is on the marker."""
        cursor = self.layer.data_to_world(self.mark(letter))
        shown = self.layer.world_to_data(cursor)
        return self.display.geometry.to_patient(self.display.to_stored(shown))

    def edges(self, letter: str) -> tuple[str, str]:
        """The edges of the screen that a marker is nearer to: one of each direction."""
        away = self.mark(letter) - (np.array(self.layer.data.shape) - 1) / 2
        down, right = self.viewer.dims.displayed
        ways = [str(way) for way in self.viewer.scene.camera.orientation2d]
        below = (away[down] > 0) == (ways[0] == "down")
        on_the_right = (away[right] > 0) == (ways[1] == "right")
        return "bottom" if below else "top", "right" if on_the_right else "left"


def check_places(screen: Screen, places: dict[str, np.ndarray]) -> None:
    """The mm read-out is the marker's place."""
    for letter, place in places.items():
        np.testing.assert_allclose(screen.place(letter), place, atol=0.01)
        axis = "LPS".index(letter)
        assert screen.place(letter)[axis] > MIDDLE[axis], "LPS: x > 0 is left"


def check_planes(screen: Screen) -> None:
    """Marker and letter agree in all three planes, and the main one is radiological."""
    for order in reversed(ORDERS):
        screen.turn(order)
        letters = screen.overlays.letters()
        assert_letters_are_where_the_markers_are(screen, letters)
    for letter, edge in EXPECTED[screen.display.plane].items():
        assert letters[edge].startswith(letter)
        assert edge in screen.edges(letter)


def assert_letters_are_where_the_markers_are(screen: Screen, letters: dict[str, str]) -> None:
    seen = 0
    for letter, both in SIDES.items():
        edges = [edge for edge, text in letters.items() if text[0] in both]
        (named,) = [edge for edge in edges if letters[edge].startswith(letter)] or [None]
        if named is None:
            continue  # it lies along the line of sight
        (near,) = set(edges) & set(screen.edges(letter))
        assert near == named, f"{letter} is {near}, and the letter {named}"
        seen += 1
    assert seen == 2


def run(folder: Path, write: Callable[[Path, Phantom], Volume], ways: np.ndarray) -> Screen:
    scan = phantom(ways)
    screen = Screen(write(folder, scan))
    check_places(screen, scan.marks)
    check_planes(screen)
    return screen


@pytest.mark.parametrize("ways", STORED, ids=name)
def test_left_is_left_in_nifti(tmp_path: Path, ways: np.ndarray) -> None:
    run(tmp_path, as_nifti, ways)


@pytest.mark.parametrize("ways", MIRRORED, ids=name)
def test_left_is_left_in_oblique_nifti(tmp_path: Path, ways: np.ndarray) -> None:
    run(tmp_path, as_nifti, turned(ways))


@pytest.mark.parametrize("ways", STORED_AS_DICOM, ids=name)
@pytest.mark.parametrize("lying", [np.copy, turned, tilted], ids=["straight", "oblique", "tilted"])
def test_left_is_left_in_dicom(
    tmp_path: Path, ways: np.ndarray, lying: Callable[[np.ndarray], np.ndarray]
) -> None:
    screen = run(tmp_path, as_dicom, lying(ways))
    tilt = screen.display.geometry.tilt_degrees
    assert tilt == pytest.approx(18 if lying is tilted else 0, abs=0.01)


def test_all_orientations_are_there() -> None:
    assert len({name(ways) for ways in STORED}) == 48
    assert len({name(ways) for ways in STORED_AS_DICOM}) == 24


@pytest.mark.parametrize("write", [as_nifti, as_dicom])
@pytest.mark.parametrize("mirrored", [0, 1, 2])
def test_a_mirrored_phantom_would_be_noticed(
    tmp_path: Path, write: Callable[[Path, Phantom], Volume], mirrored: int
) -> None:
    scan = phantom(np.eye(3))
    wrong = Phantom(np.flip(scan.values, mirrored), scan.places, scan.steps)
    screen = Screen(write(tmp_path, wrong))
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        check_places(screen, scan.marks)
    with pytest.raises(AssertionError, match="and the letter"):
        check_planes(screen)


def test_a_mirrored_camera_or_swapped_letters_would_be_noticed(tmp_path: Path) -> None:
    screen = run(tmp_path, as_nifti, np.eye(3))
    letters = screen.overlays.letters()
    swapped = {**letters, "left": letters["right"], "right": letters["left"]}
    with pytest.raises(AssertionError, match="L is right, and the letter left"):
        assert_letters_are_where_the_markers_are(screen, swapped)
    screen.viewer.scene.camera.orientation2d = ("down", "left")
    with pytest.raises(AssertionError, match="L is left, and the letter right"):
        assert_letters_are_where_the_markers_are(screen, letters)
