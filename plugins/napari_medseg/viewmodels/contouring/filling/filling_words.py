"""What stands under the lesions about filling: how far it is, and why nothing is proposed."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import pairwise

from medseg.model import Finding, Segment, Volume, slices_in_words
from napari_medseg.display import display_of
from napari_medseg.viewmodels.looking.planes import planes_of

#: What filling tells of a gap, in few words, by the finding's code.
_IN_SHORT = {
    "PART_ENDS": "a part ends",
    "PARTS_UNCERTAIN": "which parts go on in which is uncertain",
    "FAR_APART": "sections lie far apart",
}


def summary(
    keys: Collection[int],
    proposed: Collection[int],
    stale: Collection[int],
    findings: Iterable[Finding] = (),
) -> str:
    """How far one lesion is: "3 key slices, 4 proposed; a part ends between slices 3 and 7"."""
    told = f"{_counted(len(keys), 'key slice')}, {len(proposed)} proposed"
    if stale:
        told += f", {len(stale)} of them stale"
    return "; ".join([told, *dict.fromkeys(map(_in_short, findings))])


def _in_short(finding: Finding) -> str:
    first, last = finding.where.slices[0] - 1, finding.where.slices[-1] + 1
    what = _IN_SHORT.get(finding.code, finding.code)
    return f"{what} between slices {first} and {last}"


def why_nothing(
    segment: Segment | None,
    keys: tuple[int, ...],
    volume: Volume | None,
    *,
    is_live: bool,
    is_rejected: bool,
) -> str:
    """Why nothing is proposed for a lesion, and what to do; a sentence or two.

    Args:
        segment: the lesion; None where there is none.
        keys: its key slices, ascending.
        volume: the image.
        is_live: whether slices are proposed by themselves.
        is_rejected: whether a proposal for it was rejected.
    """
    if segment is None:
        return "Start a lesion first; after its second key slice those between are proposed."
    between = [index for first, last in pairwise(keys) for index in range(first + 1, last)]
    absent = sorted(set(volume.absent_slices if volume else ()).intersection(between))
    count = _counted(len(keys), "key slice")
    reasons = (
        (segment.is_locked, f"{segment.label} is locked, so nothing is proposed. Unlock it first."),
        (not keys, f"{segment.label} is empty. Draw two slices, and those between are proposed."),
        (len(keys) == 1, "One key slice. Draw a second, and those between are proposed."),
        (not is_live, f"{count}; proposing by itself is off."),
        (
            not between,
            f"{count} with none between them. Filling goes from one {_stored_plane(volume)} slice "
            "to another; an outline on another plane touches every slice that it crosses.",
        ),
        (
            bool(absent),
            f"The image lacks {slices_in_words(absent)}, so nothing is proposed between the keys "
            "beside. Draw nearer to the gap.",
        ),
        (
            is_rejected,
            f"{count}; the proposal was rejected. It returns when a key slice changes.",
        ),
    )
    return next((text for holds, text in reasons if holds), f"{count}, all between is filled.")


def _stored_plane(volume: Volume | None) -> str:
    """What the slices of the file are: "axial", in most images."""
    return planes_of(display_of(volume.geometry))[0].name if volume else "stored"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
