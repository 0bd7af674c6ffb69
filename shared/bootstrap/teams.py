"""Teams put together."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from shared.accounts.service import AccountService
from shared.lifecycle.erasure import ErasureService
from shared.storage.account_store import AccountStore
from shared.teams.members import MemberService
from shared.teams.repository import TeamRepository
from shared.teams.service import TeamService
from shared.teams.sign_ins import SignInService
from shared.teams.tags import TagService


@dataclass(frozen=True, slots=True)
class Teams:
    service: TeamService
    members: MemberService
    tags: TagService
    sign_ins: SignInService


def teams_of(accounts: AccountService, erasures: ErasureService, now: Callable[[], datetime]) -> Teams:
    records = TeamRepository()

    def open_account(account_id: str) -> AccountStore:
        return accounts.open(accounts.get(account_id))
    return Teams(
        service=TeamService(records, erasures.erase_record, now),
        members=MemberService(records, erasures.erase_record, now),
        tags=TagService(records, erasures.erase_record),
        sign_ins=SignInService(records, open_account))
