"""Which team a path of our own API means, of the calling account."""
from __future__ import annotations

from typing import Annotated

from pydantic import Field

from shared.api.management.ownership import AccountOrMePath, account_named
from shared.api.management.wire import Wire
from shared.http.operation import Call, Reply
from shared.storage.account_store import AccountStore
from shared.storage.holdings.teams import TEAM_NAME
from shared.teams.models import Team

TEAMS = "accounts/{accountId}/teams"
TEAM = f"{TEAMS}/{{teamName}}"

TeamName = Annotated[str, Field(pattern=TEAM_NAME)]


class TeamPath(AccountOrMePath):
    team_name: TeamName


class DeletionReceipt(Wire):
    """The state is at `/receipts/{receiptId}`, and in the end the receipt."""

    receipt_id: str


def store_of(call: Call, path: AccountOrMePath) -> AccountStore:
    return call.services.accounts.open(account_named(call, path.account_id))


def team_of(call: Call, path: TeamPath) -> tuple[AccountStore, Team]:
    """The account's storage and the team. Raises NotFound, Conflict."""
    account = store_of(call, path)
    return account, call.services.teams.get(account, path.team_name)


def deletion_begun(call: Call, receipt_id: str) -> Reply[DeletionReceipt]:
    return Reply(DeletionReceipt(receipt_id=receipt_id),
                 headers={"Operation-Location": f"{call.endpoint}/receipts/{receipt_id}"})
