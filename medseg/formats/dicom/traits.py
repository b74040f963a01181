"""What tells slices at one place apart: time, echo, diffusion weighting, kind of image."""

from __future__ import annotations

import math
from dataclasses import dataclass

from pydicom.dataset import Dataset

from medseg.formats.dicom.attributes import number, numbers, text

#: Attributes that `read_traits` looks at.
TRAIT_ATTRIBUTES = [
    "TemporalPositionIdentifier",
    "TriggerTime",
    "AcquisitionNumber",
    "AcquisitionDate",
    "AcquisitionTime",
    "ContentDate",
    "ContentTime",
    "EchoNumbers",
    "EchoTime",
    "DiffusionBValue",
    "DiffusionGradientOrientation",
    "InstanceNumber",
    "ConvolutionKernel",
]


@dataclass(frozen=True)
class Traits:
    """What may tell a slice from another one at its place; None or empty where it is not said.

    Args:
        temporal_position: Temporal Position Identifier.
        trigger_ms: Trigger Time.
        acquisition: Acquisition Number.
        acquired_at: date and time of the acquisition as one sortable text.
        content_at: date and time of the content.
        echo: Echo Number.
        echo_ms: Echo Time.
        b_value: Diffusion b-value, s/mm2.
        gradient: Diffusion Gradient Orientation.
        instance: Instance Number.
        stack: Stack ID of a frame.
        kernel: Convolution Kernel.
    """

    temporal_position: float | None = None
    trigger_ms: float | None = None
    acquisition: float | None = None
    acquired_at: str = ""
    content_at: str = ""
    echo: float | None = None
    echo_ms: float | None = None
    b_value: float | None = None
    gradient: tuple[float, ...] | None = None
    instance: float | None = None
    stack: str = ""
    kernel: str = ""


def read_traits(dataset: Dataset) -> Traits:
    """The traits that a header names; numbers that are damaged count as not named."""
    gradient = numbers(dataset, "DiffusionGradientOrientation", 3)
    return Traits(
        number(dataset, "TemporalPositionIdentifier", None),
        number(dataset, "TriggerTime", None),
        number(dataset, "AcquisitionNumber", None),
        _moment(dataset, "Acquisition"),
        _moment(dataset, "Content"),
        number(dataset, "EchoNumbers", None),
        number(dataset, "EchoTime", None),
        number(dataset, "DiffusionBValue", None),
        tuple(round(part, 3) for part in gradient) if gradient else None,
        number(dataset, "InstanceNumber", None),
        text(dataset, "StackID"),
        text(dataset, "ConvolutionKernel"),
    )


def _moment(dataset: Dataset, name: str) -> str:
    """Date and time as a text whose order is that of time; empty where no time is named."""
    whole = text(dataset, f"{name}DateTime")
    if whole:
        return whole
    time = text(dataset, f"{name}Time").replace(":", "")
    if not time or not time.replace(".", "", 1).isdigit():
        return ""
    seconds = float(time)
    return f"{text(dataset, f'{name}Date')} {seconds:017.6f}" if math.isfinite(seconds) else ""
