"""Densities in HU, without contrast medium."""

from __future__ import annotations

AIR = -985
FAT = -102
SKIN = 15
BLOOD = 43
HEART = 47
SPLEEN = 50
MUSCLE = 52
LIVER = 62
