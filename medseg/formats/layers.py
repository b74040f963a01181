"""Masks in layers: segments that may overlap, in several label arrays on one grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np

from medseg.errors import OverlapError
from medseg.formats.image_file import MaskData
from medseg.formats.labels import as_labels, holding
from medseg.model import Segment, Segmentation, labels_in

_PAIRS_NAMED = 8


def segmentations(mask: MaskData, name: str) -> list[Segmentation]:
    """Each layer as a segmentation; a number that nothing names gets a segment of its own.

    Args:
        mask: what a format read.
        name: of the file, for the refusal.

    Raises:
        FormatError: a layer holds something other than labels.
    """
    result = []
    for layer in mask.layers:
        array = as_labels(layer.values, name)
        present = labels_in(array)
        kept = [one for one in layer.segments if one.number in present or not layer.is_table]
        named = {segment.number for segment in kept}
        unnamed = [Segment.unnamed(number) for number in present if number not in named]
        segments = (*kept, *unnamed)
        array = holding(array, max((segment.number for segment in segments), default=0))
        result.append(Segmentation(array, mask.geometry, segments))
    return result


def merged(layers: Sequence[Segmentation], name: str) -> Segmentation:
    """One segmentation of all layers; segments keep their numbers where those differ.

    Else they are numbered from 1, layer by layer.

    Args:
        layers: on one geometry.
        name: of the file, for the refusal.

    Raises:
        OverlapError: a voxel belongs to segments of two layers; each such pair is named.
    """
    if len(layers) == 1:
        return layers[0]
    _check_disjoint(layers, name)
    numbers = [number for layer in layers for number in layer.numbers]
    is_unique = len(set(numbers)) == len(numbers)
    new = iter(numbers if is_unique else range(1, len(numbers) + 1))
    highest = max(numbers if is_unique else [len(numbers)], default=0)
    array = holding(np.zeros(layers[0].geometry.shape, np.uint8), highest)
    segments = []
    for layer in layers:
        table = np.zeros(np.iinfo(layer.array.dtype).max + 1, array.dtype)
        for segment in layer.segments:
            number = next(new)
            table[segment.number] = number
            segments.append(replace(segment, number=number))
        np.add(array, table[layer.array], out=array)  # disjoint, so that adding is placing
    return Segmentation(array, layers[0].geometry, tuple(segments))


def _check_disjoint(layers: Sequence[Segmentation], name: str) -> None:
    pairs = []
    for one, other in combinations(layers, 2):
        both = (one.array > 0) & (other.array > 0)
        met = np.stack([one.array[both], other.array[both]], axis=1).astype(np.int64)
        for first, second in np.unique(met, axis=0).tolist():
            pairs.append(f"{one.segment(first).label} and {other.segment(second).label}")
    if pairs:
        more = f"; and {len(pairs) - _PAIRS_NAMED} more" if len(pairs) > _PAIRS_NAMED else ""
        raise OverlapError(
            f"One label array holds segments that do not overlap; in the {len(layers)} layers of "
            f"{name} these do: {'; '.join(pairs[:_PAIRS_NAMED])}{more}. Read each layer as a mask "
            "of its own (read_segmentations)."
        )
