"""The sample case: its lesions are where and what `lesions.json` says, in every file."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from itertools import combinations, product
from pathlib import Path

import nibabel as nib
import numpy as np
import pydicom
import pytest
import SimpleITK as sitk  # noqa: N813 - the name its users know
from pydicom.uid import UID, JPEG2000Lossless
from scipy import ndimage

from sample_data.key_slices import best_key_slices
from sample_data.lesions import LESIONS
from sample_data.make_phantom import truth_mask
from sample_data.painting import BODY_TO_LPS, SHAPE, SPACING_MM, Canvas, body_axes, grid_affine
from sample_data.shapes import Branching, Ellipsoid, LobedBall, PleuralBall, lens_volume
from sample_data.texture import scanner_noise, smooth_field
from sample_data.thorax import LEFT, wall_chord, wall_level
from sample_data.vessels import grow_tree
from sample_data.writers import VOXEL_ML

ROOT = Path(__file__).resolve().parents[2]
CASE = ROOT / "sample_data" / "chest"
BUDGET_BYTES = 6_000_000
VOXELS_MAY_MISS = 0.02  # the truth mask's volume against the exact one
BY_NUMBER = {lesion.number: lesion for lesion in LESIONS}
NUMBERS = sorted(BY_NUMBER)


def load_nifti(path):
    """Array in slice, row, column order, and the affine from that order to LPS."""
    image = nib.load(path)
    to_lps = np.diag([-1.0, -1.0, 1.0, 1.0]) @ image.affine
    return np.asarray(image.dataobj).transpose(2, 1, 0), to_lps[:, [2, 1, 0, 3]]


def corners(affine):
    index = np.array(list(product(*((0, size - 1) for size in SHAPE))))
    return index @ affine[:3, :3].T + affine[:3, 3]


@pytest.fixture(scope="module")
def image():
    return load_nifti(CASE / "chest.nii.gz")[0]


@pytest.fixture(scope="module")
def truth():
    return load_nifti(CASE / "truth.nii.gz")[0]


@pytest.fixture(scope="module")
def table():
    return json.loads((CASE / "lesions.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def rows(table):
    return {row["number"]: row for row in table["lesions"]}


@pytest.fixture(scope="module")
def headers():
    paths = sorted((CASE / "dicom").iterdir())
    return [pydicom.dcmread(path) for path in paths]


@pytest.fixture(scope="module")
def remade(tmp_path_factory):
    """The generator, run as a script from another folder."""
    folder = tmp_path_factory.mktemp("elsewhere")
    script = ROOT / "sample_data" / "make_phantom.py"
    command = [sys.executable, str(script), "--out", str(folder / "chest")]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    assert len(done.stdout.splitlines()) == len(LESIONS)
    return folder / "chest"


# --- the committed files are what the generator makes ---------------------------------------


def test_the_generator_makes_the_committed_truth_and_table(remade, truth):
    assert np.array_equal(load_nifti(remade / "truth.nii.gz")[0], truth)
    assert (remade / "lesions.json").read_bytes() == (CASE / "lesions.json").read_bytes()


def test_the_generator_makes_the_committed_image(remade, image):
    again = load_nifti(remade / "chest.nii.gz")[0].astype(int)
    # Another processor may sum in another order, so a value on the edge may round the other way.
    assert np.abs(again - image).max() <= 1
    assert np.count_nonzero(again != image) <= image.size * 1e-4


def test_the_generator_makes_the_committed_headers(remade, headers):
    assert sorted(path.name for path in (remade / "dicom").iterdir()) == [
        f"IM{number:04d}.dcm" for number in range(1, SHAPE[0] + 1)
    ]
    for number in (1, 40):
        again = pydicom.dcmread(remade / "dicom" / f"IM{number:04d}.dcm")
        committed = headers[number - 1]
        for dataset in (again, committed):
            assert dataset.file_meta.TransferSyntaxUID == JPEG2000Lossless
        tags = {element.tag for element in committed} - {pydicom.tag.Tag("PixelData")}
        assert {element.tag for element in again} == tags | {pydicom.tag.Tag("PixelData")}
        assert all(again[tag] == committed[tag] for tag in tags)


def test_noise_and_texture_follow_the_seed():
    first, again, other = (scanner_noise(np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.allclose(first, other)
    assert first.std() == pytest.approx(1, abs=1e-4)
    field = smooth_field(np.random.default_rng(1), 20.0)
    assert field.shape == SHAPE
    assert field.std() == pytest.approx(1, abs=1e-4)


def test_everything_fits_the_budget():
    files = [path for path in (ROOT / "sample_data").rglob("*") if path.is_file()]
    kept = [path for path in files if "__pycache__" not in path.parts]
    assert len(kept) > SHAPE[0]
    assert sum(path.stat().st_size for path in kept) <= BUDGET_BYTES


# --- exact volumes --------------------------------------------------------------------------


@pytest.mark.parametrize("number", NUMBERS)
def test_exact_volumes_agree_with_a_fine_count(number):
    """A grid of 0.35 mm counts to better than 0.1 %, and shares nothing with the formulas."""
    shape = BY_NUMBER[number].shape
    step, reach = 0.35, 30.0
    offsets = np.arange(-reach, reach, step) + 0.123
    x, y, z = (offsets + middle for middle in shape.center)
    count = sum(
        np.count_nonzero(shape.contains(x[None, None], y[None, :, None], part[:, None, None]))
        for part in np.array_split(z, 6)
    )
    assert count * step**3 == pytest.approx(shape.volume_mm3(), rel=1e-3)


def test_the_table_states_the_exact_volumes(rows):
    assert sorted(rows) == NUMBERS
    assert len(NUMBERS) >= 5
    for number, row in rows.items():
        shape = BY_NUMBER[number].shape
        assert row["analytic_volume_ml"] == pytest.approx(shape.volume_mm3() / 1000, abs=1e-5)
        assert row["volume_method"] == shape.method
        assert row["name"] == BY_NUMBER[number].name


def test_lens_of_two_balls():
    assert lens_volume(2, 1, 3) == 0
    assert lens_volume(2, 1, 3.5) == 0
    assert lens_volume(2, 1, 0.5) == pytest.approx(4 / 3 * np.pi)
    # Two unit balls at distance 1 share 5 pi / 12.
    assert lens_volume(1, 1, 1) == pytest.approx(5 * np.pi / 12)


def test_one_tube_has_the_volume_of_a_capsule():
    tube = Branching((1.0, 2.0, 3.0), tips=((6.0, 8.0),), radii=(2.0,), heading=(0.6, 0.8))
    exact = np.pi * 4 * 10 + 4 / 3 * np.pi * 8
    assert tube.volume_mm3() == pytest.approx(exact, rel=1e-4)


def test_a_ball_within_the_wall_keeps_its_volume_and_one_outside_has_none():
    within = PleuralBall((70.0, 0.0, 100.0), 10.0)
    assert within.volume_mm3() == pytest.approx(4 / 3 * np.pi * 1000, rel=1e-4)
    assert PleuralBall((200.0, 0.0, 100.0), 10.0).volume_mm3() == 0


def test_lobes_that_overlap_are_refused():
    mass = BY_NUMBER[2].shape
    assert isinstance(mass, LobedBall)
    center, radius = mass.lobes[0]
    with pytest.raises(ValueError, match="overlap"):
        replace(mass, lobes=(*mass.lobes, (center, radius / 2)))


def test_the_chord_ends_on_the_wall():
    y, z = np.array([-40.0, 0.0, 55.0]), np.array([60.0, 100.0, 180.0])
    for x in wall_chord(LEFT, y, z):
        assert wall_level(LEFT, x, y, z) == pytest.approx(np.ones(3))


# --- the truth mask -------------------------------------------------------------------------


def test_the_truth_holds_each_voxel_whose_centre_is_inside(truth):
    x, y, z = body_axes(np.float64)
    inside = {number: BY_NUMBER[number].shape.contains(x, y, z) for number in NUMBERS}
    assert np.array_equal(truth, truth_mask())
    for number in NUMBERS:
        assert np.array_equal(truth == number, np.broadcast_to(inside[number], SHAPE))
    assert sorted(np.unique(truth)) == [0, *NUMBERS]


@pytest.mark.parametrize("number", NUMBERS)
def test_voxel_volumes_are_within_two_percent(number, truth, rows):
    voxels = int(np.count_nonzero(truth == number))
    assert rows[number]["voxels"] == voxels
    assert rows[number]["voxel_volume_ml"] == pytest.approx(voxels * VOXEL_ML, abs=1e-5)
    assert pytest.approx(np.prod(SPACING_MM) / 1000) == VOXEL_ML
    exact = rows[number]["analytic_volume_ml"]
    assert voxels * VOXEL_ML == pytest.approx(exact, rel=VOXELS_MAY_MISS)


@pytest.mark.parametrize("number", NUMBERS)
def test_the_table_says_where_a_lesion_is(number, truth, rows):
    row = rows[number]
    index = np.linalg.solve(grid_affine(), [*row["center_lps_mm"], 1.0])[:3]
    assert truth[tuple(np.rint(index).astype(int))] == number
    filled = np.nonzero((truth == number).any(axis=(1, 2)))[0]
    assert row["slices"] == [filled[0], filled[-1]]
    assert filled[-1] - filled[0] + 1 == len(filled)
    assert filled[0] > 0
    assert filled[-1] < SHAPE[0] - 1
    first, middle, last = row["key_slices"]
    assert filled[0] <= first < middle < last <= filled[-1]


def test_key_slices_sit_where_a_shape_changes():
    mask = np.zeros((12, 20, 50), bool)
    mask[2:11, 5:15, 5:15] = True
    mask[[1, 11], 7, 7] = True  # too thin to draw on
    for k in range(2, 11):  # widens up to slice 5, then narrows more slowly
        mask[k, 5:15, 15 : 42 - (8 * (5 - k) if k < 5 else 4 * (k - 5))] = True
    assert best_key_slices(mask) == [2, 5, 10]


def test_the_table_gives_the_shapes_in_patient_coordinates(rows):
    ball = rows[2]["shape_lps_mm"]["balls"][3]
    center, radius = BY_NUMBER[2].shape.lobes[2]
    assert ball["center"] == pytest.approx(np.add(center, BODY_TO_LPS))
    assert ball["radius"] == radius
    tube = rows[3]["shape_lps_mm"]["tubes"][0]
    assert tube["from"] == pytest.approx(rows[3]["center_lps_mm"])


def test_the_small_lesion_spans_four_slices(truth):
    assert np.count_nonzero((truth == 5).any(axis=(1, 2))) == 4


def test_each_lesion_is_one_piece_and_apart_from_the_others(truth):
    x, y, z = body_axes(np.float64)
    for number in NUMBERS:
        assert ndimage.label(truth == number, np.ones((3, 3, 3)))[1] == 1
    for first, second in combinations(NUMBERS, 2):
        k, j, i = np.nonzero(truth == first)
        points = x[0, 0, i], y[0, j, 0], z[k, 0, 0]
        assert BY_NUMBER[second].shape.distance(*points).min() > 5


def test_the_branching_lesion_goes_from_one_piece_to_two(truth):
    filled = np.nonzero((truth == 3).any(axis=(1, 2)))[0]
    pieces = [ndimage.label(truth[k] == 3)[1] for k in filled]
    assert pieces[:3] == [1, 1, 1]
    assert pieces[-3:] == [2, 2, 2]
    assert sorted(pieces) == pieces


def neighbours_beyond_the_wall(mask):
    x, y, z = body_axes(np.float64)
    beyond = wall_level(LEFT, x, y, z) > 1
    beyond &= np.broadcast_to(x > 0, SHAPE)
    within_slice = np.ones((1, 3, 3), bool)
    return ndimage.binary_dilation(mask, within_slice) & beyond


def test_the_pleural_lesion_touches_the_wall_and_the_others_do_not(truth, image):
    touching = neighbours_beyond_the_wall(truth == 4)
    assert np.count_nonzero(touching) > 50
    assert image[touching].mean() > 0  # muscle and rib, not lung
    for number in set(NUMBERS) - {4}:
        assert not neighbours_beyond_the_wall(truth == number).any()


# --- the image ------------------------------------------------------------------------------


@pytest.mark.parametrize("number", NUMBERS)
def test_lesions_stand_out_from_what_is_around(number, truth, image):
    mask = truth == number
    disc = np.ones((3, 5, 5), bool)
    core = ndimage.binary_erosion(mask, np.ones((1, 3, 3), bool))
    around = ndimage.binary_dilation(mask, disc, iterations=2) & ~ndimage.binary_dilation(
        mask, disc
    )
    inner, outer = image[core], image[around]
    assert inner.mean() == pytest.approx(BY_NUMBER[number].hu, abs=12)
    contrast = -35 if number == 6 else 500
    assert (np.median(outer) < inner.mean() - contrast) == (number != 6)
    assert abs(inner.mean() - np.median(outer)) > 2 * inner.std()


def test_tissues_have_their_densities(image):
    def mean(x, y, z):
        low, high = np.subtract((x, y, z), (6, 6, 7)), np.add((x, y, z), (6, 6, 7))
        return Canvas(image, *body_axes()).crop(low, high).hu.mean()

    assert mean(-95, 20, 120) == pytest.approx(-840, abs=50)  # lung
    assert mean(-95, -20, 18) == pytest.approx(62, abs=8)  # liver
    assert mean(20, -20, 75) == pytest.approx(45, abs=10)  # heart
    assert mean(0, 11, 180) < -900  # windpipe
    assert image.max() > 400  # bone
    x, y, _ = body_axes()
    outside = np.broadcast_to(np.hypot(x, y) > 189, SHAPE)
    assert (image[outside] == -1024).all()
    assert image[:, 10:20, 120:136].mean() == pytest.approx(-1000, abs=2)  # air before the chest


def test_lungs_are_denser_behind(image):
    lung = Canvas(image, *body_axes())
    front = np.median(lung.crop((-110, -60, 100), (-60, -40, 140)).hu)
    behind = np.median(lung.crop((-110, 50, 100), (-60, 70, 140)).hu)
    assert behind > front + 20


def test_noise_has_a_grain_like_a_scanners(image):
    """Neither white nor drifting: neighbours are alike, the mean of a wide patch is steady."""
    heart = Canvas(image, *body_axes()).crop((24, -36, 62), (54, -16, 84)).hu.astype(float)
    noise = heart - heart.mean()
    assert 15 < noise.std() < 25
    alike = np.mean(noise[:, :, 1:] * noise[:, :, :-1]) / noise.var()
    assert alike > 0.25
    white = np.random.default_rng(0).standard_normal(noise.shape)
    assert abs(np.mean(white[:, :, 1:] * white[:, :, :-1])) < 0.1
    power = np.abs(np.fft.fft2(scanner_noise(np.random.default_rng(5)))) ** 2
    rows, columns = np.meshgrid(*(np.fft.fftfreq(n, SPACING_MM[1]) for n in SHAPE[1:]))
    frequency = np.hypot(rows, columns)
    slow, middle, fast = (
        power[:, (frequency > low) & (frequency < high)].mean()
        for low, high in ((0, 0.02), (0.08, 0.12), (0.3, 0.4))
    )
    assert slow < middle / 4
    assert fast < middle / 20


def test_a_tree_reaches_all_it_serves_and_tapers():
    rng = np.random.default_rng(3)
    targets = rng.uniform(0, 40, (60, 3))
    branches = grow_tree((0.0, 0.0, 0.0), (1.0, 1.0, 1.0), targets, rng)
    leaves = [branch for branch in branches if branch.served == 1]
    assert len(leaves) == len(targets)
    assert branches[0].served == len(targets)
    assert all(branch.radii[1] <= branch.radii[0] <= branches[0].radii[0] for branch in branches)
    starts = {branch.end for branch in branches} | {branches[0].start}
    assert all(branch.start in starts for branch in branches)


# --- the files, read by others --------------------------------------------------------------


def dicom_affine(headers):
    first, last = headers[0], headers[-1]
    affine = np.eye(4)
    orientation = np.array(first.ImageOrientationPatient, float)
    rows_mm, columns_mm = map(float, first.PixelSpacing)
    affine[:3, 2], affine[:3, 1] = orientation[:3] * columns_mm, orientation[3:] * rows_mm
    affine[:3, 3] = start = np.array(first.ImagePositionPatient, float)
    steps = len(headers) - 1
    affine[:3, 0] = (np.array(last.ImagePositionPatient, float) - start) / steps
    return affine


def test_dicom_and_nifti_stand_in_one_place(headers):
    dicom = corners(dicom_affine(headers))
    for name in ("chest.nii.gz", "truth.nii.gz"):
        nifti = corners(load_nifti(CASE / name)[1])
        assert np.abs(nifti - dicom).max() < 0.01
    assert np.abs(corners(grid_affine()) - dicom).max() < 0.01


def test_slices_rise_evenly(headers):
    heights = [float(header.ImagePositionPatient[2]) for header in headers]
    assert np.diff(heights) == pytest.approx(np.full(SHAPE[0] - 1, SPACING_MM[0]))
    assert [header.InstanceNumber for header in headers] == list(range(1, SHAPE[0] + 1))


@pytest.mark.parametrize("code", ["sform", "qform"])
def test_nifti_states_its_frame_twice_and_alike(code):
    image = nib.load(CASE / "chest.nii.gz")
    affine, number = getattr(image, f"get_{code}")(coded=True)
    assert number == 1  # scanner
    assert np.allclose(affine, image.affine, atol=1e-4)
    assert image.get_data_dtype() == np.int16
    assert nib.load(CASE / "truth.nii.gz").get_data_dtype() == np.uint8


def test_simpleitk_reads_the_same_voxels(image):
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(CASE / "dicom")))
    series = reader.Execute()
    assert np.array_equal(sitk.GetArrayFromImage(series), image)
    assert series.GetSpacing() == pytest.approx(SPACING_MM[::-1])
    assert series.GetOrigin() == pytest.approx(tuple(grid_affine()[:3, 3]))


def test_pydicom_alone_reads_the_same_voxels(headers, image):
    for k in (0, 30, SHAPE[0] - 1):
        pixels = headers[k].pixel_array.astype(int)
        hu = pixels * headers[k].RescaleSlope + headers[k].RescaleIntercept
        assert np.array_equal(hu, image[k])


# PS3.3 A.3: type 1 attributes of the CT image's modules, then type 2.
FILLED = """
    SOPClassUID SOPInstanceUID StudyInstanceUID SeriesInstanceUID FrameOfReferenceUID Modality
    ImageType ImageOrientationPatient ImagePositionPatient PixelSpacing SamplesPerPixel
    PhotometricInterpretation Rows Columns BitsAllocated BitsStored HighBit PixelRepresentation
    RescaleIntercept RescaleSlope PatientPosition PatientIdentityRemoved DeidentificationMethod
    PatientName PatientID SliceThickness KVP AcquisitionNumber InstanceNumber SeriesNumber
    StudyDate StudyTime StudyID Manufacturer PatientSex
"""
PRESENT = (
    "PatientBirthDate",
    "ReferringPhysicianName",
    "AccessionNumber",
    "PositionReferenceIndicator",
)


def test_headers_are_complete(headers):
    for header in headers:
        assert all(header.get(name) not in (None, "") for name in FILLED.split())
        assert all(name in header for name in PRESENT)
        assert header.SOPClassUID.name == "CT Image Storage"
        assert header.PatientName == "Phantom^Chest"
        assert header.PatientIdentityRemoved == "YES"
        assert list(zip(header.WindowCenter, header.WindowWidth, strict=True)) == [
            (-600, 1500),
            (40, 400),
        ]


def test_uids_are_valid_and_one_per_thing(headers, table):
    for name in ("StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID"):
        assert len({header[name].value for header in headers}) == 1
    instances = {header.SOPInstanceUID for header in headers}
    assert len(instances) == SHAPE[0]
    shared = {headers[0][n].value for n in ("StudyInstanceUID", "SeriesInstanceUID")}
    uids = instances | shared | {headers[0].FrameOfReferenceUID}
    assert len(uids) == SHAPE[0] + 3
    assert all(UID(uid).is_valid and uid.startswith("2.25.") for uid in uids)
    assert table["grid"]["series_instance_uid"] == headers[0].SeriesInstanceUID
    assert table["grid"]["frame_of_reference_uid"] == headers[0].FrameOfReferenceUID


def test_the_readme_shows_the_tables_figures(rows):
    text = (ROOT / "sample_data" / "README.md").read_text(encoding="utf-8")
    for row in rows.values():
        start = f"| {row['number']} | {row['name']}: {row['kind']} | "
        line = next(line for line in text.splitlines() if line.startswith(start))
        off = row["voxel_volume_ml"] / row["analytic_volume_ml"] - 1
        assert f"| {', '.join(map(str, row['key_slices']))} |" in line
        assert f"| {row['analytic_volume_ml']:.3f} ml | {off:+.1%} |" in line


def test_an_ellipsoid_holds_its_surface():
    ball = Ellipsoid((0.0, 0.0, 0.0), (2.0, 3.0, 4.0))
    x, y, z = np.array([2.0, 0.0, 0.0, 2.1]), np.array([0.0, 3.0, 0.0, 0.0]), np.zeros(4)
    assert ball.contains(x, y, z).tolist() == [True, True, True, False]
    assert ball.distance(x, y, z)[3] == pytest.approx(0.1, abs=0.01)
