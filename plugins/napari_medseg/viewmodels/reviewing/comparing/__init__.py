"""Their mask against the one on screen, and the walk through every difference."""
