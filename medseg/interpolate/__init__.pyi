from .between_slices import fill_between_slices as fill_between_slices
from .filling import FillResult as FillResult
from .filling import SegmentFill as SegmentFill
from .filling import fill_all_edit as fill_all_edit
from .filling import fill_edit as fill_edit
from .preview import Preview as Preview
from .warm_up import is_compiled as is_compiled
from .warm_up import warm_up as warm_up
