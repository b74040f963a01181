"""A project's database: the append-only log, and the index of it that worklists are read from."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
