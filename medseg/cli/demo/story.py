"""The demo's story: one case, three persons, and what their signatures are worth."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from medseg import formats
from medseg import project as projects
from medseg.cli.console import print_finding, progress_bar, say
from medseg.cli.demo.contouring import (
    Target,
    contour,
    print_measures,
    redraw,
    region,
    sample_lesions,
)
from medseg.cli.demo.study import Study, begin_reading, begin_study, page_through
from medseg.cli.options import SeriesOption
from medseg.errors import EditError, FormatError, ReviewError
from medseg.export import export_reading
from medseg.formats import atomic, sample
from medseg.formats.folders import make_folder
from medseg.model import Ending, EndingKind, Volume, with_unit
from medseg.project import acts
from medseg.project.folder.home import home_at
from medseg.report import case_record_page
from medseg.session import Session

_MARKER = "about-this-demo.txt"
_ABOUT = (
    "Made by `medseg demo`, and made anew by the next one: keep nothing of yours in this folder.\n"
    "The three persons are invented and their keys are forgotten: no signature here means "
    "anything.\nResearch use only. Not a medical device.\n"
)


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
    """Tell the whole story without a screen: contour, reject, correct, sign, lock, verify."""
    if (at or series) and not image:
        raise EditError("--at and --series are about the image given by --image; none was given.")
    _check_own_folder(folder)
    where = image or sample.sample_case().dicom
    _title(1, f"Reading {where}")
    with progress_bar("reading") as progress:
        volume = formats.read_volume(where, series=series, progress=progress)
    _print_volume(volume)
    targets = region(volume, at) if image else sample_lesions(volume)

    _begin_folder(folder)
    # What the demo trusts and remembers stays out of the user's own folder.
    with home_at(folder / "home"):
        study = begin_study(folder / "study")
        with study.project:
            _tell(study, folder, where, volume, targets)


def _tell(
    study: Study, folder: Path, where: Path, volume: Volume, targets: Sequence[Target]
) -> None:
    opened = begin_reading(study, where, volume.source.series_id)
    reading, mask = opened.reading.reading_id, opened.mask_path
    say(
        (
            "\nThe persons and their screens are pretended from here on; a viewer records what it "
            "displays.",
            "dim",
        )
    )
    _title(2, f"{study.annotator.name} draws key slices as contours, and fills between them")
    session = Session(volume, author=study.annotator.name, mask_path=mask)
    for place, target in enumerate(targets):
        contour(session, target, too_wide=place == 0)
    session.save()
    page_through(study, study.annotator, opened)
    _submit(study, reading)

    _title(3, f"{study.reviewer.name} looks, comments in place, and sends it back")
    page_through(study, study.reviewer, opened)
    _reject(study, reading, session, targets[0])
    _title(4, f"{study.annotator.name} corrects that slice, and hands it in again")
    redraw(session, targets[0], session.segmentation.numbers[0])
    session.save()
    page_through(study, study.annotator, opened)
    _submit(study, reading)
    _title(5, "Measuring")
    print_measures(session, targets)
    session.write_montage(folder / "montage.png")
    session.close()

    _title(6, "Approved, signed, locked")
    page_through(study, study.reviewer, opened)
    _conclude(study, reading)
    _title(7, "Verifying, exporting, and what a change does")
    _print_verdicts(mask)
    files = export_reading(
        study.project, reading, folder / "export", by=study.adjudicator.person_id
    )
    say(f"  Exported for a researcher: {', '.join(path.name for path in files)}")
    _write_record(study, reading, folder / "record.html")
    _show_that_a_change_is_seen(mask, folder)
    _print_end(folder, where, mask)


def _title(number: int, text: str) -> None:
    say((f"\n{number}  {text}", "bold"))


def _print_volume(volume: Volume) -> None:
    low, high = np.nanmin(volume.voxels), np.nanmax(volume.voxels)
    say(f"  {volume.description}: {volume.geometry.describe()}")
    say(f"  values {with_unit(f'{low:g} to {high:g}', volume.unit)}")
    for finding in volume.report:
        print_finding(finding)


def _submit(study: Study, reading: str) -> None:
    ending = Ending(EndingKind.LESIONS)
    by = study.annotator
    for finding in acts.submit(study.project, reading, by=by.person_id, key=by.key, ending=ending):
        print_finding(finding)
    newest = study.project.case_of(reading).reading(reading)
    version = newest.newest.version if newest and newest.newest else 0
    say(f"  Handed in as version {version}; that version is kept, whatever comes later")


def _reject(study: Study, reading: str, session: Session, target: Target) -> None:
    index = target.doubted_slice
    centre = np.argwhere(target.extent[index]).mean(axis=0)
    left, posterior, superior = session.volume.geometry.to_patient((index, *centre))
    point = (float(left), float(posterior), float(superior))
    lesion = session.segmentation.segments[0]
    text = f"{target.name}: drawn too wide on slice {index}. Follow the edge."
    acts.comment(
        study.project,
        reading,
        text,
        by=study.reviewer.person_id,
        point_lps=point,
        lesion=lesion.tracking_uid,
        severity="warning",
    )
    where = ", ".join(f"{value:.1f}" for value in point)
    say(f"  Comment at LPS {where} mm: {text}")
    try:
        acts.review(
            study.project,
            reading,
            by=study.annotator.person_id,
            key=study.annotator.key,
            decision="approve",
        )
    except ReviewError as error:
        say(f"  {study.annotator.name} tries to approve it alone: {error}")
    acts.review(
        study.project,
        reading,
        by=study.reviewer.person_id,
        key=study.reviewer.key,
        decision="reject",
        reason=text,
    )
    say(f"  Rejected, signed; it is with {study.annotator.name} again by itself")


def _conclude(study: Study, reading: str) -> None:
    project, reviewer, last = study.project, study.reviewer, study.adjudicator
    case = project.case_of(reading)
    for one in case.comments:
        acts.resolve(
            project, case.case_id, one.comment_id, "redrawn at its edge", by=reviewer.person_id
        )
    acts.review(project, reading, by=reviewer.person_id, key=reviewer.key, decision="approve")
    say(f"  {reviewer.name} approved version 2 and closed the comment")
    acts.sign(project, reading, by=last.person_id, key=last.key)
    say(f"  {last.name} signed exactly these voxels on exactly this image")
    acts.lock(project, reading, by=last.person_id, key=last.key)
    say(f"  {last.name} locked it: medseg saves over it no more")


def _print_verdicts(mask: Path, indent: str = "  ") -> None:
    for verdict in projects.verify(mask).verdicts:
        print_finding(verdict, indent=indent)


def _write_record(study: Study, reading: str, path: Path) -> None:
    case = study.project.case_of(reading).case_id
    page = case_record_page(study.project, case, study.adjudicator.person)
    atomic.write_bytes(path, page.encode())
    say(f"  The record for people, with signatures, pictures and history: {path.name}")


def _show_that_a_change_is_seen(mask: Path, folder: Path) -> None:
    """Change one voxel in a copy of the project, and print what verification says of it."""
    copied = folder / "one-voxel-changed"
    shutil.copytree(folder / "study", copied)
    copy = copied / mask.relative_to((folder / "study").resolve())
    segmentation = formats.read_segmentation(copy)
    array = np.array(segmentation.array)
    array[tuple(np.argwhere(array)[0])] = 0
    changed = type(segmentation)(
        array, segmentation.geometry, segmentation.segments, segmentation.provenance
    )
    image, _series = projects.image_place(mask) or (None, None)
    formats.write_segmentation(changed, copy)
    say("  One voxel erased in a copy, and verified again:")
    for verdict in projects.verify(copy, image=image).verdicts:
        if verdict.severity != "note":
            print_finding(verdict, indent="    ")


def _check_own_folder(folder: Path) -> None:
    """Refuse a folder that holds anything but an earlier demo's results."""
    is_taken = folder.is_dir() and any(folder.iterdir()) and not (folder / _MARKER).exists()
    if is_taken:
        raise FormatError(
            f"The demo writes to a folder of its own; {folder} holds other files, which it could "
            "overwrite. Choose another with --out."
        )


def _begin_folder(folder: Path) -> None:
    """Empty the folder of an earlier demo's results, and mark it as the demo's own."""
    make_folder(folder)
    atomic.write_bytes(folder / _MARKER, _ABOUT.encode())
    for name in ("study", "home", "export", "one-voxel-changed"):
        shutil.rmtree(folder / name, ignore_errors=True)
    for name in ("montage.png", "record.html"):
        (folder / name).unlink(missing_ok=True)


def _print_end(folder: Path, image: Path, mask: Path) -> None:
    _title(8, f"What is in {folder}")
    relative = mask.relative_to(folder.resolve())
    for name, what in (
        ("montage.png", "the picture to look at first"),
        ("study/", "the project: rules, people, log, and the case"),
        (str(relative), "the mask; lesions.json beside it holds segments and provenance"),
        ("record.html", "who signed what and when, on pictures of it"),
        ("export/", "for a researcher: mask, table of measurements, manifest"),
        ("one-voxel-changed/", "the copy that fails verification"),
        (_MARKER, "why nothing here means anything"),
    ):
        say(f"  {name:24} {what}")
    say("\nNext, look at it in the viewer:")
    command = shutil.which("medseg", path=str(Path(sys.executable).parent)) or "medseg"
    say(f"  {command} open {image} {mask}")
    say(("\nResearch use only. Not a medical device.", "dim"))
