from .bundle import export_signed as export_signed
from .table import table_of as table_of
