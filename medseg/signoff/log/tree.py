"""The Merkle tree over a log's entries: short proofs that an entry is in it, or that it grew.

Reference:
    RFC 6962 sections 2.1.1 (inclusion) and 2.1.2 (consistency); the ways to check are those of
    RFC 9162 sections 2.1.3.2 and 2.1.4.2, for trees as RFC 6962 builds them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from medseg.errors import SignoffError

EMPTY_ROOT = hashlib.sha256(b"").digest()
_HASH_BYTES = 32


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two neighbouring subtrees, 32 bytes."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True)
class Frontier:
    """All that is needed of a tree to make it grow: at most one hash per power of two.

    Args:
        size: how many leaves.
        hashes: roots of the full subtrees, the largest (and earliest) first; one for each 1 in
            the size's binary digits.

    Raises:
        SignoffError: the number of hashes does not belong to the size.
    """

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        fits = self.size >= 0 and len(self.hashes) == self.size.bit_count()
        if not fits or any(len(one) != _HASH_BYTES for one in self.hashes):
            raise SignoffError(
                f"A frontier of {self.size} leaves has one hash for each 1 in that number; found "
                f"{len(self.hashes)}. Make it anew from the log's entries."
            )

    def append(self, leaf: bytes) -> Frontier:
        """The frontier with one more leaf (its hash)."""
        hashes = [*self.hashes, leaf]
        count = self.size + 1
        while count % 2 == 0:
            right = hashes.pop()
            hashes[-1] = node_hash(hashes[-1], right)
            count //= 2
        return Frontier(self.size + 1, tuple(hashes))

    @property
    def root(self) -> bytes:
        """The tree's root, 32 bytes; of no leaves, the hash of nothing."""
        if not self.hashes:
            return EMPTY_ROOT
        found = self.hashes[-1]
        for one in reversed(self.hashes[:-1]):
            found = node_hash(one, found)
        return found

    def to_bytes(self) -> bytes:
        """The frontier to keep: the size in 8 bytes, big-endian, then the hashes."""
        return self.size.to_bytes(8, "big") + b"".join(self.hashes)

    @classmethod
    def from_bytes(cls, data: bytes) -> Frontier:
        """The frontier that `to_bytes` gave.

        Raises:
            SignoffError: it is none.
        """
        parts = range(8, len(data), _HASH_BYTES)
        hashes = tuple(data[start : start + _HASH_BYTES] for start in parts)
        return cls(int.from_bytes(data[:8], "big") if len(data) >= 8 else -1, hashes)


class Tree:
    """A tree with the roots of all its full subtrees; each proof is then a few look-ups.

    Args:
        leaves: hashes of the entries, in order.
    """

    def __init__(self, leaves: Iterable[bytes]) -> None:
        level = list(leaves)
        self._levels = [level]
        while len(level) > 1:
            pairs = range(0, len(level) - 1, 2)
            level = [node_hash(level[one], level[one + 1]) for one in pairs]
            self._levels.append(level)

    def __len__(self) -> int:
        return len(self._levels[0])

    def root(self, size: int | None = None) -> bytes:
        """The root over the first `size` leaves, 32 bytes; None: over all.

        Raises:
            SignoffError: the tree has fewer.
        """
        return self._root(0, self._size(size))

    def inclusion_proof(self, index: int, size: int | None = None) -> list[bytes]:
        """The hashes that lead from the leaf at `index` to the root over `size` leaves.

        Raises:
            SignoffError: the tree has fewer leaves.
        """
        end = self._size(size)
        if not 0 <= index < end:
            raise SignoffError(f"A leaf of {end} is numbered from 0; found {index}.")
        path: list[bytes] = []
        start = 0
        while end - start > 1:
            middle = start + _split(end - start)
            if index < middle:
                path.append(self._root(middle, end))
                end = middle
            else:
                path.append(self._root(start, middle))
                start = middle
        return path[::-1]

    def consistency_proof(self, old: int, size: int | None = None) -> list[bytes]:
        """The hashes that show the first `old` leaves to be the beginning of `size` leaves.

        Empty if the sizes are equal or `old` is 0.

        Raises:
            SignoffError: `old` is more than `size`, or the tree has fewer leaves.
        """
        end = self._size(size)
        if not 0 <= old <= end:
            raise SignoffError(f"A log of {end} entries grew from at most as many; found {old}.")
        if old in (0, end):
            return []
        path: list[bytes] = []
        start, is_whole = 0, True
        while old != end:
            middle = start + _split(end - start)
            if old <= middle:
                path.append(self._root(middle, end))
                end = middle
            else:
                path.append(self._root(start, middle))
                start, is_whole = middle, False
        if not is_whole:
            path.append(self._root(start, end))
        return path[::-1]

    def _size(self, size: int | None) -> int:
        found = len(self) if size is None else size
        if not 0 <= found <= len(self):
            raise SignoffError(f"The log has {len(self)} entries; {found} were asked for.")
        return found

    def _root(self, start: int, end: int) -> bytes:
        """The root over the leaves from `start` to `end`; `start` is where a subtree begins."""
        size = end - start
        if size == 0:
            return EMPTY_ROOT
        height = size.bit_length() - 1
        if size == 1 << height:
            return self._levels[height][start >> height]
        middle = start + _split(size)
        return node_hash(self._root(start, middle), self._root(middle, end))


def check_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> bool:
    """Whether the proof shows that the leaf is number `index` of the `size` under the root."""
    if not 0 <= index < size:
        return False
    found, at, last = leaf, index, size - 1
    for sibling in proof:
        if last == 0:
            return False
        if at % 2 == 1 or at == last:
            found = node_hash(sibling, found)
            while at % 2 == 0 and at != 0:
                at, last = at >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and found == root


def check_consistency(
    old: int, old_root: bytes, size: int, root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether the proof shows a log of `old` entries to be the beginning of one of `size`."""
    if not 0 <= old <= size:
        return False
    if old in (0, size):
        known = EMPTY_ROOT if old == 0 else root
        return not proof and old_root == known
    path = [old_root, *proof] if old.bit_count() == 1 else list(proof)
    if not path:
        return False
    at, last = old - 1, size - 1
    while at % 2 == 1:
        at, last = at >> 1, last >> 1
    before = now = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if at % 2 == 1 or at == last:
            before, now = node_hash(sibling, before), node_hash(sibling, now)
            while at % 2 == 0 and at != 0:
                at, last = at >> 1, last >> 1
        else:
            now = node_hash(now, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and before == old_root and now == root


def _split(size: int) -> int:
    """The largest power of two below the size."""
    return 1 << ((size - 1).bit_length() - 1)
