"""What leaves the house: only what is signed, with everything needed to check it again."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
