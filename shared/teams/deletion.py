"""Deleting what a team has, or a team, with a receipt: how, is the work of lifecycle/, which is handed in."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from shared.storage.account_store import AccountStore
from shared.storage.holdings import Holding


class EraseRecord(Protocol):
    def __call__(self, account: AccountStore, holding: Holding, record_id: str, parent_key: str | None, requested_by: str,
                 named: Mapping[str, str]) -> str:
        """The record is gone at once, and a job deletes what it owns; return the id of the receipt. Raises NotFound.

        `named`, which holds no content, is what the receipt says of it beside its kind.
        """
