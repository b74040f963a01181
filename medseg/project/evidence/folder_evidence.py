"""The verdicts on every reading in a folder of a project."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from medseg.errors import MedsegError, ReviewError
from medseg.formats import read_segmentation, sidecar
from medseg.model import Case, Finding, Place, Reading, ReadingState, Verification
from medseg.project.evidence.context import Context
from medseg.project.folder.layout import Layout, Spot, find_spot
from medseg.project.folder.mask_files import read_signoffs
from medseg.project.folder.signoff_lines import signed_entries
from medseg.project.store.plain_entries import plain_entry
from medseg.review.workflow import facts
from medseg.review.workflow.folding import fold_all
from medseg.signoff import LogExhibit
from medseg.signoff.digest import mask_digest

Judge = Callable[[Path, Context], Verification]
_CLAIMING = frozenset({ReadingState.SIGNED, ReadingState.LOCKED, ReadingState.SUBMITTED})


def verify_folder(folder: Path, context: Context, judge: Judge) -> Verification:
    """The verdicts on the readings of a project, of a case, or on one reading.

    A reading of which nobody has said yet that it is right leaves the note IN_WORK; one that is
    signed or approved is judged. Each version that was handed in is held against its digest.

    Args:
        folder: of a project, a case or a reading; another one leaves NOT_SIGNED.
        context: what surrounds it.
        judge: the verdict on one mask.
    """
    spot = find_spot(folder, as_named=True)
    if spot is None:
        text = f"{folder.name} is neither a mask nor a folder of a project. Name one of these."
        return Verification((Finding("NOT_SIGNED", "undecided", text),))
    findings = list(context.findings)
    bare = replace(context, findings=())
    cases = _cases(spot, context, findings)
    if context.logs:
        findings += _strays(spot, context.logs)
    for case in cases:
        for reading in case.readings:
            if spot.reading in (None, reading.reading_id):
                findings += _of_reading(spot, case, reading, bare, judge)
    if not findings:
        text = f"There is no reading in {folder.name}, so nothing is signed."
        findings.append(Finding("NOT_SIGNED", "undecided", text))
    return Verification(tuple(findings))


def _cases(spot: Spot, context: Context, findings: list[Finding]) -> list[Case]:
    cases = []
    for exhibit in context.logs:
        wanted = exhibit.by_case if spot.case is None else {spot.case}
        for entries in (exhibit.by_case.get(one, []) for one in wanted):
            try:
                case = fold_all(map(plain_entry, entries))
            except ReviewError as error:
                findings.append(Finding("LOG_CONTRADICTS", "error", str(error)))
            else:
                cases += [case] if case is not None else []
    return cases


def _strays(spot: Spot, logs: tuple[LogExhibit, ...]) -> Iterator[Finding]:
    """Folders among the cases that the log knows nothing of: nothing vouches for what is there."""
    if spot.reading is not None:
        return
    layout = spot.layout
    readings: dict[str, set[str]] = {}
    for exhibit in logs:
        for case, entries in exhibit.by_case.items():
            readings.setdefault(case, set()).update(one.reading for one in entries if one.reading)
    here = [layout.cases] if spot.case is None else []
    known = [layout.case(case) for case in readings if spot.case in (None, case)]
    for folder in (*here, *known):
        names = readings if folder == layout.cases else readings[folder.name]
        for found in _folders(folder):
            if found.name not in names:
                name = found.relative_to(layout.root).as_posix()
                text = (
                    f"The log knows nothing of {name}: it was laid there by hand or copied from "
                    "elsewhere, and no sign-off in it counts here. Move it out of the project."
                )
                yield Finding("STRAY_FOLDER", "warning", text, Place(file=name))


def _folders(folder: Path) -> list[Path]:
    try:
        found = sorted(folder.iterdir())
    except OSError:
        return []
    return [one for one in found if one.is_dir() and not one.name.startswith(".")]


def _of_reading(
    spot: Spot, case: Case, reading: Reading, context: Context, judge: Judge
) -> Iterator[Finding]:
    layout = spot.layout
    mask = layout.mask(case.case_id, reading.reading_id)
    place = Place(file=mask.relative_to(layout.root).as_posix())
    yield from _versions(layout, case, reading)
    if not _is_claimed(reading) and spot.reading is None:
        text = f"Reading {reading.reading_id} is {reading.state.value}; nobody vouches for it yet."
        yield Finding("IN_WORK", "note", text, place)
        return
    yield from _behind(mask, case, reading, context, place)
    try:
        about = replace(context, case=case.case_id, reading=reading.reading_id)
        verification = judge(mask, about)
    except MedsegError as error:
        yield Finding("MASK_ABSENT", "undecided", str(error), place)
        return
    for one in verification.verdicts:
        yield replace(one, where=replace(one.where, file=place.file))


def _behind(
    mask: Path, case: Case, reading: Reading, context: Context, place: Place
) -> Iterator[Finding]:
    """Sign-offs that the log holds and the file beside the mask lacks."""
    logged = [
        entry
        for exhibit in context.logs
        for entry in signed_entries(exhibit.by_case.get(case.case_id, []), reading.reading_id)
    ]
    lines = read_signoffs(sidecar.signoff_path(mask)).split(b"\n")
    missing = len(logged) - sum(bool(line.strip()) for line in lines)
    if missing > 0:
        text = (
            f"The log holds {missing} more sign-offs of {reading.reading_id} than the file beside "
            "its mask. Open the project: that writes them there again."
        )
        yield Finding("SIGNOFFS_BEHIND", "warning", text, place)


def _is_claimed(reading: Reading) -> bool:
    """Whether somebody's word stands for the newest version."""
    approved = facts.approvers(reading) | facts.signers(reading)
    return reading.state in _CLAIMING and bool(approved)


def _versions(layout: Layout, case: Case, reading: Reading) -> Iterator[Finding]:
    """What was handed in is still there, as it was."""
    for one in reading.submissions:
        path = layout.version(case.case_id, reading.reading_id, one.version)
        name = path.relative_to(layout.root).as_posix()
        try:
            is_same = mask_digest(read_segmentation(path)) == one.mask_digest
        except MedsegError as error:
            yield Finding("VERSION_MISSING", "warning", str(error), Place(file=name))
            continue
        if not is_same:
            text = (
                f"{name} is kept as it was handed in as version {one.version}; its voxels or "
                "meanings are others now. Restore it from a copy."
            )
            yield Finding("VERSION_CHANGED", "error", text, Place(file=name))
