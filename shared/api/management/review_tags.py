"""The tags that reviewers of a team set: the wire."""
from __future__ import annotations

from typing import Annotated

from pydantic import Field

from shared.api.management.team_paths import TEAM, DeletionReceipt, TeamPath, deletion_begun, team_of
from shared.api.management.wire import Wire, api
from shared.errors import Conflict, NotFound
from shared.http.operation import Auth, Call, Reply
from shared.teams.models import ReviewTag
from shared.teams.rules import DESCRIPTION_CHARACTERS, NAME_CHARACTERS

_TAGS = f"{TEAM}/tags"
_TAG = f"{_TAGS}/{{tagCode}}"
_TARGETS = ("teamName", "tagCode")


class TagPath(TeamPath):
    tag_code: str = Field(pattern=r"^[a-z]{1,2}$")


class NewTag(Wire):
    name: Annotated[str, Field(min_length=1, max_length=NAME_CHARACTERS)]
    description: Annotated[str, Field(max_length=DESCRIPTION_CHARACTERS)] = ""


class TagBody(Wire):
    code: str
    name: str
    description: str
    is_default: bool

    @classmethod
    def of(cls, tag: ReviewTag) -> TagBody:
        return cls(code=tag.code, name=tag.name, description=tag.description, is_default=tag.is_default)


class TagList(Wire):
    value: list[TagBody]


@api.operation("GET", _TAGS, auth=Auth.ACCOUNT, errors=(NotFound, Conflict))
def list_review_tags(call: Call, path: TeamPath) -> TagList:
    """The tags of a team: the defaults `a` (isadult) and `r` (isracy), then its own by code."""
    return TagList(value=[TagBody.of(tag) for tag in call.services.review_tags.list(*team_of(call, path))])


@api.operation("GET", _TAG, auth=Auth.ACCOUNT, errors=(NotFound, Conflict))
def get_review_tag(call: Call, path: TagPath) -> TagBody:
    """One tag of a team, by its code."""
    return TagBody.of(call.services.review_tags.get(*team_of(call, path), path.tag_code))


@api.operation("PUT", _TAG, auth=Auth.ACCOUNT, success=(200, 201), errors=(NotFound, Conflict), audit_targets=_TARGETS)
def put_review_tag(call: Call, path: TagPath, body: NewTag) -> Reply[TagBody]:
    """Make or change a tag under a short code of two letters. 409 for a default one; 100 tags in a team at the most."""
    tag, is_new = call.services.review_tags.put(*team_of(call, path), path.tag_code, body.name, body.description)
    return Reply(TagBody.of(tag), 201 if is_new else 200)


@api.operation("DELETE", _TAG, auth=Auth.ACCOUNT, success=(202,), errors=(NotFound, Conflict), audit_targets=_TARGETS)
def delete_review_tag(call: Call, path: TagPath) -> Reply[DeletionReceipt]:
    """Delete a tag at once; what was decided by it keeps its code. Archives of exports that hold tags are deleted too. The receipt is
    at `Operation-Location`. 409 for a default one."""
    return deletion_begun(call, call.services.review_tags.delete(*team_of(call, path), path.tag_code, call.caller.name))
