"""What names, members and tags may be; a request and an import are held to the same."""
from __future__ import annotations

import re

from shared.errors import InvalidRequest
from shared.storage.holdings.teams import EMAIL, MEMBER_ID, OBJECT_ID, PERSON_TEXT, TAG_CODE, TEAM_NAME

NAME_CHARACTERS = 128
EMAIL_CHARACTERS = 254
DESCRIPTION_CHARACTERS = 1024
_TEAM_NAME, _MEMBER_ID, _LINE, _EMAIL, _OBJECT_ID, _TAG_CODE = map(
    re.compile, (TEAM_NAME, MEMBER_ID, PERSON_TEXT, EMAIL, OBJECT_ID, TAG_CODE))


def is_team_name(name: str) -> bool:
    """Also the rule for a sub-team's name."""
    return _TEAM_NAME.fullmatch(name) is not None


def check_team_name(name: str) -> None:
    if not is_team_name(name):
        raise InvalidRequest("A name has 1 to 64 letters, digits, `-` and `_`, and begins with a letter or digit.", "name")


def is_member_id(member_id: str) -> bool:
    return _MEMBER_ID.fullmatch(member_id) is not None


def is_tag_code(code: str) -> bool:
    return _TAG_CODE.fullmatch(code) is not None


def check_name(name: str) -> None:
    if not name.strip() or len(name) > NAME_CHARACTERS or not _LINE.fullmatch(name):
        raise InvalidRequest(f"A name is one line of 1 to {NAME_CHARACTERS} characters.", "name")


def check_email(email: str) -> None:
    if len(email) > EMAIL_CHARACTERS or not _EMAIL.fullmatch(email):
        raise InvalidRequest(f"An e-mail address has {EMAIL_CHARACTERS} characters at the most, and one `@` in it.", "email")


def check_object_id(object_id: str) -> None:
    if not _OBJECT_ID.fullmatch(object_id):
        raise InvalidRequest("An object id is a UUID in lower case.", "objectId")


def check_description(description: str) -> None:
    if len(description) > DESCRIPTION_CHARACTERS or not _LINE.fullmatch(description):
        raise InvalidRequest(f"A description is one line of {DESCRIPTION_CHARACTERS} characters at the most.", "description")


def check_tag_code(code: str) -> None:
    if not is_tag_code(code):
        raise InvalidRequest("The short code of a tag is two letters from `a` to `z`.", "code")
