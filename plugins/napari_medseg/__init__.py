"""The napari side of medseg: what the core can do, on screen. The core never imports it."""
