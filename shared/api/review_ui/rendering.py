"""Templates become pages. Whatever is put into one is escaped; what one lacks is an error, never an empty place."""
from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shared.api.review_ui.assets import address_of
from shared.http.operation import Call, Document

if TYPE_CHECKING:
    from jinja2 import Environment

    from shared.api.review_ui.places import TeamPlace

_TEMPLATES = Path(__file__).parent / "templates"
_KIBI = 1024
HTML = "text/html; charset=utf-8"


def page(call: Call, template: str, *, title: str, active: str, place: TeamPlace | None = None, **values: Any) -> Document:
    """A page of somebody who is signed in. `active` is the entry of the menu that it belongs to; `place` the team it is about.

    A template has `csrf`, `session`, `place`, `team_path` (the address that a team's pages begin with, empty without a team)
    and what is given.
    """
    team = place.team if place is not None else call.session.team
    return document(template, title=title, active=active, session=call.session, csrf=call.session.csrf_token, place=place,
                    team=team, team_path=f"/review/teams/{team.name}" if team is not None else "", **values)


def document(template: str, **values: Any) -> Document:
    return Document(_environment().get_template(template).render(values), HTML)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, auto_reload=False,
                              trim_blocks=True, lstrip_blocks=True)
    environment.globals["static"] = address_of
    environment.filters["moment"] = _moment
    environment.filters["iso"] = _iso
    environment.filters["size"] = _size
    return environment


def _moment(time: datetime) -> str:
    """For people: `2026-11-27 05:12 UTC`."""
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _iso(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _size(size_bytes: int) -> str:
    """For people: `512 bytes`, `1.5 KiB`."""
    size, units = float(size_bytes), ["bytes", "KiB", "MiB", "GiB", "TiB"]
    while size >= _KIBI and len(units) > 1:
        size, units = size / _KIBI, units[1:]
    return f"{size_bytes} bytes" if size_bytes < _KIBI else f"{size:.1f} {units[0]}"
