"""Reading an image while the window goes on: the middle slice first, progress, and a way out."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from psygnal import Signal

from medseg import formats
from medseg.errors import FormatError, MedsegError
from medseg.model import Segmentation, SeriesInfo, Volume
from napari_medseg.opening import holds_mask
from napari_medseg.value_range import value_range
from napari_medseg.viewmodels.opening.choices import image_of_mask, largest, resembles_mask

Progress = Callable[[float, str], None]
Preview = Callable[[Volume], None]


@dataclass(frozen=True)
class Listing:
    """All that a path holds.

    Args:
        path: the file or folder.
        series: what is in there, readable or not.
    """

    path: Path
    series: tuple[SeriesInfo, ...]


@dataclass(frozen=True)
class Found:
    """What a path held, and the image that was read of it.

    Args:
        listing: all that is in there.
        volume: the image.
        chosen: the series taken where nobody has named one among several, else None.
        mask: the mask to go on with on the image, and its path.
        refused: why a mask could not be read, where the image could.
        may_be_mask: whether it looks like a mask of the image that was open, though nothing
            says so.
    """

    listing: Listing
    volume: Volume
    chosen: SeriesInfo | None = None
    mask: tuple[Path, Segmentation] | None = None
    refused: MedsegError | None = None
    may_be_mask: bool = False


def read_image(
    path: Path,
    series_id: str | None = None,
    *,
    progress: Progress | None = None,
    preview: Preview | None = None,
    listed: Callable[[Listing], None] | None = None,
) -> Found:
    """The image of a path; of several the named one, or the one with the most voxels.

    Args:
        path: file or folder.
        series_id: the one wanted.
        progress: told how far the reading is.
        preview: shown the middle slice before the rest is read, where the format allows it.
        listed: told what the path holds before anything is read, hence also where that fails.

    Raises:
        MedsegError: what is there cannot be read right.
    """
    series = tuple(formats.list_series(path))
    listing = Listing(path, series)
    if listed is not None:
        listed(listing)
    best = largest(series) if series_id is None else None
    wanted = best.id if best else series_id
    volume = formats.read_volume(path, series=wanted, progress=progress, preview=preview)
    several = sum(info.is_readable for info in series) > 1
    value_range(volume)  # here, where nobody waits for it
    return Found(listing, volume, best if several else None)


def read_case(
    path: Path,
    series_id: str | None = None,
    *,
    masks: Sequence[Path] = (),
    on: Volume | None = None,
    is_mask: bool = False,
    **told: Any,
) -> Found:
    """The image of a path and the last of the masks, or a mask with the image that it names.

    Args:
        path: of an image, or of a mask.
        series_id: as for `read_image`.
        masks: what is opened on the image; one that cannot be read is told in `Found.refused`.
        on: the image that a mask is opened on; None takes the one that it names.
        is_mask: whether the path is a mask's whatever its name says.
        **told: as for `read_image`.

    Raises:
        MedsegError: what is there cannot be read right.
    """
    if series_id is not None or not (is_mask or holds_mask(path)):
        found = read_image(path, series_id, **told)
        is_another = on is not None and on.source.path != path  # an image is no mask of itself
        if on is not None and is_another and series_id is None and not masks:
            found = replace(found, may_be_mask=resembles_mask(found.volume, on))
        return _with_masks(found, masks)
    if on is not None:
        found = Found(Listing(path, ()), on)
    else:
        image, image_series = image_of_mask(path)
        found = read_image(image, image_series, **told)
    read = formats.read_segmentation(path, like=found.volume)
    return _with_masks(replace(found, mask=(path, read)), masks)


def _with_masks(found: Found, masks: Sequence[Path]) -> Found:
    try:
        for path in masks:
            read = formats.read_segmentation(path, like=found.volume)
            found = replace(found, mask=(path, read))
    except MedsegError as error:
        return replace(found, refused=error)
    return found


class Loading:
    """One image being read in a thread of its own.

    The thread only fills a queue: signals are emitted in `poll`, by whoever calls it, so that a
    window hears of them in its own thread.

    Args:
        read: what reads, by default `read_case`.
    """

    changed = Signal()
    """It has begun, has come further, or has ended."""
    listed = Signal(object)
    """What the path holds: a `Listing`."""
    previewed = Signal(object)
    """The middle slice, a Volume of one slice."""
    loaded = Signal(object)
    """The image is there: a `Found`."""
    failed = Signal(object)
    """It could not be read: the MedsegError."""

    def __init__(self, read: Callable[..., Found] = read_case) -> None:
        self._read = read
        self._thread: threading.Thread | None = None
        self._events: queue.SimpleQueue[tuple[str, object]] = queue.SimpleQueue()
        self._cancelled = threading.Event()
        self.fraction, self.text = 0.0, ""

    @property
    def is_busy(self) -> bool:
        """Whether an image is being read."""
        return self._thread is not None

    def begin(self, path: Path, series_id: str | None = None, **wanted: Any) -> None:
        """Read the image of a path; one that is being read is given up for it.

        Args:
            path: file or folder.
            series_id: the one wanted of several.
            **wanted: what else, as for `read_case`.
        """
        self.cancel()
        self._cancelled, self._events = threading.Event(), queue.SimpleQueue()
        self.fraction, self.text = 0.0, f"Reading {path.name}"
        work = (path, series_id, wanted, self._events, self._cancelled)
        self._thread = threading.Thread(target=self._run, args=work, name="medseg reading")
        self._thread.start()
        self.changed.emit()

    def cancel(self) -> None:
        """Give up what is being read, and wait for its thread to end; nothing is opened."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._cancelled.set()
            thread.join()
            self.changed.emit()

    def poll(self) -> None:
        """Tell what has happened since the last time, up to the middle slice if that is new."""
        events = self._events
        while self.is_busy and events is self._events and not events.empty():
            name, value = events.get()
            if name == "progress" and isinstance(value, tuple):
                self.fraction, self.text = value
                self.changed.emit()
            elif name == "listed":
                self.listed.emit(value)
            elif name == "previewed":
                self.previewed.emit(value)
                return  # so that it is drawn before anything else is done
            else:
                self._end(name, value)

    def finish(self) -> None:
        """Wait until nothing is being read any more; all is told, as in `poll`."""
        while self._thread is not None:
            self._thread.join()
            self.poll()

    def _end(self, name: str, value: object) -> None:
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        if name == "loaded":
            self.loaded.emit(value)
        else:
            self.failed.emit(value)
        self.changed.emit()

    def _run(
        self,
        path: Path,
        series_id: str | None,
        wanted: dict[str, Any],
        events: queue.SimpleQueue[tuple[str, object]],
        cancelled: threading.Event,
    ) -> None:
        def progress(fraction: float, text: str) -> None:
            if cancelled.is_set():
                raise FormatError("Reading was given up.")
            events.put(("progress", (fraction, text)))

        def preview(volume: Volume) -> None:
            events.put(("previewed", volume))

        def listed(listing: Listing) -> None:
            events.put(("listed", listing))

        told = {**wanted, "progress": progress, "preview": preview, "listed": listed}
        try:
            events.put(("loaded", self._read(path, series_id, **told)))
        except MedsegError as error:
            events.put(("failed", error))
        except Exception as error:
            events.put(("failed", FormatError(f"{path.name} could not be read: {error!r}.")))
