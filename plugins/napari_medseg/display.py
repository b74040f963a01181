"""How a voxel grid stands on screen: turned for a radiologist, in mm, and lettered.

Only views are turned. Whatever is stored stays on the grid of its file, and points drawn on
screen come back to that grid through `Display.to_stored`. Neither Qt nor napari is needed.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medseg.model import Geometry, Orientation, Segmentation, Volume, main_plane, radiological

#: data, keyword arguments and kind of one napari layer.
LayerData = tuple[NDArray[Any], dict[str, Any], str]

#: Key of a layer's metadata under which the noun that it shows is kept.
NOUN = "medseg"

#: Key under which a mask's layer keeps the numbers of the segments that are hidden.
HIDDEN = "medseg_hidden"

AXIS_LABELS = ("slice", "row", "column")

#: The ends of the patient axes (LPS) as they are lettered on film: negative, positive.
PATIENT_ENDS = (("R", "L"), ("A", "P"), ("I", "S"))

# Which way along L, P and S the screen goes, down or to the right.
_WANTED = (+1, +1, -1)

# A second letter says that a plane is oblique; below this cosine (17 degrees) it is noise.
_OBLIQUE = 0.3


@dataclass(frozen=True, eq=False)
class Display:
    """How one grid stands on screen.

    Slices stay slices; rows and columns are turned as `medseg.model.radiological` says. Shown
    indices are those of the turned array, stored ones those of the file's.

    Args:
        geometry: the stored grid.
    """

    geometry: Geometry

    @cached_property
    def orientation(self) -> Orientation:
        """What turns the stored array into the shown one."""
        return radiological(self.geometry)

    @cached_property
    def shown(self) -> Geometry:
        """The grid of the shown array; its voxels stand where they stood."""
        return self.orientation.geometry(self.geometry)

    @cached_property
    def spacing_mm(self) -> tuple[float, float, float]:
        """The steps along the shown axes in mm, worked out once."""
        return self.shown.spacing_mm

    @property
    def plane(self) -> str:
        """The plane of the slices: "axial", "coronal" or "sagittal"."""
        return main_plane(self.geometry)

    def show(self, array: NDArray[Any]) -> NDArray[Any]:
        """The array as it is shown: a view that shares its memory."""
        return self.orientation.apply(array)

    def to_stored(self, shown_index: ArrayLike) -> NDArray[np.float64]:
        """Stored indices (..., 3) of points given as shown indices; fractions are kept."""
        points = np.asarray(shown_index, dtype=np.float64)
        return np.asarray(self.orientation.to_old_index(points, self.geometry.shape))

    def to_shown(self, stored_index: ArrayLike) -> NDArray[np.float64]:
        """Shown indices (..., 3) of points given as stored indices; fractions are kept."""
        points = np.asarray(stored_index, dtype=np.float64)
        return np.asarray(self.orientation.from_old_index(points, self.geometry.shape))

    def shown_box(self, box: tuple[slice, slice, slice]) -> tuple[slice, slice, slice]:
        """The box of the shown array that covers a box of the stored one."""
        turned = []
        for axis, flip in zip(self.orientation.axes, self.orientation.flips, strict=True):
            size, side = self.geometry.shape[axis], box[axis]
            mirrored = slice(size - side.stop, size - side.start)
            turned.append(mirrored if flip else side)
        return turned[0], turned[1], turned[2]

    def letters(self, down: int = 1, right: int = 2) -> dict[str, str]:
        """The patient's sides at the edges of the screen: "left", "right", "top", "bottom".

        R and L are the patient's right and left, A and P anterior and posterior, S and I
        towards head and feet; an oblique plane has a second letter, a doubly oblique one a
        third, each weaker than the one before.

        Args:
            down: shown axis that runs down the screen.
            right: shown axis that runs to the right.

        Reference:
            DICOM PS3.3 C.7.6.1.1.1 (Patient Orientation).
        """
        top, bottom = self._ends(down)
        left, right_end = self._ends(right)
        return {"left": left, "right": right_end, "top": top, "bottom": bottom}

    def runs_backwards(self, axis: int) -> bool:
        """Whether a shown axis has to be mirrored on screen, whichever way it is laid there.

        To the right goes the patient's left or posterior, down goes posterior or towards the
        feet. Rows and columns of the slices never are: `orientation` has turned them.
        """
        step = self.shown.affine[:3, axis]
        patient = int(np.argmax(np.abs(step / np.linalg.norm(step))))
        return bool(step[patient] * _WANTED[patient] < 0)

    def _ends(self, axis: int) -> tuple[str, str]:
        step = self.shown.affine[:3, axis]
        cosines = step / np.linalg.norm(step)
        strongest = np.argsort(-np.abs(cosines), kind="stable")
        named = [patient for patient in strongest if abs(cosines[patient]) > _OBLIQUE]
        start = "".join(PATIENT_ENDS[patient][int(cosines[patient] < 0)] for patient in named)
        end = "".join(PATIENT_ENDS[patient][int(cosines[patient] > 0)] for patient in named)
        return start, end


@lru_cache(maxsize=8)
def display_of(geometry: Geometry) -> Display:
    """How a grid stands on screen, worked out once: a stroke asks many times a second."""
    return Display(geometry)


def name_of(volume: Volume) -> str:
    """What people call an image: its series' description, or else its file."""
    return volume.description or volume.source.path.name


def image_layer(volume: Volume, *, name: str | None = None) -> LayerData:
    """An Image layer's data, arguments and kind: the volume in mm, with its window.

    The data share the volume's memory. Spacing stands in `scale` and nothing in `affine`:
    napari slices and picks along array axes, so a turned or sheared grid is shown upright, and
    the true place stays in the volume's geometry.
    """
    arguments = {
        "name": name or name_of(volume),
        "colormap": "gray",
        "contrast_limits": volume.display_window.limits,
        **_placing(volume.geometry),
        "metadata": {NOUN: volume},
    }
    return Display(volume.geometry).show(volume.voxels), arguments, "image"


def labels_layer(
    segmentation: Segmentation, *, name: str = "lesions", image: Volume | None = None
) -> LayerData:
    """A Labels layer's data, arguments and kind: the mask with its names and colours.

    The data share the segmentation's memory, read-only, so whatever an edit changes is on
    screen and nothing else can write there.

    Args:
        segmentation: the mask.
        name: the layer's name.
        image: the image it was drawn on, kept in the layer for saving.
    """
    arguments = {
        "name": name,
        "opacity": 0.5,
        **_placing(segmentation.geometry),
        **segment_looks(segmentation),
        "metadata": {NOUN: segmentation, f"{NOUN}_image": image},
    }
    return Display(segmentation.geometry).show(segmentation.array), arguments, "labels"


def segment_looks(segmentation: Segmentation, *, hidden: Collection[int] = ()) -> dict[str, Any]:
    """The colours and names of all segments, as a Labels layer's `colormap` and `features`.

    Background, numbers without a segment, and hidden ones are transparent.
    """
    clear = (0.0, 0.0, 0.0, 0.0)
    colors: dict[int | None, tuple[float, float, float, float]] = {None: clear, 0: clear}
    for segment in segmentation.segments:
        red, green, blue = (level / 255 for level in segment.color)
        colors[segment.number] = (red, green, blue, 0.0 if segment.number in hidden else 1.0)
    names = [segment.label for segment in segmentation.segments]
    features = {"index": [0, *segmentation.numbers], "segment": ["background", *names]}
    return {"colormap": colors, "features": features}


def _placing(geometry: Geometry) -> dict[str, Any]:
    return {
        "scale": Display(geometry).shown.spacing_mm,
        "units": ("mm", "mm", "mm"),
        "axis_labels": AXIS_LABELS,
    }
