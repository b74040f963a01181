"""The tools on the canvases."""
