"""Handing in, judging, signing and exporting."""
