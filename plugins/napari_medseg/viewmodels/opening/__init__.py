"""Which images there are, and how one comes in."""
