"""How an image is looked at: planes, crosshair, window, layout, read-out."""
