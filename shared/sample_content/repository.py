"""The records of sample content. Kind CONSENT: one, RowKey `sample-content`. Kind SAMPLE: under the consent's generation."""
from __future__ import annotations

from datetime import UTC, datetime

from shared.errors import NotFound
from shared.sample_content.models import Consent, Sample
from shared.storage.account_store import AccountStore, Record
from shared.storage.holdings import CONSENT, SAMPLE

_CONSENT_ID = "sample-content"
_PAGES_SWEPT = 20


class SampleContentRepository:
    def find_consent(self, account: AccountStore) -> Consent | None:
        """Also one that was revoked."""
        record = account.records.find(CONSENT, _CONSENT_ID)
        return None if record is None else _consent(record)

    def insert_consent(self, account: AccountStore, consent: Consent) -> None:
        """Raises Conflict if there is one."""
        account.records.insert(CONSENT, _consent_record(consent))

    def replace_consent(self, account: AccountStore, consent: Consent) -> None:
        """Raises Conflict if it changed since it was read, NotFound if it is gone."""
        account.records.replace(CONSENT, _consent_record(consent))

    def insert(self, account: AccountStore, generation: str, sample: Sample) -> None:
        account.records.insert(SAMPLE, _sample_record(sample), generation)

    def get(self, account: AccountStore, generation: str, sample_id: str) -> Sample:
        record = account.records.find(SAMPLE, sample_id, generation)
        if record is None:
            raise NotFound("There is no such sample.")
        return _sample(record)

    def page(self, account: AccountStore, generation: str, after: str | None, size: int) -> tuple[list[Sample], str | None]:
        page = account.records.page(SAMPLE, generation, after=after, size=size)
        return [_sample(record) for record in page.records], page.next_after

    def delete(self, account: AccountStore, generation: str, sample_id: str) -> None:
        account.records.delete(SAMPLE, sample_id, generation)

    def delete_others(self, account: AccountStore) -> int:
        """Delete samples of generations that are no consent's any longer, and return how many there were."""
        count, after = 0, None
        for _ in range(_PAGES_SWEPT):
            # Samples first: a generation that is seen here is the consent's, or never will be again.
            places, after = account.records.places(SAMPLE.kind, after, 1000)
            consent = self.find_consent(account) if places else None
            for generation in dict.fromkeys(generation for generation, _ in places):
                if consent is None or generation != consent.generation:
                    doomed = [sample_id for each, sample_id in places if each == generation]
                    account.records.delete_all(SAMPLE, doomed, generation)
                    count += len(doomed)
            if after is None:
                break
        return count


def _consent_record(consent: Consent) -> Record:
    content = {"statement": consent.statement, "agreedBy": consent.agreed_by, "agreedAt": _text(consent.agreed_at),
               "revokedBy": consent.revoked_by or "", "revokedAt": _text(consent.revoked_at), "receiptId": consent.receipt_id or "",
               "claim": consent.claim}
    return Record(_CONSENT_ID, content, {"generation": consent.generation}, consent.etag)


def _consent(record: Record) -> Consent:
    content = record.content
    return Consent(
        statement=content["statement"], agreed_by=content["agreedBy"], agreed_at=_time(content["agreedAt"]),
        generation=record.plain["generation"], revoked_by=content["revokedBy"] or None,
        revoked_at=_time(content["revokedAt"]) if content["revokedAt"] else None, receipt_id=content["receiptId"] or None,
        claim=content["claim"], etag=record.etag)


def _sample_record(sample: Sample) -> Record:
    return Record(sample.id, {
        "text": sample.text, "note": sample.note, "expectedSeverities": dict(sample.expected_severities),
        "submittedBy": sample.submitted_by, "submittedAt": _text(sample.submitted_at)})


def _sample(record: Record) -> Sample:
    content = record.content
    return Sample(record.id, content["text"], content["note"], content["expectedSeverities"], content["submittedBy"],
                  _time(content["submittedAt"]))


def _text(time: datetime | None) -> str:
    return "" if time is None else time.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
