"""The canvases: each a plane, what is written on it, what the mouse does there."""
