"""An account's audit trail: the wire."""
from __future__ import annotations

from pydantic import Field

from shared.accounts.audit_pages import LARGEST_PAGE
from shared.accounts.audit_trail import AuditEvent
from shared.api.management.ownership import AccountOrMePath, account_named
from shared.api.management.wire import Wire, api
from shared.errors import Conflict, NotFound
from shared.http.operation import Auth, Call

PAGE_SIZE = 100
_LARGEST_NUMBER = 10 ** 15


class AuditEventsQuery(Wire):
    """`after` is the sequence number to go on after."""

    after: int = Field(0, ge=0, le=_LARGEST_NUMBER)
    size: int = Field(PAGE_SIZE, ge=1, le=LARGEST_PAGE)


class AuditEventBody(Wire):
    """`outcome` is `begun` in the event that is written before an operation runs, the status in one that tells of a failure.

    `hash` is SHA-256 over the JSON of all other fields, with sorted names and no white space.
    """

    sequence: int
    at: str
    operation: str
    caller: str
    address_range: str
    request_id: str
    outcome: str
    targets: dict[str, str]
    previous: str
    hash: str

    @classmethod
    def of(cls, event: AuditEvent) -> AuditEventBody:
        return cls(sequence=event.sequence, at=event.at, operation=event.deed.operation, caller=event.deed.caller,
                   address_range=event.deed.address_range, request_id=event.deed.request_id, outcome=event.deed.outcome,
                   targets=dict(event.deed.targets), previous=event.previous, hash=event.hash)


class AuditEventPage(Wire):
    """`intact` says whether the trail is whole as far as this page covers it; `brokenAt` which event is not as it was."""

    value: list[AuditEventBody]
    intact: bool
    broken_at: int | None = None
    next_link: str | None = None


@api.operation("GET", "accounts/{accountId}/auditEvents", auth=Auth.ACCOUNT_OR_OPERATOR, errors=(NotFound, Conflict))
def list_audit_events(call: Call, path: AccountOrMePath, query: AuditEventsQuery) -> AuditEventPage:
    """Who did what with the account, when and from where, the oldest first; each event holds the hash of the one before."""
    account = account_named(call, path.account_id)
    page = call.services.audit_reader.page(call.services.accounts.open(account), query.after, query.size)
    next_link = None if page.next_after is None else (
        f"{call.endpoint}/accounts/{path.account_id}/auditEvents?after={page.next_after}&size={query.size}")
    return AuditEventPage(value=[AuditEventBody.of(event) for event in page.events], intact=page.broken_at is None,
                          broken_at=page.broken_at, next_link=next_link)
