"""Comments pinned in the image, and which slices were seen."""
