from .evidence import verify as verify
from .signing import sign as sign
