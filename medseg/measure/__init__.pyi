from .overlap import dice as dice
from .overlap import iou as iou
from .registry import MEASURES as MEASURES
from .registry import Measure as Measure
from .registry import measure_all as measure_all
from .registry import measure_segment as measure_segment
from .size import volume_ml as volume_ml
