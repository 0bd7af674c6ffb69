"""The Merkle tree against the definition in RFC 6962, written down here as the recursion that it is there."""
from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from shared.lifecycle.merkle import MerkleTree

# Source: the test vectors of the Certificate Transparency project for RFC 6962 (leaves in hex, then roots by count).
LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = ["6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
         "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
         "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
         "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
         "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
         "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
         "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
         "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"]


def root_by_definition(leaves: list[bytes]) -> bytes:
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return hashlib.sha256(b"\x01" + root_by_definition(leaves[:half]) + root_by_definition(leaves[half:])).digest()


def test_the_roots_are_those_of_the_published_vectors():
    tree = MerkleTree()
    for leaf, root in zip(LEAVES, ROOTS, strict=True):
        tree.add(bytes.fromhex(leaf))
        assert tree.root() == root


@given(st.lists(st.binary(max_size=3), max_size=40))
def test_the_root_is_that_of_the_definition(leaves: list[bytes]):
    tree = MerkleTree()
    for leaf in leaves:
        tree.add(leaf[:1], leaf[1:])
    assert tree.root() == root_by_definition(leaves).hex()
    assert tree.leaves == len(leaves)


@given(st.lists(st.binary(max_size=3), max_size=40), st.integers(0, 40))
def test_a_tree_goes_on_from_its_subtrees(leaves: list[bytes], interrupted_after: int):
    first, whole = MerkleTree(), MerkleTree()
    for leaf in leaves[:interrupted_after]:
        first.add(leaf)
    resumed = MerkleTree(first.subtrees)
    for leaf in leaves[interrupted_after:]:
        resumed.add(leaf)
    for leaf in leaves:
        whole.add(leaf)
    assert resumed.root() == whole.root()
    assert len(resumed.subtrees) <= 6
