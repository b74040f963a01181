"""The grey-scale window: which values are spread from black to white, and how it is changed."""

from __future__ import annotations

from dataclasses import dataclass, replace

from psygnal import Signal

from medseg.model import Volume, Window


@dataclass(frozen=True)
class Preset:
    """A window that has a name."""

    name: str
    center: float
    width: float


#: By DICOM's modality and unit: the windows that reading rooms have at hand, each the value at
#: mid-grey and the width from black to white. The order is that of the keys.
PRESETS: dict[tuple[str, str], tuple[Preset, ...]] = {
    ("CT", "HU"): (
        Preset("lung", -600, 1500),
        Preset("mediastinum", 50, 350),
        Preset("abdomen", 40, 400),
        Preset("liver", 70, 150),
        Preset("bone", 400, 1800),
        Preset("brain", 40, 80),
        Preset("stroke", 35, 40),
        Preset("angiography", 300, 700),
    ),
    ("PT", "SUVbw"): (
        Preset("SUV 0 to 5", 2.5, 5),
        Preset("SUV 0 to 7", 3.5, 7),
        Preset("SUV 0 to 10", 5, 10),
        Preset("SUV 0 to 20", 10, 20),
    ),
}

# A hand's width of dragging, in pixels, doubles the window or moves it by its own width.
_HAND = 250.0


class WindowViewModel:
    """The window of the image on screen; without an image commands change nothing."""

    changed = Signal()
    """Window or inversion is another now."""
    refused = Signal(str)
    """A preset was asked for that there is not: why, in a sentence."""

    def __init__(self) -> None:
        self.window = Window(0.5, 1.0)
        self.is_inverted = False
        self._volume: Volume | None = None

    @property
    def presets(self) -> tuple[Preset, ...]:
        """The named windows for this modality and unit; none where the scale has no meaning."""
        volume = self._volume
        return PRESETS.get((volume.modality, volume.unit), ()) if volume else ()

    @property
    def text(self) -> str:
        """The window in words: "W 1500  L -600  lung"; the name where it is one of the presets."""
        center, width = self.window.center, self.window.width
        names = [p.name for p in self.presets if (p.center, p.width) == (center, width)]
        words = [f"W {width:.4g}", f"L {center:.4g}", *names]
        return "  ".join([*words, "inverted"] if self.is_inverted else words)

    def show(self, volume: Volume) -> None:
        """Show another image, in the window that was stored with it or fits it."""
        if volume is not self._volume:
            self._volume, self.window = volume, volume.display_window
            self.is_inverted = volume.modality == "PT"  # uptake is read dark on light
            self.changed.emit()

    def set(self, center: float, width: float) -> None:
        """Take this window; a width of nothing becomes the narrowest one."""
        window = Window(float(center), max(float(width), self._narrowest))
        if window != self.window:
            self.window = window
            self.changed.emit()

    def set_limits(self, low: float, high: float) -> None:
        """Take the window from black to white."""
        self.set((low + high) / 2, high - low)

    def choose(self, place: int) -> None:
        """Take the preset at this place of the list; a place beyond is refused in words."""
        if 0 <= place < len(self.presets):
            self.set(self.presets[place].center, self.presets[place].width)
        elif self.presets:
            self.refused.emit(f"There are {len(self.presets)} window presets for this image.")
        elif self._volume is not None:
            self.refused.emit(
                "There are window presets for CT in HU and PET in SUV; the values of this image "
                "are neither. Drag with the right button to change the window."
            )

    def automatic(self) -> None:
        """Fit the window to the values of the image, whatever was stored with it."""
        if self._volume is not None:
            fitted = replace(self._volume, window=None).display_window
            self.set(fitted.center, fitted.width)

    def stored(self) -> None:
        """Take the window that came with the image, or the automatic one."""
        if self._volume is not None:
            window = self._volume.display_window
            self.set(window.center, window.width)

    def drag(self, begun: Window, right: float, up: float) -> None:
        """Change the window as the hand has moved since it was `begun`, in pixels.

        To the right it widens, to the left it narrows; up darkens and down lightens, by as much
        at any width.
        """
        width = begun.width * 2 ** (right / _HAND)
        self.set(begun.center + up / _HAND * begun.width, width)

    def invert(self) -> None:
        """Swap black and white."""
        self.is_inverted = not self.is_inverted
        self.changed.emit()

    @property
    def _narrowest(self) -> float:
        counts = self._volume is not None and self._volume.voxels.dtype.kind in "iu"
        return 1.0 if counts else 1e-6
