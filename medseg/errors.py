"""Every error that medseg raises on purpose.

A message states the rule, what was found (with the file's name), and what to do next.
The tree is shallow: a caller catches `MedsegError` to refuse in words, or a branch to react.
"""

from __future__ import annotations


class MedsegError(Exception):
    """Something was refused, in words; the base of all errors raised on purpose."""


class GeometryError(MedsegError, ValueError):
    """A grid is impossible, or two grids that must agree do not."""


class UnevenSpacingError(GeometryError):
    """A stack of slices has no single affine because its gaps differ."""


class MissingSlicesError(GeometryError):
    """A stack of slices lacks some that its even spacing calls for."""


class FormatError(MedsegError, ValueError):
    """A file is absent, damaged, or of a kind that cannot be read or written right."""


class SeveralSeriesError(FormatError):
    """A path holds several image volumes and none was named."""


class OverlapError(FormatError):
    """Segments overlap, so no single label array can hold them."""


class EditError(MedsegError, ValueError):
    """A change to a segmentation is not possible on its present state."""


class ReviewError(MedsegError, ValueError):
    """An act of the workflow is not open to this person, at this stage or for this case."""


class SignoffError(MedsegError, ValueError):
    """A sign-off cannot be made: the key, the passphrase or the content forbids it."""


class StoreError(MedsegError, OSError):
    """A project's database is absent, damaged, locked by others, or cannot be written."""
