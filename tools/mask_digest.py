"""Masks and images in NIfTI held against what was signed, as docs/medsegMaskV1.md tells.

For verify_signoff.py. Shares no code with medseg.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import unicodedata
import uuid
from collections import Counter
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from signoff_forms import canonical, sha

Verdicts = list[tuple[str, str]]
TYPES = ("<i2", "<i4", "<f4", "<i8", "<u8", "<f8")
LESION = {"category": ("SCT", "49755003"), "type": ("SCT", "52988006")}
TEXTS = {"category": "Morphologically Altered Structure", "type": "Lesion"}
NAMES = uuid.UUID("6d656473-6567-4d61-8b56-310000000000")


def load(path: Path) -> tuple[Any, Any, tuple[float, float]]:
    """Stored values (slice, row, column), their affine to LPS mm, slope and intercept."""
    image: Any = nibabel.load(path)  # type: ignore[attr-defined]
    slope, intercept = image.dataobj.slope, image.dataobj.inter
    stored = np.asarray(image.dataobj.get_unscaled())
    stored = stored.reshape((*stored.shape, 1, 1)[:3]).transpose(2, 1, 0)
    affine = np.diag([-1.0, -1.0, 1.0, 1.0]) @ image.affine[:, [2, 1, 0, 3]]
    return stored, affine, (float(slope), float(intercept))


def placed(values: Any, affine: Any, grid: Any) -> tuple[Any, Any, Any]:
    """The values turned onto the signed grid, its axes and flips; or None thrice (section 1)."""
    signed, shape = np.array(grid["affineLPS"], float), np.array(grid["shape"])
    corners = np.array(list(itertools.product((0, 1), repeat=3))) * shape - 0.5
    goal = corners @ signed[:, :3].T + signed[:, 3]
    limit = min(0.01, 0.01 * np.linalg.norm(signed[:, :3], axis=0).min())
    for axes in itertools.permutations(range(3)):
        for flips in itertools.product((False, True), repeat=3):
            if tuple(values.shape[axis] for axis in axes) != tuple(shape):
                continue
            index = np.where(flips, shape - 1 - corners, corners)
            points = index @ affine[:3, list(axes)].T + affine[:3, 3]
            if np.linalg.norm(points - goal, axis=1).max() <= limit:
                steps = tuple(slice(None, None, -1 if flip else 1) for flip in flips)
                return values.transpose(axes)[steps], axes, flips
    return None, None, None


# -- The image (section 6) ------------------------------------------------------------------------
def image_rungs(path: Path, grid: Any) -> dict[str, str]:
    """The digests of an image on the signed grid; empty if it stands on another one."""
    stored, affine, (slope, intercept) = load(path)
    values, _, _ = placed(stored, affine, grid)
    if values is None:
        return {}
    real = values
    if (slope, intercept) != (1.0, 0.0):
        real = values.astype("f8") * slope + intercept
        real = real if (real == np.rint(real)).all() else real.astype("f4")
    about = {"geometry": grid, "rescale": [[repr(slope), repr(intercept)]]}
    return {
        "pixels": rung("pixels", values, about),
        "modality": rung("modality", real, {"geometry": grid}),
    }


def rung(name: str, values: Any, about: dict[str, Any]) -> str:
    """One digest of the image's values."""
    fitting = (one for one in TYPES if holds(one, values))
    kind = next(fitting, "<f8")
    stack = hashlib.sha256(b"\x03stk\x01")
    for index, plane in enumerate(values):
        flat = plane.astype(kind)
        if kind in ("<f4", "<f8"):
            flat = np.where(np.isnan(flat), np.array(np.nan, kind), flat + np.array(0, kind))
        data = np.ascontiguousarray(flat, kind).tobytes()
        stack.update(index.to_bytes(4, "little") + hashlib.sha256(b"\x02img\x01" + data).digest())
    body = {"alg": "medsegImageV1", "rung": name, "type": kind, "values": stack.hexdigest()}
    return sha(canonical(body | about))


def holds(kind: str, values: Any) -> bool:
    """Whether a type holds every value exactly."""
    with np.errstate(all="ignore"):
        there = values.astype(kind)
        if there.dtype.kind == "f":
            return bool(((there.astype(values.dtype) == values) | np.isnan(values)).all())
        limits = np.iinfo(kind)
        low, high = values.min().item(), values.max().item()
        return bool(limits.min <= low <= high <= limits.max and (values == np.rint(values)).all())


# -- The mask (sections 2, 3, 5) ------------------------------------------------------------------
def root(inside: Any) -> str:
    """The root of one segment, slice after slice."""
    total = hashlib.sha256(b"\x01seg\x01")
    for index, plane in enumerate(inside):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], plane.ravel(), [0]]).astype(np.int8)))
        if edges.size:
            leaf = hashlib.sha256(b"\x00run\x01" + edges.astype("<u4").tobytes()).digest()
            total.update(index.to_bytes(4, "little") + leaf)
    return total.hexdigest()


def segments_of(names: bytes, numbers: list[int]) -> tuple[list[dict[str, Any]], bool]:
    """The segments of a mask by its sidecar, and whether it has none (section 7)."""
    listed = json.loads(names)["segments"] if names else []
    known = [one["number"] for one in listed]
    for number in (one for one in numbers if one not in known):
        label = f"Segment {number}"
        derived = {
            "label": label,
            "tracking_uid": f"2.25.{uuid.uuid5(NAMES, f'{number}:{label}').int}",
        }
        for name, (scheme, value) in LESION.items():
            derived[name] = {"scheme": scheme, "value": value, "meaning": TEXTS[name]}  # type: ignore[assignment]
        listed = [*listed, {"number": number, **derived}]
    return listed, not names


def key_of(segment: dict[str, Any]) -> bytes:
    """What a segment is known by."""
    codes = {name: {one: segment[name][one] for one in ("scheme", "value")} for name in LESION}
    return canonical({**codes, "trackingUid": segment["tracking_uid"]})


def differences(path: Path, names: bytes, record: dict[str, Any]) -> Verdicts:
    """What differs from the signed mask."""
    stored, affine, _ = load(path)
    turned, axes, flips = placed(stored, affine, record["maskBody"]["geometry"])
    if turned is None:
        return [("error", "TAMPERED_GEOMETRY")]
    listed, is_bare = segments_of(names, [int(one) for one in np.unique(stored) if one])
    found = {key_of(one): one | {"root": root(turned == one["number"])} for one in listed}
    if len(found) != len(listed):
        return [("error", "TAMPERED_LABEL_SCHEMA")]
    signed = {}
    for one, label, texts in zip(
        record["maskBody"]["segments"], record["labels"], record["codeMeanings"], strict=True
    ):
        signed[canonical(one["code"])] = {
            "root": one["root"],
            "label": label,
            "texts": texts,
            **one,
        }
    empty = root(np.zeros((0, 0, 0)))
    if is_bare and not signed.keys() <= found.keys():
        wanted, there = (
            Counter(one["root"] for one in side.values() if one["root"] != empty)
            for side in (signed, found)
        )
        same = wanted == there
        lost = record["provenanceDigest"] is not None
        told = [("warning", "MEANING_FROM_RECORD"), *[("note", "PROVENANCE_ABSENT")] * lost]
        return told if same else [("error", "TAMPERED_VOXELS")]
    verdicts = schema(signed, found, empty)
    owners = {one["root"] for one in signed.values()} - {empty}
    for key in signed.keys() & found.keys():
        if found[key]["root"] != signed[key]["root"]:
            swapped = found[key]["root"] in owners
            verdicts.append(("error", "TAMPERED_LABEL_SCHEMA" if swapped else "TAMPERED_VOXELS"))
    if any(severity == "error" for severity, _ in verdicts):
        return verdicts
    axis, last = axes.index(0), stored.shape[0] - 1
    came = provenance(names, listed, axis, last if flips[axis] else None)
    if came != record["provenanceDigest"]:
        verdicts.append(("warning", "PROVENANCE_DIFFERS" if came else "PROVENANCE_ABSENT"))
    return verdicts + texts_differ(signed, found)


def provenance(
    names: bytes, listed: list[dict[str, Any]], axis: int, last: int | None
) -> str | None:
    """The digest of how each slice came to be (section 7)."""
    keys = {one["number"]: json.loads(key_of(one)) for one in listed}
    rows = []
    for one in json.loads(names)["provenance"] if names else []:
        place = one["slice"] if last is None else last - one["slice"]
        how = [one[name] for name in ("origin", "author", "time", "tool", "proposal")]
        rows.append([keys[one["segment"]], axis, place, how])
    return sha(canonical(sorted(rows, key=canonical))) if rows else None


def schema(signed: dict[bytes, Any], found: dict[bytes, Any], empty: str) -> Verdicts:
    """Segments that are no longer there, and those that were not signed."""
    gone = [one["root"] for key, one in signed.items() if key not in found]
    new = [one["root"] for key, one in found.items() if key not in signed]
    lost = [one for one in gone if one != empty or one in new]
    verdicts = [("error", "TAMPERED_LABEL_SCHEMA")] * bool(lost or new)
    return verdicts + [("warning", "MEANING_FROM_RECORD")] * (len(gone) > len(lost))


def texts_differ(signed: dict[bytes, Any], found: dict[bytes, Any]) -> Verdicts:
    """Texts that are not the signed ones; an error if now another segment's."""
    verdicts: Verdicts = []
    for key in signed.keys() & found.keys():
        was, now = signed[key], found[key]
        pairs = [(was["label"], now["label"], [o["label"] for k, o in signed.items() if k != key])]
        for name in LESION:
            code = was["code"][name]
            others = [o["texts"][name] for o in signed.values() if o["code"][name] != code]
            pairs.append((was["texts"][name], now[name]["meaning"], others))
        for before, after, others in (one for one in pairs if one[0] != one[1]):
            stolen = folded(after) in map(folded, others) and folded(after) != folded(before)
            verdicts.append(
                ("error", "TAMPERED_LABEL_SCHEMA") if stolen else ("warning", "LABEL_TEXT_DIFFERS")
            )
    return verdicts


def folded(text: str) -> str:
    """A text without case, width and spaces."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())
