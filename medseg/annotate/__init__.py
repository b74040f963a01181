"""Ways to change a segmentation; every change is an Edit with an inverse."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
