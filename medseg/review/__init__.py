"""Review: who does what next, what was seen and said of it, and what must hold before.

Pure rules on nouns; the store that keeps them is `medseg.project`.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
