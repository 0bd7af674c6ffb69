"""Content Moderator term lists and their terms: the wire."""
from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, RootModel, WrapValidator

from shared.api.content_moderator.lists import (
    EmptyString,
    ListNumber,
    MetadataKey,
    MetadataValue,
    RefreshIndexBody,
    without_its_keys,
)
from shared.api.content_moderator.term_lines import JSON_LINES, MEDIA_TYPES, term_lines
from shared.api.content_moderator.wire import Parameters, RequestBody, Status, Wire, api
from shared.errors import NotFound
from shared.http.operation import Auth, Call
from shared.term_lists.models import ImportReport, TermList
from shared.term_lists.terms import TERM_CHARACTERS

DEFAULT_LIMIT = 1_000
MOST_LIMIT = 10_000
IMPORT_LIMIT_BYTES = 100 * 1024 * 1024
"""As much as Azure Functions takes in one request."""
_MOST_OFFSET = 2_000_000_000

Language = Annotated[str, Field(pattern="^[A-Za-z]{3}$", description="ISO 639-3 code, such as eng"), AfterValidator(str.lower)]


class TermListPath(Parameters):
    list_id: ListNumber


class TermPath(TermListPath):
    term: str = Field(min_length=1, max_length=TERM_CHARACTERS)


class LanguageQuery(Parameters):
    language: Language


class TermsQuery(LanguageQuery):
    """`limit` bounds one answer; more than 10,000 is cut to that."""

    offset: int = Field(0, ge=0, le=_MOST_OFFSET)
    limit: int = Field(DEFAULT_LIMIT, ge=0)


class ImportQuery(Parameters):
    """The language of lines that name none."""

    language: Language | None = None


class ImportHeader(Parameters):
    content_type: str = Field(JSON_LINES, alias="Content-Type")


class TermListProperties(RequestBody):
    name: str | None = Field(None, max_length=128)
    description: str | None = Field(None, max_length=1024)
    metadata: Annotated[dict[MetadataKey, MetadataValue] | None, WrapValidator(without_its_keys)] = Field(None, max_length=20)


class TermListBody(Wire):
    id: int
    name: str
    description: str
    metadata: dict[str, str]

    @classmethod
    def of(cls, term_list: TermList) -> TermListBody:
        return cls(id=term_list.number, name=term_list.name, description=term_list.description, metadata=dict(term_list.metadata))


class TermListBodies(RootModel[list[TermListBody]]):
    """A bare array."""


class TermBody(Wire):
    term: str


class TermsData(Wire):
    language: str
    terms: list[TermBody]
    status: Status
    tracking_id: str


class TermsPaging(Wire):
    total: int
    limit: int
    offset: int
    returned: int


class TermsBody(Wire):
    data: TermsData
    paging: TermsPaging


class RefusedLineBody(Wire):
    line: int
    reason: str


class ImportReportBody(Wire):
    """`RefusedLines` are the first hundred."""

    list_id: int
    taken: int
    already_there: int
    refused: int
    refused_lines: list[RefusedLineBody]
    status: Status
    tracking_id: str

    @classmethod
    def of(cls, number: int, report: ImportReport, tracking_id: str) -> ImportReportBody:
        lines = [RefusedLineBody(line=line.number, reason=line.reason) for line in report.refused_lines]
        return cls(list_id=number, taken=report.taken, already_there=report.already_there, refused=report.refused,
                   refused_lines=lines, status=Status(), tracking_id=tracking_id)


@api.operation("GET", "lists/v1.0/termlists/{listId}", auth=Auth.ACCOUNT, errors=(NotFound,))
def list_management_term_lists_get_details(call: Call, path: TermListPath) -> TermListBody:
    """One term list. Source: ListManagementTermLists_GetDetails, v1.0."""
    return TermListBody.of(call.services.term_lists.get(call.account, path.list_id))


@api.operation("DELETE", "lists/v1.0/termlists/{listId}", auth=Auth.ACCOUNT, errors=(NotFound,), audit_targets=("listId",))
def list_management_term_lists_delete(call: Call, path: TermListPath) -> EmptyString:
    """Delete a term list and all its terms. Source: ListManagementTermLists_Delete, v1.0."""
    call.services.term_lists.delete(call.account, path.list_id)
    return EmptyString("")


@api.operation("PUT", "lists/v1.0/termlists/{listId}", auth=Auth.ACCOUNT, errors=(NotFound,), audit_targets=("listId",))
def list_management_term_lists_update(call: Call, path: TermListPath, body: TermListProperties) -> TermListBody:
    """Change name, description or metadata; what is left out or null stays. Source: ListManagementTermLists_Update, v1.0."""
    return TermListBody.of(call.services.term_lists.update(
        call.account, path.list_id, body.name, body.description, body.metadata))


@api.operation("POST", "lists/v1.0/termlists", auth=Auth.ACCOUNT)
def list_management_term_lists_create(call: Call, body: TermListProperties) -> TermListBody:
    """Create a term list. Source: ListManagementTermLists_Create, v1.0."""
    return TermListBody.of(call.services.term_lists.create(
        call.account, body.name or "", body.description or "", body.metadata or {}))


@api.operation("GET", "lists/v1.0/termlists", auth=Auth.ACCOUNT)
def list_management_term_lists_get_all_term_lists(call: Call) -> TermListBodies:
    """All term lists of the account. Source: ListManagementTermLists_GetAllTermLists, v1.0."""
    return TermListBodies([TermListBody.of(term_list) for term_list in call.services.term_lists.all(call.account)])


@api.operation("POST", "lists/v1.0/termlists/{listId}/RefreshIndex", auth=Auth.ACCOUNT, errors=(NotFound,), audit=False)
def list_management_term_lists_refresh_index(call: Call, path: TermListPath, query: LanguageQuery) -> RefreshIndexBody:
    """Success, at once: every change of a list counts from the next request on. Source: ListManagementTermLists_RefreshIndex, v1.0."""
    number = call.services.term_lists.get(call.account, path.list_id).number
    return RefreshIndexBody.of(number, call.request_id)


@api.operation("POST", "lists/v1.0/termlists/{listId}/terms/{term}", auth=Auth.ACCOUNT, success=(201,), errors=(NotFound,),
               audit_targets=("listId",))
def list_management_term_add_term(call: Call, path: TermPath, query: LanguageQuery) -> None:
    """Add a term; one that is there already stays as it is. Source: ListManagementTerm_AddTerm, v1.0."""
    call.services.term_lists.add(call.account, path.list_id, query.language, path.term)


@api.operation("DELETE", "lists/v1.0/termlists/{listId}/terms/{term}", auth=Auth.ACCOUNT, success=(204,), errors=(NotFound,),
               audit_targets=("listId",))
def list_management_term_delete_term(call: Call, path: TermPath, query: LanguageQuery) -> None:
    """Delete a term; one that is not there does not matter. Source: ListManagementTerm_DeleteTerm, v1.0."""
    call.services.term_lists.remove(call.account, path.list_id, query.language, path.term)


@api.operation("GET", "lists/v1.0/termlists/{listId}/terms", auth=Auth.ACCOUNT, errors=(NotFound,))
def list_management_term_get_all_terms(call: Call, path: TermListPath, query: TermsQuery) -> TermsBody:
    """The terms of a language, from `offset` on, up to `limit` (1,000 unless said, 10,000 at the most).

    Source: ListManagementTerm_GetAllTerms, v1.0.
    """
    limit = min(query.limit, MOST_LIMIT)
    page = call.services.term_lists.page(call.account, path.list_id, query.language, query.offset, limit)
    data = TermsData(language=query.language, terms=[TermBody(term=term) for term in page.terms], status=Status(),
                     tracking_id=call.request_id)
    return TermsBody(data=data, paging=TermsPaging(total=page.total, limit=limit, offset=query.offset, returned=len(page.terms)))


@api.operation("DELETE", "lists/v1.0/termlists/{listId}/terms", auth=Auth.ACCOUNT, success=(204,), errors=(NotFound,),
               audit_targets=("listId",))
def list_management_term_delete_all_terms(call: Call, path: TermListPath, query: LanguageQuery) -> None:
    """Delete all terms of a language. Source: ListManagementTerm_DeleteAllTerms, v1.0."""
    call.services.term_lists.remove_all(call.account, path.list_id, query.language)


@api.operation("POST", "lists/v1.0/termlists/{listId}/terms:import", auth=Auth.ACCOUNT, errors=(NotFound,), media_types=MEDIA_TYPES,
               body_limit_bytes=IMPORT_LIMIT_BYTES, audit_targets=("listId",))
def import_terms(call: Call, path: TermListPath, query: ImportQuery, header: ImportHeader, body: bytes) -> ImportReportBody:
    """Add many terms: JSON Lines (a string, or `term` and perhaps `language`), or CSV (one column, or a header with `term`).

    Doing it again is safe. Our own operation.
    """
    report = call.services.term_lists.import_terms(
        call.account, path.list_id, query.language, term_lines(header.content_type, body))
    return ImportReportBody.of(path.list_id, report, call.request_id)
