"""Remarks as the list shows them: who wrote what, when, where, and what was done about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from medseg.model import Comment, Segmentation
from napari_medseg.viewmodels.looking.readout import lps_text

#: Who wrote something, where the rules keep names from whoever looks.
HIDDEN = "somebody else"


@dataclass(frozen=True)
class CommentRow:
    """A remark as the list shows it.

    Args:
        number: as on its pin, from 1 in the order in which they were written.
        comment: the remark.
        author: printed name; `HIDDEN` where it may not be seen.
        when: as "22 Nov 14:05".
        where: the lesion's name, or the point in words.
        answer: what was done, and by whom; empty while it is open.
    """

    number: int
    comment: Comment
    author: str
    when: str
    where: str
    answer: str


def comment_row(
    number: int, comment: Comment, names: Mapping[str, str], mask: Segmentation | None
) -> CommentRow:
    """The row of a remark.

    Args:
        number: as on its pin.
        comment: the remark.
        names: printed names by person id, of those whose names may be seen.
        mask: on screen; None where there is none.
    """
    answer = ""
    if comment.resolved_by is not None:
        who = names.get(comment.resolved_by, HIDDEN)
        answer = f"{who}: {comment.resolution or 'resolved'}"
    author = names.get(comment.author, HIDDEN)
    where = _where(comment, mask)
    return CommentRow(number, comment, author, when_text(comment.at), where, answer)


def lesion_number(mask: Segmentation | None, tracking_uid: str | None) -> int | None:
    """The number of the lesion of that tracking UID in a mask; None if it is not there."""
    segments = mask.segments if mask is not None else ()
    return next((one.number for one in segments if one.tracking_uid == tracking_uid), None)


def when_text(at: str) -> str:
    """As "22 Nov 14:05", in the time of this machine.

    Args:
        at: ISO 8601 with an offset.
    """
    try:
        return f"{datetime.fromisoformat(at).astimezone():%d %b %H:%M}"
    except ValueError:
        return at


def _where(comment: Comment, mask: Segmentation | None) -> str:
    number = lesion_number(mask, comment.lesion)
    if number is not None and mask is not None:
        return mask.segment(number).label
    if comment.point_lps is not None:
        return lps_text(comment.point_lps)
    return "a lesion that is not in this mask" if comment.lesion else "the case"
