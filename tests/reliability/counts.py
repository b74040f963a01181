"""How many rounds a harness makes: few in `make test`, the full counts in `make test-long`.

`MEDSEG_RELIABILITY` scales the full counts: 0.01 makes one in a hundred, 10 ten times as many.
"""

from __future__ import annotations

import os

SHARE = float(os.environ.get("MEDSEG_RELIABILITY", "1"))


def full(rounds: int) -> int:
    """The full count, scaled; at least one."""
    return max(1, round(rounds * SHARE))
