"""What term lists and image lists have in common on the wire."""
from __future__ import annotations

import re
from typing import Annotated

from pydantic import BeforeValidator, Field, RootModel, ValidationError, ValidatorFunctionWrapHandler
from pydantic_core import PydanticCustomError

from shared.api.content_moderator.wire import Status, Wire

_NO_LIST = 0
_NUMBER = re.compile("[1-9][0-9]{0,8}", re.ASCII)


def _number_of(sent: object) -> object:
    """Whatever no list or image can have as its id becomes one that none has: it is answered with 404, as any unknown id."""
    return int(sent) if isinstance(sent, str) and _NUMBER.fullmatch(sent) else _NO_LIST


ListNumber = Annotated[int, BeforeValidator(_number_of)]


def without_its_keys(sent: object, check: ValidatorFunctionWrapHandler) -> dict[str, str] | None:
    """The place of a problem inside would name a key, which is the caller's own text."""
    try:
        return check(sent)
    except ValidationError:
        raise PydanticCustomError("metadata", "Input should be an object with 20 strings of 256 characters at the most, "
                                  "whose names have 1 to 64 characters") from None


MetadataKey = Annotated[str, Field(min_length=1, max_length=64)]
MetadataValue = Annotated[str, Field(max_length=256)]


class EmptyString(RootModel[str]):
    """What deletions are answered with."""


class RefreshIndexBody(Wire):
    content_source_id: str
    is_update_success: bool
    advanced_info: list[dict[str, str]]
    status: Status
    tracking_id: str

    @classmethod
    def of(cls, number: int, tracking_id: str) -> RefreshIndexBody:
        return cls(content_source_id=str(number), is_update_success=True, advanced_info=[],
                   status=Status(description="RefreshIndex successfully completed."), tracking_id=tracking_id)
