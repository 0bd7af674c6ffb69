"""The records of callbacks.

Kind CALLBACK: one record for each, under the team's generation, id = keyed hash of what is sent, so that asking for it twice
makes one. Kind CALLBACK_BODY: one blob for each, `<id>/body`. Kind CALLBACK_KEY: one record of the account, id `callback-key`.
"""
from __future__ import annotations

from datetime import datetime

from shared.callbacks.models import Callback, CallbackKey, CallbackState
from shared.errors import NotFound
from shared.storage.account_store import AccountStore, PlacedRecord, Record
from shared.storage.holdings import CALLBACK, CALLBACK_BODY, CALLBACK_KEY
from shared.storage.times import time_of, time_or_none, time_text

_KEY_ID = "callback-key"


class CallbackRepository:
    def find(self, account: AccountStore, team_generation: str, callback_id: str) -> Callback | None:
        record = account.records.find(CALLBACK, callback_id, team_generation)
        return None if record is None else _callback(record)

    def insert(self, account: AccountStore, team_generation: str, callback: Callback) -> None:
        """Raises Conflict where there is one with this id."""
        account.records.insert(CALLBACK, _record(callback), team_generation)

    def replace(self, account: AccountStore, team_generation: str, callback: Callback) -> str:
        """Return the new etag. Raises Conflict if it changed since it was read, NotFound if it is gone."""
        return account.records.replace(CALLBACK, _record(callback), team_generation)

    def delete(self, account: AccountStore, team_generation: str, callback_id: str) -> None:
        """The record last: what dies in between is deleted by whoever deletes the record."""
        account.blobs.delete_all(CALLBACK_BODY, f"{callback_id}/")
        account.records.delete(CALLBACK, callback_id, team_generation)

    def page(self, account: AccountStore, team_generation: str, after: str | None, size: int) -> tuple[list[Callback], str | None]:
        page = account.records.page(CALLBACK, team_generation, after=after, size=size)
        return [_callback(record) for record in page.records], page.next_after

    def due(self, account: AccountStore, time: datetime, size: int) -> list[tuple[str, str]]:
        """Generation of the team and id of up to `size` callbacks that were to be tried by this time."""
        return [(_generation(placed), placed.record.id)
                for placed in account.records.due(CALLBACK, "nextAttemptAt", time, size)]

    def write_body(self, account: AccountStore, callback_id: str, body: bytes) -> None:
        account.blobs.write(CALLBACK_BODY, _body_id(callback_id), [body])

    def body(self, account: AccountStore, callback_id: str) -> bytes | None:
        try:
            return b"".join(account.blobs.read(CALLBACK_BODY, _body_id(callback_id)))
        except NotFound:
            return None


class CallbackKeyRepository:
    def find(self, account: AccountStore) -> CallbackKey | None:
        record = account.records.find(CALLBACK_KEY, _KEY_ID)
        if record is None:
            return None
        content = record.content
        return CallbackKey(content["key"], time_of(content["createdAt"]), content["previousKey"] or None,
                           time_or_none(content["previousKeyUntil"]), record.etag)

    def insert(self, account: AccountStore, key: CallbackKey) -> None:
        """Raises Conflict where there is a key."""
        account.records.insert(CALLBACK_KEY, _key_record(key))

    def replace(self, account: AccountStore, key: CallbackKey) -> None:
        """Raises Conflict if it changed since it was read, NotFound if it is gone."""
        account.records.replace(CALLBACK_KEY, _key_record(key))


def _body_id(callback_id: str) -> str:
    return f"{callback_id}/body"


def _generation(placed: PlacedRecord) -> str:
    assert placed.parent_key is not None
    return placed.parent_key


def _record(callback: Callback) -> Record:
    return Record(
        callback.id,
        {"url": callback.url, "about": callback.about, "state": callback.state.value, "attempts": callback.attempts,
         "createdAt": time_text(callback.created_at),
         "lastAttemptAt": time_text(callback.last_attempt_at), "lastStatus": callback.last_status},
        {"nextAttemptAt": callback.next_attempt_at, "expiresAt": callback.expires_at}, callback.etag)


def _callback(record: Record) -> Callback:
    content = record.content
    return Callback(
        id=record.id, url=content["url"], about=content["about"], created_at=time_of(content["createdAt"]),
        expires_at=record.plain["expiresAt"], next_attempt_at=record.plain["nextAttemptAt"], state=CallbackState(content["state"]),
        attempts=content["attempts"], last_attempt_at=time_or_none(content["lastAttemptAt"]), last_status=content["lastStatus"],
        etag=record.etag)


def _key_record(key: CallbackKey) -> Record:
    return Record(_KEY_ID, {"key": key.key, "createdAt": time_text(key.created_at), "previousKey": key.previous or "",
                            "previousKeyUntil": time_text(key.previous_until)}, {}, key.etag)
