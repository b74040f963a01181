"""The nouns: what things are. Frozen where they can be, checked on construction; numpy only."""

from medseg.model.authorship import Authorship, now_iso
from medseg.model.caliper import Caliper
from medseg.model.calipers_edit import CalipersEdit
from medseg.model.composing import Changes, compacted, composed
from medseg.model.contour import Contour
from medseg.model.edit import Change, Edit
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
from medseg.model.verification import Verification, exit_code_of
from medseg.model.volume import Source, Volume, Window
from medseg.model.work.case import (
    Case,
    CaseState,
    Comment,
    Ending,
    EndingKind,
    NotEvaluable,
    Query,
    QueryState,
    Reading,
    ReadingState,
    Submission,
    Verdict,
)
from medseg.model.work.person import KeyStatus, Person, PersonKey, Role
from medseg.model.work.policy import (
    DEFAULT_ROLES,
    Checks,
    CoverageRule,
    Double,
    Gold,
    Policy,
    Stage,
    StageName,
    Trigger,
)
from medseg.model.work.viewing import PlaneName, Viewing

__all__ = [
    "DEFAULT_ROLES",
    "IDENTITY",
    "ORIENTATIONS",
    "Authorship",
    "Caliper",
    "CalipersEdit",
    "Case",
    "CaseState",
    "Change",
    "Changes",
    "Checks",
    "Code",
    "Comment",
    "Contour",
    "CoverageRule",
    "Double",
    "Edit",
    "Ending",
    "EndingKind",
    "Finding",
    "Geometry",
    "Gold",
    "KeyStatus",
    "Measurement",
    "NotEvaluable",
    "Orientation",
    "Origin",
    "Person",
    "PersonKey",
    "Place",
    "PlaneName",
    "Policy",
    "Provenance",
    "Query",
    "QueryState",
    "Reading",
    "ReadingState",
    "Role",
    "Segment",
    "Segmentation",
    "SegmentsEdit",
    "SeriesInfo",
    "SliceOrigin",
    "Source",
    "Stage",
    "StageName",
    "Submission",
    "Trigger",
    "Verdict",
    "Verification",
    "Viewing",
    "Volume",
    "Window",
    "best_match",
    "closest_to_lps",
    "compacted",
    "composed",
    "exit_code_of",
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
