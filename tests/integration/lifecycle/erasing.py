"""What the tests of erasures share: workers that know the made-up kinds, and an account with something of each."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.lifecycle.erasure import ErasureService
from shared.lifecycle.erasure_repository import ErasureRepository
from shared.lifecycle.receipts import ReceiptService
from shared.services import Services
from shared.storage.account_store import AccountStore, Record
from shared.storage.holdings import ERASURE, Holding, Shape
from tests.integration.lifecycle.made_up import (
    ALBUM,
    ALBUM_PAGE,
    MADE_UP,
    NOTE,
    PHOTO,
    SKETCH,
    STICKER,
    THUMBNAIL,
    VISIT,
    add_album,
)
from tests.integration.storage.wire import Wire

SCRAP = Holding(kind="scrap", shape=Shape.RECORD, portability=VISIT.portability, keeps="A child of a sketch.", key="id",
                content=("text",), parent=SKETCH, retention="for a test")
KINDS = (*MADE_UP, SCRAP, ERASURE)


class Erasing:
    """A worker that knows the made-up kinds, and one account."""

    def __init__(self, deployment, account, wire: Wire | None = None, **options) -> None:
        self.services: Services = deployment.worker(wire)
        self.store: AccountStore = self.services.accounts.open(self.services.accounts.get(account.id))
        made = self.services.erasures
        receipts: ReceiptService = self.services.receipts
        self.erasures = ErasureService(
            self.services.accounts, ErasureRepository(), deployment.directory if wire is None else made._directory, receipts,
            self.services.exports, made._jobs, KINDS, options.pop("erasers", {}), 300, deployment.clock, **options)

    def start(self, *kinds: str) -> str:
        return self.erasures.erase_kinds(self.store, kinds, "kind", "key1")

    def run(self, receipt_id: str) -> None:
        self.erasures.run(self.store, receipt_id)

    def erased(self, *kinds: str) -> Mapping[str, Any]:
        """The receipt of these kinds, once all of them is gone."""
        receipt_id = self.start(*kinds)
        self.run(receipt_id)
        return self.receipt(receipt_id)

    def receipt(self, receipt_id: str) -> Mapping[str, Any]:
        found = self.services.receipts.find(receipt_id)
        assert found is not None
        return found["receipt"]


def furnish(store: AccountStore, albums: int = 2) -> None:
    """Two pages with a note each and two photos in each album, and something of every other kind."""
    for number in range(albums):
        record = add_album(store, f"album {number}", {f"{number}-1": "sea", f"{number}-2": "sand"}, {"a": b"pixels", "b": b"more"})
        store.blobs.write(THUMBNAIL, f"{record.plain['shelf']}/a", [b"px"])
        for page in (1, 2):
            store.records.upsert_all(NOTE, [Record("n", {"text": "look"})], parent=f"{number}-{page}")
    store.blobs.write(STICKER, "s", [b"sticker"])
    store.records.insert(VISIT, Record("1", {"who": "me"}, {"at": "now"}))
    store.records.insert(SKETCH, Record("k", {"text": "t"}, {"endsAt": "later"}))
    store.records.upsert_all(SCRAP, [Record("r", {"text": "t"})], parent="k")


def kept(store: AccountStore) -> set[str]:
    """The kinds that there is anything of."""
    return {*store.records.kinds(), *store.blobs.kinds()} - {ERASURE.kind}


EVERYTHING = {each.kind for each in (*MADE_UP, SCRAP)}
OF_ALBUMS = {each.kind for each in (ALBUM, ALBUM_PAGE, NOTE, PHOTO, THUMBNAIL)}
