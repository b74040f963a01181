"""A public key that signatures are verified by, and the few that no person can have."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

_PRIME = 2**255 - 19
_EIGHTH = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
# The points of order 1, 2, 4 and 8, by their second coordinate: under such a key one signature
# holds for every message, or for every eighth.
_LOW_ORDER = frozenset({0, 1, _PRIME - 1, _EIGHTH, _PRIME - _EIGHTH})


def verifying_key(raw: bytes) -> Ed25519PublicKey:
    """The key of raw bytes.

    Raises:
        ValueError: it is none, or one of low order.

    Reference:
        RFC 8032 section 5.1.3; Chalkias et al., Taming the many EdDSAs, section 4.
    """
    if int.from_bytes(raw, "little") % 2**255 % _PRIME in _LOW_ORDER:
        raise ValueError("A public key is no point of low order; under this one all is signed.")
    return Ed25519PublicKey.from_public_bytes(raw)
