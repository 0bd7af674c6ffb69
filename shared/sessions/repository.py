"""The records of sessions. Kind REVIEW_SESSION: RowKey is the session's id."""
from __future__ import annotations

from shared.sessions.models import StoredSession
from shared.storage.account_store import AccountStore, Record
from shared.storage.holdings import REVIEW_SESSION
from shared.storage.times import time_of, time_text


class SessionRepository:
    def find(self, account: AccountStore, session_id: str) -> StoredSession | None:
        record = account.records.find(REVIEW_SESSION, session_id)
        return None if record is None else _session(record)

    def insert(self, account: AccountStore, session: StoredSession) -> None:
        account.records.insert(REVIEW_SESSION, _record(session))

    def replace(self, account: AccountStore, session: StoredSession) -> None:
        """Raises Conflict if it changed since it was read, NotFound if it is gone."""
        account.records.replace(REVIEW_SESSION, _record(session))

    def delete(self, account: AccountStore, session_id: str) -> None:
        account.records.delete(REVIEW_SESSION, session_id)


def _record(session: StoredSession) -> Record:
    return Record(session.id, {
        "teamKey": session.team_key, "generation": session.generation, "memberId": session.member_id, "keyName": session.key_name,
        "credential": session.credential, "signedInAt": time_text(session.signed_in_at), "usedAt": time_text(session.used_at)},
        {"expiresAt": session.expires_at}, session.etag)


def _session(record: Record) -> StoredSession:
    content = record.content
    return StoredSession(
        record.id, content["teamKey"], content["generation"], content["memberId"], content["keyName"], content["credential"],
        time_of(content["signedInAt"]), time_of(content["usedAt"]), record.plain["expiresAt"], record.etag)
