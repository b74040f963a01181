"""What happens on the canvas; napari's public API."""
