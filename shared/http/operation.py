"""The declaration of an operation: one frozen record, made from a handler's decorator and signature.

Everything else derives from it: the Azure Function, validation, error bodies, the OpenAPI document, contract tests.
"""
from __future__ import annotations

import re
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from shared.errors import ServiceError, Unauthenticated

if TYPE_CHECKING:
    from shared.accounts.models import Account
    from shared.services import Services
    from shared.sessions.models import Session
    from shared.storage.account_store import AccountStore

T = TypeVar("T")
VERSION = "{version}"
JSON_BODY_LIMIT_BYTES = 2 * 1024 * 1024
JSON = ("application/json",)
# Those that are documented: JSON where the picture lies elsewhere, and what a picture may come under, which is anything.
IMAGE_TYPES = ("application/json", "application/octet-stream", "image/gif", "image/jpeg", "image/png", "image/bmp", "image/tiff")
PARTS_TYPES = ("multipart/form-data", "application/octet-stream")
FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")


class Auth(Enum):
    """Who may call. An operation has no default, so that nobody can forget it."""

    PUBLIC = "anybody"
    ACCOUNT = "an account's key, or an identity granted on the account"
    OPERATOR = "the operator"
    ACCOUNT_OR_OPERATOR = "the account itself or the operator"
    ACCOUNT_OR_REVIEWER = "the account itself or a reviewer"
    SESSION = "a person who signed in with a browser"


@dataclass(frozen=True, slots=True)
class Caller:
    """`account` is None for operators, reviewers and the public. `name` says which key, identity or member it was.

    `session` is that of a person who signed in, None for all others.
    """

    name: str
    account: Account | None = None
    is_operator: bool = False
    session: Session | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """What a handler may know of its request beyond the parsed arguments. `endpoint` is scheme and host for links.

    `address_range` is the network that the request came from.
    """

    services: Services
    caller: Caller
    request_id: str
    endpoint: str
    api_version: str | None
    address_range: str = "unknown"

    @property
    def own_account(self) -> Account:
        """The calling account. Raises Unauthenticated where there is none."""
        if self.caller.account is None:
            raise Unauthenticated("The operation needs an account's key.")
        return self.caller.account

    @property
    def account(self) -> AccountStore:
        """The calling account's own storage. Raises Unauthenticated where there is no such account."""
        return self.services.accounts.open(self.own_account)

    @property
    def session(self) -> Session:
        """The session of the person who calls. Raises Unauthenticated where there is none."""
        if self.caller.session is None:
            raise Unauthenticated("The operation needs a session.")
        return self.caller.session


@dataclass(frozen=True, slots=True)
class Document:
    """A body that is not a model: text or bytes with their own media type."""

    content: str | bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class TextBody:
    """A body that is a text itself, in one of the operation's media types. A subclass says how long it may be.

    `longest` counts code points.
    """

    longest: ClassVar[int]
    text: str
    media_type: str


@dataclass(frozen=True, slots=True)
class ImageBody:
    """A body that is a picture, or says where one is: exactly one of the three is there.

    `content` comes under any content type but JSON. JSON is `{"DataRepresentation": "URL" or "CacheID", "Value": "..."}`, its
    names with a capital or a small first letter, as the official clients send it.
    """

    content: bytes | None = None
    url: str | None = None
    cache_id: str | None = None


@dataclass(frozen=True, slots=True)
class ImageParts:
    """A body of one or several pictures: the parts `imageData` of a form, or bytes as they are, which are one part.

    A subclass says how many there may be.
    """

    most_parts: ClassVar[int]
    parts: tuple[bytes, ...]


class FormBody(BaseModel):
    """A body that a form of a page sends, by the names of its fields, all of them texts.

    A field that is a list takes every value of its name, any other takes one. `bytes` takes a file, which is empty where none was
    chosen. `csrf` is the token of the session that the page was made for; the pipeline looks at it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    csrf: str = ""


@dataclass(frozen=True, slots=True)
class Reply(Generic[T]):
    """A handler's answer. A status of None is the operation's only success status."""

    body: T
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rendered:
    """An error as a family says it: in JSON, or as a page."""

    status: int
    body: Mapping[str, Any] | Document
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Route:
    """Where the Functions host finds an operation. `version` is that of the path, None where the path has none."""

    function_name: str
    path: str
    version: str | None


@dataclass(frozen=True, slots=True)
class Operation:
    name: str
    api: Api
    method: str
    routes: tuple[Route, ...]
    auth: Auth
    path: type[BaseModel] | None
    query: type[BaseModel] | None
    header: type[BaseModel] | None
    body: type[BaseModel] | type[FormBody] | type[TextBody] | type[ImageBody] | type[ImageParts] | type[bytes] | None
    body_optional: bool
    response: type[BaseModel] | None
    success: tuple[int, ...]
    errors: tuple[type[ServiceError], ...]
    media_types: tuple[str, ...]
    body_limit_bytes: int
    audit: bool
    audit_targets: tuple[str, ...]
    handler: Callable[..., Any]

    @property
    def route(self) -> str:
        """The path of the newest version."""
        return self.routes[-1].path

    @property
    def summary(self) -> str:
        return (self.handler.__doc__ or "").strip()


class Api:
    """One product family: its operations, its versions, and how it says errors."""

    def __init__(self, name: str, *, prefix: str, render_error: Callable[[ServiceError, str], Rendered],
                 versions: tuple[str, ...] = (), path_versions: tuple[str, ...] = (), shows_nulls: bool = False,
                 headers: Mapping[str, str] | None = None) -> None:
        """`prefix` begins every route. `versions` are the accepted values of `api-version`; none if empty.

        `path_versions`, oldest first, stand in the prefix at `{version}`; each operation has a route for each of them.

        `render_error` takes the error and the request id. `shows_nulls`: whether answers show properties that are null.
        `headers` are on every answer that does not set them itself.
        """
        self.name = name
        self.prefix = prefix
        self.render_error = render_error
        self.versions = versions
        self.path_versions = path_versions
        self.shows_nulls = shows_nulls
        self.headers = headers or {}
        self.operations: list[Operation] = []

    def operation(self, method: str, path: str, *, auth: Auth, success: tuple[int, ...] = (200,),
                  errors: tuple[type[ServiceError], ...] = (), media_types: tuple[str, ...] | None = None,
                  body_limit_bytes: int = JSON_BODY_LIMIT_BYTES, audit: bool | None = None,
                  audit_targets: tuple[str, ...] = ()) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Declare the decorated handler `(call, path, query, header, body) -> Reply[Model] | Model | None`, each optional.

        `body` is a model, read from JSON, a `FormBody`, a `TextBody`, an `ImageBody`, `ImageParts`, or `bytes`, taken as they are;
        `header` a model of the headers by their names. `media_types` are by default those of the kind of body.

        Parameters and result are read off the annotations; a body that may be empty is `Model | None`. `errors` are those beyond
        what every operation can raise.
        `audit`: whether a call leaves an event with the account; unless said, all do but GET. `audit_targets` are the
        path parameters that an event may show: by default none, since a path may hold what a customer keeps.
        """
        def declare(handler: Callable[..., Any]) -> Callable[..., Any]:
            hints = typing.get_type_hints(handler)
            body, body_optional = _present(hints.get("body"))
            self.operations.append(Operation(
                name=handler.__name__, api=self, method=method, routes=self._routes(handler.__name__, path), auth=auth,
                path=hints.get("path"), query=hints.get("query"), header=hints.get("header"), body=body,
                body_optional=body_optional,
                response=_response(hints.get("return")), success=success, errors=errors,
                media_types=media_types or _media_types(body),
                body_limit_bytes=body_limit_bytes, audit=method != "GET" if audit is None else audit,
                audit_targets=audit_targets, handler=handler))
            return handler
        return declare

    def _routes(self, name: str, path: str) -> tuple[Route, ...]:
        route = f"{self.prefix}/{path}".strip("/")
        if not self.path_versions:
            return (Route(name, route, None),)
        *older, newest = self.path_versions
        return (*(Route(f"{name}_{re.sub('[^0-9a-z]', '_', version)}", route.replace(VERSION, version), version) for version in older),
                Route(name, route.replace(VERSION, newest), newest))


def _present(annotation: Any) -> tuple[Any, bool]:
    """`Model | None` is a body that may be left out: the model, and whether it may."""
    choices = typing.get_args(annotation) if isinstance(annotation, types.UnionType) else ()
    return (next(each for each in choices if each is not type(None)), True) if choices else (annotation, False)


def _media_types(body: Any) -> tuple[str, ...]:
    kind = body if isinstance(body, type) else object
    kinds = ((ImageBody, IMAGE_TYPES), (ImageParts, PARTS_TYPES), (FormBody, FORM_TYPES))
    return next((media_types for each, media_types in kinds if issubclass(kind, each)), JSON)


def _response(annotation: Any) -> type[BaseModel] | None:
    answer = typing.get_args(annotation)[0] if typing.get_origin(annotation) is Reply else annotation
    return answer if isinstance(answer, type) and issubclass(answer, BaseModel) else None
