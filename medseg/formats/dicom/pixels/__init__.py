"""Stored pixels: found, decoded, freed of unused bits, scaled to real values."""
