"""The receipts of an account, for its owner to look through: its own, each once, the newest first, and what has none yet."""
from __future__ import annotations

import pytest

from tests.integration.lifecycle.erasing import Erasing


@pytest.fixture
def erasing(deployment) -> Erasing:
    return Erasing(deployment, deployment.worker().accounts.create("a")[0])


@pytest.fixture
def other(deployment) -> Erasing:
    return Erasing(deployment, deployment.worker().accounts.create("b")[0])


def listed(erasing: Erasing, size: int) -> list[list[str]]:
    pages, after = [], None
    while True:
        receipts, after = erasing.services.receipts.page(erasing.store.account_id, after, size)
        pages.append([each["receipt"]["id"] for each in receipts])
        if after is None:
            return pages


def test_an_account_lists_its_own_receipts_the_newest_first(deployment, erasing, other):
    assert listed(erasing, 2) == [[]]
    ids = []
    for kind in ("album", "visit", "note"):
        deployment.clock.pass_seconds(1)
        ids.append(erasing.start(kind))
        erasing.run(ids[-1])
    foreign = other.start("album")
    other.run(foreign)

    assert listed(erasing, 2) == [[ids[2], ids[1]], [ids[0]]]
    assert listed(erasing, 3) == [ids[::-1]]
    assert listed(other, 2) == [[foreign]]


def test_what_has_no_receipt_yet_is_told_with_its_state(erasing, other):
    receipt_id = erasing.start("album")
    (id_, scope, pending), = erasing.services.pending_receipts.of_account(erasing.store)
    assert (id_, scope, pending.state) == (receipt_id, "kind", "queued")
    assert listed(erasing, 2) == [[]]
    assert other.services.pending_receipts.of_account(other.store) == []
    erasing.run(receipt_id)
    assert erasing.services.pending_receipts.of_account(erasing.store) == []
