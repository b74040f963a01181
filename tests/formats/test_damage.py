"""Whatever is done to a file's bytes, it is read or refused in words, never anything else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813 (its users know it by this name)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import medseg
from medseg.errors import MedsegError
from tests.formats.dicom_files import pixels, write_slice

NAMES = ("a.nii", "a.nii.gz", "a.nrrd", "a.mha", "a.dcm")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("whole")
    image = sitk.GetImageFromArray(np.arange(60, dtype=np.int16).reshape(3, 4, 5))
    for name in NAMES[:-1]:
        sitk.WriteImage(image, str(folder / name))
    write_slice(folder / "a.dcm", pixels(0), SliceThickness=2.0)
    return {name: (folder / name).read_bytes() for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_damaged_bytes_are_read_or_refused(
    tmp_path: Path, whole: dict[str, bytes], name: str, data: st.DataObject
) -> None:
    content = bytearray(whole[name])
    places = st.integers(0, min(len(content), 1500) - 1)
    for place in data.draw(st.lists(places, min_size=1, max_size=6)):
        content[place] = data.draw(st.integers(0, 255))
    if data.draw(st.booleans()):
        content = content[: data.draw(st.integers(0, len(content)))]
    path = tmp_path / name
    path.write_bytes(bytes(content))
    assert len(medseg.list_series(path)) == 1
    for read in (medseg.read_volume, medseg.read_segmentation):
        try:
            read(path)
        except MedsegError as refusal:
            assert name in str(refusal)  # noqa: PT017 (either outcome is right)
