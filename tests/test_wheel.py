"""What is installed is whole: the demo runs from the wheel, from another folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import medseg

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    subprocess.run([*command, str(ROOT)], check=True, capture_output=True, cwd=folder)
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_both_packages_and_the_sample_case(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {
        "medseg/__init__.pyi",
        "medseg/py.typed",
        "medseg/sample_data/chest/lesions.json",
        "medseg/sample_data/chest/dicom/IM0001.dcm",
        "napari_medseg/napari.yaml",
    } <= names
    tops = {name.split("/")[0].partition("-")[0] for name in names}
    assert tops == {"medseg", "napari_medseg"}
    assert sum(file.file_size for file in zipfile.ZipFile(wheel).infolist()) < 10e6


def test_the_demo_runs_from_the_wheel_alone(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(site)
    _lend_kernels(site / "medseg")
    code = "import medseg, sys; print(medseg.__file__); from medseg.cli import main; main()"
    # -P and PYTHONPATH: the wheel's files come before any checkout that is also installed.
    environment = {**os.environ, "PYTHONPATH": str(site)}
    run = subprocess.run(
        [sys.executable, "-P", "-c", code, "demo", "--out", "out"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith(str(site))
    assert (tmp_path / "out" / "montage.png").is_file()


def _lend_kernels(package: Path) -> None:
    """Give an unpacked wheel what the checkout has compiled of modules that are the same.

    A kernel's source is known by its size and time of change. The test below, in an empty
    environment, compiles all of them itself.
    """
    checkout = Path(medseg.__file__).parent
    for module in package.rglob("*.py"):
        ours = checkout / module.relative_to(package)
        kernels = [*(ours.parent / "__pycache__").glob(f"{ours.stem}.*.nb[ci]")]
        if not kernels or ours.read_bytes() != module.read_bytes():
            continue
        changed = ours.stat()
        os.utime(module, ns=(changed.st_atime_ns, changed.st_mtime_ns))
        (module.parent / "__pycache__").mkdir(exist_ok=True)
        for kernel in kernels:
            shutil.copy(kernel, module.parent / "__pycache__" / kernel.name)


@pytest.mark.long
def test_the_demo_runs_in_an_empty_environment(wheel: Path, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True)
    bin_folder = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin")
    constraints = ROOT / "constraints.txt"
    install = [str(bin_folder / "python"), "-m", "pip", "install", "-q", "-c", str(constraints)]
    subprocess.run([*install, str(wheel)], check=True, cwd=tmp_path)
    demo = [str(bin_folder / "medseg"), "demo", "--out", "out"]
    run = subprocess.run(demo, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert (tmp_path / "out" / "export" / "manifest.json").is_file()
