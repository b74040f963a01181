"""`medseg interpolate`: work on a mask without a screen."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Annotated, Any

import typer

from medseg import interpolate as filling
from medseg import project
from medseg.cli.console import errors, print_finding, print_json, progress_bar, say
from medseg.cli.options import AuthorOption, ImageOption, JsonOption, MaskPath, SeriesOption
from medseg.errors import EditError, FormatError
from medseg.formats import sidecar
from medseg.session import Session


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
    """Fill all segments in one change; what was filled and skipped, as JSON values."""
    if not filling.is_compiled():
        say("On this machine filling is compiled first, this once: about half a minute.", to=errors)
    report = []
    for one in session.fill_between().segments:
        findings = [finding.to_json() for finding in one.skipped]
        report.append({"segment": one.number, "filled": list(one.filled), "skipped": findings})
        if aloud:
            slices = ", ".join(str(index) for index in one.filled) or "none"
            say(f"{session.segmentation.segment(one.number).label}: filled slices {slices}")
            for finding in one.skipped:
                print_finding(finding)
    return report


def open_session(mask: Path, image: Path | None, series: str | None, author: str) -> Session:
    """A session on a mask and its image, the one given or the one named beside the mask.

    Raises:
        FormatError: no image is given or named, or a file cannot be read.
    """
    reference = project.image_place(mask) if mask.exists() else None
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
