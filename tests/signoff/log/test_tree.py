from __future__ import annotations

import hashlib
import random

import pytest

from medseg.errors import SignoffError
from medseg.signoff.log.entry import leaf_hash
from medseg.signoff.log.tree import (
    EMPTY_ROOT,
    Frontier,
    Tree,
    check_consistency,
    check_inclusion,
    node_hash,
)

# The eight inputs and the roots over the first n of them that Certificate Transparency's own
# tests use (RFC 6962 trees).
INPUTS = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
SIZES = range(1, 131)


def leaves_of(count: int) -> list[bytes]:
    return [leaf_hash(b"entry %d" % number) for number in range(count)]


def naive_root(leaves: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    both = naive_root(leaves[:split]) + naive_root(leaves[split:])
    return hashlib.sha256(b"\x01" + both).digest()


def naive_path(index: int, leaves: list[bytes]) -> list[bytes]:
    """RFC 6962 section 2.1.1, word for word."""
    if len(leaves) == 1:
        return []
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    if index < split:
        return [*naive_path(index, leaves[:split]), naive_root(leaves[split:])]
    return [*naive_path(index - split, leaves[split:]), naive_root(leaves[:split])]


def naive_growth(old: int, leaves: list[bytes], *, is_whole: bool = True) -> list[bytes]:
    """RFC 6962 section 2.1.2, word for word (SUBPROOF)."""
    if old == len(leaves):
        return [] if is_whole else [naive_root(leaves)]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    if old <= split:
        left = naive_growth(old, leaves[:split], is_whole=is_whole)
        return [*left, naive_root(leaves[split:])]
    right = naive_growth(old - split, leaves[split:], is_whole=False)
    return [*right, naive_root(leaves[:split])]


def test_roots_are_those_of_certificate_transparency():
    leaves = [leaf_hash(data) for data in INPUTS]
    assert [Tree(leaves[: n + 1]).root().hex() for n in range(8)] == ROOTS
    assert [Tree(leaves).root(n + 1).hex() for n in range(8)] == ROOTS
    assert EMPTY_ROOT.hex().startswith("e3b0c44298fc1c14")
    assert Tree([]).root() == EMPTY_ROOT == Frontier().root


def test_a_known_path_of_certificate_transparency():
    tree = Tree([leaf_hash(data) for data in INPUTS])
    assert [one.hex() for one in tree.inclusion_proof(0)] == [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ]


def test_every_root_path_and_growth_is_that_of_the_words_of_the_rfc():
    leaves = leaves_of(SIZES[-1])
    tree = Tree(leaves)
    for size in SIZES:
        first = leaves[:size]
        assert tree.root(size) == naive_root(first)
        for at in {0, size // 3, size // 2, size - 1}:
            assert tree.inclusion_proof(at, size) == naive_path(at, first)
            assert tree.consistency_proof(at + 1, size) == naive_growth(at + 1, first)


def test_every_proof_of_every_size_holds():
    leaves = leaves_of(SIZES[-1])
    tree = Tree(leaves)
    roots = [tree.root(size) for size in range(SIZES[-1] + 1)]
    for size in SIZES:
        for index in range(size):
            proof = tree.inclusion_proof(index, size)
            assert check_inclusion(leaves[index], index, size, proof, roots[size])
        for old in range(size + 1):
            proof = tree.consistency_proof(old, size)
            assert check_consistency(old, roots[old], size, roots[size], proof)


def test_no_proof_holds_for_anything_else():
    leaves = leaves_of(40)
    tree = Tree(leaves)
    for size in range(2, 40):
        root = tree.root(size)
        for index in range(size):
            proof = tree.inclusion_proof(index, size)
            other = (index + 1) % size
            assert not check_inclusion(leaves[other], index, size, proof, root)
            assert not check_inclusion(leaves[index], other, size, proof, root)
            assert not check_inclusion(leaves[index], index, size, proof, tree.root(size - 1))
            assert not check_inclusion(leaves[index], index, size, proof[:-1], root)
            assert not check_inclusion(leaves[index], index, size, [*proof, proof[0]], root)
        for old in range(1, size):
            proof = tree.consistency_proof(old, size)
            assert not check_consistency(old, tree.root(old - 1), size, root, proof)
            assert not check_consistency(old, tree.root(old), size, tree.root(old), proof)
            assert not check_consistency(old, tree.root(old), size, root, proof[:-1])
            assert not check_consistency(old, tree.root(old), size, root, [*proof, proof[0]])


def test_a_flipped_bit_in_any_hash_of_a_proof_is_seen():
    generator = random.Random(6962)  # noqa: S311 - a test's own
    leaves = leaves_of(60)
    tree = Tree(leaves)
    for _ in range(400):
        size = generator.randrange(2, 61)
        index = generator.randrange(size)
        for proof, holds in (
            (
                tree.inclusion_proof(index, size),
                lambda path, i=index, n=size: check_inclusion(leaves[i], i, n, path, tree.root(n)),
            ),
            (
                tree.consistency_proof(index, size),
                lambda path, i=index, n=size: check_consistency(
                    i, tree.root(i), n, tree.root(n), path
                ),
            ),
        ):
            assert holds(proof)
            if proof:
                at, bit = generator.randrange(len(proof)), generator.randrange(256)
                number = int.from_bytes(proof[at], "big") ^ (1 << bit)
                proof[at] = number.to_bytes(32, "big")
                assert not holds(proof)


def test_a_frontier_grows_as_the_tree_does_and_comes_back_from_its_bytes():
    leaves = leaves_of(SIZES[-1])
    tree, frontier = Tree(leaves), Frontier()
    for size, leaf in enumerate(leaves, start=1):
        frontier = Frontier.from_bytes(frontier.append(leaf).to_bytes())
        assert frontier.size == size
        assert frontier.root == tree.root(size)
        assert len(frontier.hashes) == size.bit_count()
    assert len(frontier.to_bytes()) == 8 + 32 * SIZES[-1].bit_count()


@pytest.mark.parametrize("data", [b"", b"\0" * 7, b"\0" * 7 + b"\2", b"\0" * 8 + b"x" * 32])
def test_a_damaged_frontier_is_refused(data: bytes):
    with pytest.raises(SignoffError, match="frontier"):
        Frontier.from_bytes(data)


def test_what_a_tree_does_not_have_is_refused():
    tree = Tree(leaves_of(5))
    for ask in (
        lambda: tree.root(6),
        lambda: tree.inclusion_proof(5),
        lambda: tree.inclusion_proof(-1),
        lambda: tree.consistency_proof(6),
        lambda: tree.consistency_proof(4, 3),
    ):
        with pytest.raises(SignoffError):
            ask()
    assert not check_inclusion(b"\0" * 32, 3, 3, [], b"\0" * 32)
    assert not check_consistency(4, b"", 3, b"", [])


def test_a_tree_without_leaf_prefix_would_be_caught():
    """The broken control: an inner node's content is no leaf."""
    leaves = leaves_of(2)
    inner = leaves[0] + leaves[1]
    assert hashlib.sha256(b"\x01" + inner).digest() == node_hash(*leaves) == Tree(leaves).root()
    assert leaf_hash(inner) != node_hash(*leaves)
    assert not check_inclusion(leaf_hash(inner), 0, 1, [], Tree(leaves).root())
