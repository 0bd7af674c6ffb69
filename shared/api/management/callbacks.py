"""Callbacks and the key that they are signed with: the wire."""
from __future__ import annotations

from datetime import datetime

from pydantic import Field

from shared.api.management.ownership import AccountOrMePath
from shared.api.management.team_paths import store_of
from shared.api.management.wire import Wire, api
from shared.callbacks.models import Callback, CallbackKey, CallbackState
from shared.errors import Conflict, NotFound
from shared.http.operation import Auth, Call, Reply

PAGE_SIZE = 100


class CallbackPath(AccountOrMePath):
    callback_id: str = Field(pattern=r"^[0-9a-f]{32}$")


class CallbacksQuery(Wire):
    """`after` is taken from a `nextLink`."""

    state: CallbackState | None = None
    after: str | None = Field(None, pattern=r"^[a-z0-9][a-z0-9_-]{0,63}\.[0-9a-f]{32}$")


class CallbackBody(Wire):
    """`id` is what the header x-moderato-delivery has; `about` the id of the job or review; `lastStatus` the last answer's, if one came."""

    id: str
    team_name: str
    about: str
    url: str
    state: CallbackState
    attempts: int
    created_at: datetime
    last_attempt_at: datetime | None = None
    last_status: int | None = None
    next_attempt_at: datetime | None = None

    @classmethod
    def of(cls, callback: Callback, team_name: str) -> CallbackBody:
        is_pending = callback.state is CallbackState.PENDING
        return cls(id=callback.id, team_name=team_name, about=callback.about, url=callback.url, state=callback.state,
                   attempts=callback.attempts, created_at=callback.created_at, last_attempt_at=callback.last_attempt_at,
                   last_status=callback.last_status, next_attempt_at=callback.next_attempt_at if is_pending else None)


class CallbackPage(Wire):
    value: list[CallbackBody]
    next_link: str | None = None


class CallbackKeyBody(Wire):
    """Until `previousKeyUntil` callbacks are signed with the key before this one too."""

    key: str
    created_at: datetime
    previous_key_until: datetime | None = None

    @classmethod
    def of(cls, key: CallbackKey) -> CallbackKeyBody:
        return cls(key=key.key, created_at=key.created_at, previous_key_until=key.previous_until)


@api.operation("GET", "accounts/{accountId}/callbacks", auth=Auth.ACCOUNT, errors=(NotFound, Conflict), audit=True)
def list_callbacks(call: Call, path: AccountOrMePath, query: CallbacksQuery) -> CallbackPage:
    """The callbacks of the last days, team by team; with `state=Failed` those that were given up.

    A page may be empty though others follow.
    """
    account = store_of(call, path)
    team_key, _, callback_id = (query.after or "").partition(".")
    found, after = call.services.callbacks.page(account, call.services.teams.list(account), query.state,
                                                (team_key, callback_id) if query.after else None, PAGE_SIZE)
    state = "" if query.state is None else f"&state={query.state}"
    next_link = None if after is None else f"{call.endpoint}/accounts/{path.account_id}/callbacks?after={after[0]}.{after[1]}{state}"
    return CallbackPage(value=[CallbackBody.of(callback, team.name) for team, callback in found], next_link=next_link)


@api.operation("POST", "accounts/{accountId}/callbacks/{callbackId}/resend", auth=Auth.ACCOUNT, success=(202,), errors=(NotFound, Conflict),
               audit_targets=("callbackId",))
def resend_callback(call: Call, path: CallbackPath) -> Reply[None]:
    """Send a callback again that arrived or was given up, under the same id. 409 while it is being tried."""
    account = store_of(call, path)
    call.services.callbacks.send_again(account, call.services.teams.list(account), path.callback_id)
    return Reply(None)


@api.operation("GET", "accounts/{accountId}/callbackKey", auth=Auth.ACCOUNT, errors=(NotFound, Conflict), audit=True)
def get_callback_key(call: Call, path: AccountOrMePath) -> CallbackKeyBody:
    """The key that the account's callbacks are signed with."""
    return CallbackKeyBody.of(call.services.callbacks.keys.get(store_of(call, path)))


@api.operation("POST", "accounts/{accountId}/callbackKey/renew", auth=Auth.ACCOUNT, errors=(NotFound, Conflict))
def renew_callback_key(call: Call, path: AccountOrMePath) -> CallbackKeyBody:
    """Make a new key. For 24 hours callbacks are signed with the old one too."""
    return CallbackKeyBody.of(call.services.callbacks.keys.renew(store_of(call, path)))
