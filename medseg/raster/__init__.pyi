from .boxes import Box as Box
from .boxes import box_of as box_of
from .boxes import boxes_of as boxes_of
from .boxes import span as span
from .boxes import widened as widened
from .contours import edge_contours as edge_contours
from .distance import signed_distance_mm as signed_distance_mm
from .polygon import fill_rings as fill_rings
