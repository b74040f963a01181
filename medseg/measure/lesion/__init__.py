"""One lesion: size, diameters, shape, intensity and uptake."""
