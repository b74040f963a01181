"""Where texts stand on a canvas, so that letters, caption, read-out and scale bar keep clear.

All in pixels of the canvas, y downwards. Nothing is drawn here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

#: From the edge of the canvas to what is written on it.
MARGIN = 8.0

# Between two texts, and the narrowest room in which a line still says something.
_GAP, _NARROWEST = 4.0, 48.0

# A letter of `LETTER_POINTS`, and the box around it.
_LETTER_WIDTH, _LETTER_HEIGHT, _LETTER_PADDING = 15.0, 28.0, 10.0
_LETTER_OFFSET = 4.0

#: Size of the letters at the edges.
LETTER_POINTS = 15.0


@dataclass(frozen=True)
class Box:
    """A rectangle on the canvas."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.top + self.height

    def meets(self, other: Box) -> bool:
        """Whether the two share more than an edge."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )


def letter_boxes(width: float, height: float, letters: Mapping[str, str]) -> dict[str, Box]:
    """What the patient's letters take at the middle of the edges; an absent one takes nothing.

    Args:
        width: of the canvas.
        height: of the canvas.
        letters: "left", "right", "top" and "bottom" with what stands there.
    """
    boxes = {}
    for edge, text in letters.items():
        across, down = _LETTER_WIDTH * len(text) + _LETTER_PADDING, _LETTER_HEIGHT
        left = {"left": _LETTER_OFFSET, "right": width - across - _LETTER_OFFSET}
        top = {"top": _LETTER_OFFSET, "bottom": height - down - _LETTER_OFFSET}
        box = Box(
            left.get(edge, (width - across) / 2), top.get(edge, (height - down) / 2), across, down
        )
        if text:
            boxes[edge] = box
    return boxes


def place_lines(
    widths: Sequence[float],
    line_height: float,
    size: tuple[float, float],
    obstacles: Sequence[Box],
    *,
    from_top: bool,
) -> tuple[Box | None, ...]:
    """Where lines of text stand in the upper or lower left corner, clear of all obstacles.

    They stay together, as near to the corner as they fit; where they fit nowhere, they stand
    where most of them is seen. A box narrower than its line cuts it; None: no room is left.

    Args:
        widths: what each line needs.
        line_height: of each line.
        size: width and height of the canvas.
        obstacles: what is there already.
        from_top: which corner.
    """
    count, height = len(widths), size[1]
    if not count:
        return ()
    if not from_top:
        turned = [_upside_down(box, height) for box in obstacles]
        placed = place_lines(widths[::-1], line_height, size, turned, from_top=True)
        return tuple(box and _upside_down(box, height) for box in placed[::-1])
    starts = sorted({MARGIN, *(box.bottom + _GAP for box in obstacles)})
    tried = []
    for start in starts:
        boxes = tuple(
            _free_room(start + place * line_height, line_height, size, obstacles)
            for place in range(count)
        )
        cut = tuple(
            box and Box(box.left, box.top, min(box.width, needed), box.height)
            for box, needed in zip(boxes, widths, strict=True)
        )
        seen = sum(box.width for box in cut if box)
        if seen >= sum(widths):
            return cut
        tried.append((seen, cut))
    return max(tried, key=lambda one: one[0])[1]


def _free_room(
    top: float, line_height: float, size: tuple[float, float], obstacles: Sequence[Box]
) -> Box | None:
    """The room of one line between what stands beside it; None where it is too narrow."""
    width, height = size
    if top + line_height > height - MARGIN:
        return None
    beside = [box for box in obstacles if box.top < top + line_height and top < box.bottom]
    left = MARGIN
    for box in sorted(beside, key=lambda box: box.left):
        if box.left <= left + _NARROWEST:
            left = max(left, box.right + _GAP)
    ends = [box.left - _GAP for box in beside if box.left >= left]
    right = min([width - MARGIN, *ends])
    return Box(left, top, right - left, line_height) if right - left >= _NARROWEST else None


def _upside_down(box: Box, height: float) -> Box:
    return Box(box.left, height - box.bottom, box.width, box.height)
