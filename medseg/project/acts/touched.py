"""Who changed a mask since it was last handed in."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from medseg.model import Finding, Place, Segmentation
from medseg.signoff.canonical import canonical
from medseg.signoff.digest import MaskDigest, segment_key
from medseg.signoff.schema import decode_base64, encode_base64
from medseg.signoff.statement import MARK_BYTES

#: Digest of a segment's key -> its slices, in the signed orientation.
Changed = dict[str, frozenset[int]]


def slice_marks(mask: MaskDigest) -> list[dict[str, Any]]:
    """Per segment, the first bytes of the digest of each of its slices, plain JSON values.

    A segment stands under the digest of its key, so that a log tells no coded meanings.
    """
    return [
        {
            "code": _key_digest(listed["code"]),
            "slices": sorted(leaves),
            "marks": encode_base64(b"".join(leaves[one][:MARK_BYTES] for one in sorted(leaves))),
        }
        for listed, leaves in zip(mask.body["segments"], mask.leaves, strict=True)
    ]


def changed_slices(
    before: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, Any]]
) -> Changed:
    """Which slices of which segments differ; a segment that is new or gone differs in all.

    Args:
        before: `slice_marks` of the last submission; empty before the first.
        now: those of the present mask.
    """
    old, new = _by_segment(before), _by_segment(now)
    changed = {}
    for key in old.keys() | new.keys():
        was, present = old.get(key, {}), new.get(key, {})
        slices = {one for one in was.keys() | present.keys() if was.get(one) != present.get(one)}
        if slices:
            changed[key] = frozenset(slices)
    return changed


def authors_of(segmentation: Segmentation, mask: MaskDigest, changed: Changed) -> frozenset[str]:
    """Who made the changed slices what they are, as the mask's provenance names them.

    Where the signed orientation cuts the mask along another axis than its own slices, all
    authors of a changed segment count.
    """
    keys = {one.number: _key_digest(segment_key(one)) for one in segmentation.segments}
    is_along_slices = mask.orientation.axes[0] == 0
    last = segmentation.geometry.shape[0] - 1
    authors = set()
    for (number, index), came in segmentation.provenance.items():
        slices = changed.get(keys.get(number, ""), frozenset())
        signed = last - index if mask.orientation.flips[0] else index
        if slices and (not is_along_slices or signed in slices):
            authors.add(came.author)
    return frozenset(authors)


def as_persons(
    authors: Iterable[str], person_named: Callable[[str], str | None]
) -> tuple[frozenset[str], tuple[Finding, ...]]:
    """The authors' person ids, and a warning for each who is nobody of the project.

    Args:
        authors: as the provenance names them: person ids or printed names.
        person_named: a name -> the person's id; None where it is nobody's or several persons'.
    """
    found = {author: person_named(author) for author in sorted(set(authors))}
    strangers = [author for author, person in found.items() if person is None]
    text = "Slices in this mask were changed by {!r}, who is nobody of this project or several."
    findings = tuple(
        Finding("AUTHOR_UNKNOWN", "warning", text.format(author), Place()) for author in strangers
    )
    return frozenset(person for person in found.values() if person is not None), findings


def _by_segment(marks: Sequence[Mapping[str, Any]]) -> dict[str, dict[int, bytes]]:
    found = {}
    for segment in marks:
        data = decode_base64(segment["marks"], "marks")
        parts = [data[at : at + MARK_BYTES] for at in range(0, len(data), MARK_BYTES)]
        found[segment["code"]] = dict(zip(segment["slices"], parts, strict=True))
    return found


def _key_digest(key: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical(key)).hexdigest()
