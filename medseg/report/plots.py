"""The plots of a page: limits of agreement, bars for each lesion, sums over time."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.axes import Axes

from medseg.measure import BlandAltman, Response
from medseg.report.page import Picture
from medseg.report.svg import FIRST, INK, SECOND, THIRD, drawing, svg_of
from medseg.report.tables import in_words
from medseg.report.words import visible

#: More bars than this are no longer read; the longest are shown and the caption says so.
MOST_BARS = 60
_LONGEST_NAME = 40
#: Differences of no more than this part of the values are theirs by rounding.
_ROUNDING = 1e-12


def bland_altman_plot(limits: BlandAltman, *, title: str, unit: str) -> Picture:
    """Differences over means, with bias, 95 % limits of agreement and their intervals."""
    with drawing(6.4, 4.2) as (figure, axes):
        axes.axhline(0, color=INK, linewidth=0.8, alpha=0.35)
        axes.scatter(limits.means, limits.differences, s=26, color=FIRST, zorder=3, alpha=0.85)
        scale = max(map(abs, limits.means), default=0.0)
        bands = [
            (limits.bias, limits.bias_interval, SECOND, "-", "bias"),
            (limits.lower, limits.lower_interval, THIRD, "--", "-1.96 sd"),
            (limits.upper, limits.upper_interval, THIRD, "--", "+1.96 sd"),
        ]
        if limits.upper - limits.lower <= _ROUNDING * scale:  # one line; rounding has no limits
            bands = [(limits.bias, limits.bias_interval, SECOND, "-", "bias and limits")]
        if max(map(abs, limits.differences), default=0.0) <= _ROUNDING * scale:
            axes.set_ylim(-0.1 * scale or -1.0, 0.1 * scale or 1.0)
            bands[0] = (0.0, limits.bias_interval, *bands[0][2:])
        for value, interval, color, style, name in bands:
            if math.isfinite(value):
                axes.axhline(value, color=color, linestyle=style, linewidth=1.6)
                across = axes.get_yaxis_transform()
                axes.plot(
                    (1, 1),
                    interval,
                    color=color,
                    linewidth=5,
                    alpha=0.6,
                    transform=across,
                    clip_on=False,
                    solid_capstyle="butt",
                )
                words = f"  {name}\n  {value:.3g}"
                axes.text(1.0, value, words, transform=across, va="center", size=9)
        axes.set_xlabel(f"mean of both [{unit}]")
        axes.set_ylabel(f"difference [{unit}]")
        svg = svg_of(figure)
    caption = (
        f"{len(limits.differences)} lesions. Lines: bias and bias -+ 1.96 sd (Bland, Altman "
        "1986); bars at their ends: 95 % confidence intervals."
    )
    return Picture(title, caption, svg)


def pair_bars(
    names: Sequence[str],
    values: Sequence[tuple[float, float]],
    words: Sequence[str],
    *,
    title: str,
    of: tuple[str, str],
    axis: str,
) -> Picture:
    """Two bars for each lesion, one above the other, and words at their end.

    Args:
        names: of the lesions.
        values: the two bars' lengths; NaN draws none.
        words: beside the bars.
        title: what is shown.
        of: what the first and the second bars are.
        axis: their quantity with its unit.
    """
    order = sorted(range(len(names)), key=lambda at: -max(0.0, *_finite(values[at])))
    shown = order[:MOST_BARS]
    with drawing(7.2, 0.9 + 0.42 * max(1, len(shown))) as (figure, axes):
        for place, at in enumerate(shown):
            for side, (color, value) in enumerate(zip((FIRST, SECOND), values[at], strict=True)):
                if math.isfinite(value):
                    axes.barh(place + 0.2 * (2 * side - 1), value, 0.38, color=color)
            end = max(0.0, *_finite(values[at]))
            axes.text(end, place, f"  {words[at]}", va="center", size=9)
        _name_rows(axes, [names[at] for at in shown])
        axes.margins(x=0.3)
        axes.set_xlim(left=0)
        axes.set_xlabel(axis)
        bars = [axes.barh(0, 0, color=color) for color in (FIRST, SECOND)]
        legend = axes.legend(bars, ("a", "b"), loc="lower right", frameon=False, fontsize=9)
        # Named afterwards: matplotlib leaves out of a legend what begins with "_".
        for text, name in zip(legend.get_texts(), of, strict=True):
            text.set_text(_short(name))
        svg = svg_of(figure)
    return Picture(title, _how_many(len(shown), len(names)), svg)


def segment_bars(names: Sequence[str], values: Sequence[float], *, axis: str) -> Picture:
    """A bar for each segment's value; one that is not defined has none, and says so."""
    order = sorted(range(len(names)), key=lambda at: -max(0.0, *_finite([values[at], 0.0])))
    shown = order[:MOST_BARS]
    with drawing(7.2, 0.9 + 0.3 * max(1, len(shown))) as (figure, axes):
        for place, at in enumerate(shown):
            known = math.isfinite(values[at])
            length = values[at] if known else 0.0
            axes.barh(place, length, 0.62, color=FIRST)
            words = f"  {in_words(values[at])}" if known else "  not defined"
            axes.text(max(0.0, length), place, words, va="center", size=9)
        _name_rows(axes, [names[at] for at in shown])
        axes.margins(x=0.2)
        axes.axvline(0, color=INK, linewidth=0.8)
        axes.set_xlabel(axis)
        svg = svg_of(figure)
    return Picture(axis.capitalize(), _how_many(len(shown), len(names)), svg)


def change_bars(
    names: Sequence[str], changes: Sequence[float], *, title: str, stable: float
) -> Picture:
    """A bar for each lesion's change in per cent, and the band within which it is stable."""
    order = sorted(range(len(names)), key=lambda at: -changes[at])
    shown = order[:MOST_BARS]
    with drawing(7.2, 0.9 + 0.3 * max(1, len(shown))) as (figure, axes):
        axes.axvspan(-stable, stable, color=INK, alpha=0.08, linewidth=0)
        axes.axvline(0, color=INK, linewidth=0.8)
        for place, at in enumerate(shown):
            change = changes[at]
            axes.barh(place, change, 0.62, color=SECOND if change > 0 else FIRST)
            side = "left" if change >= 0 else "right"
            axes.text(change, place, f" {change:+.0f} % ", va="center", ha=side, size=9)
        _name_rows(axes, [names[at] for at in shown])
        axes.margins(x=0.2)
        axes.set_xlabel("change of volume [%]")
        svg = svg_of(figure)
    caption = f"Grey band: stable, within {stable:g} %. {_how_many(len(shown), len(names))}"
    return Picture(title, caption, svg)


def sums_plot(responses: Sequence[Response]) -> Picture:
    """The targets' sum at each examination, with the limits of partial response and progression."""
    places = range(len(responses))
    with drawing(6.4, 3.8) as (figure, axes):
        sums = [one.sum_mm for one in responses]
        axes.axhline(0.7 * responses[0].baseline_mm, color=FIRST, linestyle="--", linewidth=1.4)
        limits = [max(1.2 * one.nadir_mm, one.nadir_mm + 5) for one in responses]
        axes.plot(places[1:], limits[1:], "_", color=SECOND, markersize=44, markeredgewidth=2)
        axes.plot(places, sums, "o-", color=INK)
        for place, one in zip(places, responses, strict=True):
            is_known = math.isfinite(one.sum_mm)
            words = f"{one.outcome}\n{one.sum_mm:.1f}" if is_known else f"{one.outcome}\nno sum"
            at = (place, one.sum_mm if is_known else 0.0)
            axes.annotate(words, at, (0, 9), textcoords="offset points", ha="center")
        axes.set_xticks(places, [_short(one.name) for one in responses])
        axes.set_ylim(bottom=0, top=1.3 * max([*_finite(sums), *_finite(limits), 1.0]))
        axes.margins(x=0.15)
        axes.set_ylabel("sum of diameters [mm]")
        svg = svg_of(figure)
    caption = (
        "Blue line: 30 % below the baseline, partial response from there down. Vermilion marks: "
        "20 % and at least 5 mm above the nadir, progression from there up. "
        "Computed from contours, for the reader to confirm."
    )
    return Picture("Sum of the targets' diameters", caption, svg)


def _finite(values: Sequence[float]) -> list[float]:
    return [value for value in values if math.isfinite(value)]


def _name_rows(axes: Axes, names: Sequence[str]) -> None:
    axes.set_yticks(range(len(names)), [_short(name) for name in names])
    axes.set_ylim(max(1, len(names)) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)


def _short(name: str) -> str:
    shown = visible(name)
    return shown if len(shown) <= _LONGEST_NAME else f"{shown[: _LONGEST_NAME - 1]}…"


def _how_many(shown: int, there: int) -> str:
    return (
        "" if shown == there else f"The {shown} largest of {there} are shown; all are in the table."
    )
