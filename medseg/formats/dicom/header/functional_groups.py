"""The frames of an enhanced multi-frame file as headers of single slices.

Reference:
    DICOM PS3.3 C.7.6.16 (Multi-frame Functional Groups).
"""

from __future__ import annotations

from pathlib import Path

import pydicom
from pydicom.dataset import Dataset
from pydicom.uid import UID

from medseg.errors import FormatError
from medseg.formats.dicom.header.attributes import integer
from medseg.formats.dicom.header.parsing import read_dataset
from medseg.formats.dicom.header.slice_header import ATTRIBUTES, SliceHeader, parsed
from medseg.formats.refusals import refusing_in_words

_SHARED = "SharedFunctionalGroupsSequence"
_PER_FRAME = "PerFrameFunctionalGroupsSequence"

# Images whose geometry stands in functional groups, even with one frame (PS3.4 B.5):
# enhanced and legacy converted CT, MR and PET.
_ENHANCED = tuple(
    f"1.2.840.10008.5.1.4.1.1.{kind}" for kind in ("2.1", "2.2", "4.1", "4.4", "128.1", "130")
)

# Functional group -> what is taken from it, under the name that single-frame files use.
_FRAME_TYPE = {"FrameType": "ImageType"}
_AS_IT_WAS = {name: name for name in ATTRIBUTES}
_GROUPS: dict[str, dict[str, str]] = {
    "PlanePositionSequence": {"ImagePositionPatient": "ImagePositionPatient"},
    "PlaneOrientationSequence": {"ImageOrientationPatient": "ImageOrientationPatient"},
    "PixelMeasuresSequence": {
        name: name for name in ("PixelSpacing", "SliceThickness", "SpacingBetweenSlices")
    },
    "PixelValueTransformationSequence": {
        name: name for name in ("RescaleSlope", "RescaleIntercept", "RescaleType")
    },
    "FrameVOILUTSequence": {name: name for name in ("WindowCenter", "WindowWidth")},
    "FrameContentSequence": {
        "StackID": "StackID",
        "DimensionIndexValues": "DimensionIndexValues",
        "TemporalPositionIndex": "TemporalPositionIdentifier",
        "FrameAcquisitionNumber": "AcquisitionNumber",
        "FrameAcquisitionDateTime": "AcquisitionDateTime",
        "FrameReferenceDateTime": "FrameReferenceDateTime",
    },
    "MREchoSequence": {"EffectiveEchoTime": "EchoTime"},
    "MRTimingAndRelatedParametersSequence": {
        name: name for name in ("RepetitionTime", "FlipAngle")
    },
    "MRModifierSequence": {"InversionTimes": "InversionTime"},
    "MRReceiveCoilSequence": {"ReceiveCoilName": "ReceiveCoilName"},
    "TemporalPositionSequence": {"TemporalPositionTimeOffset": "FrameReferenceTime"},
    "MRDiffusionSequence": {"DiffusionBValue": "DiffusionBValue"},
    "CardiacSynchronizationSequence": {
        "NominalCardiacTriggerDelayTime": "TriggerTime",
        "NominalPercentageOfCardiacPhase": "NominalPercentageOfCardiacPhase",
    },
    "RespiratorySynchronizationSequence": {"NominalRespiratoryTriggerDelayTime": "TriggerTime"},
    "CTReconstructionSequence": {"ConvolutionKernel": "ConvolutionKernel"},
    "CTXRayDetailsSequence": {"KVP": "KVP"},
    # What a legacy converted file keeps of its single slices (PS3.3 C.7.6.16.2.25).
    "UnassignedSharedConvertedAttributesSequence": _AS_IT_WAS,
    "UnassignedPerFrameConvertedAttributesSequence": _AS_IT_WAS,
    "MRImageFrameTypeSequence": {
        **_FRAME_TYPE,
        "ComplexImageComponent": "ComplexImageComponent",
    },
    "CTImageFrameTypeSequence": _FRAME_TYPE,
    "PETFrameTypeSequence": _FRAME_TYPE,
}

# Of one file at one time; they would hide what tells its frames apart.
_OF_THE_FILE = ("InstanceNumber", "AcquisitionTime", "ContentTime")


def is_multi_frame(header: SliceHeader) -> bool:
    """Whether the places of a file's slices may stand in functional groups."""
    return header.frames > 1 or header.sop_class in _ENHANCED


def frame_headers(header: SliceHeader) -> list[SliceHeader]:
    """One header per frame; the file's own, alone, where it has no functional groups.

    Raises:
        FormatError: the file describes more or fewer frames than it says it has.
    """
    path = header.path
    with refusing_in_words(path, "reading"):
        wanted = [*ATTRIBUTES, _SHARED, _PER_FRAME]
        dataset = read_dataset(path, stop_before_pixels=True, specific_tags=wanted, force=True)
        items = dataset.get(_PER_FRAME) or []
        if not items:
            return [header]
        if len(items) != integer(dataset, "NumberOfFrames", 1):
            raise FormatError(
                f"A multi-frame file describes each of its frames; {path.name} has "
                f"{header.frames} frames and describes {len(items)}. It is damaged: export it "
                "again."
            )
        shared = (dataset.get(_SHARED) or [Dataset()])[0]
        dataset.file_meta.TransferSyntaxUID = UID(header.transfer_syntax)  # bare files name none
        top = _without_groups(dataset)
        return [_frame(top, shared, item, path, index) for index, item in enumerate(items)]


def _without_groups(dataset: pydicom.FileDataset) -> Dataset:
    top = Dataset()
    for name in ATTRIBUTES:
        if name in dataset and name not in _OF_THE_FILE:
            top[name] = dataset[name]
    top.file_meta = dataset.file_meta
    return top


def _frame(top: Dataset, shared: Dataset, item: Dataset, path: Path, index: int) -> SliceHeader:
    flat = Dataset()
    flat.update(top)
    for group, names in _GROUPS.items():
        for source in (shared, item):  # what a frame says of itself holds
            _copy(source, group, names, flat)
    for source in (shared, item):
        diffusion = _first(source, "MRDiffusionSequence")
        _copy(diffusion, "DiffusionGradientDirectionSequence", _GRADIENT, flat)
    return parsed(flat, top.file_meta, path, frame=index)


_GRADIENT = {"DiffusionGradientOrientation": "DiffusionGradientOrientation"}


def _first(source: Dataset, group: str) -> Dataset:
    items = source.get(group)
    return items[0] if items else Dataset()


def _copy(source: Dataset, group: str, names: dict[str, str], target: Dataset) -> None:
    item = _first(source, group)
    for name, single in names.items():
        if name in item:
            setattr(target, single, item[name].value)
