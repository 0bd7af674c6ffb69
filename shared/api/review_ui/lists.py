"""Blocklists, term lists and image lists of the account: pages. Members read them; the owner and admins change them."""
from __future__ import annotations

import base64
from enum import StrEnum
from typing import Annotated
from urllib.parse import quote

from pydantic import Field

from shared.api.content_moderator.pictures import PICTURES
from shared.api.content_safety.blocklists import BlocklistName
from shared.api.image_loading import load_image
from shared.api.review_ui.rendering import page
from shared.api.review_ui.wire import Wire, api, redirect
from shared.blocklists.models import NewItem
from shared.errors import Conflict, InvalidRequest, NotFound, PermissionDenied
from shared.http.operation import Auth, Call, Document, FormBody, ImageBody, Reply
from shared.storage.account_store import AccountStore
from shared.teams.models import Role

PAGE = 100
_PATH = "/review/lists"
_FORM_BYTES = 64 * 1024
_ERRORS = (NotFound, PermissionDenied, Conflict)


class ListKind(StrEnum):
    BLOCKLIST = "blocklist"
    TERMS = "terms"
    IMAGES = "images"


class BlocklistPagePath(Wire):
    name: BlocklistName


class NumberedPath(Wire):
    number: int = Field(ge=1, le=2**31 - 1)


class AfterQuery(Wire):
    after: str | None = Field(None, max_length=64)


class TermsQuery(Wire):
    language: str = Field("eng", pattern="^[a-z]{3}$")
    offset: int = Field(0, ge=0, le=2**31 - 1)


class NewList(FormBody):
    kind: ListKind
    name: str = Field(min_length=1, max_length=64)
    description: str = Field("", max_length=1024)


class NewItemForm(FormBody):
    text: str = Field(min_length=1, max_length=128)
    is_regex: Annotated[str, Field(pattern="^(yes)?$")] = ""


class ItemForm(FormBody):
    id: str = Field(min_length=1, max_length=64)


class TermForm(FormBody):
    language: str = Field(pattern="^[a-z]{3}$")
    term: str = Field(min_length=1, max_length=1024)


class ImageForm(FormBody):
    image: bytes = b""
    label: str = Field("", max_length=256)


class ImageIdForm(FormBody):
    id: int = Field(ge=0, le=2**31 - 1)


@api.operation("GET", "lists", auth=Auth.SESSION)
def page_lists(call: Call, query: AfterQuery) -> Document:
    """All lists of the account; blocklists page by page."""
    blocklists, after = call.services.blocklists.page(call.account, query.after, PAGE)
    return page(call, "lists.html", title="Lists", active="lists", blocklists=blocklists, after=after, may_change=_may_change(call),
                term_lists=call.services.term_lists.all(call.account), image_lists=call.services.image_lists.all(call.account))


@api.operation("POST", "lists", auth=Auth.SESSION, success=(303,), errors=_ERRORS)
def page_create_list(call: Call, body: NewList) -> Reply[None]:
    """Make a list of one of the three kinds."""
    account = _account_to_change(call)
    if body.kind is ListKind.BLOCKLIST:
        if not _is_blocklist_name(body.name):
            raise InvalidRequest("The name of a blocklist has letters, digits and `.`, `_`, `~`, `-`.", "name")
        call.services.blocklists.upsert(account, body.name, body.description)
        return redirect(f"{_PATH}/blocklists/{quote(body.name)}")
    if body.kind is ListKind.TERMS:
        return redirect(f"{_PATH}/terms/{call.services.term_lists.create(account, body.name, body.description, {}).number}")
    return redirect(f"{_PATH}/images/{call.services.image_lists.create(account, body.name, body.description, {}).number}")


@api.operation("GET", "lists/blocklists/{name}", auth=Auth.SESSION, errors=(NotFound,))
def page_blocklist(call: Call, path: BlocklistPagePath, query: AfterQuery) -> Document:
    """The items of a blocklist, page by page."""
    blocklist = call.services.blocklists.get(call.account, path.name)
    items, after = call.services.blocklists.item_page(call.account, path.name, query.after, 0, PAGE)
    return page(call, "blocklist.html", title=f"Blocklist {path.name}", active="lists", blocklist=blocklist, items=items, after=after,
                path=f"{_PATH}/blocklists/{quote(path.name)}", may_change=_may_change(call))


@api.operation("POST", "lists/blocklists/{name}/items", auth=Auth.SESSION, success=(303,), errors=_ERRORS, audit_targets=("name",))
def page_add_blocklist_item(call: Call, path: BlocklistPagePath, body: NewItemForm) -> Reply[None]:
    """Add a text, or a regular expression."""
    call.services.blocklists.add_items(_account_to_change(call), path.name, [NewItem(body.text, None, bool(body.is_regex))])
    return redirect(f"{_PATH}/blocklists/{quote(path.name)}")


@api.operation("POST", "lists/blocklists/{name}/items/delete", auth=Auth.SESSION, success=(303,), errors=_ERRORS,
               audit_targets=("name",))
def page_remove_blocklist_item(call: Call, path: BlocklistPagePath, body: ItemForm) -> Reply[None]:
    """Remove an item."""
    call.services.blocklists.remove_items(_account_to_change(call), path.name, [body.id])
    return redirect(f"{_PATH}/blocklists/{quote(path.name)}")


@api.operation("POST", "lists/blocklists/{name}/delete", auth=Auth.SESSION, success=(303,), errors=_ERRORS, audit_targets=("name",))
def page_delete_blocklist(call: Call, path: BlocklistPagePath, body: FormBody) -> Reply[None]:
    """Delete a blocklist and all its items."""
    call.services.blocklists.delete(_account_to_change(call), path.name)
    return redirect(_PATH)


@api.operation("GET", "lists/terms/{number}", auth=Auth.SESSION, errors=(NotFound,))
def page_term_list(call: Call, path: NumberedPath, query: TermsQuery) -> Document:
    """The terms of one language of a term list, page by page."""
    term_list = call.services.term_lists.get(call.account, path.number)
    found = call.services.term_lists.page(call.account, path.number, query.language, query.offset, PAGE)
    after = query.offset + PAGE
    return page(call, "term_list.html", title=f"Term list {term_list.name}", active="lists", term_list=term_list, terms=found.terms,
                total=found.total, language=query.language, after=after if after < found.total else None,
                path=f"{_PATH}/terms/{path.number}", may_change=_may_change(call))


@api.operation("POST", "lists/terms/{number}/items", auth=Auth.SESSION, success=(303,), errors=_ERRORS, audit_targets=("number",))
def page_add_term(call: Call, path: NumberedPath, body: TermForm) -> Reply[None]:
    """Add a term of a language."""
    call.services.term_lists.add(_account_to_change(call), path.number, body.language, body.term)
    return redirect(f"{_PATH}/terms/{path.number}?language={body.language}")


@api.operation("POST", "lists/terms/{number}/items/delete", auth=Auth.SESSION, success=(303,), errors=_ERRORS,
               audit_targets=("number",))
def page_remove_term(call: Call, path: NumberedPath, body: TermForm) -> Reply[None]:
    """Remove a term of a language."""
    call.services.term_lists.remove(_account_to_change(call), path.number, body.language, body.term)
    return redirect(f"{_PATH}/terms/{path.number}?language={body.language}")


@api.operation("POST", "lists/terms/{number}/delete", auth=Auth.SESSION, success=(303,), errors=_ERRORS, audit_targets=("number",))
def page_delete_term_list(call: Call, path: NumberedPath, body: FormBody) -> Reply[None]:
    """Delete a term list and all its terms."""
    call.services.term_lists.delete(_account_to_change(call), path.number)
    return redirect(_PATH)


@api.operation("GET", "lists/images/{number}", auth=Auth.SESSION, errors=(NotFound,))
def page_image_list(call: Call, path: NumberedPath, query: AfterQuery) -> Document:
    """The images of an image list, page by page: ids and labels, since no picture is kept."""
    image_list = call.services.image_lists.get(call.account, path.number)
    images, after = call.services.image_lists.page(call.account, path.number, _row_id(query.after), PAGE)
    return page(call, "image_list.html", title=f"Image list {image_list.name}", active="lists", image_list=image_list, images=images,
                after=None if after is None else base64.urlsafe_b64encode(after).decode(), path=f"{_PATH}/images/{path.number}",
                may_change=_may_change(call))


@api.operation("POST", "lists/images/{number}/items", auth=Auth.SESSION, success=(303,), errors=_ERRORS, audit_targets=("number",),
               body_limit_bytes=PICTURES.size_bytes + _FORM_BYTES)
def page_add_image(call: Call, path: NumberedPath, body: ImageForm) -> Reply[None]:
    """Add what stands for a picture."""
    account = _account_to_change(call)
    picture = load_image(call.services.outbound, ImageBody(content=body.image), PICTURES).picture
    call.services.image_lists.add(account, path.number, picture, (), body.label)
    return redirect(f"{_PATH}/images/{path.number}")


@api.operation("POST", "lists/images/{number}/items/delete", auth=Auth.SESSION, success=(303,), errors=_ERRORS,
               audit_targets=("number",))
def page_remove_image(call: Call, path: NumberedPath, body: ImageIdForm) -> Reply[None]:
    """Remove an image."""
    call.services.image_lists.remove(_account_to_change(call), path.number, body.id)
    return redirect(f"{_PATH}/images/{path.number}")


@api.operation("POST", "lists/images/{number}/delete", auth=Auth.SESSION, success=(303,), errors=_ERRORS, audit_targets=("number",))
def page_delete_image_list(call: Call, path: NumberedPath, body: FormBody) -> Reply[None]:
    """Delete an image list and all its images."""
    call.services.image_lists.delete(_account_to_change(call), path.number)
    return redirect(_PATH)


def _may_change(call: Call) -> bool:
    member = call.session.member
    return member is None or member.role is Role.ADMIN


def _account_to_change(call: Call) -> AccountStore:
    """Raises PermissionDenied for members who are no admins: lists are the whole account's."""
    if not _may_change(call):
        raise PermissionDenied("Lists are changed by the owner of the account and by admins of a team.")
    return call.account


def _is_blocklist_name(name: str) -> bool:
    return all(character.isascii() and (character.isalnum() or character in "._~-") for character in name)


def _row_id(after: str | None) -> bytes | None:
    if after is None:
        return None
    try:
        return base64.b64decode(after, altchars=b"-_", validate=True)
    except ValueError:
        raise InvalidRequest("The place to go on after is none that a page gave.", "after") from None
