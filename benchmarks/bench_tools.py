"""Drawing tools against napari and scikit-image: `python -m benchmarks.bench_tools`.

All take turns in one process. Goals: an event of a 40 mm ball brush on 512 x 512 x 400 voxels
keeps at most a twentieth of the bytes that napari's Labels.paint keeps for undo, and takes no
longer; a livewire step on a 256 x 256 window is at least 5 times as fast as skimage.graph.
"""

from __future__ import annotations

import itertools
import tracemalloc
from collections.abc import Callable, Iterator

import numpy as np
from napari.layers import Labels
from scipy.ndimage import gaussian_filter
from skimage.graph import MCP_Geometric, route_through_array

from benchmarks.turns import Work, compare
from medseg.annotate import Brush, Protection, Stroke
from medseg.annotate.drawing.edge_ways import EdgeWays
from medseg.model import Authorship, Edit, Geometry, Segment, Segmentation, composed

SHAPE = (400, 512, 512)
# napari's ball of size 40 reaches to 20.5 pixels.
RADIUS_MM = 20.5
BY = Authorship("Reader", "brush", time="2026-01-01T12:00:00.000+00:00")


def main() -> None:
    """Print times, bytes and ratios for a brush event, a drag and a livewire step."""
    brush()
    drag()
    livewire()


def brush() -> None:
    """Dabs here and there, each over voxels that all change; napari does not redraw.

    The time is that of an event, and once more with what the end of its stroke takes; the bytes
    are those kept after that.
    """
    painted, event = our_brush()
    layer, theirs = napari_brush()

    def ours() -> Edit:
        return composed([event()])

    ours(), theirs()
    found = np.count_nonzero(painted.array), np.count_nonzero(np.asarray(layer.data))
    print(f"ball brush of 40 mm: medseg paints {found[0]} voxels, napari {found[1]}")
    compare_bytes(ours, theirs)
    for case, work in (("one event of a 40 mm ball", event), ("a stroke of one event", ours)):
        compare(case, {"medseg": work, "napari": theirs}, goals={"napari": 1.0}, repeats=24)


def drag() -> None:
    """A stroke of 20 events 3 mm apart, in the end one step to undo; to and fro in two labels."""
    painted, ours = our_drag()
    layer, theirs = napari_drag()
    ours(), theirs()
    found = np.count_nonzero(painted.array), np.count_nonzero(np.asarray(layer.data))
    print(f"drag of a 40 mm ball: medseg paints {found[0]} voxels, napari {found[1]}")
    compare_bytes(ours, theirs)
    compare("a drag of 20 events", {"medseg": ours, "napari": theirs}, goals={"napari": 1.0})


def compare_bytes(ours: Work, theirs: Work) -> None:
    kept = [kept_bytes(work) for work in (ours, theirs)]
    ratio = kept[1] / kept[0]
    print(
        f"undo: medseg {kept[0]} bytes, napari {kept[1]} bytes, napari / medseg {ratio:.3g}, "
        f"goal 20: {'met' if ratio >= 20 else 'MISSED'}"
    )


def places() -> Iterator[tuple[tuple[int, int, int], int]]:
    """Where the next event is, and its label: each ball is painted over with the other one."""
    for label in itertools.cycle((1, 2)):
        for place in itertools.product((60, 200, 340), (100, 300), (100, 300)):
            yield place, label


def our_brush() -> tuple[Segmentation, Callable[[], Edit]]:
    geometry = Geometry.from_spacing(SHAPE, (1.0, 1.0, 1.0))
    segments = (Segment.unnamed(1), Segment.unnamed(2))
    segmentation = Segmentation.empty(geometry, segments)
    coming, everything = places(), Protection(over="everything")

    def event() -> Edit:
        place, label = next(coming)
        stroke = Stroke(segmentation, label, Brush(RADIUS_MM, "ball"), protection=everything)
        edit = stroke.to(geometry.to_patient(place), BY)
        edit.apply(segmentation)
        return edit

    return segmentation, event


def napari_brush() -> tuple[Labels, Work]:
    layer = Labels(np.zeros(SHAPE, np.uint8))
    layer.n_edit_dimensions = 3
    layer.brush_size = 40
    coming = places()
    return layer, lambda: layer.paint(*next(coming), refresh=False)


def ways() -> Iterator[tuple[int, list[tuple[int, int, int]]]]:
    """The label of the next stroke, and where its events are."""
    for label in itertools.cycle((1, 2)):
        yield label, [(200, 200 + 3 * step, 200 + step) for step in range(20)]


def our_drag() -> tuple[Segmentation, Callable[[], Edit]]:
    geometry = Geometry.from_spacing(SHAPE, (1.0, 1.0, 1.0))
    segmentation = Segmentation.empty(geometry, (Segment.unnamed(1), Segment.unnamed(2)))
    coming, everything = ways(), Protection(over="everything")

    def whole_stroke() -> Edit:
        label, way = next(coming)
        stroke = Stroke(segmentation, label, Brush(RADIUS_MM, "ball"), protection=everything)
        edits = []
        for place in way:
            edits.append(stroke.to(geometry.to_patient(place), BY))
            edits[-1].apply(segmentation)
        return composed(edits)

    return segmentation, whole_stroke


def napari_drag() -> tuple[Labels, Work]:
    layer, _ = napari_brush()
    coming = ways()

    def whole_stroke() -> None:
        label, way = next(coming)
        with layer.block_history():
            for place in way:
                layer.paint(place, label, refresh=False)

    return layer, whole_stroke


def kept_bytes(work: Work) -> int:
    """What an event leaves in memory."""
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    result = work()  # held as long as memory is counted: ours is the edit itself
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    del result
    return after - before


def livewire() -> None:
    """From a new anchor, the ways to a whole window; skimage is handed its costs ready made."""
    rng = np.random.default_rng(2026)
    rows, columns = np.indices((256, 256))
    picture = 100.0 * (np.hypot(rows - 128, columns - 60) < 68) + rng.normal(0, 10, (256, 256))
    edges = EdgeWays(picture, np.array([[0, 0.7], [0.7, 0], [0, 0]]), 1.0)
    slope = np.hypot(*np.gradient(gaussian_filter(picture, 1 / 0.7)))
    costs = 1.02 - np.clip(slope / np.percentile(slope, 97), 0, 1)
    starts = itertools.cycle([(128, 128), (120, 127), (140, 127)])

    def ours() -> object:
        return edges.way(next(starts), (128, 10))

    def one_way() -> object:
        return route_through_array(costs, (128, 128), (128, 10), geometric=True)

    def whole_window() -> object:
        paths = MCP_Geometric(costs)
        paths.find_costs([(128, 128)])
        return paths.traceback((128, 10))

    compare(
        "a livewire step on 256 x 256",
        {"medseg": ours, "MCP_Geometric": whole_window, "route_through_array": one_way},
        goals={"MCP_Geometric": 5.0, "route_through_array": 5.0},
    )


if __name__ == "__main__":
    main()
