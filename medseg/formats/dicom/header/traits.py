"""What tells slices at one place apart: time, echo, diffusion weighting, kind of image."""

from __future__ import annotations

import math
from dataclasses import dataclass

from pydicom.dataset import Dataset

from medseg.formats.dicom.header.attributes import integer, number, numbers, text, values

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
    "FrameReferenceTime",
    "InversionTime",
    "FlipAngle",
    "RepetitionTime",
    "SequenceName",
    "KVP",
    "ContrastBolusAgent",
    "ContrastBolusStartTime",
    "ReceiveCoilName",
    "NominalPercentageOfCardiacPhase",
    "ImageComments",
    "ComplexImageComponent",
    "ConcatenationUID",
    "InConcatenationNumber",
    "InConcatenationTotalNumber",
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
        kernel: Convolution Kernel, all its values.
        reference_ms: Frame Reference Time.
        inversion_ms: Inversion Time.
        flip_degrees: Flip Angle.
        repetition_ms: Repetition Time.
        sequence: Sequence Name.
        kvp: peak voltage, kV.
        contrast: Contrast/Bolus Agent and its start time as one text.
        coil: Receive Coil Name.
        cardiac_percent: Nominal Percentage of Cardiac Phase.
        component: Complex Image Component, as MAGNITUDE or PHASE.
        dimensions: Dimension Index Values of a frame.
        comments: Image Comments, where some scanners name the phase; never shown.
        concatenation: its UID, the number of this file in it and how many there are; 0 unknown.
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
    reference_ms: float | None = None
    inversion_ms: float | None = None
    flip_degrees: float | None = None
    repetition_ms: float | None = None
    sequence: str = ""
    kvp: float | None = None
    contrast: str = ""
    coil: str = ""
    cardiac_percent: float | None = None
    component: str = ""
    dimensions: tuple[int, ...] = ()
    comments: str = ""
    concatenation: tuple[str, int, int] = ("", 0, 0)


def read_traits(dataset: Dataset) -> Traits:
    """The traits that a header names; numbers that are damaged count as not named."""
    gradient = numbers(dataset, "DiffusionGradientOrientation", 3)
    return Traits(
        number(dataset, "TemporalPositionIdentifier", None),
        number(dataset, "TriggerTime", None),
        number(dataset, "AcquisitionNumber", None),
        _moment(dataset, "Acquisition", "AcquisitionDateTime"),
        _moment(dataset, "Content", "FrameReferenceDateTime"),
        number(dataset, "EchoNumbers", None),
        number(dataset, "EchoTime", None),
        number(dataset, "DiffusionBValue", None),
        tuple(round(part, 3) for part in gradient) if gradient else None,
        number(dataset, "InstanceNumber", None),
        text(dataset, "StackID"),
        "_".join(str(part).strip() for part in values(dataset, "ConvolutionKernel")),
        number(dataset, "FrameReferenceTime", None),
        number(dataset, "InversionTime", None),
        number(dataset, "FlipAngle", None),
        number(dataset, "RepetitionTime", None),
        text(dataset, "SequenceName"),
        number(dataset, "KVP", None),
        f"{text(dataset, 'ContrastBolusAgent')} {text(dataset, 'ContrastBolusStartTime')}".strip(),
        text(dataset, "ReceiveCoilName"),
        number(dataset, "NominalPercentageOfCardiacPhase", None),
        text(dataset, "ComplexImageComponent"),
        tuple(part for part in values(dataset, "DimensionIndexValues") if isinstance(part, int)),
        text(dataset, "ImageComments"),
        (
            text(dataset, "ConcatenationUID"),
            integer(dataset, "InConcatenationNumber", 0),
            integer(dataset, "InConcatenationTotalNumber", 0),
        ),
    )


def _moment(dataset: Dataset, name: str, of_frame: str) -> str:
    """Date and time as a text whose order is that of time; empty where no time is named."""
    if whole := text(dataset, of_frame):
        return whole
    time = text(dataset, f"{name}Time").replace(":", "")
    if not time or not time.replace(".", "", 1).isdigit():
        return ""
    whole, _, part = time.partition(".")
    seconds = float(f"{whole.ljust(6, '0')}.{part}")  # minutes and seconds may be left out
    return f"{text(dataset, f'{name}Date')} {seconds:017.6f}" if math.isfinite(seconds) else ""
