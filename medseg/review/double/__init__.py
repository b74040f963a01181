"""Several readings of one case: how far they differ, and one mask out of them."""
