from .grow import conspicuous_region as conspicuous_region
from .grow import grow_region as grow_region
from .history import History as History
from .outline import fill_polygon as fill_polygon
from .outline import outline_edit as outline_edit
