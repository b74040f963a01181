"""`medseg interpolate` and `medseg measure`: work on a mask without a screen."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from medseg.cli.console import errors, out, print_finding, print_json, progress_bar, say
from medseg.cli.options import AuthorOption, ImageOption, JsonOption, MaskPath, SeriesOption
from medseg.errors import EditError, FormatError
from medseg.export import table_of
from medseg.formats import atomic, sidecar
from medseg.model import Measurement, Segmentation
from medseg.session import Session

# The rest stands in the CSV table and with --json.
_ON_TERMINAL = ("volume", "longest_diameter", "perpendicular_diameter", "mean", "sd")
Measured = dict[int, tuple[Measurement, ...]]


def interpolate(
    mask: MaskPath,
    *,
    image: ImageOption = None,
    series: SeriesOption = None,
    out_path: Annotated[
        Path | None, typer.Option("--out", help="Where to write; by default the mask itself.")
    ] = None,
    author: AuthorOption = "",
    as_json: JsonOption = False,
) -> None:
    """Fill every segment between its key slices, and say what was filled and what skipped."""
    if out_path is None and sidecar.signoff_path(mask).exists():
        raise EditError(
            f"What is signed is not changed in passing; {mask.name} has a sign-off that would no "
            "longer hold. Write to another file with --out."
        )
    session = open_session(mask, image, series, author)
    _check_nobody_at_work(session, mask, writes_mask=out_path in (None, mask))
    try:
        report = _filled(session, aloud=not as_json)
        written = session.save(out_path)
    finally:
        session.close(discard=True)
    if as_json:
        print_json({"written": str(written), "segments": report})
    else:
        say(f"Written: {written}")


def _check_nobody_at_work(session: Session, mask: Path, *, writes_mask: bool) -> None:
    """Pass if no unsaved edits would be lost sight of by a mask that changes under them."""
    if session.safekeeping.offered:
        raise EditError(
            f"What was not saved is never passed over; {mask.name} has "
            f"{session.safekeeping.offered} unsaved changes of a session that ended early. Open it "
            f"with `medseg open {mask}`, and recover or discard them first."
        )
    for finding in session.findings if writes_mask else ():
        if finding.code == "EDITED_ELSEWHERE":
            raise EditError(
                f"One program at a time changes a mask. {finding.text} Save and close {mask.name} "
                "there, or write to another file with --out."
            )


def _filled(session: Session, *, aloud: bool) -> list[dict[str, Any]]:
    """Fill every segment; what was filled and skipped, as JSON values."""
    report = []
    for segment in session.segmentation.segments:
        result = session.fill_between(segment.number)
        findings = [finding.to_json() for finding in result.skipped]
        report.append(
            {"segment": segment.number, "filled": list(result.filled), "skipped": findings}
        )
        if aloud:
            slices = ", ".join(str(index) for index in result.filled) or "none"
            say(f"{segment.label}: filled slices {slices}")
            for finding in result.skipped:
                print_finding(finding)
    return report


def measure(
    mask: MaskPath,
    *,
    image: ImageOption = None,
    series: SeriesOption = None,
    csv: Annotated[Path | None, typer.Option(help="Also write a CSV table there.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Measure every segment: volume, diameters, intensity, each with its definition."""
    _check_table_path(csv)
    session = open_session(mask, image, series, "")
    for finding in session.findings:  # what is not saved is not measured here
        say(finding.text, to=errors)
    measured = session.measure_all()
    if csv is not None:
        atomic.write_bytes(csv, table_of(session.segmentation, measured).encode())
    if as_json:
        print_json(
            {str(number): [one.to_json() for one in values] for number, values in measured.items()}
        )
        return
    out.print(measurement_table(session.segmentation, measured))
    say("Minimum, maximum and median: with --json, or in the table of --csv.")
    for definition in definitions(measured):
        say(f"  {definition}")


def _check_table_path(path: Path | None) -> None:
    if path is not None and path.suffix.lower() != ".csv":
        raise FormatError(
            f"A table is written to a file that ends in .csv; {path.name} does not, and could be "
            "an image or a mask."
        )


def definitions(measured: Measured) -> list[str]:
    """Each measure's name and definition, once."""
    every = (one for values in measured.values() for one in values)
    return list(dict.fromkeys(f"{one.name}: {one.definition}" for one in every))


def measurement_table(segmentation: Segmentation, measured: Measured) -> Table:
    """A terminal table: one row per segment, and as many measures as fit beside it."""
    table = Table("", "segment", box=None, header_style="bold")
    every = dict.fromkeys((one.name, one.unit) for row in measured.values() for one in row)
    names = [name for name in every if name[0] in _ON_TERMINAL]
    for name, unit in names:
        table.add_column("\n".join([*name.split("_"), unit]), justify="right", no_wrap=True)
    for segment in segmentation.segments:
        values = {(one.name, one.unit): one.value for one in measured[segment.number]}
        cells = [f"{values.get(name, float('nan')):.4g}" for name in names]
        table.add_row(str(segment.number), segment.label, *cells)
    return table


def open_session(mask: Path, image: Path | None, series: str | None, author: str) -> Session:
    """A session on a mask and its image, the one given or the one named beside the mask.

    Raises:
        FormatError: no image is given or named, or a file cannot be read.
    """
    reference = sidecar.image_reference(mask) if mask.exists() else None
    if not mask.exists():
        raise FormatError(f"A mask is read from a file; there is no {mask}.")
    if image is None and reference is None:
        raise FormatError(f"{mask.name} names no image beside it; give it with --image.")
    path, named = (image, None) if image else reference  # type: ignore[misc]
    with progress_bar("reading") as progress:
        return Session.open(
            path,
            author=author or login_name(),
            series=series or named,
            mask=mask,
            progress=progress,
        )


def login_name() -> str:
    """The name the machine knows the user by."""
    try:
        return getpass.getuser()
    except OSError:  # no login name: a container with a bare user id
        return "unknown"
