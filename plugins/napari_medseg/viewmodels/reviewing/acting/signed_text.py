"""What a signature would be about, in lines for the one who signs."""

from __future__ import annotations

from typing import Any

from medseg.project.acts import Preview

_SHOWN = 16


def lesion_lines(preview: Preview) -> tuple[str, ...]:
    """How the reading ended, then each lesion with its volume."""
    ending = preview.newest.ending
    reason = f" ({ending.reason.value})" if ending.reason else ""
    remark = f": {ending.text}" if ending.text else ""
    total = sum(one.volume_ml for one in preview.lesions)
    count = len(preview.lesions)
    named = f"{count} lesion{'s' if count != 1 else ''}, {total:.2f} ml in all"
    head = (
        f"Version {preview.newest.version}, ended as {ending.kind.value}{reason}{remark}; {named}"
    )
    lines = [
        f"{one.segment.number}  {one.segment.label}: {one.volume_ml:.2f} ml on {one.slices} slices"
        for one in preview.lesions
    ]
    return (head, *lines)


def about_lines(preview: Preview) -> tuple[str, ...]:
    """Coverage, open comments, and by which digests mask and image are known again."""
    shown = preview.coverage
    seen = shown.in_words() if shown else "nothing that was recorded."
    count = len(preview.comments)
    talk = f"{count} comment{'s' if count != 1 else ''} open" if count else "No comment is open"
    return (
        f"Displayed to you: {seen}",
        f"{talk}{_first_comment(preview)}.",
        f"Mask {preview.mask_digest[:_SHOWN]}…   Image {_image_digest(preview.image)}",
    )


def _first_comment(preview: Preview) -> str:
    return f", the first: “{preview.comments[0].text[:80]}”" if preview.comments else ""


def _image_digest(identity: Any) -> str:
    rungs = identity.get("rungs", {})
    strictest = rungs.get("pixels") or rungs.get("modality") or ""
    return f"{strictest[:_SHOWN]}… ({identity.get('alg', '')})" if strictest else "unknown"
