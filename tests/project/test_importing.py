"""Images become cases: once each, with what cannot be read listed, and no name of anybody."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from medseg.errors import FormatError, ReviewError
from medseg.formats import sample
from medseg.project import import_images
from medseg.project.images.image_record import read_image_record
from tests.phantoms import ramp_volume
from tests.project.cases import save_image
from tests.project.team import Team


def test_a_tree_with_all_kinds_in_it(team: Team, tmp_path: Path):
    root = tmp_path / "scans"
    shutil.copytree(sample.sample_case().dicom, root / "ct")
    (root / "sub-01").mkdir()
    ramp = ramp_volume()
    save_image(replace(ramp, voxels=ramp.voxels + 3), root / "sub-01" / "head.nii.gz")
    (root / "broken.nii.gz").write_bytes(b"\x1f\x8b nothing")
    (root / "notes.txt").write_text("Jane Doe")
    told: list[float] = []
    found = import_images(
        team.project, root, by="p-lea", progress=lambda part, _what: told.append(part)
    )
    assert len(found.cases) == 2
    assert told[-1] == 1.0
    assert told == sorted(told)
    problems = {one.code: one for one in found.findings}
    assert problems["IMAGE_REFUSED"].where.file == "broken.nii.gz"
    assert "SKIPPED" in problems
    again = import_images(team.project, root, by="p-lea")
    assert again.cases == ()
    assert set(again.known) == set(found.cases)
    for case in found.cases:
        record = read_image_record(team.project.layout.image(case))
        assert record.path.is_relative_to(root)
        assert team.project.image(case).geometry.shape == record.shape


def test_the_same_values_elsewhere_are_the_same_case(team: Team, tmp_path: Path):
    copy = tmp_path / "elsewhere.nii.gz"
    shutil.copy(team.image, copy)
    found = import_images(team.project, copy, by="p-lea")
    assert (found.cases, found.known) == ((), (team.case,))
    assert read_image_record(team.project.layout.image(team.case)).path == copy.resolve()


def test_patients_are_grouped_and_not_named(team: Team, tmp_path: Path):
    pydicom = pytest.importorskip("pydicom")
    for number, (patient, study) in enumerate(
        [("DOE^7", "20200101"), ("DOE^7", "20210101"), ("ROE^8", "20200101")]
    ):
        folder = tmp_path / "dicom" / str(number)
        shutil.copytree(sample.sample_case().dicom, folder)
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                header = pydicom.dcmread(path)
                header.PatientID, header.StudyDate = patient, study
                header.StudyInstanceUID = f"1.2.3.{number}"
                header.SeriesInstanceUID = f"1.2.3.{number}.1"
                header.RescaleIntercept = float(header.RescaleIntercept) + number
                header.save_as(path)
    found = import_images(team.project, tmp_path / "dicom", by="p-lea")
    cases = [team.project.case(case) for case in found.cases]
    assert len(cases) == 3
    by_subject: dict[str, list[int]] = {}
    for case in cases:
        by_subject.setdefault(case.subject, []).append(case.time_point)
    assert sorted(by_subject.values()) == [[1], [1, 2]]
    layout = team.project.layout
    written = b"".join(path.read_bytes() for path in layout.root.rglob("*") if path.is_file())
    for name in (b"DOE^7", b"ROE^8", b"20210101", b'1.2.3.0.1"'):
        assert name not in written.replace(b'"series": "1.2.3.0.1"', b"")


def test_who_may_import(team: Team, tmp_path: Path):
    with pytest.raises(ReviewError, match="importer or the lead"):
        import_images(team.project, tmp_path, by="p-ada")
    with pytest.raises(FormatError, match="there is no"):
        import_images(team.project, tmp_path / "absent", by="p-lea")


def test_the_projects_own_files_are_no_images(team: Team, tmp_path: Path):
    team.draw()
    found = import_images(team.project, tmp_path, by="p-lea")
    assert (found.cases, found.known) == ((), (team.case,))
    assert "lesions.nii.gz" not in json.dumps([one.to_json() for one in found.findings])


def test_a_lost_record_is_written_by_importing_anew(team: Team):
    path = team.project.layout.image(team.case)
    path.unlink()
    with pytest.raises(FormatError, match="import the image anew"):
        read_image_record(path)
    import_images(team.project, team.image, by="p-lea")
    assert read_image_record(path).case == team.case
