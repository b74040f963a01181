from __future__ import annotations

import base64
import copy
import hashlib
import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from medseg.errors import SignoffError
from medseg.model import Origin, Segmentation, SliceOrigin
from medseg.signoff import Claim, Meaning, RecordError
from medseg.signoff.digest import body_digest
from medseg.signoff.record import read_statement
from medseg.signoff.statement import DECISIONS, MEANINGS, PREDICATE_TYPE
from tests.phantoms import ramp_volume
from tests.signoff.cases import SignedCase, envelope_line, key_of, three_lesions


def statement_of(claim: Claim | None = None, **options: Any) -> dict[str, Any]:
    mask = three_lesions()
    line = envelope_line(mask, ramp_volume(), key_of(), claim, **options)
    statement = json.loads(base64.b64decode(json.loads(line)["payload"]))
    assert isinstance(statement, dict)
    return statement


@pytest.fixture(scope="module")
def statement() -> dict[str, Any]:
    return statement_of()


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of each object member, all the way down, and of first list items."""
    items: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list) and value:
        items = [(0, value[0])]
    for name, inner in items:
        yield (*path, name)
        yield from leaves(inner, (*path, name))


def at(value: Any, path: tuple[Any, ...]) -> Any:
    for name in path:
        value = value[name]
    return value


NULL_TODAY = ("viewed", "policyDigest", "registryVersion", "logAnchor", "model", "supersedes")


def test_it_is_an_in_toto_statement_with_two_subjects_apart(statement: dict[str, Any]):
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["predicateType"] == PREDICATE_TYPE
    names = [list(subject["digest"]) for subject in statement["subject"]]
    assert names == [["medsegMaskV1"], ["sha256"]]
    assert statement["subject"][1]["name"] == "file:mask.nii.gz"


def test_all_fields_are_there_and_later_ones_are_null(statement: dict[str, Any]):
    said = statement["predicate"]
    assert [said[name] for name in NULL_TODAY] == [None] * len(NULL_TODAY)
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{26}", said["recordId"])
    assert datetime.fromisoformat(said["signedAt"]).utcoffset() is not None
    assert said["auth"] == {"factors": ["id", "passphrase"], "sessionFirst": True}
    assert said["signer"]["keyid"] == key_of().keyid
    assert said["caseVersion"] == 1
    text = said["meaning"]["text"].encode()
    assert said["meaning"]["textDigest"] == hashlib.sha256(text).hexdigest()
    assert said["labels"] == ["Nodule", "Speck", "Cyst"]
    assert [one["type"] for one in said["codeMeanings"]] == ["Lesion", "Lesion", "Cyst"]
    assert {one["category"] for one in said["codeMeanings"]} == {
        "Morphologically Altered Structure"
    }
    read_statement(statement)


def test_record_ids_are_never_the_same():
    ids = {statement_of()["predicate"]["recordId"] for _ in range(20)}
    assert len(ids) == 20


def test_every_decision_has_a_meaning_in_plain_words():
    assert MEANINGS.keys() == DECISIONS
    for meaning in MEANINGS.values():
        assert "diagnos" not in meaning.text.lower()
        assert meaning.text.endswith(".")


def test_what_is_claimed_stands_in_the_record():
    claim = Claim(
        "adjudicator",
        "review",
        "reject",
        Meaning("MY_CODE", "Nein.", "de"),
        "two lesions are missing",
        "case-7",
        3,
        "trial",
        "site-2",
        ({"type": "board"},),
        ("ab" * 32,),
        "cd" * 32,
        {"volumesMl": {"a": 1.5}},
    )
    said = statement_of(claim, signed_at="2026-11-22T12:00:00.000+01:00")["predicate"]
    assert said["role"] == "adjudicator"
    assert said["stage"] == "review"
    assert said["decision"] == "reject"
    assert said["meaning"]["code"] == "MY_CODE"
    assert said["meaning"]["lang"] == "de"
    assert said["reason"] == "two lesions are missing"
    assert said["case"] == "case-7"
    assert said["caseVersion"] == 3
    assert said["project"] == "trial"
    assert said["site"] == "site-2"
    assert said["signer"]["credentials"] == [{"type": "board"}]
    assert said["previous"] == ["ab" * 32]
    assert said["supersedes"] == "cd" * 32
    assert said["metrics"] == {"volumesMl": {"a": 1.5}}
    assert said["signedAt"] == "2026-11-22T12:00:00.000+01:00"


@pytest.mark.parametrize("decision", ["reject", "unlock"])
@pytest.mark.parametrize("reason", [None, "", "  "])
def test_a_no_has_a_reason(decision: str, reason: str | None):
    with pytest.raises(SignoffError, match="reason"):
        Claim(decision=decision, reason=reason)


@pytest.mark.parametrize(
    "fields", [{"decision": "maybe"}, {"role": " "}, {"stage": ""}, {"supersedes": "ab" * 32}]
)
def test_incomplete_claims_are_refused(fields: dict[str, str]):
    with pytest.raises(SignoffError):
        Claim(**fields)


@pytest.mark.parametrize(("code", "text"), [("", "x"), ("X", " ")])
def test_a_meaning_is_said(code: str, text: str):
    with pytest.raises(SignoffError):
        Meaning(code, text)


def test_half_a_surrogate_pair_is_refused_in_words():
    for claim in (Claim(meaning=Meaning("X", "\ud800")), Claim(case="\ud800")):
        with pytest.raises(SignoffError):
            statement_of(claim)


def test_each_name_is_needed(statement: dict[str, Any]):
    for path in leaves(statement):
        if path[-1] == 0 or path[-2:-1] == ("digest",):
            continue
        damaged = copy.deepcopy(statement)
        del at(damaged, path[:-1])[path[-1]]
        with pytest.raises(RecordError) as caught:
            read_statement(damaged)
        assert caught.value.code == "MALFORMED", path


@pytest.mark.parametrize("wrong", [[[]], 1.5, {"x": 1}, True, "\u00e9"])
def test_wrong_types_are_refused_everywhere(statement: dict[str, Any], wrong: Any):
    for path in leaves(statement):
        old = at(statement, path)
        # What may be free text, any object or null takes some of these.
        if type(old) is type(wrong) or (old is None and isinstance(wrong, str | dict)):
            continue
        damaged = copy.deepcopy(statement)
        at(damaged, path[:-1])[path[-1]] = wrong
        with pytest.raises(RecordError) as caught:
            read_statement(damaged)
        assert caught.value.code in ("MALFORMED", "UNSUPPORTED_VERSION"), path


def test_unknown_names_are_tolerated(statement: dict[str, Any]):
    later = copy.deepcopy(statement)
    for path in [(), *leaves(statement)]:
        holder = at(later, path)
        if isinstance(holder, dict) and "maskBody" not in path and "digest" not in path:
            holder["fromTheFuture"] = [1]
    assert read_statement(later)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("_type",), "https://in-toto.io/Statement/v2"),
        (("predicateType",), PREDICATE_TYPE[:-1] + "2"),
        (("predicate", "maskBody", "alg"), "medsegMaskV2"),
        (("predicate", "decision"), "countersign"),
    ],
)
def test_later_versions_are_told_from_damage(
    statement: dict[str, Any], path: tuple[str, ...], value: str
):
    later = copy.deepcopy(statement)
    at(later, path[:-1])[path[-1]] = value
    with pytest.raises(RecordError) as caught:
        read_statement(later)
    assert caught.value.code == "UNSUPPORTED_VERSION"


CONTRADICTIONS = [
    (("predicate", "meaning", "text"), "I have seen nothing."),
    (("predicate", "signer", "publicKey"), base64.b64encode(bytes(32)).decode()),
    (("predicate", "signer", "publicKey"), base64.b64encode(bytes(31)).decode()),
    (("predicate", "decision"), "reject"),
    (("predicate", "caseVersion"), 0),
    (("predicate", "signedAt"), "yesterday"),
    (("predicate", "signedAt"), "2026-11-22T12:00:00"),
    (("predicate", "labels"), ["only one"]),
    (("predicate", "codeMeanings"), [{"category": "a", "type": "b"}]),
    (("predicate", "leaves"), []),
    (("predicate", "leaves", 0, "marks"), ""),
    (("predicate", "leaves", 1, "slices"), [3, 2, 1]),
    (("predicate", "maskBody", "segments"), []),
    (("predicate", "maskBody", "geometry", "shape"), [1, 2]),
    (("predicate", "image", "geometry", "shape"), [0, 1, 1]),
    (("predicate", "image", "geometry", "shape"), [2**40, 1, 1]),
    (("predicate", "image", "geometry", "affineLPS", 0), ["0.000000000"] * 4),
    (("predicate", "image", "geometry", "affineLPS", 0, 0), "-0.000000000"),
    (("predicate", "image", "geometry", "affineLPS", 0, 0), "1e5"),
    (("subject",), []),
    (("subject", 0, "digest", "medsegMaskV1"), "00" * 32),
    (("subject", 0, "digest", "sha256"), "00" * 32),
    (("subject", 1, "digest", "sha256"), "short"),
    (("subject", 1, "digest", "sha512"), "00" * 32),
    (("predicate", "image", "geometry", "affineLPS"), [["0.000000000"]]),
]


@pytest.mark.parametrize(("path", "value"), CONTRADICTIONS, ids=str)
def test_a_record_that_contradicts_itself_is_malformed(
    statement: dict[str, Any], path: tuple[Any, ...], value: Any
):
    damaged = copy.deepcopy(statement)
    at(damaged, path[:-1])[path[-1]] = value
    with pytest.raises(RecordError) as caught:
        read_statement(damaged)
    assert caught.value.code == "MALFORMED"


def test_a_body_lists_its_segments_in_order(statement: dict[str, Any]):
    damaged = copy.deepcopy(statement)
    body = damaged["predicate"]["maskBody"]
    body["segments"].reverse()
    damaged["subject"][0]["digest"]["medsegMaskV1"] = body_digest(body)
    with pytest.raises(RecordError, match="in order"):
        read_statement(damaged)


def test_provenance_is_signed_by_its_digest():
    mask = three_lesions()
    origin = SliceOrigin(Origin.DRAWN, "Ada", "2026-01-01T00:00:00+00:00", "outline")
    drawn = Segmentation(mask.array, mask.geometry, mask.segments, {(1, 2): origin})
    case = SignedCase.make(drawn)
    statement = json.loads(base64.b64decode(json.loads(case.lines)["payload"]))
    assert re.fullmatch("[0-9a-f]{64}", statement["predicate"]["provenanceDigest"])
