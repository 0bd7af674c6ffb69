"""What the tests of a purge share: an account that is ready for it, and what must be left at its end."""
from __future__ import annotations

import base64
import json
import time

from shared.accounts.models import Account
from shared.crypto.signing import verifies
from shared.errors import Unavailable
from shared.lifecycle.receipts import canonical
from shared.services import Services
from shared.storage.account_store import Record
from shared.storage.holdings import BLOCKLIST_INDEX, BLOCKLIST_ITEM
from tests.integration.lifecycle.made_up import SKETCH, STICKER, add_album

ALICE = "11111111-1111-1111-1111-111111111111"
NAME = "a name that the customer gave"


def furnished(deployment, records: int = 3) -> tuple[Account, str]:
    """An account with keys, a grant, records of several kinds, blobs and poisoned messages; deleted, its grace over."""
    services = deployment.worker()
    account, _ = services.accounts.create(NAME)
    services.accounts.grant(account.id, ALICE)
    store = services.accounts.open(account)
    store.records.upsert_all(BLOCKLIST_ITEM, [Record(f"{number:05}", {"n": number}) for number in range(records)], parent="p")
    store.blobs.write(BLOCKLIST_INDEX, "g/1", [b"index"])
    add_album(store, "holiday", pages={"1": "sea", "2": "sand"}, photos={"p": b"pixels"})
    store.blobs.write(STICKER, "s", [b"sticker"])
    store.records.insert(SKETCH, Record("s", {"text": "t"}, {"endsAt": deployment.clock()}))
    for _ in range(2):
        deployment.poison(account.id)
    receipt_id = services.account_deletion.delete(account.id, "key1", at_once=True).deletion.receipt_id
    deployment.messages()
    return account, receipt_id


def assert_purged(deployment, account: Account, receipt_id: str) -> dict:
    """Nothing is left of the account but its tombstone and a receipt that verifies; return the receipt."""
    name = f"a{account.id}"
    assert name not in [table.name for table in deployment.raw_tables.list_tables()]
    assert name not in [container.name for container in deployment.raw_blobs.list_containers(include_deleted=True)]
    rows = list(deployment.raw_tables.get_table_client("directory").list_entities())
    (tombstone,) = [row for row in rows if account.id in json.dumps(row, default=str)]
    assert (tombstone["PartitionKey"], tombstone["state"], tombstone["displayName"]) == ("account", "purged", "")
    assert json.loads(tombstone["keyHashes"]) == {}
    data_keys = json.loads(tombstone["dataKeys"])
    assert (data_keys["versions"], data_keys["hashKey"]) == ({}, None)
    assert "after" not in (json.loads(tombstone["deletion"])["inventory"] or {})
    assert account.id not in {message["accountId"] for message in deployment.messages("jobs-poison")}

    services = deployment.worker()
    document = services.receipts.find(receipt_id)
    receipt = document["receipt"]
    keys = {jwk["kid"]: jwk for jwk in services.receipts.public_keys()}
    assert verifies(keys[document["signature"]["keyId"]], base64.b64decode(document["signature"]["value"]), canonical(receipt))
    assert receipt["accountId"] == account.id
    assert receipt["dataKeys"] == [{"version": version, "fingerprint": fingerprint}
                                   for version, fingerprint in account.data_keys.fingerprints.items()]
    assert services.pending_receipts.find(receipt_id) is None
    return receipt


def purge(services: Services, account: Account, receipt_id: str) -> None:
    services.purge.run(account.id, receipt_id)


def purge_to_the_end(deployment, account: Account, receipt_id: str) -> None:
    """What the queue does: try again where messages were held by a run that died."""
    for _ in range(5):
        try:
            return purge(deployment.worker(), account, receipt_id)
        except Unavailable:
            time.sleep(0.5)
    return purge(deployment.worker(), account, receipt_id)
