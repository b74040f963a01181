"""Sign-off: what exactly is signed, by whom, and whether it still holds.

The rules here judge nouns and bytes handed to them; files are gathered by
`medseg.project.evidence.gathering`.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
