from __future__ import annotations

import base64
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from medseg.errors import SignoffError
from medseg.signoff.log.checkpoint import (
    Checkpoint,
    open_checkpoint,
    parse_checkpoint,
    sign_checkpoint,
)
from medseg.signoff.log.tree import Tree
from medseg.signoff.refusal import RecordError
from tests.signoff.cases import key_of
from tests.signoff.log.logs import grown

KEY, OTHER = key_of(1), key_of(2)
STATE = Checkpoint("lung.example/7f3a", 7, Tree(e.leaf for e in grown(7)).root())
NOTE = sign_checkpoint(STATE, KEY)
KNOWN = {KEY.keyid: KEY.public_key}


def code_of(note: str, keys: dict[str, bytes] = KNOWN) -> str:
    with pytest.raises(RecordError) as refusal:
        open_checkpoint(note, keys)
    return refusal.value.code


def test_a_note_says_three_lines_and_who_signed_them():
    lines = NOTE.split("\n")
    assert lines[:4] == [STATE.origin, "7", base64.b64encode(STATE.root).decode(), ""]
    dash, keyid, text = lines[4].split(" ")
    assert (dash, keyid, lines[5:]) == ("—", KEY.keyid, [""])
    Ed25519PublicKey.from_public_bytes(KEY.public_key).verify(
        base64.b64decode(text)[4:], ("\n".join(lines[:3]) + "\n").encode()
    )


def test_a_note_is_opened_by_whom_one_knows():
    assert open_checkpoint(NOTE, KNOWN) == replace(STATE, keyids=(KEY.keyid,))
    both = NOTE + sign_checkpoint(STATE, OTHER).rpartition("\n\n")[2]
    assert open_checkpoint(both, KNOWN).keyids == (KEY.keyid,)
    all_known = {**KNOWN, OTHER.keyid: OTHER.public_key}
    assert open_checkpoint(both, all_known).keyids == (KEY.keyid, OTHER.keyid)
    assert parse_checkpoint(both)[0] == STATE
    assert code_of(NOTE, {OTHER.keyid: OTHER.public_key}) == "UNKNOWN_KEY"


@pytest.mark.parametrize(
    "change",
    [
        lambda note: note.replace("\n7\n", "\n8\n"),
        lambda note: note.replace("lung.", "lang."),
        lambda note: (
            sign_checkpoint(replace(STATE, root=bytes(32)), KEY)[: note.index("—")]
            + note[note.index("—") :]
        ),
    ],
)
def test_a_changed_note_is_not_what_was_signed(change):
    assert change(NOTE) != NOTE
    assert code_of(change(NOTE)) == "BAD_SIGNATURE"


def test_a_signature_under_anothers_name_is_none():
    renamed = sign_checkpoint(STATE, OTHER).replace(OTHER.keyid, KEY.keyid)
    assert code_of(renamed) == "BAD_SIGNATURE"


@pytest.mark.parametrize(
    "change",
    [
        lambda note: note[:0],
        lambda note: note[:-1],
        lambda note: note.replace("\n\n", "\n"),
        lambda note: note.replace("\n7\n", "\n07\n"),
        lambda note: note.replace("\n7\n", "\n-7\n"),
        lambda note: note.replace("\n7\n", "\n7\n7\n"),
        lambda note: note.replace("\n7\n", "\n9999999999999999\n"),
        lambda note: note.replace("lung.", "lung "),
        lambda note: note.replace("—", "-"),
        lambda note: note + "more\n",
        lambda note: note + "\n" * 20_000,
        lambda note: note.replace("=\n\n", "\n\n"),
        lambda note: note.replace("\n7\n", "\n\u0667\n"),
        lambda note: note[: note.index("—")],
    ],
)
def test_a_note_of_another_form_is_malformed(change):
    assert change(NOTE) != NOTE
    assert code_of(change(NOTE)) == "MALFORMED"


@pytest.mark.parametrize(
    "state",
    [
        replace(STATE, origin="two words"),
        replace(STATE, origin=""),
        replace(STATE, origin="a\nb"),
        replace(STATE, root=b""),
        replace(STATE, size=-1),
    ],
)
def test_what_could_not_be_read_again_is_not_signed(state: Checkpoint):
    with pytest.raises(SignoffError):
        sign_checkpoint(state, KEY)


def test_an_anchor_tells_the_same():
    assert Checkpoint.from_anchor(STATE.to_anchor()) == STATE
    assert STATE.to_anchor()["root"] == STATE.root.hex()
