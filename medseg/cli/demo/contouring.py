"""What the demo draws: which lesions, on which slices, and how large they come out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rich.table import Column, Table
from scipy import ndimage

from medseg import annotate, formats, measure, raster
from medseg.cli.console import out, print_finding, say
from medseg.cli.options import parsed_point
from medseg.formats import sample
from medseg.model import Contour, Volume, slices_in_words, with_unit
from medseg.session import Session

#: How much too wide the first outline of the story is, in pixels.
_TOO_WIDE = 4


@dataclass(frozen=True, eq=False)
class Target:
    """What the demo draws: a name, its extent, the slices to draw on, its volume if known."""

    name: str
    extent: NDArray[np.bool_]
    keys: tuple[int, ...]
    known_ml: float | None = None

    @property
    def doubted_slice(self) -> int:
        """The key slice that the story's annotator draws too wide at first."""
        return self.keys[len(self.keys) // 2]


def sample_lesions(volume: Volume) -> list[Target]:
    """The sample's lesions, which are known by formula."""
    case = sample.sample_case()
    truth = formats.read_segmentation(case.truth, like=volume)
    return [
        Target(
            lesion["name"],
            truth.mask(lesion["number"]),
            tuple(lesion["key_slices"]),
            lesion["analytic_volume_ml"],
        )
        for lesion in case.lesions
    ]


def region(volume: Volume, at: str | None) -> list[Target]:
    """A region of an image of somebody's own, around a point or the brightest compact one."""
    found = (
        annotate.grow_region(volume, parsed_point(at))
        if at
        else annotate.conspicuous_region(volume)
    )
    span = with_unit(f"{found.low:.0f} to {found.high:.0f}", volume.unit)
    say(
        f"  A demonstration region, chosen by intensity {span} alone: it shows the tool, and says "
        "nothing about the patient.",
    )
    return [Target("Demonstration region", found.mask, _three_slices(found.mask))]


def _three_slices(extent: NDArray[np.bool_]) -> tuple[int, ...]:
    """The first and the last slice with a third of the largest section, and the one halfway."""
    areas = extent.sum(axis=(1, 2))
    wide = np.flatnonzero(areas >= areas.max() / 3)
    first, last = int(wide[0]), int(wide[-1])
    return tuple(sorted({first, (first + last) // 2, last}))


def contour(session: Session, target: Target, *, too_wide: bool = False) -> None:
    """Draw a lesion on its key slices, and fill between them.

    Args:
        session: at work.
        target: what is drawn.
        too_wide: whether one slice is drawn too wide, for the story's reviewer to see.
    """
    lesion = session.new_lesion(target.name)
    for index in target.keys:
        extent = target.extent[index]
        if too_wide and index == target.doubted_slice:
            extent = ndimage.binary_dilation(extent, iterations=_TOO_WIDE)
        session.draw(_outlines(session.volume, extent, index, lesion.number))
    filled = _filled(session, lesion.number)
    say(f"  {target.name}: drew {slices_in_words(target.keys)}; filled {filled}")


def redraw(session: Session, target: Target, number: int) -> None:
    """Draw the doubted slice anew, at its edge, and fill beside it again."""
    index = target.doubted_slice
    outlines = _outlines(session.volume, target.extent[index], index, number)
    session.draw(outlines, mode="replace")
    say(f"  {target.name}: redrew slice {index}; filled {_filled(session, number)} again")


def _filled(session: Session, number: int) -> str:
    result = session.fill_between(number)
    for finding in result.skipped:
        print_finding(finding, indent="    ")
    return slices_in_words(result.filled)


def _outlines(volume: Volume, extent: NDArray[np.bool_], index: int, number: int) -> list[Contour]:
    rings = raster.edge_contours(extent)
    return [Contour.on_slice(volume.geometry, index, ring, number) for ring in rings]


def print_measures(session: Session, targets: Sequence[Target]) -> None:
    """Print what the lesions measure, beside what is known of them."""
    unit = session.volume.unit
    table = Table(Column(no_wrap=True), box=None, header_style="bold")
    for heading in ("volume\nml", "longest x\nacross it\nmm", f"mean\n{unit}"):
        table.add_column(heading, justify="right", no_wrap=True)
    if any(target.known_ml for target in targets):
        table.add_column("known\nml", justify="right")
        table.add_column("Dice with\nthe truth", justify="right")
    for number, target in zip(session.segmentation.numbers, targets, strict=True):
        table.add_row(target.name, *_cells(session, number, target))
    out.print(table)


def _cells(session: Session, number: int, target: Target) -> list[str]:
    value = {one.name: one.value for one in session.measure(number)}
    cells = [
        f"{value['volume']:.3f}",
        f"{value['longest_diameter']:.1f} x {value['perpendicular_diameter']:.1f}",
        f"{value['mean']:.0f}",
    ]
    if target.known_ml is None:
        return cells
    agreement = measure.dice(session.segmentation.mask(number), target.extent)
    return [*cells, f"{target.known_ml:.3f}", f"{agreement:.3f}"]
