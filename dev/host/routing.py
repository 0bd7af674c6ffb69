"""Which function answers a request: route templates, path decoding and the order of routes, as in the real host.

Source: RoutePatternMatcher in ASP.NET Core and WebJobsRouter in the Functions host (RUNTIME notes, section 1).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

_PARAMETER = re.compile(r"\{(?P<stars>\*{0,2})(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?P<optional>\?)?\}")
_ESCAPES = re.compile(rb"(?:%[0-9A-Fa-f]{2})+")


class InvalidTemplate(ValueError):
    """The real host would refuse this route."""


@dataclass(frozen=True, slots=True)
class Match:
    """A function that answers, and the route values in their original case."""

    function_name: str
    values: dict[str, str]


@dataclass(slots=True)
class Router:
    """Finds the function for a method and path: the first one that matches, in alphabetical order of function name."""

    _by_method: dict[str, list[tuple[str, re.Pattern[str]]]] = field(default_factory=dict)

    @classmethod
    def of(cls, routes: Iterable[tuple[str, str, Iterable[str]]], prefix: str = "") -> "Router":
        """Build from (function name, template, methods), in any order. Raises InvalidTemplate."""
        router = cls()
        for name, template, methods in sorted(routes, key=lambda route: route[0].lower()):
            pattern = compile_template(f"{prefix}/{template}" if prefix else template)
            for method in methods:
                router._by_method.setdefault(method.upper(), []).append((name, pattern))
        return router

    def find(self, method: str, path: str) -> Match | None:
        """Return the match for a decoded path, or None: no route, or only routes for other methods (404 either way)."""
        for name, pattern in self._by_method.get(method, ()):
            found = pattern.fullmatch(path)
            if found:
                return Match(name, {key: value for key, value in found.groupdict().items() if value})
        return None


def compile_template(template: str) -> re.Pattern[str]:
    """Return the pattern that a decoded path with its leading slash must match in full.

    `lists/{name}:add` takes `/lists/a:b:add` (name = "a:b"): a parameter takes as much of its segment as it can.
    One trailing slash is ignored; an empty segment never matches; `{*rest}` takes the rest, slashes included.
    """
    if template.startswith(("/", "~")):
        raise InvalidTemplate(f"route {template!r} must not begin with {template[0]!r}")
    segments = template.split("/") if template else []
    pattern = ""
    names: set[str] = set()
    for position, segment in enumerate(segments):
        last = position == len(segments) - 1
        if not segment and not last:
            raise InvalidTemplate(f"route {template!r} has an empty segment")
        pattern += _segment_pattern(template, segment, last, names)
    return re.compile(pattern + "/?", re.IGNORECASE | re.DOTALL)


def _segment_pattern(template: str, segment: str, last: bool, names: set[str]) -> str:
    whole = _PARAMETER.fullmatch(segment)
    if whole:
        name = _new_name(template, whole["name"], names)
        if whole["stars"]:
            if not last:
                raise InvalidTemplate(f"route {template!r}: a catch-all must be the last segment")
            # The rest keeps its slashes, a trailing one too; its first segment must not be empty.
            return rf"(?:/(?P<{name}>[^/].*)?)?"
        return rf"(?:/(?P<{name}>[^/]+))?" if whole["optional"] else rf"/(?P<{name}>[^/]+)"
    pattern, end = "/" if segment else "", 0
    for part in _PARAMETER.finditer(segment):
        if part["stars"] or part["optional"]:
            raise InvalidTemplate(f"route {template!r}: in a mixed segment a parameter cannot be optional or catch-all")
        if part.start() == end and end:
            raise InvalidTemplate(f"route {template!r}: two parameters need a literal between them")
        pattern += _literal(template, segment[end : part.start()])
        pattern += rf"(?P<{_new_name(template, part['name'], names)}>[^/]+)"
        end = part.end()
    return pattern + _literal(template, segment[end:])


def _literal(template: str, text: str) -> str:
    if re.search(r"[{}?*]", text):
        # Constraints like {id:int} are legal there; we refuse what we do not copy rather than match it wrongly.
        raise InvalidTemplate(f"route {template!r}: {text!r} is not supported by the local host")
    return re.escape(text)


def _new_name(template: str, name: str, names: set[str]) -> str:
    if name.lower() in names:
        raise InvalidTemplate(f"route {template!r} names {name!r} twice")
    names.add(name.lower())
    return name


def decode_path(raw_path: bytes) -> str:
    """Return the path as routing sees it: percent-decoded except `%2F`, then without `.` and `..` segments.

    Escapes that are not UTF-8 stay as they are. Kestrel's order is the same: `/a/%2e%2e/b` is `/b`.
    """
    path = raw_path
    if b"%" in path:
        path = _ESCAPES.sub(lambda run: _decode_escapes(run.group()), path)
    text = path.decode("utf-8", "replace")
    return _without_dot_segments(text) if "/." in text else text


def _decode_escapes(run: bytes) -> bytes:
    return b"".join(
        piece if piece.upper() == b"%2F" else _decode_utf8(piece) for piece in re.split(rb"(%2[Ff])", run) if piece
    )


def _decode_utf8(escapes: bytes) -> bytes:
    decoded = bytes.fromhex(escapes.replace(b"%", b"").decode("ascii"))
    try:
        decoded.decode("utf-8")
    except UnicodeDecodeError:
        return escapes
    return decoded


def _without_dot_segments(path: str) -> str:
    """Remove dot segments. Source: RFC 3986, section 5.2.4."""
    kept: list[str] = []
    segments = path.split("/")[1:]
    for position, segment in enumerate(segments):
        if segment not in (".", ".."):
            kept.append(segment)
            continue
        if segment == ".." and kept:
            kept.pop()
        if position == len(segments) - 1:
            kept.append("")
    return "/" + "/".join(kept)
