"""The tools of the palette, and what they share."""
