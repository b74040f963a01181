from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from medseg.errors import SignoffError
from medseg.signoff import create_key, describe_key, keys, unlock_key
from medseg.signoff.canonical import canonical

PASSPHRASE = "correct horse battery staple"


@pytest.fixture(scope="module")
def key_file() -> bytes:
    return create_key("Dr. Ada Reader", PASSPHRASE, person_id="p-014")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A cheap derivation in place of Argon2id, for tests of what surrounds it."""
    asked: list[str] = []

    def derive(secret: bytes, kdf: dict[str, Any]) -> bytes:
        asked.append("derived")
        return hashlib.sha256(secret + canonical(kdf)).digest()

    monkeypatch.setattr(keys, "_argon2id", derive)
    return asked


def changed(data: bytes, path: str, value: Any) -> bytes:
    content = json.loads(data)
    *outer, last = path.split(".")
    holder = content
    for name in outer:
        holder = holder[name]
    holder[last] = value
    return canonical(content)


def test_a_key_opens_with_its_passphrase_and_signs(key_file: bytes):
    key = unlock_key(key_file, PASSPHRASE)
    Ed25519PublicKey.from_public_bytes(key.public_key).verify(key.sign(b"text"), b"text")
    assert key.keyid == hashlib.sha256(key.public_key).hexdigest()
    assert (key.person_id, key.printed_name) == ("p-014", "Dr. Ada Reader")


def test_a_wrong_passphrase_does_not_open_it(key_file: bytes):
    with pytest.raises(SignoffError, match="passphrase does not open this key"):
        unlock_key(key_file, PASSPHRASE + " ")


def test_the_file_tells_its_parameters_and_not_its_secret(key_file: bytes):
    content = json.loads(key_file)
    assert {
        name: content["kdf"][name] for name in ("name", "memoryKiB", "iterations", "lanes")
    } == {
        "name": "argon2id",
        "memoryKiB": 65536,
        "iterations": 3,
        "lanes": 4,
    }
    secret = unlock_key(key_file, PASSPHRASE).private_key.private_bytes_raw()
    assert keys.encode_base64(secret).encode() not in key_file
    assert secret.hex().encode() not in key_file
    assert "private" not in repr(unlock_key(key_file, PASSPHRASE))


def test_two_keys_share_nothing(quick: list[str]):
    first, second = (json.loads(create_key("A", "x")) for _ in range(2))
    assert first["keyid"] != second["keyid"]
    assert first["kdf"]["salt"] != second["kdf"]["salt"]
    assert first["cipher"]["nonce"] != second["cipher"]["nonce"]
    assert first["personId"] is None


def test_a_key_is_described_without_its_passphrase(key_file: bytes):
    described = describe_key(key_file)
    key = unlock_key(key_file, PASSPHRASE)
    assert described["keyid"] == key.keyid
    assert described["printedName"] == "Dr. Ada Reader"
    assert described["personId"] == "p-014"


def test_composed_and_decomposed_letters_are_one_passphrase(quick: list[str]):
    assert unlock_key(create_key("A", "Schl\u00fcssel"), "Schlu\u0308ssel")


@pytest.mark.parametrize("passphrase", ["", "   ", "\t"])
def test_an_empty_passphrase_is_refused(passphrase: str, key_file: bytes):
    with pytest.raises(SignoffError, match="an empty one"):
        create_key("A", passphrase)
    with pytest.raises(SignoffError, match="an empty one"):
        unlock_key(key_file, passphrase)


@pytest.mark.parametrize("name", ["", "  ", "two\nlines"])
def test_a_key_has_a_printed_name(name: str):
    with pytest.raises(SignoffError, match="printed name"):
        create_key(name, "x")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("kdf.memoryKiB", 8),
        ("kdf.memoryKiB", 65535),
        ("kdf.memoryKiB", 2**30),
        ("kdf.iterations", 1),
        ("kdf.iterations", 10**6),
        ("kdf.lanes", 0),
        ("kdf.lanes", 10**6),
    ],
)
def test_too_weak_and_too_costly_derivations_are_never_run(
    key_file: bytes, quick: list[str], path: str, value: int
):
    with pytest.raises(SignoffError, match="tampered"):
        unlock_key(changed(key_file, path, value), PASSPHRASE)
    assert quick == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("kdf.iterations", 4),
        ("kdf.memoryKiB", 65544),
        ("personId", "p-015"),
        ("personId", None),
        ("printedName", "Dr. Eve Reader"),
        ("more", 1),
    ],
)
def test_everything_in_the_file_is_bound_to_the_secret(quick: list[str], path: str, value: Any):
    data = create_key("Dr. Ada Reader", PASSPHRASE, person_id="p-014")
    assert unlock_key(data, PASSPHRASE)
    with pytest.raises(SignoffError, match="does not open this key"):
        unlock_key(changed(data, path, value), PASSPHRASE)


def test_no_part_of_another_key_fits(quick: list[str]):
    mine, other = create_key("A", PASSPHRASE), json.loads(create_key("A", PASSPHRASE))
    for path in ("keyid", "publicKey", "kdf.salt", "cipher.nonce", "cipher.ciphertext"):
        part: Any = other
        for name in path.split("."):
            part = part[name]
        with pytest.raises(SignoffError):
            unlock_key(changed(mine, path, part), PASSPHRASE)


def test_every_flipped_bit_is_refused(quick: list[str]):
    data = create_key("Dr. Ada Reader", PASSPHRASE, person_id="p-014")
    for at in range(len(data)):
        for bit in range(8):
            damaged = bytearray(data)
            damaged[at] ^= 1 << bit
            with pytest.raises(SignoffError):
                unlock_key(bytes(damaged), PASSPHRASE)


def test_flipped_bits_are_refused_with_the_real_derivation(key_file: bytes):
    for text in (b'"salt":"', b'"nonce":"', b'"ciphertext":"', b'"printedName":"'):
        damaged = bytearray(key_file)
        damaged[key_file.index(text) + len(text)] ^= 1
        with pytest.raises(SignoffError):
            unlock_key(bytes(damaged), PASSPHRASE)


def test_a_secret_of_another_public_key_is_refused(quick: list[str]):
    """As somebody could make who knows the passphrase: signatures would never verify."""
    header = json.loads(create_key("A", PASSPHRASE))
    nonce = base64.b64decode(header["cipher"]["nonce"])
    del header["cipher"]["ciphertext"]
    cipher = AESGCM(keys._argon2id(PASSPHRASE.encode(), header["kdf"]))
    sealed = cipher.encrypt(nonce, bytes(32), canonical(header))
    header["cipher"]["ciphertext"] = base64.b64encode(sealed).decode()
    with pytest.raises(SignoffError, match="its own public key"):
        unlock_key(canonical(header), PASSPHRASE)


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[]", b"\xff", b"-----BEGIN PRIVATE KEY-----", b'{"format":"medseg-key"}']
)
def test_what_is_no_key_file_is_refused(data: bytes):
    with pytest.raises(SignoffError, match="no key file"):
        unlock_key(data, PASSPHRASE)
    with pytest.raises(SignoffError, match="no key file"):
        describe_key(data)


def test_a_later_version_is_named(key_file: bytes):
    with pytest.raises(SignoffError, match="version 2"):
        unlock_key(changed(key_file, "version", 2), PASSPHRASE)
