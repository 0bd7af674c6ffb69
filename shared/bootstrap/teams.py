"""Teams put together."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from shared.accounts.service import AccountService
from shared.lifecycle.erasure import ErasureService
from shared.storage.account_store import AccountStore
from shared.storage.holdings import REVIEW_TAG, SUB_TEAM, TEAM, TEAM_MEMBER
from shared.teams.imported import imported_members, imported_sub_teams, imported_tags, imported_teams
from shared.teams.members import MemberService
from shared.teams.repository import TeamRepository
from shared.teams.service import TeamService
from shared.teams.sign_ins import SignInService
from shared.teams.tags import TagService

TEAM_CHECKS = {TEAM.kind: imported_teams, SUB_TEAM.kind: imported_sub_teams, TEAM_MEMBER.kind: imported_members,
               REVIEW_TAG.kind: imported_tags}
"""What an import is held to."""


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
