"""Checking many signed records: one run over a log, against one process per record.

The naive way is what a script around a command does: a new Python process for each record, which
opens its envelope and verifies its signature. It is timed over a few records and scaled up. The
log's check does more: it reads every entry, follows the chain, builds the tree, and checks each
record's anchor against it. Goal: at most a tenth of the naive time for 10,000 records.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from medseg.model import Geometry, Segment, Segmentation, Source, Volume
from medseg.signoff import (
    Claim,
    LogExhibit,
    SignedContent,
    SigningKey,
    build_statement,
    image_identity,
    open_envelope,
    read_mask,
    seal,
)
from medseg.signoff.canonical import canonical
from medseg.signoff.keys import key_id
from medseg.signoff.log.checkpoint import Checkpoint
from medseg.signoff.log.entry import START, make_entry
from medseg.signoff.log.tree import Frontier

RECORDS = 10_000
PROCESSES = 5
GOAL = 10.0
ORIGIN = "bench.example"
_NAIVE = """
import sys
from medseg.signoff.envelope import open_envelope
open_envelope(open(sys.argv[1], "rb").read())
"""


def main() -> None:
    """Print both times for 10,000 records, and their ratio."""
    key = _key()
    start = time.perf_counter()
    raws = log_of(RECORDS, key)
    print(f"made a log of {len(raws)} entries in {time.perf_counter() - start:.1f} s")
    start = time.process_time()
    count = check(raws)
    ours = time.process_time() - start
    naive = _naive_seconds(raws[1]) * count
    ratio = naive / ours
    print(
        f"{count} records: one run {ours:.2f} s, a process each {naive:.0f} s (scaled from "
        f"{PROCESSES}), ratio {ratio:.0f}, goal {GOAL:.0f}: {'met' if ratio >= GOAL else 'MISSED'}"
    )


def check(raws: list[bytes]) -> int:
    """How many records of the log are sound: chain, tree, signatures and anchors."""
    log = LogExhibit(raws)
    count = 0
    for entry in log.by_record.values():
        one = open_envelope(canonical(entry.data["envelope"]))
        anchor = one.record.anchor
        is_sound = anchor is not None and log.tree.root(anchor.size) == anchor.root
        count += is_sound and one.digest == entry.data["record"]
    if log.findings or count != len(raws) - 1:
        raise RuntimeError("The log and each of its records is sound.")
    return count


def log_of(count: int, key: SigningKey) -> list[bytes]:
    """An opened log with so many signed records."""
    content = _content()
    opening = {"origin": ORIGIN, "project": "bench", "site": None}
    at = "2026-01-01T00:00:00.000+00:00"
    entry = make_entry("open", opening, seq=0, prev=START, at=at)
    raws, frontier = [entry.raw], Frontier().append(entry.leaf)
    for number in range(1, count + 1):
        anchor = Checkpoint(ORIGIN, frontier.size, frontier.root).to_anchor()
        claim = Claim(case=f"c-{number}", reading=f"r-{number}", log_anchor=anchor)
        envelope = seal(build_statement(claim, content, key, signed_at=at), key)
        data: dict[str, Any] = {
            "version": 1,
            "record": hashlib.sha256(base64.b64decode(envelope["payload"])).hexdigest(),
            "envelope": envelope,
        }
        about = {"case": claim.case, "reading": claim.reading}
        entry = make_entry("sign", data, seq=number, prev=entry.head, at=at, **about)
        raws.append(entry.raw)
        frontier = frontier.append(entry.leaf)
    return raws


def _naive_seconds(raw: bytes) -> float:
    """Processor time of a new process that checks one record."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "one.json"
        path.write_bytes(canonical(_envelope_in(raw)))
        command = [sys.executable, "-c", _NAIVE, str(path)]
        subprocess.run(command, check=True)  # warm the disk's cache
        before = _children_seconds()
        for _ in range(PROCESSES):
            subprocess.run(command, check=True)
        return (_children_seconds() - before) / PROCESSES


def _children_seconds() -> float:
    times = os.times()
    return times.children_user + times.children_system


def _envelope_in(raw: bytes) -> Any:
    return json.loads(raw)["data"]["envelope"]


def _key() -> SigningKey:
    private = Ed25519PrivateKey.from_private_bytes(bytes(31) + b"\x01")
    public = private.public_key().public_bytes_raw()
    return SigningKey(key_id(public), public, "p-1", "Ada Reader", private)


def _content() -> SignedContent:
    """Three lesions on a small grid, as a typical record lists them."""
    grid = Geometry.from_spacing((24, 32, 32), (2.5, 0.8, 0.8))
    labels = np.zeros(grid.shape, np.uint8)
    for number in (1, 2, 3):
        labels[4 * number : 4 * number + 6, 8:20, 6 * number : 6 * number + 5] = number
    mask = Segmentation(labels, grid, tuple(Segment.unnamed(one) for one in (1, 2, 3)))
    source = Source("nifti", Path("image.nii.gz"), "", stored_dtype="int16")
    volume = Volume(np.zeros(grid.shape, np.int16), grid, "HU", source)
    return SignedContent(read_mask(mask), image_identity(volume))


if __name__ == "__main__":
    main()
