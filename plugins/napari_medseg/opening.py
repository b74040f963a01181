"""Whether a path holds a mask or an image, told by cheap looks: no reader is loaded.

The rule, in order:

1. our sidecar `<stem>.json` stands beside it: a mask;
2. it is a NIfTI with the intent code 1002, a label image: a mask;
3. it is a NIfTI, NRRD or MetaImage with one of `MASK_WORDS` as a word of its name: a mask;
4. anything else is an image.

Values are not looked at: a small CT and a mask of many structures can hold the same numbers.
"""

from __future__ import annotations

import gzip
import re
import struct
import zlib
from pathlib import Path

from medseg.formats import registry, sidecar
from medseg.project.folder.layout import SETTINGS_NAME, find_spot

#: Words in a file's name that make it a mask (`dseg` is BIDS for a discrete segmentation).
MASK_WORDS = {
    *("mask", "masks", "seg", "segs", "segmentation", "segmentations", "dseg"),
    *("label", "labels", "labelmap", "lesion", "lesions", "roi", "rois"),
}

# NIfTI-1 header: 348 bytes, intent_code an int16 at 68; 1002 is NIFTI_INTENT_LABEL.
_NIFTI_HEADER, _INTENT_AT, _INTENT_LABEL = 348, 68, 1002


def holds_mask(path: Path) -> bool:
    """Whether the path is opened as a mask; False for folders, DICOM and absent files."""
    known = registry.format_of(path)
    if known is None or not known.reads_masks or not path.is_file():
        return False
    words = re.split(r"[^a-z]+", path.name.lower())
    return (
        sidecar.has_sidecar(path)
        or (known.name == "nifti" and _has_label_intent(path))
        or not MASK_WORDS.isdisjoint(words)
    )


def _has_label_intent(path: Path) -> bool:
    header = _first_bytes(path, _NIFTI_HEADER)
    if len(header) < _NIFTI_HEADER:
        return False
    order = "<" if struct.unpack_from("<i", header)[0] == _NIFTI_HEADER else ">"
    return bool(struct.unpack_from(f"{order}h", header, _INTENT_AT)[0] == _INTENT_LABEL)


def _first_bytes(path: Path, count: int) -> bytes:
    """The first bytes, unpacked; empty for a damaged file, which its reader will refuse."""
    try:
        with gzip.open(path) if path.name.lower().endswith(".gz") else path.open("rb") as file:
            return bytes(file.read(count))
    except (OSError, EOFError, zlib.error):
        return b""


def is_of_project(path: Path) -> bool:
    """Whether the path is a project's folder, or one of its cases or readings as worked on.

    A kept version of a reading is opened as the mask that it is.
    """
    place = path.parent if path.name == SETTINGS_NAME else path
    spot = find_spot(place) if path.exists() else None
    return spot is not None and spot.version is None
