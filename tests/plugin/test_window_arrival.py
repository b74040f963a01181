"""What comes up in turns, in which order, and what becomes of it when another image comes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("napari", reason="the gui extra is not installed")

pytestmark = [
    pytest.mark.qt,
    # napari 0.9 declares its models in a way that pydantic has deprecated, on import only.
    pytest.mark.filterwarnings("ignore:`json_encoders` is deprecated"),
]


class Side:
    """Stands for a canvas beside napari's."""

    def __init__(self, said: list[str], number: int) -> None:
        self.said, self.number, self.layers, self.is_blank = said, number, 0, True

    def prepare_next(self) -> bool:
        if self.layers == 2:
            return False
        self.layers += 1
        self.said.append(f"layer of {self.number}")
        return True


class Stage:
    """Stands for the screen: two panes beside, and a note of what is done with them."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.sides: list[Side] = []
        self.layers = 0

    @property
    def missing(self) -> tuple[int, ...]:
        return tuple(n for n in (1, 2) if n not in [side.number for side in self.sides])

    def make(self, number: int) -> None:
        self.said.append(f"pane {number}")
        self.sides.append(Side(self.said, number))

    def arrange(self) -> None:
        self.said.append("arranged")

    def fill(self, side: Side) -> None:
        side.is_blank = False
        self.said.append(f"filled {side.number}")

    def fit_soon(self) -> None:
        self.said.append("fitted")

    def make_layer(self) -> bool:
        self.layers += 1
        if self.layers <= 2:
            self.said.append(f"layer {self.layers}")
        return self.layers <= 2

    def note(self, text: str) -> Callable[[], None]:
        return lambda: self.said.append(text)


PREPARED = [
    *("pane 1", "pane 2", "layer of 1", "layer of 1", "layer of 2", "layer of 2"),
    *("layer 1", "layer 2", "arranged", "ready"),
]


def arrival_at(stage: Stage) -> Any:
    from napari_medseg.views.looking.arrival import Arrival

    return Arrival(stage, stage)


def test_each_step_has_a_turn_of_its_own_and_the_window_answers_in_between(screen, qtbot):
    from qtpy.QtCore import QTimer

    stage, seen = Stage(), []
    arrival = arrival_at(stage)
    other = QTimer()
    other.timeout.connect(lambda: seen.append(len(stage.said)))
    other.start(0)
    arrival.prepare(stage.make_layer, stage.note("ready"))
    assert stage.said == []
    qtbot.waitUntil(lambda: not arrival.is_under_way, timeout=10_000)
    other.stop()
    assert stage.said == PREPARED
    assert set(seen) >= set(range(1, len(PREPARED)))


def test_an_image_that_comes_meanwhile_waits_for_what_it_needs(screen, qtbot):
    stage = Stage()
    arrival = arrival_at(stage)
    arrival.prepare(stage.make_layer, stage.note("ready"))
    qtbot.waitUntil(lambda: len(stage.said) >= 3, timeout=10_000)

    def come(name: str) -> None:
        arrival.stop()
        for side in stage.sides:
            side.is_blank = True
        with arrival.in_turns():
            arrival.take(stage.note(f"{name}'s layers"), lambda: arrival.begin(is_new=True))

    come("first")  # and is given up for the second before anything of it is seen
    come("second")
    arrival.finish()
    after = ["second's layers", "arranged", "filled 1", "filled 2", "fitted"]
    assert stage.said == [*PREPARED, *after]
    assert not arrival.will_fill
    assert not arrival.is_in_turns


def test_outside_of_turns_all_is_done_at_once_and_after_the_close_nothing(screen, qapp):
    stage = Stage()
    arrival = arrival_at(stage)
    arrival.take(stage.note("a"), stage.note("b"))
    assert stage.said == ["a", "b"]
    arrival.prepare(stage.make_layer, stage.note("ready"))
    arrival.begin(is_new=False)
    assert arrival.will_fill
    arrival.close()
    arrival.finish()
    assert stage.said == ["a", "b"]
    assert not arrival.will_fill
