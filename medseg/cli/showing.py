"""`medseg info`: what is there, in words."""

from __future__ import annotations

from pathlib import Path

from medseg import formats
from medseg.cli.console import print_finding, print_json, say
from medseg.cli.options import ImagePath, JsonOption
from medseg.formats import sidecar
from medseg.model import Segmentation, SeriesInfo


def info(path: ImagePath, *, as_json: JsonOption = False) -> None:
    """Say in plain words what is there and what is odd about its geometry."""
    series = formats.list_series(path)
    mask = _mask_at(path)
    if as_json:
        print_json(
            {
                "path": str(path),
                "series": [one.to_json() for one in series],
                "segments": _segments_json(mask) if mask else None,
            }
        )
        return
    readable = [one for one in series if one.is_readable]
    say((str(path), "bold"), f": {_count(len(readable), 'readable volume')}")
    for one in series:
        _print_series(one)
    if mask:
        _print_segments(mask)
    if not series:
        say("  Nothing in there is a file that medseg knows.")


def _count(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"


def _print_series(series: SeriesInfo) -> None:
    name = series.description or series.id
    if not series.is_readable:
        what = "cannot be read" if series.shape else "skipped"
        say("\n", (name, "yellow"), f" {what}: {series.reason}")
        return
    say("\n", (name, "bold green"), f" {series.modality}")
    say(f"  id {series.id}")
    if series.shape and series.spacing_mm:
        shape = " x ".join(str(size) for size in series.shape)
        spacing = " x ".join(f"{step:.4g}" for step in series.spacing_mm)
        say(f"  {shape} voxels of {spacing} mm (slice, row, column)")
    say(f"  from {_count(series.file_count, 'file')}")
    for finding in series.findings:
        print_finding(finding)
    if not series.findings:
        say("  Nothing odd about its geometry.")


def _mask_at(path: Path) -> Segmentation | None:
    if path.is_file() and sidecar.has_sidecar(path):
        return formats.read_segmentation(path)
    return None


def _print_segments(mask: Segmentation) -> None:
    say(f"\nA mask with {_count(len(mask.segments), 'segment')}:")
    for segment in mask.segments:
        say(
            f"  {segment.number}  {segment.label}  ({segment.type.meaning})  "
            f"{int(mask.mask(segment.number).sum())} voxels"
        )


def _segments_json(mask: Segmentation) -> list[dict[str, object]]:
    return [
        {
            "number": segment.number,
            "label": segment.label,
            "type": segment.type.meaning,
            "tracking_uid": segment.tracking_uid,
            "voxels": int(mask.mask(segment.number).sum()),
        }
        for segment in mask.segments
    ]
