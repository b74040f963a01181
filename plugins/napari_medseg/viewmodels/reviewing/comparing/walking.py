"""From one difference to the next, each ticked off when it was on screen."""

from __future__ import annotations

from psygnal import Signal

from medseg.errors import EditError
from napari_medseg.viewmodels.looking.planes import PlanesViewModel
from napari_medseg.viewmodels.notice import in_words
from napari_medseg.viewmodels.reviewing.comparing.comparing import ComparingViewModel
from napari_medseg.viewmodels.reviewing.comparing.differences import Difference

#: Order of the walk, and what it is called.
ORDERS = {"size": "largest first", "slice": "by slice"}

Key = tuple[str, tuple[int, int, int], int]


class WalkViewModel:
    """The differences of a comparison in order, and which of them were gone to.

    Args:
        comparing: whose differences.
        planes: the crosshair, which goes to each.
    """

    changed = Signal()
    """The order, the place in it, or what is ticked off has changed."""

    def __init__(self, comparing: ComparingViewModel, planes: PlanesViewModel) -> None:
        self.notice = comparing.notice
        self.order = "size"
        self._comparing, self._planes = comparing, planes
        self._place = -1
        self._current: Difference | None = None
        self._seen: set[Key] = set()
        self._awaited = 0
        self._of: object = None  # what the ticks are about
        comparing.changed.connect(self._take_up)

    @property
    def items(self) -> tuple[Difference, ...]:
        """The differences, in the order of the walk; the gathered tiny ones come last."""
        result = self._comparing.result
        found = result.differences if result is not None else ()
        if self.order == "size":
            return found
        return tuple(sorted(found, key=lambda one: (one.tiny > 0, one.slices, one.point)))

    @property
    def current(self) -> Difference | None:
        """The one that was gone to; None before, and once it is no difference any more."""
        return self._current

    @property
    def place(self) -> int:
        """Its place among the items, from 0; -1 if there is none."""
        return self._place if self._current is not None else -1

    @property
    def text(self) -> str:
        """As "3 of 12 (largest first, 3 seen): added to Lesion 2, 0.31 ml, 12.4 mm"."""
        what = "" if self._current is None else f": {self._current.text}"
        return f"{self.place_text}{what}"

    @property
    def place_text(self) -> str:
        """As "3 of 12 (largest first, 3 seen)"; empty where nothing differs."""
        items = self.items
        if not items:
            return ""
        seen = f"{sum(map(self.is_seen, items))} seen"
        where = "" if self._current is None else f"{self._place + 1} of "
        return f"{where}{len(items)} ({ORDERS[self.order]}, {seen})"

    def is_seen(self, item: Difference) -> bool:
        """Whether it is ticked off."""
        return _key(item) in self._seen

    def tick(self, place: int, *, is_seen: bool) -> None:
        """Tick one off by hand, or take its tick away."""
        (self._seen.add if is_seen else self._seen.discard)(_key(self.items[place]))
        self.changed.emit()

    def next_order(self) -> None:
        """Largest first, or by slice; the place stays with the present one."""
        names = list(ORDERS)
        self.order = names[(names.index(self.order) + 1) % len(names)]
        if self._current is not None:
            self._place = self.items.index(self._current)
        self.changed.emit()

    @in_words
    def step(self, by: int) -> None:
        """Go to the next difference (1) or the one before (-1); it stops at the ends.

        Where nothing is compared yet the first choice is, and shown as difference.
        """
        if self._comparing.result is None:
            if not self._comparing.choices:
                raise EditError("Masks are compared on their image; open that first.")
            self._awaited = by
            if self._comparing.mode == "off":
                self._comparing.show("difference")
            self.notice.say(self._comparing.text)
            return
        if not self.items:
            self.notice.say(self._comparing.text)
            return
        # One that was mended has left its place to the one after it.
        is_gone = self._current is None and self._place >= 0 and by > 0
        wanted = self._place + by - is_gone
        self._go(min(max(wanted, 0), len(self.items) - 1), is_end=wanted >= len(self.items))

    @in_words
    def go_to(self, place: int) -> None:
        """Go to one of the items."""
        if 0 <= place < len(self.items):
            self._go(place)

    def _go(self, place: int, *, is_end: bool = False) -> None:
        self._place, self._current = place, self.items[place]
        self._seen.add(_key(self._current))
        if self._comparing.mode == "off":
            self._comparing.show("difference")
        self._planes.go_to_stored(self._current.point)
        self.notice.say(f"That was the last. {self.text}" if is_end else self.text)
        self.changed.emit()

    def _take_up(self) -> None:
        """Another mask or another result: keep the place where that still means something."""
        if self._of is not self._comparing.chosen:
            self._of, self._place, self._current = self._comparing.chosen, -1, None
            self._seen.clear()
        keys = {_key(item): (place, item) for place, item in enumerate(self.items)}
        if self._current is not None and self._comparing.result is not None:
            place, self._current = keys.get(_key(self._current), (self._place, None))
            self._place = place
        if self._comparing.chosen is None:
            self._awaited = 0
        awaited = self._awaited
        if awaited and self._comparing.result is not None:
            self._awaited = 0
            self.step(awaited)
        self.changed.emit()


def _key(item: Difference) -> Key:
    return item.kind, item.point, item.voxels
