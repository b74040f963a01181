from .bundle import export_signed as export_signed
from .project_bundle import Exported as Exported
from .project_bundle import export_project as export_project
from .project_bundle import export_reading as export_reading
from .table import table_of as table_of
