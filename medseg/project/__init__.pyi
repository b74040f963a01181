from .evidence import sign as sign
from .evidence import verify as verify
