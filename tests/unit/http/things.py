"""A small family of its own, to try the front door with."""
from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from shared.errors import ServiceError
from shared.http.operation import Api, Rendered

Name = Annotated[str, Field(pattern="^[a-z/]{1,8}$")]


class ThingPath(BaseModel):
    name: Name


class ThingQuery(BaseModel):
    size: int = Field(1, ge=1, le=9)


class Thing(BaseModel):
    name: str
    weight: int = Field(0, ge=0)
    note: str | None = None


class Things(BaseModel):
    things: list[Thing]


def render_error(error: ServiceError, request_id: str) -> Rendered:
    return Rendered(error.status, {"oops": error.message, "of": type(error).__name__, "at": error.target},
                    {"x-oops": "yes"})


def new_api(*versions: str) -> Api:
    return Api("Things", prefix="things", render_error=render_error, versions=versions)
