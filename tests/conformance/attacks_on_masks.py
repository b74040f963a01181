"""Mask, meanings and image changed after signing; and what is no attack at all."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from medseg.model import ORIENTATIONS, Origin, Segmentation, SliceOrigin
from tests.conformance.attacks import LINES, MASK, NAMES, Evidence, add, attack, told
from tests.conformance.stored_files import edited_json, nifti
from tests.conformance.story import FOLDER, KEYS, Story, mask
from tests.phantoms import ramp_volume

_GOOD = mask()
_IMAGE = ramp_volume(_GOOD.geometry)


def _mask(array: Any, affine: Any = None) -> dict[str, bytes]:
    return told() | {MASK: nifti(array, _GOOD.geometry.affine if affine is None else affine)}


def _voxels(*changes: tuple[tuple[int, int, int], int]) -> Any:
    array = _GOOD.array.copy()
    for index, label in changes:
        array[index] = label
    return array


def _moved(**steps: float) -> Any:
    affine = _GOOD.geometry.affine.copy()
    affine[0, 3] += steps.get("left", 0)
    affine[:3, 0] *= steps.get("thicker", 1)
    return affine


def _names(change: Callable[[list[dict[str, Any]]], object]) -> dict[str, bytes]:
    files = told()
    return files | {NAMES: edited_json(files[NAMES], lambda content: change(content["segments"]))}


def _swap(name: str, one: int = 0, other: int = 2) -> Callable[[list[dict[str, Any]]], object]:
    def change(segments: list[dict[str, Any]]) -> None:
        segments[one][name], segments[other][name] = segments[other][name], segments[one][name]

    return change


def _set(place: int, **values: Any) -> Callable[[list[dict[str, Any]]], object]:
    return lambda segments: segments[place].update(values)


def _named(place: int, name: str, text: str) -> Callable[[list[dict[str, Any]]], object]:
    return lambda segments: segments[place][name].update(meaning=text)


_VOXELS: list[tuple[str, str, Callable[[], Any]]] = [
    ("voxel-added", "One voxel of the nodule added.", lambda: _voxels(((4, 7, 2), 1))),
    ("voxel-removed", "One voxel of the nodule removed.", lambda: _voxels(((4, 6, 5), 0))),
    ("voxel-relabelled", "One voxel given to another lesion.", lambda: _voxels(((4, 6, 5), 2))),
    ("speck-removed", "A lesion of one voxel removed.", lambda: _voxels(((6, 9, 8), 0))),
    ("moved-by-a-row", "All voxels moved by one row.", lambda: np.roll(_GOOD.array, 1, axis=1)),
    ("slices-reversed", "The mask's slices in reverse order.", lambda: _GOOD.array[::-1]),
    ("mask-emptied", "All voxels set to background.", lambda: _GOOD.array * 0),
]
for _name, _what, _make in _VOXELS:
    add("mask", _name, _what, 11, "TAMPERED_VOXELS", lambda make=_make: _mask(make()))

_GRIDS: list[tuple[str, str, Callable[[], dict[str, bytes]]]] = [
    ("grid-moved", "The grid moved by half a millimetre.", lambda: _mask(_GOOD.array, _moved(left=0.5))),
    ("grid-moved-little", "The grid moved by 0.02 mm.", lambda: _mask(_GOOD.array, _moved(left=0.02))),
    ("slices-thicker", "Slices one part in a hundred thicker.", lambda: _mask(_GOOD.array, _moved(thicker=1.01))),
    ("grid-mirrored", "Left and right exchanged in the header alone.", lambda: _mask(_GOOD.array, np.diag([-1.0, 1, 1, 1]) @ _GOOD.geometry.affine)),
    ("grid-cropped", "The last row cut off.", lambda: _mask(_GOOD.array[:, :-1])),
]  # fmt: skip
for _name, _what, _files in _GRIDS:
    add("mask", _name, _what, 11, "TAMPERED_GEOMETRY", _files)

_MEANINGS: list[tuple[str, str, int, str, Callable[[], dict[str, bytes]]]] = [
    ("codes-swapped", "Type codes of nodule and cyst exchanged.", 11, "TAMPERED_LABEL_SCHEMA", lambda: _names(_swap("type"))),
    ("numbers-swapped", "Label numbers of nodule and cyst exchanged in the sidecar.", 11, "TAMPERED_LABEL_SCHEMA", lambda: _names(_swap("number"))),
    ("uids-swapped", "Tracking UIDs of two nodules exchanged.", 11, "TAMPERED_LABEL_SCHEMA", lambda: _names(_swap("tracking_uid", 0, 1))),
    ("uid-changed", "A lesion's tracking UID changed.", 11, "TAMPERED_LABEL_SCHEMA", lambda: _names(_set(1, tracking_uid="2.25.999"))),
    ("label-renamed", "A lesion's label changed.", 10, "LABEL_TEXT_DIFFERS", lambda: _names(_set(0, label="Lump"))),
    ("label-stolen", "A lesion given another's label.", 11, "TAMPERED_LABEL_SCHEMA", lambda: _names(_set(0, label="Cyst"))),
    ("label-stolen-wide", "A lesion given another's label in wide letters.", 11, "TAMPERED_LABEL_SCHEMA", lambda: _names(_set(0, label="\uff23\uff39 st"))),
    ("code-text-changed", "What a code is called changed.", 10, "LABEL_TEXT_DIFFERS", lambda: _names(_named(2, "type", "Zyste"))),
    ("code-text-stolen", "A nodule's code called a cyst.", 11, "TAMPERED_LABEL_SCHEMA", lambda: _names(_named(0, "type", "Cyst"))),
]  # fmt: skip
for _name, _what, _exit, _code, _files in _MEANINGS:
    add("meaning", _name, _what, _exit, _code, _files)


@attack("meaning", 11, "TAMPERED_LABEL_SCHEMA")
def segment_added() -> dict[str, bytes]:
    """A fourth lesion, in mask and sidecar."""
    files = _names(
        lambda segments: segments.append(
            {**segments[0], "number": 4, "label": "New", "tracking_uid": "2.25.4"}
        )
    )
    return files | {MASK: nifti(_voxels(((0, 0, 0), 4)), _GOOD.geometry.affine)}


@attack("meaning", 11, "TAMPERED_LABEL_SCHEMA")
def segment_taken_out() -> dict[str, bytes]:
    """A lesion taken out of mask and sidecar."""
    files = _names(lambda segments: segments.pop(1))
    return files | {MASK: nifti(_voxels(((6, 9, 8), 0)), _GOOD.geometry.affine)}


@attack("meaning", 10, "MEANING_FROM_RECORD")
def sidecar_lost() -> dict[str, bytes]:
    """The file of labels and codes removed; the voxels are those signed."""
    files = told()
    del files[NAMES]
    return files


@attack("meaning", 11, "TAMPERED_VOXELS")
def sidecar_lost_and_a_voxel_changed() -> dict[str, bytes]:
    """The file of labels and codes removed, and one voxel changed."""
    files = _mask(_voxels(((4, 7, 2), 1)))
    del files[NAMES]
    return files


def _image(voxels: Any, affine: Any = None, **options: Any) -> dict[str, bytes]:
    affine = _GOOD.geometry.affine if affine is None else affine
    return told() | {"image.nii.gz": nifti(voxels, affine, **options)}


def _one_value() -> Any:
    voxels = _IMAGE.voxels.copy()
    voxels[3, 3, 3] += 1
    return voxels


_IMAGES: list[tuple[str, str, Callable[[], dict[str, bytes]]]] = [
    ("image-value", "One value of the image changed by one.", lambda: _image(_one_value())),
    ("image-of-another", "Another patient's image.", lambda: _image(_IMAGE.voxels[::-1].copy() + 7)),
    ("image-moved", "The image moved by half a millimetre.", lambda: _image(_IMAGE.voxels, _moved(left=0.5))),
    ("image-reversed", "The image's slices in reverse order.", lambda: _image(_IMAGE.voxels[::-1])),
    ("image-rescaled", "The image's values scaled by a slope of 2.", lambda: _image(_IMAGE.voxels, slope=(2.0, 0.0))),
]  # fmt: skip
for _name, _what, _files in _IMAGES:
    add("image", _name, _what, 11, "WRONG_IMAGE", _files)


@attack("image", 12, "IMAGE_ABSENT")
def image_absent() -> Evidence:
    """The image removed."""
    files = told()
    del files["image.nii.gz"]
    return Evidence(files, image=None)


@attack("image", 11, "TAMPERED_VOXELS WRONG_IMAGE")
def replayed_on_another_patient() -> dict[str, bytes]:
    """The sign-offs copied beside another patient's mask and image."""
    files = _mask(_GOOD.array[::-1])
    return files | {"image.nii.gz": nifti(_IMAGE.voxels[::-1].copy() + 7, _GOOD.geometry.affine)}


# -- No attacks: each of these has to be valid --------------------------------------------------


def _turned(index: int) -> dict[str, bytes]:
    turn = ORIENTATIONS[index]
    return _mask(turn.apply(_GOOD.array), turn.geometry(_GOOD.geometry).affine)


def _turned_image(index: int) -> dict[str, bytes]:
    turn = ORIENTATIONS[index]
    return _image(turn.apply(_IMAGE.voxels), turn.geometry(_GOOD.geometry).affine)


def _noise() -> dict[str, bytes]:
    affine = _GOOD.geometry.affine.astype(np.float32).astype(np.float64)
    affine[:3] += 1e-5
    return _mask(_GOOD.array, affine)


def _renumbered() -> dict[str, bytes]:
    table = np.array([0, 40, 7, 200], np.uint16)
    files = _names(
        lambda segments: [one.update(number=int(table[one["number"]])) for one in segments]
    )
    return files | {MASK: nifti(table[_GOOD.array], _GOOD.geometry.affine)}


def _unpacked() -> Evidence:
    files = told()
    files[FOLDER + "lesions.nii"] = gzip.decompress(files.pop(MASK))
    files[NAMES] = edited_json(files[NAMES], lambda content: content.update(mask="lesions.nii"))
    return Evidence(files, mask=FOLDER + "lesions.nii")


def _lines(change: Callable[[list[bytes]], list[bytes]]) -> dict[str, bytes]:
    files = told()
    return files | {LINES: b"".join(change(files[LINES].splitlines(keepends=True)))}


def _reworded(line: bytes) -> bytes:
    said = dict(reversed(json.loads(line).items())) | {"later": "\u00fc"}
    return json.dumps(said, separators=(" , ", " : ")).encode() + b"\n"


def _without_receipt(line: bytes) -> bytes:
    said = json.loads(line)
    kept = ("payload", "payloadType", "signatures")
    return json.dumps({one: said[one] for one in kept}).encode() + b"\n"


def _unsealed(**changes: Any) -> Evidence:
    return replace(Evidence(told()), **changes)


_BENIGN: list[tuple[str, str, Callable[[], Any]]] = [
    ("as-signed", "Nothing was done.", told),
    ("mask-uint16", "The mask stored as uint16.", lambda: _mask(_GOOD.array.astype(np.uint16))),
    ("mask-float", "The mask stored as float32.", lambda: _mask(_GOOD.array.astype(np.float32))),
    ("mask-int64", "The mask stored as int64.", lambda: _mask(_GOOD.array.astype(np.int64))),
    ("mask-unpacked", "The mask stored as .nii.", _unpacked),
    ("mask-packed-otherwise", "The mask compressed with other settings.", lambda: told() | {MASK: gzip.compress(gzip.decompress(told()[MASK]), 1, mtime=1)}),
    ("mask-turned-1", "The mask stored in another orientation.", lambda: _turned(5)),
    ("mask-turned-2", "The mask stored with its axes exchanged.", lambda: _turned(22)),
    ("mask-turned-3", "The mask stored mirrored, with the header to say so.", lambda: _turned(41)),
    ("grid-rounded", "The affine rounded to float32 and off by 0.00001 mm.", _noise),
    ("renumbered", "Other label numbers, in mask and sidecar.", _renumbered),
    ("segments-reversed", "The list of segments in reverse order.", lambda: _names(lambda segments: segments.reverse())),
    ("colours-changed", "Other colours.", lambda: _names(_set(0, color=[1, 2, 3]))),
    ("image-int32", "The image stored as int32.", lambda: _image(_IMAGE.voxels.astype(np.int32))),
    ("image-float", "The image stored as float32.", lambda: _image(_IMAGE.voxels.astype(np.float32))),
    ("image-turned", "The image stored in another orientation.", lambda: _turned_image(17)),
    ("image-same-values-rescaled", "The image stored less 24, with an intercept of 24.", lambda: _image(_IMAGE.voxels - 24, slope=(1.0, 24.0))),
    ("lines-reworded", "The outer JSON with other spaces, order and a name more.", lambda: _lines(lambda lines: [_reworded(one) for one in lines])),
    ("blank-lines", "Blank lines among the sign-offs.", lambda: _lines(lambda lines: [b"\n", lines[0], b"  \n", *lines[1:]])),
    ("lines-reordered", "The sign-offs in reverse order.", lambda: _lines(lambda lines: lines[::-1])),
    ("receipts-dropped", "The sign-offs without their places in the log.", lambda: _lines(lambda lines: [_without_receipt(one) for one in lines])),
    ("log-not-handed-in", "No log is at hand.", lambda: _unsealed(log=None)),
    ("keys-trusted", "No registry, but the asker knows all the keys.", lambda: _unsealed(people=None, trust=[KEYS[one].keyid for one in ("rob", "sue", "lea")])),
]  # fmt: skip
for _name, _what, _files in _BENIGN:
    add("benign", _name, _what, 0, "", _files)


@attack("benign", 0)
def comment_after_the_lock() -> Story:
    """A later comment in the log."""
    story = Story().told()
    data = {"id": "k-1", "text": "seen", "point": None, "lesion": None, "severity": "note"}
    story.note("comment", data, **story.about("rob"))
    return story


def _drawn() -> dict[str, bytes]:
    """The good case of a mask that tells how each slice came to be."""
    story = Story()
    came = SliceOrigin(Origin.DRAWN, "p-ANN1", "2026-03-02T09:00:00+00:00", "brush")
    provenance = {(1, index): came for index in (2, 3, 4)}
    mask = story.segmentation
    story.segmentation = Segmentation(mask.array, mask.geometry, mask.segments, provenance)
    return story.told().files()


def _telling(change: Callable[[dict[str, Any]], object]) -> Callable[[], dict[str, bytes]]:
    def make() -> dict[str, bytes]:
        files = _drawn()
        return files | {NAMES: edited_json(files[NAMES], change)}

    return make


def _stripped() -> dict[str, bytes]:
    return {place: data for place, data in _drawn().items() if place != NAMES}


add("benign", "provenance-signed", "A mask that tells how each slice came to be.", 0, "", _drawn)
add("benign", "provenance-reordered", "The same in reverse order.", 0, "", _telling(lambda one: one["provenance"].reverse()))  # fmt: skip
add("meaning", "provenance-changed", "A slice said to be of another author.", 10, "PROVENANCE_DIFFERS", _telling(lambda one: one["provenance"][0].update(author="p-BEN2")))  # fmt: skip
add("meaning", "provenance-stripped", "How the slices came to be taken out.", 10, "PROVENANCE_ABSENT", _telling(lambda one: one["provenance"].clear()))  # fmt: skip
add("meaning", "provenance-lost", "Labels, codes and how the slices came to be lost.", 10, "MEANING_FROM_RECORD", _stripped)  # fmt: skip
