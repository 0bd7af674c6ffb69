"""A Merkle tree that is built leaf by leaf and kept as the roots of its whole subtrees.

Source: RFC 6962, section 2.1: a leaf is SHA-256(0x00 | data), a node SHA-256(0x01 | left | right), the root of no leaves
the SHA-256 of nothing.
"""
from __future__ import annotations

import hashlib
from collections.abc import Sequence


class MerkleTree:
    """Takes any number of leaves in memory that grows with their logarithm."""

    def __init__(self, subtrees: Sequence[tuple[int, bytes]] = ()) -> None:
        """`subtrees` is what an earlier tree's `subtrees` were: the tree goes on from there."""
        self._subtrees = list(subtrees)

    @property
    def subtrees(self) -> list[tuple[int, bytes]]:
        """Number of leaves and root of each whole subtree, the largest first."""
        return list(self._subtrees)

    @property
    def leaves(self) -> int:
        return sum(size for size, _ in self._subtrees)

    def add(self, *parts: bytes) -> None:
        """Append a leaf whose data are the parts, one after the other."""
        digest = hashlib.sha256(b"\x00")
        for part in parts:
            digest.update(part)
        size, root = 1, digest.digest()
        while self._subtrees and self._subtrees[-1][0] == size:
            _, left = self._subtrees.pop()
            size, root = size * 2, _node(left, root)
        self._subtrees.append((size, root))

    def root(self) -> str:
        """The root of what was added so far, in hex."""
        if not self._subtrees:
            return hashlib.sha256(b"").hexdigest()
        roots = [root for _, root in self._subtrees]
        right = roots.pop()
        while roots:
            right = _node(roots.pop(), right)
        return right.hex()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()
