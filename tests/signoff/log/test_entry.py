from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from medseg.signoff.canonical import canonical
from medseg.signoff.log.entry import START, make_entry, read_entry
from medseg.signoff.log.kinds import KINDS, SIGNED_KINDS
from medseg.signoff.refusal import RecordError
from tests.signoff.log.logs import AT, comment, grown

RESOLVED = {"id": "k-1", "text": "done"}


def test_the_bytes_of_an_entry_are_these():
    entry = make_entry("resolve", RESOLVED, seq=0, prev=START, at=AT, actor="p-7f3a2k", case="c-1")
    assert entry.raw == (
        b'{"actor":"p-7f3a2k","at":"2026-11-22T12:00:00.000+01:00","case":"c-1",'
        b'"data":{"id":"k-1","text":"done"},"kind":"resolve","prev":"' + b"0" * 64 + b'",'
        b'"reading":null,"seq":0,"v":1}'
    )
    leaf = hashlib.sha256(b"\x00" + entry.raw).digest()
    assert entry.leaf == leaf
    assert entry.head == hashlib.sha256(b"medseg-log\x01" + b"\x00" * 32 + leaf).hexdigest()
    assert entry.time.isoformat() == "2026-11-22T12:00:00+01:00"


def test_what_is_made_is_read_again():
    for entry in grown(3):
        again = read_entry(entry.raw)
        assert again.raw == entry.raw
        assert (again.seq, again.data, again.head) == (entry.seq, entry.data, entry.head)


def changed(**parts: Any) -> bytes:
    body = json.loads(grown(1)[0].raw)
    return canonical({**body, **parts})


@pytest.mark.parametrize(
    "parts",
    [
        {"seq": -1},
        {"seq": True},
        {"seq": "0"},
        {"prev": "0" * 63},
        {"prev": "0" * 63 + "A"},
        {"at": "2026-11-22T12:00:00"},
        {"at": "yesterday"},
        {"actor": "Ada Reader"},
        {"case": "Smith^John"},
        {"reading": "c-1"},
        {"data": []},
        {"data": {"id": "k-1"}},
        {"data": {**comment(1), "severity": "fatal"}},
        {"data": {**comment(1), "point": [1, 2]}},
        {"data": {**comment(1), "point": [1, 2, "3"]}},
        {"data": {**comment(1), "point": [1, 2, True]}},
        {"more": 1},
        {"v": None},
    ],
)
def test_a_part_of_another_shape_is_malformed(parts: dict[str, Any]):
    with pytest.raises(RecordError) as refusal:
        read_entry(changed(**parts))
    assert refusal.value.code == "MALFORMED"


@pytest.mark.parametrize("parts", [{"v": 2}, {"kind": "later"}])
def test_what_a_later_version_wrote_is_unsupported(parts: dict[str, Any]):
    with pytest.raises(RecordError) as refusal:
        read_entry(changed(**parts))
    assert refusal.value.code == "UNSUPPORTED_VERSION"


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw + b"\n",
        lambda raw: b" " + raw,
        lambda raw: raw.replace(b'"seq":0', b'"seq":0.0'),
        lambda raw: raw.replace(b'"seq":0', b'"seq":-0'),
        lambda raw: raw.replace(b'"seq":0', b'"seq":0,"seq":0'),
        lambda raw: raw.replace(b"remark", b"rem\\u0061rk"),
        lambda raw: raw.replace(b"1e-7", b"1e-07"),
        lambda raw: raw.replace(b"1.5", b"1.50"),
        lambda raw: raw.replace(b"remark", b"\xff"),
        lambda raw: b'{"v":1,' + raw[1:].replace(b',"v":1', b""),
        lambda raw: b"[]" + raw[:0],
        lambda raw: raw[:0],
        lambda raw: b"[" * 100_000 + raw,
    ],
)
def test_another_writing_of_the_same_entry_is_none(change: Any):
    raw = grown(1)[0].raw
    assert change(raw) != raw
    with pytest.raises(RecordError):
        read_entry(change(raw))


def test_names_beyond_the_basic_plane_sort_by_utf16():
    data = {**RESOLVED, "\ufb01": 1, "\U0001f600": 2}
    entry = make_entry("resolve", data, seq=0, prev=START, at=AT)
    assert entry.raw.index("\U0001f600".encode()) < entry.raw.index("\ufb01".encode())
    assert read_entry(entry.raw).data == data
    swapped = json.dumps(json.loads(entry.raw), sort_keys=True, separators=(",", ":"))
    with pytest.raises(RecordError):
        read_entry(swapped.encode())


def test_every_kind_has_a_shape_and_signed_ones_carry_their_record():
    assert sorted(SIGNED_KINDS) == ["adjudicate", "lock", "review", "sign", "unlock"]
    assert all(isinstance(shape, dict) and shape for shape in KINDS.values())
    for kind in KINDS:
        with pytest.raises(RecordError, match=kind):
            make_entry(kind, {}, seq=0, prev=START, at=AT)
