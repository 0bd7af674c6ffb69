"""Sample content and the consent to it: the wire."""
from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from shared.api.management.ownership import AccountOrMePath, account_named
from shared.api.management.wire import Wire, api
from shared.errors import Conflict, InvalidRequest, NotFound
from shared.http.operation import Auth, Call, Reply
from shared.sample_content.models import Consent, Sample
from shared.storage.account_store import AccountStore
from shared.text_analysis.models import Category

PAGE_SIZE = 100
TEXT_LIMIT = 10_000

SampleId = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
_NO_CONTROLS = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f]*$"


class SamplePath(AccountOrMePath):
    sample_id: SampleId


class SamplesQuery(Wire):
    after: SampleId | None = None


class NewConsent(Wire):
    """`statement` is what the account agrees to, with its version, in the words that it was shown."""

    statement: str = Field(min_length=1, max_length=2000)


class ConsentBody(Wire):
    statement: str
    agreed_by: str
    agreed_at: datetime

    @classmethod
    def of(cls, consent: Consent) -> ConsentBody:
        return cls(statement=consent.statement, agreed_by=consent.agreed_by, agreed_at=consent.agreed_at)


class RevokedConsent(Wire):
    """The receipt of the erasure of all samples is at `/receipts/{receiptId}` when that is done."""

    receipt_id: str


class ExpectedSeverity(Wire):
    category: Category
    severity: int = Field(ge=0, le=7)


class NewSample(Wire):
    """`text` and `note` hold no control characters but tab, line feed and carriage return."""

    text: str = Field(min_length=1, max_length=TEXT_LIMIT, pattern=_NO_CONTROLS)
    note: str | None = Field(None, max_length=1024, pattern=_NO_CONTROLS)
    expected_severities: Annotated[list[ExpectedSeverity], Field(max_length=4)] | None = None


class SampleBody(Wire):
    id: str
    text: str
    note: str | None = None
    expected_severities: list[ExpectedSeverity]
    submitted_by: str
    submitted_at: datetime

    @classmethod
    def of(cls, sample: Sample) -> SampleBody:
        return cls(id=sample.id, text=sample.text, note=sample.note or None, submitted_by=sample.submitted_by,
                   submitted_at=sample.submitted_at, expected_severities=[
                       ExpectedSeverity(category=Category(category), severity=severity)
                       for category, severity in sample.expected_severities.items()])


class SamplePage(Wire):
    value: list[SampleBody]
    next_link: str | None = None


@api.operation("PUT", "accounts/{accountId}/sampleContentConsent", auth=Auth.ACCOUNT, success=(200, 201),
               errors=(NotFound, Conflict))
def agree_to_sample_content(call: Call, path: AccountOrMePath, body: NewConsent) -> Reply[ConsentBody]:
    """Record that the account agrees to give sample content. 409 while samples of an earlier consent are being erased."""
    consent, is_new = call.services.sample_content.agree(_store(call, path), body.statement, call.caller.name)
    return Reply(ConsentBody.of(consent), 201 if is_new else 200)


@api.operation("GET", "accounts/{accountId}/sampleContentConsent", auth=Auth.ACCOUNT, errors=(NotFound,))
def get_sample_content_consent(call: Call, path: AccountOrMePath) -> ConsentBody:
    """Who agreed, when and to what; 404 where nobody did, or the consent was revoked."""
    return ConsentBody.of(call.services.sample_content.consent(_store(call, path)))


@api.operation("DELETE", "accounts/{accountId}/sampleContentConsent", auth=Auth.ACCOUNT, success=(202,), errors=(NotFound,))
def revoke_sample_content_consent(call: Call, path: AccountOrMePath) -> Reply[RevokedConsent]:
    """Take the consent back: nobody sees a sample from now on, and all are erased, first of all the archives of exports that
    hold some. The receipt is at `Operation-Location`."""
    receipt_id = call.services.sample_content.revoke(_store(call, path), call.caller.name)
    return Reply(RevokedConsent(receipt_id=receipt_id),
                 headers={"Operation-Location": f"{call.endpoint}/receipts/{receipt_id}"})


@api.operation("POST", "accounts/{accountId}/sampleContent", auth=Auth.ACCOUNT, success=(201,), errors=(NotFound, Conflict))
def submit_sample_content(call: Call, path: AccountOrMePath, body: NewSample) -> Reply[SampleBody]:
    """Give a text, with what the service should have said of it, to improve the service. 409 without consent."""
    expected = {each.category.value: each.severity for each in body.expected_severities or ()}
    if len(expected) != len(body.expected_severities or ()):
        raise InvalidRequest("A category may be given once.", "expectedSeverities")
    sample = call.services.sample_content.submit(_store(call, path), body.text, body.note or "", expected, call.caller.name)
    return Reply(SampleBody.of(sample),
                 headers={"Location": f"{call.endpoint}/accounts/{path.account_id}/sampleContent/{sample.id}"})


@api.operation("GET", "accounts/{accountId}/sampleContent", auth=Auth.ACCOUNT_OR_REVIEWER, errors=(NotFound, Conflict),
               audit=True)
def list_sample_content(call: Call, path: AccountOrMePath, query: SamplesQuery) -> SamplePage:
    """The samples that the account gave, the oldest first, while its consent stands."""
    samples, after = call.services.sample_content.page(_store(call, path), query.after, PAGE_SIZE)
    next_link = None if after is None else f"{call.endpoint}/accounts/{path.account_id}/sampleContent?after={after}"
    return SamplePage(value=[SampleBody.of(sample) for sample in samples], next_link=next_link)


@api.operation("GET", "accounts/{accountId}/sampleContent/{sampleId}", auth=Auth.ACCOUNT_OR_REVIEWER,
               errors=(NotFound, Conflict), audit=True, audit_targets=("sampleId",))
def get_sample_content(call: Call, path: SamplePath) -> SampleBody:
    """One sample, while the consent stands."""
    return SampleBody.of(call.services.sample_content.get(_store(call, path), path.sample_id))


@api.operation("DELETE", "accounts/{accountId}/sampleContent/{sampleId}", auth=Auth.ACCOUNT, success=(204,),
               errors=(NotFound,), audit_targets=("sampleId",))
def delete_sample_content(call: Call, path: SamplePath) -> None:
    """Take one sample back; nothing happens if it is gone."""
    call.services.sample_content.delete(_store(call, path), path.sample_id)


def _store(call: Call, path: AccountOrMePath) -> AccountStore:
    return call.services.accounts.open(account_named(call, path.account_id))
