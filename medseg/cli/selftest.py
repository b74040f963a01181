"""`medseg selftest`: what an installation has, and whether it keeps its promises here."""

from __future__ import annotations

import os
import platform
import sqlite3
import tempfile
from collections.abc import Callable
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
import typer

from medseg import signoff
from medseg.cli.console import print_finding, print_json
from medseg.cli.options import JsonOption
from medseg.errors import MedsegError, SignoffError
from medseg.formats import atomic, read_segmentation, write_segmentation
from medseg.interpolate import fill_between_slices
from medseg.model import Finding, Geometry, Segment, Segmentation, exit_code_of
from medseg.project.folder.home import home_folder
from medseg.project.store.engine import journal_mode

_PACKAGES = (
    "medseg",
    "numpy",
    "numba",
    "pydicom",
    "nibabel",
    "SimpleITK",
    "cryptography",
    "SQLAlchemy",
    "napari",
)
# The digest of `_small_mask` by the definition in docs/medsegMaskV1.md.
_KNOWN_DIGEST = "98578f4075dd43cb04ca202cd098511fac1f8e3916537ac695a00d4ffdf7061d"


def selftest(*, as_json: JsonOption = False) -> None:
    """Check this installation: versions, known answers, keys, disk, database and clock."""
    findings = [_checked(check) for check in _CHECKS]
    if as_json:
        print_json({"findings": [finding.to_json() for finding in findings]})
    else:
        for finding in findings:
            print_finding(finding, indent="")
    raise typer.Exit(exit_code_of(findings))


def _checked(check: Callable[[], Finding]) -> Finding:
    try:
        return check()
    except (MedsegError, OSError, ValueError) as error:
        name = check.__name__.strip("_").upper()
        return Finding(name, "error", f"This check failed: {error}")


def _versions() -> Finding:
    found = [f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"]
    for package in _PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            found.append(f"{package} absent")
    return Finding("VERSIONS", "note", ", ".join(found))


def _small_mask() -> Segmentation:
    array = np.zeros((4, 6, 5), np.uint8)
    array[1:3, 2:5, 1:4] = 1
    affine = np.array(((0, 0, 0.5, 0), (0, 0.5, 0, 0), (2.5, 0, 0, 0), (0, 0, 0, 1.0)))
    geometry = Geometry(array.shape, affine)
    return Segmentation(array, geometry, (Segment.unnamed(1),))


def _digest() -> Finding:
    found = signoff.mask_digest(_small_mask())
    if found != _KNOWN_DIGEST:
        raise SignoffError(f"a known mask has the digest {found}, not {_KNOWN_DIGEST}")
    return Finding("DIGEST", "note", "A known mask has its known digest.")


def _filling() -> Finding:
    array = np.zeros((3, 8, 8), np.uint8)
    array[0, 2:6, 2:6] = array[2, 2:6, 2:6] = 1
    filled = fill_between_slices(array, (1.0, 1.0, 1.0))
    if (filled[1] != array[0]).any():
        raise MedsegError("a square between two equal squares is not that square")
    return Finding("FILLING", "note", "A square is filled in between two equal squares.")


def _files() -> Finding:
    mask = _small_mask()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mask.nii.gz"
        write_segmentation(mask, path)
        if signoff.mask_digest(read_segmentation(path)) != signoff.mask_digest(mask):
            raise MedsegError("a mask is another one after writing and reading")
    return Finding("FILES", "note", "A mask is the same after writing and reading.")


def _keys() -> Finding:
    made = signoff.create_key("Self Test", "a passphrase")
    signoff.unlock_key(made, "a passphrase")
    try:
        signoff.unlock_key(made, "another passphrase")
    except SignoffError:
        return Finding("KEYS", "note", "A key opens with its passphrase alone.")
    raise SignoffError("a key opens with any passphrase")


def _durable() -> Finding:
    """Whether the folder of keys and memories can be written to, and flushed."""
    folder = home_folder()
    folder.mkdir(parents=True, exist_ok=True)
    probe = folder / f".selftest-{os.getpid()}"
    try:
        atomic.write_bytes(probe, b"probe", mode=0o600)
        if probe.read_bytes() != b"probe":
            raise MedsegError(f"what is written to {folder} is not what is read")
    finally:
        probe.unlink(missing_ok=True)
    return Finding("DURABLE", "note", f"Your own folder can be written to: {folder}")


def _database() -> Finding:
    found = sqlite3.sqlite_version
    mode, synchronous = journal_mode()
    text = f"SQLite {found}; a project keeps its log in mode {mode}, synchronous {synchronous}."
    return Finding("DATABASE", "note", text)


def _clock() -> Finding:
    now = datetime.now().astimezone()
    if not 2026 <= now.year <= 2100:
        raise MedsegError(f"the clock says {now.isoformat()}; set it right before you sign")
    return Finding("CLOCK", "note", f"It is {now.isoformat(timespec='seconds')} here.")


_CHECKS = (_versions, _digest, _filling, _files, _keys, _durable, _database, _clock)
