"""What napari asks of a plugin: a reader, a writer and a sample; named in napari.yaml.

The functions that napari calls to find out whether medseg reads a path import no reader.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from medseg import formats, project
from medseg.errors import FormatError, SeveralSeriesError
from medseg.model import Segmentation, Volume
from napari_medseg.display import NOUN, LayerData, image_layer, labels_layer
from napari_medseg.openers import opener_of
from napari_medseg.opening import holds_mask
from napari_medseg.settling import settle_when_added
from napari_medseg.verdicts import VERDICT, begin_verdict
from napari_medseg.viewmodels.opening.choices import largest

Paths = str | Path | Sequence[str | Path]
ReadFunction = Callable[[Paths], list[Any]]

#: What a reader gives that has read and has no layer: [(None,)], says npe2's reader contract.
_NOTHING = (None,)


def get_reader(path: Paths) -> ReadFunction | None:
    """The function that reads the path, None if medseg does not; opens few files.

    Several paths at once are not read: what belongs together in one image is for the files to
    say, and they say it when their folder is opened.
    """
    only = _only_path(path)
    return read_layers if only is not None and formats.looks_readable(only) else None


def read_layers(path: Paths) -> list[Any]:
    """One Image layer or, for a mask, one Labels layer on the grid of the image that is open.

    Where the viewer has the medseg panel, that opens the path, as with its own buttons, and
    napari is told of no layer.

    Of several series the one with the most voxels is opened, and napari says so. The verdict on a
    mask's sign-offs follows when it is known, as a notification and in the layer's metadata.

    Raises:
        FormatError: what is there cannot be read right.
        GeometryError: a mask does not lie on the grid of the image that is open.
    """
    only = _only_path(path)
    if only is None:
        raise FormatError(f"medseg opens one file or folder at a time; found {path}.")
    viewer = _viewer()
    opens = opener_of(viewer)
    if opens is not None:
        opens(only)
        return [_NOTHING]
    if viewer is not None:
        settle_when_added(viewer)
    if holds_mask(only):
        image = _image_in(viewer)
        mask = formats.read_segmentation(only, like=image)
        data, arguments, kind = labels_layer(
            mask, name=formats.sidecar.mask_stem(only), image=image
        )
        arguments["metadata"][VERDICT] = begin_verdict(only, image)
        return [(data, arguments, kind)]
    return [image_layer(_read_image(only))]


def write_labels(path: str, data: Any, meta: dict[str, Any]) -> list[str]:
    """Save one of our Labels layers with its geometry and sidecar; the path written.

    Raises:
        FormatError: the layer is not medseg's, or its array is not the mask's any more.
        ReviewError: it would be written over a project's reading that is closed.
    """
    metadata = meta.get("metadata", {})
    mask, image = metadata.get(NOUN), metadata.get(f"{NOUN}_image")
    if not isinstance(mask, Segmentation):
        raise FormatError(
            f"medseg saves masks whose place in the patient it knows; the layer "
            f"{meta.get('name')!r} is not one of its own. Open the image and draw the lesions "
            "in the medseg panel."
        )
    if not np.shares_memory(data, mask.array):
        raise FormatError(
            f"The layer {meta.get('name')!r} is a copy of a medseg mask and may have been "
            "changed outside its record. Save the layer it was copied from."
        )
    target = Path(path)
    project.check_may_save(target)
    source = project.told_beside(target, image.source) if isinstance(image, Volume) else None
    formats.write_segmentation(mask, target, image=source)
    return [path]


def open_sample() -> list[LayerData]:
    """The sample case: a synthetic chest CT with lesions of known volume."""
    from medseg.formats.sample import sample_case  # noqa: PLC0415 - wanted on a click only

    viewer = _viewer()
    if viewer is not None:
        settle_when_added(viewer)
    return [image_layer(formats.read_volume(sample_case().dicom))]


def _only_path(path: Paths) -> Path | None:
    paths = [path] if isinstance(path, str | Path) else list(path)
    return Path(paths[0]) if len(paths) == 1 else None


def _read_image(path: Path) -> Volume:
    try:
        return formats.read_volume(path)
    except SeveralSeriesError:
        series = formats.list_series(path)
        best = largest(series)
        if best is None:
            raise
        _show_info(
            f"{path.name} holds {sum(info.is_readable for info in series)} series; the largest, "
            f"{best.description or best.id}, is shown. The medseg panel opens any of them."
        )
        return formats.read_volume(path, series=best.id)


def _viewer() -> Any:
    from napari import current_viewer  # noqa: PLC0415 - keeps napari's question cheap

    return current_viewer()


def _image_in(viewer: Any) -> Volume | None:
    nouns = [layer.metadata.get(NOUN) for layer in viewer.layers] if viewer else []
    images = [noun for noun in nouns if isinstance(noun, Volume)]
    return images[-1] if images else None


def _show_info(text: str) -> None:
    from napari.utils.notifications import show_info  # noqa: PLC0415 - see _viewer

    show_info(text)
