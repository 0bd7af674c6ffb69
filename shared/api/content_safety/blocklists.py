"""Content Safety blocklists and their items: the wire."""
from __future__ import annotations

from typing import Annotated
from urllib.parse import quote, urlencode

from pydantic import Field

from shared.api.content_safety.wire import VERSION_2023, Wire, api
from shared.blocklists.models import Blocklist, BlocklistItem, NewItem
from shared.errors import Conflict, InvalidRequest, NotFound
from shared.http.operation import Auth, Call, Reply

DEFAULT_PAGE_SIZE = 100
MOST_PAGE_SIZE = 1000

BlocklistName = Annotated[str, Field(pattern=r"^[0-9A-Za-z._~-]{1,64}$")]
Description = Annotated[str, Field(max_length=1024)]


class BlocklistPath(Wire):
    blocklist_name: BlocklistName


class BlocklistItemPath(BlocklistPath):
    blocklist_item_id: str = Field(min_length=1, max_length=64)


class BlocklistPatch(Wire):
    description: Description | None = None


class BlocklistBody(Wire):
    blocklist_name: str
    description: str | None = None

    @classmethod
    def of(cls, blocklist: Blocklist) -> BlocklistBody:
        return cls(blocklist_name=blocklist.name, description=blocklist.description)


class BlocklistPage(Wire):
    value: list[BlocklistBody]
    next_link: str | None = None


class BlocklistsQuery(Wire):
    skip_token: str | None = Field(None, max_length=64)


class ItemBody(Wire):
    blocklist_item_id: str
    description: str | None = None
    text: str
    is_regex: bool | None = None

    @classmethod
    def of(cls, item: BlocklistItem, api_version: str | None) -> ItemBody:
        """`isRegex` came with 2024-09-01."""
        return cls(blocklist_item_id=item.id, text=item.text, description=item.description or None,
                   is_regex=None if api_version == VERSION_2023 else item.is_regex)


class NewItemBody(Wire):
    text: str = Field(min_length=1, max_length=128)
    description: Description | None = None
    is_regex: bool | None = None


class AddOrUpdateOptions(Wire):
    blocklist_items: list[NewItemBody] = Field(min_length=1, max_length=100)


class AddOrUpdateResult(Wire):
    blocklist_items: list[ItemBody]


class RemoveOptions(Wire):
    blocklist_item_ids: list[Annotated[str, Field(min_length=1, max_length=64)]] = Field(min_length=1, max_length=100)


class ItemsQuery(Wire):
    """`top` counts over all pages, `skip` is left out first, `maxpagesize` bounds one page."""

    top: int | None = Field(None, ge=0)
    skip: int = Field(0, ge=0)
    max_page_size: int = Field(DEFAULT_PAGE_SIZE, ge=1, alias="maxpagesize")
    skip_token: str | None = Field(None, max_length=64)


class ItemPage(Wire):
    value: list[ItemBody]
    next_link: str | None = None


@api.operation("PATCH", "text/blocklists/{blocklistName}", auth=Auth.ACCOUNT, success=(200, 201),
               media_types=("application/merge-patch+json", "application/json"), audit_targets=("blocklistName",))
def create_or_update_text_blocklist(call: Call, path: BlocklistPath, body: BlocklistPatch) -> Reply[BlocklistBody]:
    """Create a blocklist or change its description. Source: TextBlocklists_CreateOrUpdateTextBlocklist, 2024-09-01."""
    is_removed = body.description is None and "description" in body.model_fields_set  # null, RFC 7396
    blocklist, is_new = call.services.blocklists.upsert(
        call.account, path.blocklist_name, "" if is_removed else body.description)
    headers = {"Location": _url(call, f"text/blocklists/{blocklist.name}", {})} if is_new else {}
    return Reply(BlocklistBody.of(blocklist), 201 if is_new else 200, headers)


@api.operation("GET", "text/blocklists", auth=Auth.ACCOUNT)
def list_text_blocklists(call: Call, query: BlocklistsQuery) -> BlocklistPage:
    """All blocklists of the account. Source: TextBlocklists_ListTextBlocklists, 2024-09-01."""
    blocklists, after = call.services.blocklists.page(call.account, query.skip_token, MOST_PAGE_SIZE)
    next_link = None if after is None else _url(call, "text/blocklists", {"skipToken": after})
    return BlocklistPage(value=[BlocklistBody.of(blocklist) for blocklist in blocklists], next_link=next_link)


@api.operation("GET", "text/blocklists/{blocklistName}", auth=Auth.ACCOUNT, errors=(NotFound,))
def get_text_blocklist(call: Call, path: BlocklistPath) -> BlocklistBody:
    """One blocklist. Source: TextBlocklists_GetTextBlocklist, 2024-09-01."""
    return BlocklistBody.of(call.services.blocklists.get(call.account, path.blocklist_name))


@api.operation("DELETE", "text/blocklists/{blocklistName}", auth=Auth.ACCOUNT, success=(204,), errors=(NotFound,),
               audit_targets=("blocklistName",))
def delete_text_blocklist(call: Call, path: BlocklistPath) -> None:
    """Delete a blocklist and all its items. Source: TextBlocklists_DeleteTextBlocklist, 2024-09-01."""
    call.services.blocklists.delete(call.account, path.blocklist_name)


@api.operation("POST", "text/blocklists/{blocklistName}:addOrUpdateBlocklistItems", auth=Auth.ACCOUNT,
               errors=(NotFound, Conflict), audit_targets=("blocklistName",))
def add_or_update_blocklist_items(call: Call, path: BlocklistPath, body: AddOrUpdateOptions) -> AddOrUpdateResult:
    """Add up to 100 items; the same text again is the same item, and keeps its description if none is given.

    Source: TextBlocklists_AddOrUpdateBlocklistItems, 2024-09-01.
    """
    if call.api_version == VERSION_2023 and any(item.is_regex for item in body.blocklist_items):
        raise InvalidRequest("Regular expressions need api-version 2024-09-01.", "blocklistItems")
    items = call.services.blocklists.add_items(call.account, path.blocklist_name, [
        NewItem(item.text, item.description, bool(item.is_regex)) for item in body.blocklist_items])
    return AddOrUpdateResult(blocklist_items=[ItemBody.of(item, call.api_version) for item in items])


@api.operation("POST", "text/blocklists/{blocklistName}:removeBlocklistItems", auth=Auth.ACCOUNT, success=(204,),
               errors=(NotFound,), audit_targets=("blocklistName",))
def remove_blocklist_items(call: Call, path: BlocklistPath, body: RemoveOptions) -> None:
    """Remove up to 100 items; ids that are not there do not matter. Source: TextBlocklists_RemoveBlocklistItems."""
    call.services.blocklists.remove_items(call.account, path.blocklist_name, body.blocklist_item_ids)


@api.operation("GET", "text/blocklists/{blocklistName}/blocklistItems", auth=Auth.ACCOUNT, errors=(NotFound,))
def list_text_blocklist_items(call: Call, path: BlocklistPath, query: ItemsQuery) -> ItemPage:
    """The items of a blocklist, page by page. Source: TextBlocklists_ListTextBlocklistItems, 2024-09-01."""
    size = min(query.max_page_size, MOST_PAGE_SIZE, MOST_PAGE_SIZE if query.top is None else query.top)
    if size == 0:
        call.services.blocklists.get(call.account, path.blocklist_name)
        return ItemPage(value=[])
    items, after = call.services.blocklists.item_page(
        call.account, path.blocklist_name, query.skip_token, query.skip, size)
    left = None if query.top is None else query.top - len(items)
    next_link = None
    if after is not None and left != 0:
        parameters = {"maxpagesize": query.max_page_size, "skipToken": after} | ({} if left is None else {"top": left})
        next_link = _url(call, f"text/blocklists/{path.blocklist_name}/blocklistItems", parameters)
    return ItemPage(value=[ItemBody.of(item, call.api_version) for item in items], next_link=next_link)


@api.operation("GET", "text/blocklists/{blocklistName}/blocklistItems/{blocklistItemId}", auth=Auth.ACCOUNT,
               errors=(NotFound,))
def get_text_blocklist_item(call: Call, path: BlocklistItemPath) -> ItemBody:
    """One item of a blocklist. Source: TextBlocklists_GetTextBlocklistItem, 2024-09-01."""
    item = call.services.blocklists.get_item(call.account, path.blocklist_name, path.blocklist_item_id)
    return ItemBody.of(item, call.api_version)


def _url(call: Call, path: str, parameters: dict[str, object]) -> str:
    """Absolute: the official client resolves a relative link against a base that has the prefix already."""
    query = urlencode({"api-version": call.api_version, **parameters})
    return f"{call.endpoint}/{api.prefix}/{quote(path)}?{query}"
