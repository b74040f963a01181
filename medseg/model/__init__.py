"""The nouns: what things are. Frozen where they can be, checked on construction; numpy only."""

from medseg.model.composing import Changes, compacted, composed
from medseg.model.contour import Contour
from medseg.model.edit import Authorship, Change, Edit, now_iso
from medseg.model.finding import Finding, Place, slices_in_words
from medseg.model.geometry import Geometry
from medseg.model.measurement import Measurement, with_unit
from medseg.model.orientation import (
    IDENTITY,
    ORIENTATIONS,
    Orientation,
    best_match,
    closest_to_lps,
    main_plane,
    radiological,
)
from medseg.model.provenance import Origin, Provenance, SliceOrigin, key_slices
from medseg.model.segmentation import Code, Segment, Segmentation, labels_in, palette_color
from medseg.model.segments_edit import SegmentsEdit, removal
from medseg.model.series import SeriesInfo
from medseg.model.verification import Verification
from medseg.model.volume import Source, Volume, Window

__all__ = [
    "IDENTITY",
    "ORIENTATIONS",
    "Authorship",
    "Change",
    "Changes",
    "Code",
    "Contour",
    "Edit",
    "Finding",
    "Geometry",
    "Measurement",
    "Orientation",
    "Origin",
    "Place",
    "Provenance",
    "Segment",
    "Segmentation",
    "SegmentsEdit",
    "SeriesInfo",
    "SliceOrigin",
    "Source",
    "Verification",
    "Volume",
    "Window",
    "best_match",
    "closest_to_lps",
    "compacted",
    "composed",
    "key_slices",
    "labels_in",
    "main_plane",
    "now_iso",
    "palette_color",
    "radiological",
    "removal",
    "slices_in_words",
    "with_unit",
]
