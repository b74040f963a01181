"""Letters, caption, read-out and scale bar keep clear of one another, on canvases of any size."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from napari_medseg.viewmodels.looking.film import Box, letter_boxes, place_lines

LETTERS = {"left": "RA", "right": "LP", "top": "A", "bottom": "P"}
LINE = 15.0


def placed(
    width: float, height: float, caption: list[float], readout: list[float]
) -> dict[str, list[Box]]:
    """All boxes on a canvas, as the marks place them."""
    letters = list(letter_boxes(width, height, LETTERS).values())
    bar = Box(width - 70, height - 32, 70, 32)
    below = place_lines(readout, LINE, (width, height), [*letters, bar], from_top=False)
    taken = [*letters, bar, *(box for box in below if box)]
    above = place_lines(caption, LINE, (width, height), taken, from_top=True)
    return {
        "fixed": [*letters, bar],
        "readout": [box for box in below if box],
        "caption": [box for box in above if box],
    }


@given(
    st.floats(120, 1500),
    st.floats(90, 1000),
    st.lists(st.floats(20, 400), max_size=6),
    st.lists(st.floats(20, 400), max_size=4),
)
def test_no_text_stands_on_another(width, height, caption, readout):
    boxes = placed(width, height, caption, readout)
    texts = [*boxes["caption"], *boxes["readout"]]
    for one, other in itertools.combinations(texts, 2):
        assert not one.meets(other)
    for text, fixed in itertools.product(texts, boxes["fixed"]):
        assert not text.meets(fixed)
    for text in texts:
        assert text.left >= 0
        assert text.top >= 0
        assert text.right <= width
        assert text.bottom <= height


def test_on_a_canvas_with_room_every_line_is_whole_and_in_its_corner():
    boxes = placed(900, 700, [150, 120, 260, 130], [180, 240])
    assert [box.width for box in boxes["caption"]] == [150, 120, 260, 130]
    assert [box.width for box in boxes["readout"]] == [180, 240]
    assert boxes["caption"][0].top == 8
    assert boxes["readout"][-1].bottom == 692
    assert all(box.left == 8 for box in (*boxes["caption"], *boxes["readout"]))


def test_a_caption_as_wide_as_the_canvas_begins_below_the_letter():
    boxes = placed(300, 400, [170, 120, 140], [])
    (top,) = [box for box in boxes["fixed"] if box.top == 4 and box.left > 8]
    assert boxes["caption"][0].top > top.bottom - 1
    assert [box.width for box in boxes["caption"]] == [170, 120, 140]


def test_boxes_that_overlap_are_noticed():
    assert Box(0, 0, 10, 10).meets(Box(9, 9, 5, 5))
    assert not Box(0, 0, 10, 10).meets(Box(10, 0, 5, 5))
