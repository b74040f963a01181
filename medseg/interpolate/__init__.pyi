from .between_slices import fill_between_slices as fill_between_slices
from .filling import FillResult as FillResult
from .filling import fill_all_edit as fill_all_edit
from .filling import fill_edit as fill_edit
from .warm_up import warm_up as warm_up
