"""Signing: many at once, what was seen, and images that are none."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medseg import project
from medseg.errors import FormatError, SignoffError
from medseg.formats import read_segmentation, read_volume, sidecar, write_segmentation
from medseg.model import Segment, Segmentation
from medseg.project.folder import locking
from tests.phantoms import ramp_volume
from tests.project.cases import Folder, save_image
from tests.signoff.cases import codes, key_of, renumbered, three_lesions, with_array

PROCESSES = 5


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder.make(tmp_path)


def sign_when_all_are_ready(mask: str, seed: int, barrier: Any) -> None:
    options = {"decision": "reject", "reason": "no"} if seed == 1 else {}
    barrier.wait(60)
    for _ in range(2):
        project.sign(mask, key_of(seed), **options)


def test_no_sign_off_is_lost_when_several_sign_at_once(folder: Folder):
    context = get_context("spawn")
    barrier = context.Barrier(PROCESSES)
    signers = [
        context.Process(target=sign_when_all_are_ready, args=(str(folder.mask), seed, barrier))
        for seed in range(1, PROCESSES + 1)
    ]
    for signer in signers:
        signer.start()
    for signer in signers:
        signer.join(120)
    assert [signer.exitcode for signer in signers] == [0] * PROCESSES
    said = [statement["predicate"] for statement in folder.statements()]
    assert [one["caseVersion"] for one in said] == list(range(1, 2 * PROCESSES + 1))
    assert [len(one["previous"]) for one in said] == list(range(2 * PROCESSES))
    assert [one["decision"] for one in said].count("reject") == 2
    assert not list(folder.root.glob(".*"))


HOLD = """
import sys, time
from pathlib import Path
from medseg.project.folder.locking import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


def test_a_lock_is_waited_for_and_free_when_its_holder_dies(folder: Folder, monkeypatch: Any):
    target = sidecar.signoff_path(folder.mask)
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(target)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        monkeypatch.setattr(locking, "_PATIENCE_SECONDS", 0.2)
        with pytest.raises(SignoffError, match="one at a time"):
            folder.sign()
        assert not target.exists()
    finally:
        holder.kill()
        holder.communicate()
    left = target.with_name(f".{target.name}.lock")
    assert left.exists(), "a killed process cannot clean up"
    monkeypatch.undo()
    folder.sign()
    assert not left.exists()


def test_a_lock_holds_within_one_process_and_through_a_link(folder: Folder, monkeypatch: Any):
    monkeypatch.setattr(locking, "_PATIENCE_SECONDS", 0.1)
    target = folder.sign()
    link = folder.root / "link.jsonl"
    link.symlink_to(target)
    for other in (target, link):
        with locking.locked(target), pytest.raises(SignoffError), locking.locked(other):
            pass
    with locking.locked(link):
        pass


def test_a_removed_lock_file_is_no_lock(tmp_path: Path, monkeypatch: Any):
    """Whoever waited on a file that its holder removed must not think to hold the lock."""
    real, removed = locking._lock, []

    def remove_first(descriptor: int) -> None:
        real(descriptor)
        if not removed:
            removed.append((tmp_path / ".a.lock").unlink())

    monkeypatch.setattr(locking, "_lock", remove_first)
    with locking.locked(tmp_path / "a"):
        assert (tmp_path / ".a.lock").exists()


def test_where_no_lock_can_be_had_it_is_said(tmp_path: Path, monkeypatch: Any):
    started = time.monotonic()
    with (
        pytest.raises(FormatError, match="folder you may write to"),
        locking.locked(tmp_path / "absent" / "a"),
    ):
        pass
    assert time.monotonic() - started < locking._PATIENCE_SECONDS

    def unsupported(_: int) -> None:
        raise OSError(95, os.strerror(95))

    monkeypatch.setattr(locking, "_lock", unsupported)
    with pytest.raises(SignoffError, match="no locks"), locking.locked(tmp_path / "a"):
        pass


def test_what_is_signed_is_what_was_seen(folder: Folder):
    seen = read_segmentation(folder.mask)
    folder.sign(expected=seen)
    folder.sign(expected=renumbered(seen, {1: 300, 2: 2, 3: 9}))
    assert len(folder.statements()) == 2


def moved(seen: Segmentation) -> Segmentation:
    affine = seen.geometry.affine.copy()
    affine[0, 3] += 1
    return Segmentation(seen.array, replace(seen.geometry, affine=affine), seen.segments)


def with_first(seen: Segmentation, **changes: Any) -> Segmentation:
    first, *others = seen.segments
    return Segmentation(seen.array, seen.geometry, (replace(first, **changes), *others))


DIFFERENCES = {
    "voxels": lambda seen: with_array(seen, np.where(seen.array == 2, 0, seen.array)),
    "geometry": moved,
    "label": lambda seen: with_first(seen, label="Other"),
    "uid": lambda seen: with_first(seen, tracking_uid="2.25.9"),
    "code": lambda seen: with_first(seen, type=replace(seen.segments[0].type, value="1")),
    "code text": lambda seen: with_first(seen, type=replace(seen.segments[0].type, meaning="x")),
    "list": lambda seen: Segmentation(
        seen.array, seen.geometry, (*seen.segments, Segment.new_lesion(9))
    ),
    "equal keys": lambda seen: with_first(seen, tracking_uid=seen.segments[1].tracking_uid),
}


@pytest.mark.parametrize("difference", DIFFERENCES)
def test_what_was_not_seen_is_not_signed(folder: Folder, difference: str):
    seen = DIFFERENCES[difference](read_segmentation(folder.mask))
    with pytest.raises(SignoffError, match="the file is not what is on screen"):
        folder.sign(expected=seen)
    assert not sidecar.signoff_path(folder.mask).exists()


def test_a_mask_is_not_its_own_image(folder: Folder):
    link = folder.root / "link.nii.gz"
    link.symlink_to(folder.mask)
    for image in (folder.mask, link, read_volume(folder.mask)):
        with pytest.raises(SignoffError, match="its own image"):
            folder.sign(image=image)
    study = folder.root / "study"
    study.mkdir()
    inside = study / "lesions.nii.gz"
    write_segmentation(three_lesions(), inside)
    with pytest.raises(SignoffError, match="its own image"):
        project.sign(inside, folder.key, image=study)


@pytest.mark.parametrize("path", ["x" * 5000, "a\0b", "x/" * 3000, "\ud800"])
def test_an_absurd_image_path_is_an_absent_image(folder: Folder, path: str):
    folder.sign()
    beside = sidecar.sidecar_path(folder.mask)
    content = json.loads(beside.read_bytes())
    content["image"]["path"] = path
    beside.write_text(json.dumps(content))
    for options in ({}, {"image": path}, {"image": path, "series": "1"}):
        try:
            verification = folder.verify(**options)
        except FormatError:  # half a letter is no sidecar at all
            assert path == "\ud800"
            return
        assert codes(verification) == ["IMAGE_ABSENT"]
        assert verification.exit_code == 12
        with pytest.raises(FormatError):
            folder.sign(**options)


def test_one_of_several_images_is_named_by_its_series(folder: Folder):
    study = folder.root / "study"
    study.mkdir()
    save_image(ramp_volume(), study / "a.nii.gz")
    brighter = ramp_volume()
    save_image(replace(brighter, voxels=brighter.voxels + np.int16(7)), study / "b.nii.gz")
    folder.sign(image=study, series="a.nii.gz")
    assert codes(folder.verify(image=study)) == ["VALID"]
    assert codes(folder.verify(image=study, series="a.nii.gz")) == ["VALID"]
    assert codes(folder.verify(image=study, series="b.nii.gz")) == ["WRONG_IMAGE"]
    assert codes(folder.verify(image=study, series="c.nii.gz")) == ["IMAGE_ABSENT"]
