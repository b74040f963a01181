"""Drawing on slices: brushes, outlines, livewire, and contours changed point by point."""
