"""`medseg demo`: the whole story, from scanner files to a signed and exported mask."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray
from rich.table import Column, Table

from medseg import annotate, formats, measure, project, raster, signoff
from medseg.cli.console import out, print_finding, progress_bar, say
from medseg.cli.options import SeriesOption
from medseg.cli.signing import write_key
from medseg.errors import EditError, FormatError
from medseg.formats import sample
from medseg.formats.folders import make_folder
from medseg.model import Contour, Volume, slices_in_words, with_unit
from medseg.session import Session

_AUTHOR = "Demo Reader"
_KEY_FILE = "demo-key.json"
# No secret: the demo's key proves nothing about a person, and says so.
_PASSPHRASE = "medseg demo"  # noqa: S105


@dataclass(frozen=True, eq=False)
class Target:
    """What the demo draws: a name, its extent, the slices to draw on, its volume if known."""

    name: str
    extent: NDArray[np.bool_]
    keys: tuple[int, ...]
    known_ml: float | None = None


def demo(
    *,
    folder: Annotated[Path, typer.Option("--out", help="Where the results go.")] = Path(
        "medseg-demo"
    ),
    image: Annotated[Path | None, typer.Option(help="A real series instead of the sample.")] = None,
    series: SeriesOption = None,
    at: Annotated[
        str | None, typer.Option(metavar="L,P,S", help="With --image: a point in it, in mm.")
    ] = None,
) -> None:
    """Tell the whole story without a screen: read, draw, fill, measure, sign, verify, export."""
    if (at or series) and not image:
        raise EditError("--at and --series are about the image given by --image; none was given.")
    _check_own_folder(folder)
    where = image or sample.sample_case().dicom
    _title(1, f"Reading {where}")
    with progress_bar("reading") as progress:
        session = Session.open(where, author=_AUTHOR, series=series, progress=progress)
    _print_volume(session.volume)
    targets = _region(session.volume, at) if image else _sample_lesions(session.volume)

    _title(2, "Drawing key slices as contours, and filling between them")
    for target in targets:
        _contour(session, target)
    _title(3, "Measuring")
    _print_measures(session, targets)

    key = _begin_folder(folder)
    mask = session.save(folder / "lesions.nii.gz")
    _title(4, "Signing, verifying, exporting")
    _sign_and_verify(session, key)
    files = session.export(folder / "export", trust=(key.keyid,))
    say(f"  Exported for a researcher: {', '.join(path.name for path in files)}")
    _show_that_a_change_is_seen(mask, folder, key.keyid)

    session.write_montage(folder / "montage.png")
    _print_end(folder, where, mask)


def _title(number: int, text: str) -> None:
    say((f"\n{number}  {text}", "bold"))


def _print_volume(volume: Volume) -> None:
    low, high = np.nanmin(volume.voxels), np.nanmax(volume.voxels)
    say(f"  {volume.description}: {volume.geometry.describe()}")
    say(f"  values {with_unit(f'{low:g} to {high:g}', volume.unit)}")
    for finding in volume.report:
        print_finding(finding)


def _sample_lesions(volume: Volume) -> list[Target]:
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


def _region(volume: Volume, at: str | None) -> list[Target]:
    region = (
        annotate.grow_region(volume, _parsed_point(at))
        if at
        else annotate.conspicuous_region(volume)
    )
    span = with_unit(f"{region.low:.0f} to {region.high:.0f}", volume.unit)
    say(
        f"  A demonstration region, chosen by intensity {span} alone: it shows the tool, and says "
        "nothing about the patient.",
    )
    return [Target("Demonstration region", region.mask, _three_slices(region.mask))]


def _three_slices(extent: NDArray[np.bool_]) -> tuple[int, ...]:
    """The first and the last slice with a third of the largest section, and the one halfway."""
    areas = extent.sum(axis=(1, 2))
    wide = np.flatnonzero(areas >= areas.max() / 3)
    first, last = int(wide[0]), int(wide[-1])
    return tuple(sorted({first, (first + last) // 2, last}))


def _parsed_point(text: str) -> tuple[float, float, float]:
    try:
        left, posterior, superior = (float(part) for part in text.split(","))
    except ValueError as error:
        raise EditError(
            f"A point is three numbers L,P,S in mm; found {text!r}. Example: --at 12.5,-40,733"
        ) from error
    return left, posterior, superior


def _contour(session: Session, target: Target) -> None:
    lesion = session.new_lesion(target.name)
    for index in target.keys:
        session.draw(_outlines(session.volume, target.extent[index], index, lesion.number))
    result = session.fill_between(lesion.number)
    say(
        f"  {target.name}: drew {slices_in_words(target.keys)}; "
        f"filled {slices_in_words(result.filled)}"
    )
    for finding in result.skipped:
        print_finding(finding, indent="    ")


def _outlines(volume: Volume, extent: NDArray[np.bool_], index: int, number: int) -> list[Contour]:
    rings = raster.edge_contours(extent)
    return [Contour.on_slice(volume.geometry, index, ring, number) for ring in rings]


def _print_measures(session: Session, targets: Sequence[Target]) -> None:
    unit = session.volume.unit
    table = Table(Column(no_wrap=True), box=None, header_style="bold")
    for heading in ("volume\nml", "longest x\nperpendicular\nmm", f"mean\n{unit}"):
        table.add_column(heading, justify="right")
    if any(target.known_ml for target in targets):
        table.add_column("known by\nformula\nml", justify="right")
        table.add_column("Dice with\nits true\nextent", justify="right")
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


def _check_own_folder(folder: Path) -> None:
    """Refuse a folder that holds anything but an earlier demo's results."""
    is_taken = folder.is_dir() and any(folder.iterdir()) and not (folder / _KEY_FILE).exists()
    if is_taken:
        raise FormatError(
            f"The demo writes to a folder of its own; {folder} holds other files, which it could "
            "overwrite. Choose another with --out."
        )


def _begin_folder(folder: Path) -> signoff.SigningKey:
    """Empty the folder of an earlier demo's results, and put the demo's key there first."""
    make_folder(folder)
    content = signoff.create_key(_AUTHOR, _PASSPHRASE)
    write_key(folder / _KEY_FILE, content)  # it marks the folder as the demo's own
    for name in ("export", "one-voxel-changed"):
        shutil.rmtree(folder / name, ignore_errors=True)
    for name in ("lesions.nii.gz", "lesions.json", "lesions.signoff.jsonl", "montage.png"):
        (folder / name).unlink(missing_ok=True)
    return signoff.unlock_key(content, _PASSPHRASE)


def _sign_and_verify(session: Session, key: signoff.SigningKey) -> None:
    path = session.sign(key)
    voxels = int((session.segmentation.array > 0).sum())
    say(f"  {_AUTHOR} signed {voxels} voxels on this image: {path.name}")
    for verdict in session.verify(trust=(key.keyid,)).verdicts:
        print_finding(verdict)
    why = (
        "  No registry of people vouches for this demo's own key, so the check was told to trust "
        "it by its id\n  (--trust); without that the verdict would be SIGNER_NOT_ESTABLISHED."
    )
    say((why, "dim"))


def _show_that_a_change_is_seen(mask: Path, folder: Path, keyid: str) -> None:
    """Change one voxel in a copy, and print what verification says of it."""
    copy = folder / "one-voxel-changed" / mask.name
    copy.parent.mkdir(exist_ok=True)
    segmentation = formats.read_segmentation(mask)
    array = np.array(segmentation.array)
    array[tuple(np.argwhere(array)[0])] = 0
    changed = type(segmentation)(array, segmentation.geometry, segmentation.segments)
    image, _series = formats.sidecar.image_reference(mask) or (None, None)
    formats.write_segmentation(changed, copy)
    shutil.copy(formats.sidecar.signoff_path(mask), formats.sidecar.signoff_path(copy))
    say("  One voxel erased in a copy, and verified again:")
    for verdict in project.verify(copy, image=image, trust=(keyid,)).verdicts:
        print_finding(verdict, indent="    ")


def _print_end(folder: Path, image: Path, mask: Path) -> None:
    _title(5, f"What is in {folder}")
    for name, what in (
        ("montage.png", "the picture to look at first"),
        (mask.name, "the mask; lesions.json beside it holds segments and provenance"),
        ("lesions.signoff.jsonl", "the sign-off, bound to these voxels and this image"),
        ("export/", "for a researcher: mask, table of measurements, manifest"),
        ("one-voxel-changed/", "the copy that fails verification"),
        (_KEY_FILE, "the demo's key; never use it for real work"),
    ):
        say(f"  {name:24} {what}")
    say("\nNext, look at it in the viewer:")
    command = shutil.which("medseg", path=str(Path(sys.executable).parent)) or "medseg"
    say(f"  {command} open {image} {mask}")
    say(("\nResearch use only. Not a medical device.", "dim"))
