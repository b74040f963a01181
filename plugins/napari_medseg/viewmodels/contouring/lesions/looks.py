"""How the lesions are shown: filled or outlined, how dense, which of them, or none for a moment."""

from __future__ import annotations

from psygnal import Signal

#: Steps of the opacity, in which a fill goes from hardly to fully covering.
STEP = 0.1
_FAINTEST, _DENSEST = 0.1, 1.0


class LooksViewModel:
    """The looks of the lesions in all planes; they change no mask and are not undone."""

    changed = Signal()
    """Lesions look different."""

    def __init__(self) -> None:
        self.opacity = 0.5
        self.is_outline = False
        self.is_held_back = False
        self.gives_way = False
        self._hidden: frozenset[int] = frozenset()

    @property
    def hidden(self) -> frozenset[int]:
        """The lesions that the reader has closed the eye of."""
        return self._hidden

    @property
    def shows_fill(self) -> bool:
        """Whether lesions are filled now."""
        return self.shows_lesions and not self.is_outline

    @property
    def shows_lesions(self) -> bool:
        """Whether lesions are drawn at all now."""
        return not (self.is_held_back or self.gives_way)

    def shows(self, number: int) -> bool:
        """Whether a lesion is to be seen now."""
        return self.shows_lesions and number not in self._hidden

    def work_on_another(self) -> None:
        """Another mask is shown: its numbers are other lesions."""
        if self._hidden:
            self._hidden = frozenset()
            self.changed.emit()

    def toggle_outline(self) -> None:
        """Outlines in place of fills, or fills again."""
        self.is_outline = not self.is_outline
        self.changed.emit()

    def denser(self) -> None:
        """Let fills cover more."""
        self.set_opacity(self.opacity + STEP)

    def fainter(self) -> None:
        """Let fills cover less."""
        self.set_opacity(self.opacity - STEP)

    def set_opacity(self, opacity: float) -> None:
        """How much fills cover, from 0 to 1; one hardly seen at least."""
        opacity = round(min(max(opacity, _FAINTEST), _DENSEST), 2)
        if opacity != self.opacity:
            self.opacity = opacity
            self.changed.emit()

    def hold_back(self, is_held_back: bool) -> None:
        """Hide all lesions while a key is down, and show them again."""
        if is_held_back != self.is_held_back:
            self.is_held_back = is_held_back
            self.changed.emit()

    def give_way(self, is_away: bool) -> None:
        """Draw no lesion while something else draws them, as a comparison; or draw them again."""
        if is_away != self.gives_way:
            self.gives_way = is_away
            self.changed.emit()

    def toggle_eye(self, number: int) -> None:
        """Hide one lesion, or show it again."""
        self._hidden = self._hidden ^ {number}
        self.changed.emit()
