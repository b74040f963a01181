"""DICOM series against other readers: `python -m benchmarks.bench_dicom`.

A CT series of 512 x 512 voxels a slice is made from the sample case's headers and voxels, plain
and in three codecs. All readers read it in turns in one process, so that all see the same machine.
Of the slow codecs a part of the series is timed; the whole is read for the peak memory alone.
Files are read from the page cache.
"""

from __future__ import annotations

import contextlib
import itertools
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import imagecodecs
import numpy as np
import pydicom
import SimpleITK as sitk  # noqa: N813 (its users know it by this name)
from numpy.typing import NDArray
from pydicom.encaps import encapsulate
from pydicom.pixels.encoders import RLELosslessEncoder
from pydicom.uid import ExplicitVRLittleEndian, JPEG2000Lossless, JPEGLSLossless, RLELossless

import medseg
from medseg.formats.sample import sample_case

ROUNDS = 7
SIDE = 512
DISTINCT = 48  # slices encoded; longer series repeat them at new places

SLICES = 400

#: Name, transfer syntax, slices timed, goal: the ratio to the best peer, or to SimpleITK alone.
CASES = (
    ("plain", ExplicitVRLittleEndian, SLICES, "SimpleITK / medseg >= 5, medseg / raw read <= 2"),
    ("RLE", RLELossless, 20, "best peer / medseg >= 3"),
    ("JPEG-LS", JPEGLSLossless, 40, "SimpleITK / medseg >= 1.4"),
    ("JPEG 2000", JPEG2000Lossless, 24, "SimpleITK / medseg >= 1"),
)
MEMORY_GOAL = "<= 1.15"
FILES, SERIES = 5000, 40

Reader = Callable[[Path], object]


def main() -> None:
    """Print for each case the median times, the ratios with quartiles, and the peak memory."""
    sitk.ProcessObject.SetGlobalWarningDisplay(False)
    with tempfile.TemporaryDirectory() as scratch:
        planes = ct_planes()
        for name, syntax, count, goal in CASES:
            folder = Path(scratch, name)
            write_series(folder, planes, syntax, SLICES)
            part = folder if count == SLICES else _part(folder, count)
            _report_series(name, part, count, goal)
            _report_memory(name, folder)
            shutil.rmtree(folder)
        folder = Path(scratch, "many")
        write_many(folder)
        _report_listing(folder)


def ct_planes() -> NDArray[np.uint16]:
    """The sample case's slices as they are stored, mirrored outward to 512 x 512."""
    voxels = medseg.read_volume(sample_case().dicom).voxels[:DISTINCT]
    short = [(0, max(0, SIDE - size)) for size in voxels.shape[1:]]
    wide = np.pad(voxels, ((0, 0), *short), mode="symmetric")[:, :SIDE, :SIDE]
    return (wide + 1024).astype(np.uint16)


def write_series(folder: Path, planes: NDArray[np.uint16], syntax: str, count: int) -> None:
    """Save a series; the slices from `DISTINCT` on repeat the first ones at new places."""
    folder.mkdir()
    template = _template()
    template.file_meta.TransferSyntaxUID = syntax
    template.Rows = template.Columns = SIDE
    values = [_encoded(plane, syntax) for plane in planes[:count]]
    for index in range(count):
        template.ImagePositionPatient = [-180.0, -180.0, 2.0 * index]
        template.SOPInstanceUID = f"2.25.1{index}"
        template.InstanceNumber = index + 1
        template.PixelData = values[index % len(values)]
        template["PixelData"].VR = "OW" if syntax == ExplicitVRLittleEndian else "OB"
        template["PixelData"].is_undefined_length = syntax != ExplicitVRLittleEndian
        template.save_as(folder / f"IM{index:04d}.dcm", enforce_file_format=True)


def write_many(folder: Path) -> None:
    """Save 5,000 slices of 16 x 16 voxels in 40 series, each in a folder of its own."""
    template = _template()
    template.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    template.Rows = template.Columns = 16
    template.PixelData = bytes(512)
    template["PixelData"].VR = "OW"
    for series in range(SERIES):
        template.SeriesInstanceUID = f"2.25.7{series:03d}"
        place = folder / f"series{series:02d}"
        place.mkdir(parents=True)
        for index in range(FILES // SERIES):
            template.ImagePositionPatient = [0.0, 0.0, 1.5 * index]
            template.SOPInstanceUID = f"2.25.7{series:03d}{index:04d}"
            template.save_as(place / f"{index:04d}.dcm", enforce_file_format=True)


def by_medseg(folder: Path) -> NDArray[np.generic]:
    """The series' voxels, all checks made."""
    return medseg.read_volume(folder).voxels


def by_simpleitk(folder: Path) -> sitk.Image:
    """The series as SimpleITK reads it, without the copy into an array that most users make."""
    return sitk.ReadImage(sitk.ImageSeriesReader.GetGDCMSeriesFileNames(str(folder)))


def by_pydicom(folder: Path) -> object:
    """The usual loop: read, sort, scale, stack; no checks."""
    datasets = [pydicom.dcmread(path) for path in folder.iterdir()]
    datasets.sort(key=lambda dataset: float(dataset.ImagePositionPatient[2]))
    planes = [
        dataset.pixel_array.astype(np.int16) * np.int16(dataset.RescaleSlope)
        + np.int16(dataset.RescaleIntercept)
        for dataset in datasets
    ]
    return np.stack(planes)


def raw_bytes(folder: Path) -> object:
    """All bytes of all files, one after another into one buffer; nothing is understood."""
    paths = sorted(folder.iterdir())
    sizes = [path.stat().st_size for path in paths]
    buffer = memoryview(np.empty(sum(sizes), np.uint8))
    for path, start, size in zip(paths, itertools.accumulate([0, *sizes]), sizes, strict=False):
        with path.open("rb", buffering=0) as file:
            file.readinto(buffer[start : start + size])
    return buffer


READERS: dict[str, Reader] = {
    "medseg": by_medseg,
    "SimpleITK": by_simpleitk,
    "pydicom": by_pydicom,
    "raw read": raw_bytes,
}


def _template() -> pydicom.Dataset:
    dataset = pydicom.dcmread(sorted(sample_case().dicom.glob("*.dcm"))[0])
    dataset.file_meta.pop("FileMetaInformationGroupLength", None)
    return dataset


def _encoded(plane: NDArray[np.uint16], syntax: str) -> bytes:
    if syntax == ExplicitVRLittleEndian:
        return plane.tobytes()
    if syntax == JPEGLSLossless:
        return encapsulate([imagecodecs.jpegls_encode(plane)])
    if syntax == JPEG2000Lossless:
        packed = imagecodecs.jpeg2k_encode(plane, codecformat="j2k", level=0, reversible=True)
        return encapsulate([packed])
    size = {"rows": SIDE, "columns": SIDE, "number_of_frames": 1, "samples_per_pixel": 1}
    bits = {"bits_allocated": 16, "bits_stored": 16, "pixel_representation": 0}
    grey = {"photometric_interpretation": "MONOCHROME2"}
    return encapsulate([RLELosslessEncoder.encode(plane, **size, **bits, **grey)])


def _report_series(name: str, folder: Path, count: int, goal: str) -> None:
    ours, theirs = by_medseg(folder), by_simpleitk(folder)
    if not np.array_equal(ours, sitk.GetArrayViewFromImage(theirs)):
        raise SystemExit(f"{name}: medseg and SimpleITK read different voxels")
    del ours, theirs
    print(f"\n{name}, {SIDE} x {SIDE} x {count}; goal {goal}")
    times = _in_turns({key: _bound(READERS[key], folder) for key in _readers_of(name)})
    _print_ratios(times)


def _report_memory(name: str, folder: Path) -> None:
    print(f"  peak memory of {SLICES} slices; goal {MEMORY_GOAL}")
    voxels = SIDE * SIDE * SLICES * 2
    # The peers need minutes for a whole series of RLE, and no goal asks for their memory.
    for reader in ["medseg"] if name == "RLE" else _readers_of(name):
        if reader != "raw read":
            print(f"    {reader}: {_peak_bytes(reader, folder) / voxels:.2f} x the voxels")


def _readers_of(name: str) -> list[str]:
    # pydicom needs further packages for the codecs whose goal is SimpleITK.
    return [key for key in READERS if key != "pydicom" or name in ("plain", "RLE")]


def _part(folder: Path, count: int) -> Path:
    """A folder beside it with its first slices."""
    part = folder.with_name(f"{folder.name} of {count}")
    part.mkdir()
    for path in sorted(folder.iterdir())[:count]:
        Path(part, path.name).hardlink_to(path)
    return part


def _report_listing(folder: Path) -> None:
    files = sorted(folder.rglob("*.dcm"))

    def headers() -> object:
        return [pydicom.dcmread(path, stop_before_pixels=True) for path in files]

    found = medseg.list_series(folder)
    if len(found) != SERIES or any(info.reason for info in found):
        raise SystemExit("list_series does not find the series")
    print(f"\nlist_series, {FILES} files in {SERIES} series; goal pydicom / medseg >= 4")
    _print_ratios(_in_turns({"medseg": lambda: medseg.list_series(folder), "pydicom": headers}))


def _bound(reader: Reader, folder: Path) -> Callable[[], object]:
    return lambda: reader(folder)


def _in_turns(work: dict[str, Callable[[], object]]) -> dict[str, list[float]]:
    """Seconds of each, round by round."""
    times: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(ROUNDS):
        for name, function in work.items():
            start = time.perf_counter()
            function()
            times[name].append(time.perf_counter() - start)
    return times


def _print_ratios(times: dict[str, list[float]]) -> None:
    for name, seconds in times.items():
        each = sorted(other / own for other, own in zip(seconds, times["medseg"], strict=True))
        ratio = statistics.median(each)
        print(
            f"  {name}: {statistics.median(seconds):.3f} s, {ratio:.2f} x medseg's time "
            f"(quartiles {each[ROUNDS // 4]:.2f} to {each[-1 - ROUNDS // 4]:.2f})"
        )


def _peak_bytes(reader: str, folder: Path) -> int:
    """Peak resident memory above that before the reading, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.bench_dicom", reader, str(folder)]
    with contextlib.chdir(Path(__file__).parents[1]):
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return int(done.stdout)


def _print_peak(reader: str, folder: Path) -> None:
    function = READERS[reader]
    with _two_slices(folder) as short:
        function(short)  # so that all that is loaded on first use is there
    before = _high_water()
    kept = function(folder)
    print(_high_water() - before)
    del kept


@contextlib.contextmanager
def _two_slices(folder: Path) -> Iterator[Path]:
    """A folder with the first two slices, for as long as it is needed."""
    with tempfile.TemporaryDirectory() as scratch:
        for path in sorted(folder.iterdir())[:2]:
            Path(scratch, path.name).write_bytes(path.read_bytes())
        yield Path(scratch)


def _high_water() -> int:
    # Not getrusage: there the peak of the process that started this one shines through.
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


if __name__ == "__main__":
    if len(sys.argv) == 3:
        _print_peak(sys.argv[1], Path(sys.argv[2]))
    else:
        main()
