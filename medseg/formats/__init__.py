"""Files to nouns and back: the only room that knows file formats, and the door where LPS begins."""

import lazy_loader

# Each name is imported on first use: opening a mask must not load the DICOM reader.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
