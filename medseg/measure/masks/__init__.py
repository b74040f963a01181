"""Two masks of one image: how far they cover each other, and how far their surfaces lie apart."""
