"""Readers with a defect each, which the judgement of mutated files must find out."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import medseg
from medseg.errors import MedsegError

Reader = Callable[..., Any]


def _key_error(read: Reader, path: Path, **more: Any) -> Any:
    try:
        return read(path, **more)
    except MedsegError as error:
        raise KeyError(str(error)) from error


def _zeros(read: Reader, path: Path, **more: Any) -> Any:
    """What is cut off is filled with zeros."""
    file = path if path.is_file() else path / "2.dcm"
    file.write_bytes(file.read_bytes() + bytes(4096))
    return read(path, **more)


def _greedy(read: Reader, path: Path, **more: Any) -> Any:
    """Takes what three numbers of a header ask for, before it looks further."""
    sizes = np.frombuffer(path.read_bytes()[42:48].ljust(6, b"\0"), np.int16)
    try:
        np.ones(abs(int(np.prod(sizes, dtype=object))), np.uint8)
    except MemoryError as error:
        raise MedsegError(f"{path.name} does not fit into memory") from error
    return read(path, **more)


def _hoarding(read: Reader, path: Path, **more: Any) -> Any:
    """Takes 600 MB for nothing, which is within the address space."""
    np.ones(600 << 20, np.uint8)
    return read(path, **more)


def _speaking(read: Reader, path: Path, **more: Any) -> Any:
    os.write(2, b"odd header")
    return read(path, **more)


def _warning(read: Reader, path: Path, **more: Any) -> Any:
    np.float64(1.0) / np.float64(0.0)
    return read(path, **more)


def _shifting(read: Reader, path: Path, **more: Any) -> Any:
    """All is 0.03 mm off."""
    volume = read(path, **more)
    affine = volume.geometry.affine.copy()
    affine[0, 3] += 0.03
    object.__setattr__(volume, "geometry", medseg.model.Geometry(volume.geometry.shape, affine))
    return volume


def _nameless(read: Reader, path: Path, **more: Any) -> Any:
    try:
        return read(path, **more)
    except MedsegError as error:
        raise MedsegError("This file is damaged.") from error


def _sleeping(read: Reader, path: Path, **more: Any) -> Any:
    time.sleep(3600)


def _dying(read: Reader, path: Path, **more: Any) -> Any:
    os._exit(3)


BROKEN_READERS: dict[str, Reader] = {
    "key error": _key_error,
    "zeros": _zeros,
    "greedy": _greedy,
    "hoarding": _hoarding,
    "speaking": _speaking,
    "warning": _warning,
    "shifting": _shifting,
    "nameless": _nameless,
    "sleeping": _sleeping,
    "dying": _dying,
}
