"""A segment that is there already in a new shape: smoother, larger, split, moved."""
