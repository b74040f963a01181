"""A checkpoint: how long a log was and what it said, in a few signed lines that anybody keeps.

It is signed by a person's own key: whoever signs an act vouches for the log that holds it.

Reference:
    C2SP tlog-checkpoint and signed-note (Ed25519, type 0x01); the key's name is its key id.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature

from medseg.errors import SignoffError
from medseg.signoff.keys import SigningKey
from medseg.signoff.log.kinds import ORIGIN
from medseg.signoff.public_key import verifying_key
from medseg.signoff.refusal import RecordError, malformed
from medseg.signoff.schema import HEX_256, decode_base64, encode_base64

_MAX_CHARACTERS = 16384
_MAX_SIZE = 2**53 - 1
_SIZE = re.compile(r"0|[1-9][0-9]{0,15}")
_SIGNATURE = re.compile(r"— ([0-9a-f]{64}) ([A-Za-z0-9+/=]+)")
_ED25519 = b"\x01"
#: What a record says of the log before it: the same three facts, unsigned by themselves.
LOG_ANCHOR: dict[str, Any] = {"origin": ORIGIN, "size": int, "root": HEX_256}


@dataclass(frozen=True)
class Checkpoint:
    """The state of a log at one moment.

    Args:
        origin: the log's name, never another's.
        size: how many entries.
        root: of the tree over them, 32 bytes.
        keyids: of those who signed it and were found to have; empty for one made by hand.
    """

    origin: str
    size: int
    root: bytes
    keyids: tuple[str, ...] = ()

    def to_anchor(self) -> dict[str, Any]:
        """The state as a record holds it: origin, size and root (hexadecimal)."""
        return {"origin": self.origin, "size": self.size, "root": self.root.hex()}

    @classmethod
    def from_anchor(cls, anchor: Mapping[str, Any]) -> Checkpoint:
        """The state that a record's checked `logAnchor` tells."""
        return cls(anchor["origin"], anchor["size"], bytes.fromhex(anchor["root"]))

    @property
    def body(self) -> str:
        """The lines that are signed."""
        return f"{self.origin}\n{self.size}\n{encode_base64(self.root)}\n"


def sign_checkpoint(checkpoint: Checkpoint, key: SigningKey) -> str:
    """The checkpoint as a note signed by the key; `open_checkpoint` reads it.

    Raises:
        SignoffError: the origin is no single word, or size and root are none.
    """
    if not ORIGIN.fullmatch(checkpoint.origin) or len(checkpoint.root) != 32:
        raise SignoffError(f"A log's origin is one word; found {checkpoint.origin[:40]!r}.")
    if not 0 <= checkpoint.size <= _MAX_SIZE:
        raise SignoffError(f"A log has from 0 to 2**53 entries; found {checkpoint.size}.")
    signature = _hint(key.keyid, key.public_key) + key.sign(checkpoint.body.encode())
    return f"{checkpoint.body}\n— {key.keyid} {encode_base64(signature)}\n"


def open_checkpoint(note: str, keys: Mapping[str, bytes]) -> Checkpoint:
    """The checkpoint in a note; its `keyids` are those of known keys, and their signatures hold.

    Args:
        note: the text of a signed note.
        keys: key id -> raw public key of those whose word counts.

    Raises:
        RecordError: MALFORMED; BAD_SIGNATURE if one by a known key does not hold; UNKNOWN_KEY
            if there is none by a known key.
    """
    checkpoint, signatures = parse_checkpoint(note)
    known = [(keyid, data) for keyid, data in signatures if keyid in keys]
    for keyid, data in known:
        _check_signature(checkpoint, keyid, keys[keyid], data)
    if not known:
        raise RecordError("UNKNOWN_KEY", "A checkpoint counts if one we know signed it; none did.")
    keyids = tuple(dict.fromkeys(keyid for keyid, _ in known))
    return Checkpoint(checkpoint.origin, checkpoint.size, checkpoint.root, keyids)


def parse_checkpoint(note: str) -> tuple[Checkpoint, list[tuple[str, bytes]]]:
    """The checkpoint in a note, with key id and signature of each line under it; none checked.

    Raises:
        RecordError: MALFORMED.
    """
    head, gap, tail = note.partition("\n\n")
    lines = head.split("\n")
    found = [_SIGNATURE.fullmatch(line) for line in tail.removesuffix("\n").split("\n")]
    readable = len(note) <= _MAX_CHARACTERS and gap and note.endswith("\n") and len(lines) == 3
    if not readable or not ORIGIN.fullmatch(lines[0]) or not _SIZE.fullmatch(lines[1]):
        raise malformed("A checkpoint is origin, size, root, an empty line and signatures.")
    root = decode_base64(lines[2], "root")
    if len(root) != 32 or int(lines[1]) > _MAX_SIZE:
        raise malformed("A checkpoint's root has 32 bytes, and its size is below 2**53.")
    signatures = [(one[1], decode_base64(one[2], "signature")) for one in found if one]
    if len(signatures) != len(found) or any(len(data) != 68 for _, data in signatures):
        raise malformed("A checkpoint's signatures are key id and 68 bytes each; not this one's.")
    return Checkpoint(lines[0], int(lines[1]), root), signatures


def _check_signature(checkpoint: Checkpoint, keyid: str, public_key: bytes, data: bytes) -> None:
    # A hint for another key makes the line another's; the signature is then looked at no more.
    signature = data[4:] if data[:4] == _hint(keyid, public_key) else b""
    try:
        public = verifying_key(public_key)
        public.verify(signature, checkpoint.body.encode())
    except (InvalidSignature, ValueError) as error:
        raise RecordError(
            "BAD_SIGNATURE",
            f"A checkpoint is signed as it stands; the signature by key {keyid[:16]}... does not "
            "hold for it. It was changed after signing: take it from where it came.",
        ) from error


def _hint(keyid: str, public_key: bytes) -> bytes:
    """Four bytes that tell keys of one name apart (signed-note)."""
    return hashlib.sha256(keyid.encode() + b"\n" + _ED25519 + public_key).digest()[:4]
