from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import pytest

from medseg.errors import SignoffError
from medseg.model import Role, Volume
from medseg.signoff import image_identity, open_derivation, seal_derivation
from medseg.signoff.canonical import canonical
from medseg.signoff.envelope import PAYLOAD_TYPE, pae
from medseg.signoff.image_identity import uids_rung
from medseg.signoff.people.changes import revoke
from medseg.signoff.refusal import RecordError
from tests.phantoms import ramp_volume
from tests.signoff.cases import SignedCase, codes, key_of
from tests.signoff.people.teams import TIMES, person, team
from tests.signoff.verdicts.stories import Story

SECRET = b"a project's secret of some length"


def defaced(volume: Volume) -> Volume:
    voxels = volume.voxels.copy()
    voxels[:, 0, :] = 0
    return replace(volume, voxels=voxels)


BEFORE = ramp_volume()
AFTER = defaced(BEFORE)
OLD, NEW = image_identity(BEFORE), image_identity(AFTER)
LINE = seal_derivation(OLD, NEW, "the face was removed", key_of(3, "Cho Signer"))


def test_a_derivation_is_read_again():
    found = open_derivation(LINE)
    assert (found.old, found.new) == (OLD, NEW)
    assert (found.method, found.printed_name) == ("the face was removed", "Cho Signer")
    assert found.keyid == key_of(3).keyid


def test_an_image_made_from_the_signed_one_is_valid_with_a_warning():
    story = Story.signed()
    assert story.found(image=AFTER) == {"WRONG_IMAGE": "error"}
    found = story.found(image=AFTER, derivations=(b"{}", LINE))
    assert found == {"VIA_DERIVATION": "warning", "VALID": "note"}
    assert story.judged(image=AFTER, derivations=(LINE,)).exit_code == 10


@pytest.mark.parametrize(
    "line",
    [
        seal_derivation(OLD, NEW, "removed", key_of(2)),
        seal_derivation(OLD, NEW, "removed", key_of(77)),
        seal_derivation(NEW, OLD, "removed", key_of(3)),
        seal_derivation(OLD, OLD, "removed", key_of(3)),
        LINE.replace(b"in-toto", b"in-tot0"),
    ],
    ids=["a reviewer's", "a stranger's", "the other way", "of itself", "damaged"],
)
def test_a_derivation_that_proves_nothing(line: bytes):
    assert Story.signed().found(image=AFTER, derivations=(line,)) == {"WRONG_IMAGE": "error"}


def test_who_may_say_so():
    found = open_derivation(LINE)
    assert found.may_be_believed(team(), ())
    assert found.may_be_believed(None, {key_of(3).keyid})
    assert not found.may_be_believed(None, ())
    assert found.may_be_believed(team(person(3, "Cho", Role.IMPORTER)), ())
    assert not found.may_be_believed(team(person(3, "Cho", Role.SIGNER)), ())
    lost = revoke(team(), key_of(3).keyid, "left", from_seq=1, **TIMES)
    assert not found.may_be_believed(lost, ())


def changed(change: Any) -> bytes:
    envelope = json.loads(LINE)
    said = json.loads(base64.b64decode(envelope["payload"]))
    change(said["predicate"], said)
    envelope["payload"] = base64.b64encode(canonical(said)).decode()
    return json.dumps(envelope).encode()


def code_of(line: bytes) -> str:
    with pytest.raises(RecordError) as refusal:
        open_derivation(line)
    return refusal.value.code


def test_a_changed_one_is_refused():
    assert code_of(changed(lambda said, _: said.update(method="nothing"))) == "BAD_SIGNATURE"
    assert code_of(changed(lambda said, _: said.update(new=OLD))) == "MALFORMED"
    assert code_of(changed(lambda said, _: said["signer"].update(keyid="ab" * 32))) == "MALFORMED"
    assert code_of(changed(lambda _, all_of_it: all_of_it.update(predicateType="x"))) == "MALFORMED"
    for line in (b"", b"[]", LINE[:-20]):
        assert code_of(line) == "MALFORMED"
    unsigned = {**json.loads(LINE), "signatures": []}
    assert code_of(json.dumps(unsigned).encode()) == "BAD_SIGNATURE"
    with pytest.raises(SignoffError, match="what was done"):
        seal_derivation(OLD, NEW, " ", key_of(3))


def named(volume: Volume, *, series: str = "1.2.3") -> Volume:
    count = volume.geometry.shape[0]
    instances = tuple(("1.2.840.10008.5.1.4.1.1.2", f"{series}.{at}") for at in range(count))
    return replace(volume, source=replace(volume.source, series_id=series, instances=instances))


def test_names_of_an_image_are_hidden_and_found_again():
    volume = named(BEFORE)
    assert image_identity(volume)["rungs"]["uids"] is None
    assert image_identity(BEFORE, secret=SECRET)["rungs"]["uids"] is None
    hidden = image_identity(volume, secret=SECRET)["rungs"]["uids"]
    assert hidden == uids_rung(volume, SECRET)
    assert hidden != uids_rung(volume, b"another")
    assert hidden != uids_rung(named(BEFORE, series="1.2.4"), SECRET)
    turned = replace(volume.source, instances=volume.source.instances[::-1])
    assert hidden == uids_rung(replace(volume, source=turned), SECRET)


def test_the_same_names_over_other_values_decide_nothing(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(
        "tests.signoff.verdicts.stories.image_identity",
        lambda volume: image_identity(volume, secret=SECRET),
    )
    story = Story.signed(volume=named(BEFORE))
    assert story.found(secret=SECRET) == {"VALID": "note"}
    other = named(AFTER)
    assert story.found(image=other) == {"WRONG_IMAGE": "error"}
    assert story.found(image=other, secret=SECRET) == {"UID_ONLY_MATCH": "undecided"}
    assert story.judged(image=other, secret=SECRET).exit_code == 12
    assert story.found(image=named(AFTER, series="9"), secret=SECRET) == {"WRONG_IMAGE": "error"}


def test_a_record_of_the_first_versions_still_holds():
    """It lacks reading, annotators, ending and selfAttested."""
    case = SignedCase.make()
    said = json.loads(base64.b64decode(json.loads(case.lines)["payload"]))
    for name in ("reading", "annotators", "ending", "selfAttested"):
        del said["predicate"][name]
    payload = canonical(said)
    signature = base64.b64encode(case.key.sign(pae(PAYLOAD_TYPE, payload))).decode()
    old = {
        "payload": base64.b64encode(payload).decode(),
        "payloadType": PAYLOAD_TYPE,
        "signatures": [{"keyid": case.key.keyid, "sig": signature}],
    }
    assert codes(case.judged(lines=canonical(old))) == ["VALID"]
