"""The directory: which accounts there are, how their keys look hashed, who is granted what. No customer content.

Table `directory`: PartitionKey `account`, RowKey account id; PartitionKey `key`, RowKey SHA-256 of an account key;
PartitionKey `grant`, RowKey `<object id>|<account id>`; PartitionKey `receipt`, RowKey id of a receipt that is still to be
written; PartitionKey `cursor`, RowKey name of a timer that goes on where it was. All but the last name their account.
"""
from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any

from shared.accounts.models import Account, AccountState, Deletion, Grant, KeyName, KeyRewrite, WrappedDataKeys
from shared.crypto.key_encryption import WrappedKey
from shared.errors import Conflict, NotFound
from shared.storage.tables import Page, Row, Table

DIRECTORY_TABLE = "directory"
_ACCOUNT, _KEY, _GRANT, _RECEIPT, _CURSOR = "account", "key", "grant", "receipt", "cursor"


class AccountRepository:
    def __init__(self, table: Table) -> None:
        self._table = table

    def create_table(self) -> None:
        self._table.create()

    def check(self) -> None:
        """Raises Unavailable when the table service does not answer."""
        self._table.find(_ACCOUNT, "none")

    def find(self, account_id: str) -> Account | None:
        row = self._table.find(_ACCOUNT, account_id)
        return None if row is None else _account(row)

    def insert(self, account: Account) -> str:
        """Return the etag. Upserts, since an id is never made twice: as `insert_key`."""
        return self._table.upsert(_account_row(account))

    def replace(self, account: Account) -> str:
        """Return the new etag. Raises Conflict if the account changed since it was read."""
        return self._table.replace(_account_row(account))

    def page(self, after: str | None, size: int) -> tuple[list[Account], str | None]:
        page = self._page(_ACCOUNT, after=after, size=size)
        return [_account(row) for row in page.rows], page.next_after

    def every(self) -> Iterator[Account]:
        after = None
        while True:
            accounts, after = self.page(after, 500)
            yield from accounts
            if after is None:
                return

    def in_state(self, state: AccountState) -> Iterator[Account]:
        """The accounts in a state, in id order."""
        return (_account(row) for row in self._where(_ACCOUNT, "state", state.value))

    def delete(self, account: Account) -> None:
        """Raises Conflict if the account changed since it was read."""
        self._table.delete(_ACCOUNT, account.id, account.etag)

    def find_account_id(self, key_hash: str) -> str | None:
        row = self._table.find(_KEY, key_hash)
        return None if row is None else row.values["accountId"]

    def insert_key(self, key_hash: str, account_id: str) -> None:
        """Upserts, since a key is never made twice: a repeated request after a lost answer must not fail."""
        self._table.upsert(Row(_KEY, key_hash, {"accountId": account_id}))

    def delete_key(self, key_hash: str) -> None:
        self._table.delete(_KEY, key_hash)

    def delete_ways_in(self, account_id: str) -> int:
        """Delete the entries of an account's keys and grants, and return how many there were."""
        found = [(partition, row.key) for partition in (_KEY, _GRANT)
                 for row in self._where(partition, "accountId", account_id, select=())]
        for partition, key in found:
            self._table.delete(partition, key)
        return len(found)

    def insert_receipt(self, receipt_id: str, account_id: str) -> None:
        """Note whose receipt is going to be written under this id. Upserts: as `insert_key`."""
        self._table.upsert(Row(_RECEIPT, receipt_id, {"accountId": account_id}))

    def find_receipt_account_id(self, receipt_id: str) -> str | None:
        """Whose receipt is still to be written under this id."""
        row = self._table.find(_RECEIPT, receipt_id)
        return None if row is None else row.values["accountId"]

    def receipts(self) -> Iterator[tuple[str, str, datetime]]:
        """Each receipt that is still to be written: its id, whose it is, and when it was noted by the storage's clock."""
        after = None
        while True:
            page = self._page(_RECEIPT, after=after, size=500)
            yield from ((row.key, row.values["accountId"], row.written_at) for row in page.rows)
            after = page.next_after
            if after is None:
                return

    def delete_receipt(self, receipt_id: str) -> None:
        self._table.delete(_RECEIPT, receipt_id)

    def delete_receipts(self, account_id: str) -> int:
        """Delete the notes of all receipts that were still to be written for an account; return how many there were."""
        found = [row.key for row in self._where(_RECEIPT, "accountId", account_id, select=())]
        for key in found:
            self._table.delete(_RECEIPT, key)
        return len(found)

    def cursor(self, name: str) -> str | None:
        """Where a timer of this name goes on."""
        row = self._table.find(_CURSOR, name)
        return None if row is None else row.values["after"] or None

    def move_cursor(self, name: str, after: str | None) -> None:
        self._table.upsert(Row(_CURSOR, name, {"after": after or ""}))

    def insert_grant(self, grant: Grant) -> bool:
        """Return whether the grant is new."""
        key = f"{grant.object_id}|{grant.account_id}"
        try:
            self._table.insert(Row(_GRANT, key, {"accountId": grant.account_id, "createdAt": grant.created_at}))
        except Conflict:
            return False
        return True

    def delete_grant(self, object_id: str, account_id: str) -> None:
        self._table.delete(_GRANT, f"{object_id}|{account_id}")

    def find_grant(self, object_id: str, account_id: str) -> Grant | None:
        row = self._table.find(_GRANT, f"{object_id}|{account_id}")
        return None if row is None else _grant(row)

    def grants_of_identity(self, object_id: str, size: int) -> list[Grant]:
        page = self._page(_GRANT, first=f"{object_id}|", last=f"{object_id}|~", size=size)
        return [_grant(row) for row in page.rows]

    def grants_of_account(self, account_id: str) -> list[Grant]:
        grants: list[Grant] = []
        after = None
        while True:
            page = self._page(_GRANT, after=after, size=1000)
            grants += [_grant(row) for row in page.rows if row.values["accountId"] == account_id]
            if page.next_after is None:
                return grants
            after = page.next_after

    def _where(self, partition: str, name: str, value: str, **options: Any) -> Iterator[Row]:
        """As the table's; empty where there is no table yet."""
        try:
            yield from self._table.where(partition, name, value, **options)
        except NotFound:
            return

    def _page(self, partition: str, **place: Any) -> Page:
        """As the table's; empty in a region where no account was ever created, which has no table yet."""
        try:
            return self._table.page(partition, **place)
        except NotFound:
            return Page([], None)


def _account_row(account: Account) -> Row:
    return Row(_ACCOUNT, account.id, {
        "displayName": account.display_name,
        "region": account.region,
        "state": account.state.value,
        "createdAt": account.created_at,
        "keyHashes": json.dumps({name.value: key_hash for name, key_hash in account.key_hashes.items()}),
        "dataKeys": json.dumps({
            "hashKey": account.data_keys.hash_key and _wrapped_json(account.data_keys.hash_key),
            "versions": {str(version): _wrapped_json(key) for version, key in account.data_keys.versions.items()},
            "fingerprints": {str(version): each for version, each in account.data_keys.fingerprints.items()}}),
        "rewrite": "" if account.rewrite is None else json.dumps(asdict(account.rewrite), default=datetime.isoformat),
        "deletion": "" if account.deletion is None else json.dumps(asdict(account.deletion), default=datetime.isoformat),
    }, account.etag)


def _account(row: Row) -> Account:
    data_keys = json.loads(row.values["dataKeys"])
    return Account(
        id=row.key,
        display_name=row.values["displayName"],
        region=row.values["region"],
        state=AccountState(row.values["state"]),
        created_at=row.values["createdAt"],
        key_hashes={KeyName(name): key_hash for name, key_hash in json.loads(row.values["keyHashes"]).items()},
        data_keys=WrappedDataKeys(
            {int(version): _wrapped_key(key) for version, key in data_keys["versions"].items()},
            data_keys["hashKey"] and _wrapped_key(data_keys["hashKey"]),
            {int(version): each for version, each in data_keys["fingerprints"].items()}),
        rewrite=_rewrite(json.loads(row.values["rewrite"])) if row.values["rewrite"] else None,
        deletion=_deletion(json.loads(row.values["deletion"])) if row.values["deletion"] else None,
        etag=row.etag)


def _rewrite(stored: dict[str, Any]) -> KeyRewrite:
    return KeyRewrite(
        rotated_at=datetime.fromisoformat(stored["rotated_at"]),
        pass_started_at=datetime.fromisoformat(stored["pass_started_at"]),
        stage=stored["stage"],
        after=None if stored["after"] is None else tuple(stored["after"]),
        stale_count=stored["stale_count"])


def _deletion(stored: dict[str, Any]) -> Deletion:
    return Deletion(
        deleted_at=datetime.fromisoformat(stored["deleted_at"]),
        purge_after=datetime.fromisoformat(stored["purge_after"]),
        receipt_id=stored["receipt_id"],
        requested_by=stored["requested_by"],
        updated_at=datetime.fromisoformat(stored["updated_at"]),
        steps={step: datetime.fromisoformat(at) for step, at in stored["steps"].items()},
        inventory=stored["inventory"])


def _grant(row: Row) -> Grant:
    object_id, _, account_id = row.key.partition("|")
    return Grant(object_id, account_id, row.values["createdAt"])


def _wrapped_json(key: WrappedKey) -> dict[str, str]:
    return {"keyId": key.key_id, "ciphertext": b64encode(key.ciphertext).decode()}


def _wrapped_key(stored: dict[str, str]) -> WrappedKey:
    return WrappedKey(stored["keyId"], b64decode(stored["ciphertext"]))
