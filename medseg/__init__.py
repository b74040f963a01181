"""medseg: lesion contouring with interpolation between slices, and sign-offs bound to voxels.

Nouns live in `medseg.model`; each verb has a room, in the order the work flows: formats,
annotate, interpolate, measure, signoff, export. `medseg.session` says the sentence aloud.

Research use only; not a medical device.
"""

import lazy_loader

# Names are listed with their types in __init__.pyi and are imported on first use, so that
# `import medseg` stays fast and loads no reader, no viewer and no compiler.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
