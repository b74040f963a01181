"""Loads all that a process needs for whole acts; what it forks has it at once.

Else most kills would hit a process that is still loading, and none that is at work.
"""

from __future__ import annotations

import cc3d  # noqa: F401
import isal.igzip  # noqa: F401
import scipy.ndimage  # noqa: F401

import medseg.formats.nifti
import medseg.formats.nifti_labels
import medseg.project.acts.judging
import medseg.project.acts.reading
import medseg.review.checks.registry  # noqa: F401
from medseg.signoff import mask_digest
from tests.signoff.cases import three_lesions

mask_digest(three_lesions())  # a compiled kernel is loaded at its first call
