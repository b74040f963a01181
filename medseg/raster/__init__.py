"""Shared kernels on arrays: polygon <-> mask, distance in mm, boxes."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
