"""How the image is looked at."""
