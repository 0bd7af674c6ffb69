"""The tags that reviewers of a team set. The two defaults are there without a record, and cannot be changed or deleted."""
from __future__ import annotations

from shared.errors import Conflict, InvalidRequest, NotFound
from shared.storage.account_store import AccountStore
from shared.storage.holdings import REVIEW_TAG
from shared.teams import rules
from shared.teams.deletion import EraseRecord
from shared.teams.models import DEFAULT_TAGS, TAG_LIMIT, ReviewTag, Team
from shared.teams.repository import TeamRepository

_DEFAULTS = {tag.code: tag for tag in DEFAULT_TAGS}


class TagService:
    def __init__(self, teams: TeamRepository, erase: EraseRecord) -> None:
        self._teams = teams
        self._erase = erase

    def list(self, account: AccountStore, team: Team) -> list[ReviewTag]:
        """All tags of the team, the defaults first, then by code."""
        return [*DEFAULT_TAGS, *self._teams.tags(account, team)]

    def find(self, account: AccountStore, team: Team, code: str) -> ReviewTag | None:
        if code in _DEFAULTS:
            return _DEFAULTS[code]
        return self._teams.find_tag(account, team, code) if rules.is_tag_code(code) else None

    def get(self, account: AccountStore, team: Team, code: str) -> ReviewTag:
        """Raises NotFound."""
        tag = self.find(account, team, code)
        if tag is None:
            raise NotFound("The tag does not exist.", target="code")
        return tag

    def put(self, account: AccountStore, team: Team, code: str, name: str, description: str = "") -> tuple[ReviewTag, bool]:
        """Make or change a tag; return it and whether it is new.

        Raises InvalidRequest, Conflict for a default one, NotFound where the team ended meanwhile.
        """
        _refuse_default(code)
        rules.check_tag_code(code)
        rules.check_name(name)
        rules.check_description(description)
        tag = ReviewTag(code, name, description)
        is_new = self._teams.find_tag(account, team, code) is None
        if is_new:
            self._check_room(account, team, 1)
        self._teams.upsert_tag(account, team, tag)
        try:
            self._teams.require_still(account, team)
            if is_new:
                self._check_room(account, team, 0)  # of requests at the same time, none goes over the limit
        except (InvalidRequest, NotFound):
            self._teams.delete_tag(account, team, code)
            raise
        return tag, is_new

    def delete(self, account: AccountStore, team: Team, code: str, requested_by: str) -> str:
        """The tag is gone at once; return the id of the receipt. Raises NotFound, Conflict for a default one."""
        _refuse_default(code)
        self.get(account, team, code)
        return self._erase(account, REVIEW_TAG, code, team.generation, requested_by, {"teamId": team.generation})

    def _check_room(self, account: AccountStore, team: Team, more: int) -> None:
        if len(self.list(account, team)) + more > TAG_LIMIT:
            raise InvalidRequest(f"A team may not have more than {TAG_LIMIT} tags.", "code")


def _refuse_default(code: str) -> None:
    if code in _DEFAULTS:
        raise Conflict("The default tags can neither be changed nor deleted.", "code")
