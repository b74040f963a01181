"""What several stories need: a mask changed, another image, the log's entries, a refusal."""

from __future__ import annotations

import dataclasses
import os
import re
import shutil
from pathlib import Path

import numpy as np

from medseg.formats import read_segmentation, write_segmentation
from medseg.model import Segmentation
from tests.cli.running import Run
from tests.cli.study import Study
from tests.phantoms import ramp_volume
from tests.project.cases import save_image


def changed(mask: Path) -> int:
    """Erases a voxel of a mask behind medseg's back; returns its slice."""
    found = read_segmentation(mask)
    array = np.array(found.array)
    first = tuple(np.argwhere(array)[0])
    array[first] = 0
    elsewhere = mask.parent / "elsewhere" / mask.name
    elsewhere.parent.mkdir()
    write_segmentation(
        Segmentation(array, found.geometry, found.segments, found.provenance), elsewhere
    )
    os.replace(elsewhere, mask)
    shutil.rmtree(elsewhere.parent)
    return int(first[0])


def other_image(path: Path) -> Path:
    volume = ramp_volume()
    return save_image(dataclasses.replace(volume, voxels=volume.voxels + 5), path)


def entries(study: Study, by: str = "Ada") -> list[dict[str, object]]:
    entries: list[dict[str, object]] = study.json("log", "show", *study.in_project(), by=by)
    return entries


def kinds(study: Study) -> list[object]:
    return [one["kind"] for one in entries(study)]


def refused(run: Run, *words: str) -> None:
    """Exit code 3, a sentence that says those words and what to do, and no stack trace."""
    assert run.code == 3, run
    assert "Traceback" not in run.err
    assert re.search(r"medseg: [A-Z].*\.", run.err), run.err
    for word in words:
        assert word in run.err, run.err
