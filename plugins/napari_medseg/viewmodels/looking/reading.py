"""How the image is looked at: crosshair, window, read-out, and what of it is hidden or linked."""

from __future__ import annotations

from numpy.typing import ArrayLike
from psygnal import Signal

from medseg.model import Volume
from medseg.session import Session
from napari_medseg.display import Display
from napari_medseg.viewmodels.looking.planes import PlanesViewModel
from napari_medseg.viewmodels.looking.readout import read_out
from napari_medseg.viewmodels.looking.windows import WindowViewModel

#: Ways to make one slice of several: napari's name of each, and what it is called.
SLABS = {"none": "", "max": "MIP", "min": "MinIP", "mean": "mean"}

#: Thickness of a slab in mm.
SLAB_MM = 10.0


class ReadingViewModel:
    """What all canvases of a case share; without a session everything is empty.

    Args:
        is_blind: whether text that tells patient or study is kept off the screen.
    """

    changed = Signal()
    """Something that stands on the canvases may look different; the crosshair tells of itself."""

    def __init__(self, *, is_blind: bool = False) -> None:
        self.planes = PlanesViewModel()
        self.windows = WindowViewModel()
        self.is_blind = is_blind
        self.shows_crosshair = True
        self.is_smooth = False
        self.is_linked = False
        self.slab = "none"
        self.remark = self.hint = ""
        self._session: Session | None = None
        self._volume: Volume | None = None
        self.windows.changed.connect(self.changed.emit)

    def caption(self, *, brief: bool = False) -> tuple[str, ...]:
        """What stands under the name of each plane: series, window, and how it is drawn.

        Args:
            brief: without the series, which another plane names.
        """
        if self._volume is None:
            return ()
        volume = self._volume
        series = f"{volume.modality} {volume.description or volume.source.path.name}".strip()
        slab = f"{SLABS[self.slab]} {SLAB_MM:.0f} mm" if self.slab != "none" else ""
        how = "  ".join(part for part in (slab, "smoothed" if self.is_smooth else "") if part)
        lines = ("" if self.is_blind or brief else series, self.windows.text, how, self.remark)
        return tuple(line for line in lines if line)

    def work_on(self, session: Session) -> None:
        """Look at this session's image from now on."""
        self._session = session
        self.look_at(session.volume)

    def look_at(self, volume: Volume) -> None:
        """Look at an image, with or without a session that works on it."""
        if self._session is not None and self._session.volume is not volume:
            self._session = None
        self._volume = volume
        self.windows.show(volume)
        self.planes.show(Display(volume.geometry))
        self.changed.emit()

    def read_out(self, shown_index: ArrayLike) -> tuple[str, ...]:
        """Lines about what stands at a shown index (3,); none off the image."""
        volume, display = self._volume, self.planes.display
        if volume is None or display is None:
            return ()
        mask = self._session.segmentation if self._session is not None else None
        return read_out(volume, mask, display, shown_index)

    def set_remark(self, remark: str) -> None:
        """Write one more line into each plane's caption; an empty one takes it away."""
        if remark != self.remark:
            self.remark = remark
            self.changed.emit()

    def set_hint(self, hint: str) -> None:
        """Write this where there is no image."""
        if hint != self.hint:
            self.hint = hint
            self.changed.emit()

    def set_blind(self, is_blind: bool) -> None:
        """Keep text that tells patient or study off the screen, or let it back."""
        self.is_blind = is_blind
        self.changed.emit()

    def toggle_crosshair(self) -> None:
        """Show the crosshair, or hide it."""
        self.shows_crosshair = not self.shows_crosshair
        self.changed.emit()

    def toggle_smooth(self) -> None:
        """Show voxels as squares, or with grey in between."""
        self.is_smooth = not self.is_smooth
        self.changed.emit()

    def toggle_linked(self) -> None:
        """Zoom and move all planes together, or each by itself."""
        self.is_linked = not self.is_linked
        self.changed.emit()

    def next_slab(self) -> None:
        """One slice, then a slab's brightest values, its darkest, its mean, and one slice again."""
        names = list(SLABS)
        self.slab = names[(names.index(self.slab) + 1) % len(names)]
        self.changed.emit()
