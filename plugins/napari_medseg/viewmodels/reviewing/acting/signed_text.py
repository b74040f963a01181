"""What a signature would be about, in words for the one who signs."""

from __future__ import annotations

from typing import Any

from medseg.model import QueryState
from medseg.project.acts import Preview, SignedLesion

_SHOWN = 16
_LONGEST = 80
_SMALL_ML, _LEAST_ML = 0.01, 0.0001

#: Head of each column of the lesions' table.
LESION_HEADS = ("", "Lesion", "ml", "slices")


def version_line(preview: Preview) -> str:
    """Which version it is, how it ended, and what is in it: "Version 2, ended as lesions: ..."."""
    ending = preview.newest.ending
    reason = f" ({ending.reason.value})" if ending.reason else ""
    remark = f", “{ending.text}”" if ending.text else ""
    total = sum(one.volume_ml for one in preview.lesions)
    count = len(preview.lesions)
    named = f"{count} lesion{'s' if count != 1 else ''}, {_ml(total)} ml in all"
    if not count:
        named = "no lesion in the mask"
    return (
        f"Version {preview.newest.version}, ended as {ending.kind.value}{reason}{remark}: {named}"
    )


def lesion_cells(lesion: SignedLesion) -> tuple[str, str, str, str]:
    """One lesion as a line of the table: number, name, volume, slices."""
    segment = lesion.segment
    return str(segment.number), segment.label, _ml(lesion.volume_ml), str(lesion.slices)


def _ml(volume: float) -> str:
    """Two decimals; of what is too small for them, three significant digits: "0.0014"."""
    if 0 < volume < _LEAST_ML:
        return f"< {_LEAST_ML}"
    return f"{volume:.2f}" if volume >= _SMALL_ML or not volume else f"{volume:.3g}"


def about_rows(preview: Preview) -> tuple[tuple[str, str], ...]:
    """Head and text of what else counts: display, comments, questions, and the two digests.

    Where readers differ, that comes first.
    """
    shown, why = preview.coverage, preview.case.needs_adjudication
    return (
        *((("Readers differ", "; ".join(why)),) if why else ()),
        ("Displayed", shown.in_words() if shown else "Nothing was recorded."),
        ("Comments", _comments(preview)),
        *_queries(preview),
        ("Mask", f"{preview.mask_digest[:_SHOWN]}…"),
        ("Image", _image_digest(preview.image)),
    )


def _comments(preview: Preview) -> str:
    count = len(preview.comments)
    if not count:
        return "None is open."
    is_long = len(preview.comments[0].text) > _LONGEST
    first = f"“{preview.comments[0].text[:_LONGEST]}{'…' if is_long else ''}”"
    return f"1 is open: {first}" if count == 1 else f"{count} are open, the first: {first}"


def _queries(preview: Preview) -> tuple[tuple[str, str], ...]:
    """A line only where a question to the importing site is not closed."""
    waiting = [one for one in preview.case.queries if one.state is not QueryState.CLOSED]
    if not waiting:
        return ()
    return (("Queries", f"{len(waiting)} not closed, the first: “{waiting[0].text[:_LONGEST]}”"),)


def _image_digest(identity: Any) -> str:
    rungs = identity.get("rungs", {})
    strictest = rungs.get("pixels") or rungs.get("modality") or ""
    return f"{strictest[:_SHOWN]}… ({identity.get('alg', '')})" if strictest else "unknown"
