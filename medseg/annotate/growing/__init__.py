"""Segments that follow the image: grown from a click or from seeds, or refined at their border."""
