"""Consent, submission, reading and revocation of sample content.

Samples lie under the generation of the consent. What takes a consent back (a revocation, an erasure) ends its generation,
so that what was given under it is seen by nobody from then on, whenever its rows are deleted.
"""
from __future__ import annotations

import dataclasses
import secrets
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from shared.errors import Conflict, NotFound, Unavailable
from shared.sample_content.models import Consent, Sample
from shared.sample_content.repository import SampleContentRepository
from shared.storage.account_store import AccountStore
from shared.storage.holdings import SAMPLE

SCOPE = "sample-content"
_TRIES = 10
_HANGING = timedelta(minutes=1)
StartErasure = Callable[[AccountStore, Sequence[str], str, str], str]
"""Takes the account, kinds, what the receipt is to call their sum, and who asks; returns the receipt's id."""


class SampleContentService:
    def __init__(self, records: SampleContentRepository, start_erasure: StartErasure,
                 is_being_erased: Callable[[AccountStore, str], bool], now: Callable[[], datetime]) -> None:
        """`is_being_erased` says of a receipt's id whether its erasure goes on still."""
        self._records = records
        self._start_erasure = start_erasure
        self._is_being_erased = is_being_erased
        self._now = now

    def agree(self, account: AccountStore, statement: str, agreed_by: str) -> tuple[Consent, bool]:
        """Record the consent and return it, and whether there was none; samples stay where only the statement is another.

        Raises Conflict while samples of an earlier consent are being erased.
        """
        for _ in range(_TRIES):
            current = self._records.find_consent(account)
            if current is not None and not current.is_given and (
                    current.receipt_id is None or self._is_being_erased(account, current.receipt_id)):
                raise Conflict("The samples of the consent that was revoked are being erased still; try again later.")
            consent = Consent(statement, agreed_by, self._now(), uuid.uuid4().hex)
            if current is not None and current.is_given:
                consent = dataclasses.replace(consent, generation=current.generation)
            try:
                if current is None:
                    self._records.insert_consent(account, consent)
                else:
                    self._records.replace_consent(account, dataclasses.replace(consent, etag=current.etag))
            except (Conflict, NotFound):
                continue
            return consent, current is None or not current.is_given
        raise _busy()

    def consent(self, account: AccountStore) -> Consent:
        """Raises NotFound unless it is given."""
        consent = self._records.find_consent(account)
        if consent is None or not consent.is_given:
            raise NotFound("The account has not agreed to give sample content.")
        return consent

    def revoke(self, account: AccountStore, revoked_by: str) -> str:
        """From now on nobody sees a sample; return the id of the receipt of their erasure, the same each time.

        Raises NotFound where there never was a consent.
        """
        claim = uuid.uuid4().hex
        for attempt in range(_TRIES):
            consent = self._records.find_consent(account)
            if consent is None:
                raise NotFound("The account has not agreed to give sample content.")
            if consent.receipt_id is not None:
                return consent.receipt_id
            if consent.claim == claim or self._claim(account, consent, revoked_by, claim):
                return self._erase(account, revoked_by)
            time.sleep(0.04 * attempt)  # another request has revoked it and is about to note the receipt
        raise _busy()

    def submit(self, account: AccountStore, text: str, note: str, expected_severities: Mapping[str, int],
               submitted_by: str) -> Sample:
        """Keep a sample. Raises Conflict without consent."""
        consent = self._consent_to_submit(account)
        sample = Sample(self._new_id(), text, note, expected_severities, submitted_by, self._now())
        self._records.insert(account, consent.generation, sample)
        try:
            generation = self._consent_to_submit(account).generation
        except Conflict:
            generation = None
        if generation != consent.generation:  # revoked or erased meanwhile, perhaps before this sample was there to be seen
            self._records.delete(account, consent.generation, sample.id)
            raise Conflict("The consent was revoked, or the samples were erased, while this one was submitted.")
        return sample

    def page(self, account: AccountStore, after: str | None, size: int) -> tuple[list[Sample], str | None]:
        """A page of samples, the oldest first, and the id to go on after. Raises NotFound without consent."""
        return self._records.page(account, self.consent(account).generation, after, size)

    def get(self, account: AccountStore, sample_id: str) -> Sample:
        """Raises NotFound, also without consent."""
        return self._records.get(account, self.consent(account).generation, sample_id)

    def delete(self, account: AccountStore, sample_id: str) -> None:
        """Nothing happens if it is gone. Raises NotFound without consent."""
        self._records.delete(account, self.consent(account).generation, sample_id)

    def tidy(self, account: AccountStore) -> None:
        """Bring to its end what a worker left that died in the middle: a revocation without its erasure, a sample of no consent."""
        consent = self._records.find_consent(account)
        if consent is not None and not consent.is_given and consent.receipt_id is None:
            revoked_by = consent.revoked_by or consent.agreed_by
            if self._claim(account, consent, revoked_by, uuid.uuid4().hex):
                self._erase(account, revoked_by)
        self._records.delete_others(account)

    def _claim(self, account: AccountStore, consent: Consent, revoked_by: str, claim: str) -> bool:
        """Whether it is this request that revokes it, or takes over from one that revoked it and died: one erasure is enough."""
        now = self._now()
        if consent.revoked_at is not None and now - consent.revoked_at < _HANGING:
            return False
        try:
            self._records.replace_consent(account, dataclasses.replace(consent, revoked_by=revoked_by, revoked_at=now, claim=claim))
        except (Conflict, NotFound):
            return False
        return True

    def _erase(self, account: AccountStore, requested_by: str) -> str:
        """Start the erasure and note its receipt with the consent, whose generation it may have changed already."""
        receipt_id = self._start_erasure(account, [SAMPLE.kind], SCOPE, requested_by)
        for _ in range(_TRIES):
            consent = self._records.find_consent(account)
            if consent is None or consent.is_given or consent.receipt_id is not None:
                break
            try:
                self._records.replace_consent(account, dataclasses.replace(consent, receipt_id=receipt_id))
                break
            except (Conflict, NotFound):
                continue
        return receipt_id

    def _consent_to_submit(self, account: AccountStore) -> Consent:
        try:
            return self.consent(account)
        except NotFound:
            raise Conflict("The account has not agreed to give sample content; record its consent first.") from None

    def _new_id(self) -> str:
        """In order of time; nobody guesses one."""
        return f"{int(self._now().timestamp() * 1000):012x}{secrets.token_hex(10)}"


def _busy() -> Unavailable:
    return Unavailable("The consent is being changed by many requests; try again.")
