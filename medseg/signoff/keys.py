"""A person's signing key: Ed25519, kept in a file that a passphrase opens.

The passphrase becomes an AES-256-GCM key by Argon2id; everything else in the file is bound to
the ciphertext as additional data, so no part of it can be exchanged.
"""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from medseg.errors import SignoffError
from medseg.signoff.canonical import canonical, strict_object
from medseg.signoff.schema import HEX_256, Maybe, check, decode_base64, encode_base64

FORMAT = "medseg-key"
VERSION = 1

_KDF = {"name": "argon2id", "memoryKiB": 65536, "iterations": 3, "lanes": 4}
# A file that asks for less is too easily tried out, one that asks for more could stall a
# machine; nothing is derived from either. Lanes only say how the same memory is walked.
_KDF_RANGE = {"memoryKiB": (65536, 131072), "iterations": (3, 4), "lanes": (1, 16)}
_SALT_BYTES, _NONCE_BYTES, _KEY_BYTES = 16, 12, 32
_KEY_FILE = {
    "format": frozenset({FORMAT}),
    "version": int,
    "keyid": HEX_256,
    "publicKey": str,
    "personId": Maybe(str),
    "printedName": re.compile(r".*\S.*"),
    "kdf": {
        "name": frozenset({"argon2id"}),
        "memoryKiB": int,
        "iterations": int,
        "lanes": int,
        "salt": str,
    },
    "cipher": {"name": frozenset({"AES-256-GCM"}), "nonce": str, "ciphertext": str},
}


@dataclass(frozen=True, eq=False)
class SigningKey:
    """An unlocked key; it lives in memory only.

    Args:
        keyid: SHA-256 of the raw public key, hexadecimal.
        public_key: raw Ed25519 public key, 32 bytes.
        person_id: who it belongs to in a registry of people, if in any.
        printed_name: the owner's name as printed beside a signature.
        private_key: the secret itself, never shown.
    """

    keyid: str
    public_key: bytes
    person_id: str | None
    printed_name: str
    private_key: Ed25519PrivateKey = field(repr=False)

    def sign(self, data: bytes) -> bytes:
        """The Ed25519 signature of the bytes, 64 bytes."""
        return self.private_key.sign(data)


def create_key(name: str, passphrase: str, *, person_id: str | None = None) -> bytes:
    """A new key as the content of its file: JSON text with the secret encrypted.

    Whoever writes the file lets its owner alone read it (mode 0600).

    Raises:
        SignoffError: the name or the passphrase is blank.
    """
    if not name.strip() or "\n" in name:
        raise SignoffError("A key has its owner's printed name in one line; found none.")
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    nonce = os.urandom(_NONCE_BYTES)
    header: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "keyid": key_id(public),
        "publicKey": encode_base64(public),
        "personId": person_id,
        "printedName": name,
        "kdf": {**_KDF, "salt": encode_base64(os.urandom(_SALT_BYTES))},
        "cipher": {"name": "AES-256-GCM", "nonce": encode_base64(nonce)},
    }
    cipher = AESGCM(_derived(passphrase, header["kdf"]))
    sealed = cipher.encrypt(nonce, private.private_bytes_raw(), canonical(header))
    header["cipher"]["ciphertext"] = encode_base64(sealed)
    return canonical(header) + b"\n"


def describe_key(data: bytes) -> dict[str, Any]:
    """What a key file says without its passphrase: printedName, personId, keyid, publicKey.

    Nothing of it is proven until the key is unlocked.

    Raises:
        SignoffError: it is no key file.
    """
    content = _read_key_file(data)
    return {name: content[name] for name in ("printedName", "personId", "keyid", "publicKey")}


def unlock_key(data: bytes, passphrase: str) -> SigningKey:
    """The key in a key file.

    Raises:
        SignoffError: the passphrase does not open it, the file was changed or is no key file,
            or it asks for a derivation that is too weak or too costly.
    """
    content = _read_key_file(data)
    header = {**content, "cipher": {**content["cipher"]}}
    sealed = decode_base64(header["cipher"].pop("ciphertext"), "ciphertext")
    nonce = decode_base64(header["cipher"]["nonce"], "nonce")
    cipher = AESGCM(_derived(passphrase, content["kdf"]))
    try:
        secret = cipher.decrypt(nonce, sealed, canonical(header))
    except InvalidTag as error:
        raise SignoffError(
            f"The passphrase does not open this key, or its file was changed: it is the key of "
            f"{content['printedName']}, {content['keyid'][:16]}... Try again, or restore the file."
        ) from error
    private = Ed25519PrivateKey.from_private_bytes(secret)
    public = private.public_key().public_bytes_raw()
    if key_id(public) != content["keyid"]:
        raise SignoffError("A key file holds the secret of its own public key; this one does not.")
    return SigningKey(
        content["keyid"], public, content["personId"], content["printedName"], private
    )


def key_id(public_key: bytes) -> str:
    """The id of a public key: SHA-256 of its 32 raw bytes, hexadecimal."""
    return hashlib.sha256(public_key).hexdigest()


def _read_key_file(data: bytes) -> dict[str, Any]:
    try:
        content = strict_object(data)
        check(content, _KEY_FILE, "key")
        public = decode_base64(content["publicKey"], "publicKey")
        lengths = (
            (public, 32),
            (decode_base64(content["kdf"]["salt"], "salt"), _SALT_BYTES),
            (decode_base64(content["cipher"]["nonce"], "nonce"), _NONCE_BYTES),
            (decode_base64(content["cipher"]["ciphertext"], "ciphertext"), _KEY_BYTES + 16),
        )
    except SignoffError as error:
        raise SignoffError(
            f"This is no key file of medseg, or it is damaged: {error} Restore it from a copy."
        ) from error
    if content["version"] != VERSION:
        raise SignoffError(
            f"Key files of version {VERSION} are read; this one is of version "
            f"{content['version']}. Use the medseg that made it."
        )
    if any(len(part) != length for part, length in lengths) or key_id(public) != content["keyid"]:
        raise SignoffError("This key file contradicts itself. Restore it from a copy.")
    return content


def _derived(passphrase: str, kdf: dict[str, Any]) -> bytes:
    # Keyboards compose letters differently; the same passphrase must open the key on each.
    secret = unicodedata.normalize("NFKC", passphrase).encode("utf-8", "surrogatepass")
    if not passphrase.strip():
        raise SignoffError("A key is protected by a passphrase; an empty one was given.")
    for name, (least, most) in _KDF_RANGE.items():
        if not least <= kdf[name] <= most:
            raise SignoffError(
                f"A key's passphrase is stretched with {name} from {least} to {most}; this file "
                f"asks for {kdf[name]}. It may have been tampered with: restore it from a copy."
            )
    return _argon2id(secret, kdf)


def _argon2id(secret: bytes, kdf: dict[str, Any]) -> bytes:
    return Argon2id(
        salt=decode_base64(kdf["salt"], "salt"),
        length=_KEY_BYTES,
        iterations=kdf["iterations"],
        lanes=kdf["lanes"],
        memory_cost=kdf["memoryKiB"],
    ).derive(secret)
