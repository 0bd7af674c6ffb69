"""Every page and form of the review tool, by the lines of a table: what each role sees and may do, and what nobody else does.

Every line is asked with fields that are valid, as the roles that may do it show.
"""
from __future__ import annotations

import re

import pytest

from shared.services import Services
from shared.teams.models import Role
from tests.contract.in_process import InProcess
from tests.contract.review_tool_lines import LINES, OPERATIONS, ROLES, Request, place_in
from tests.contract.review_tool_visitor import Visitor


@pytest.fixture(scope="module")
def stranger(app: InProcess, services: Services) -> Visitor:
    """The owner of another account, which has nothing of what lines name."""
    account, keys = services.accounts.create("another account")
    return place_in(app, services, account, keys[min(keys)], None).visitor


def test_every_operation_has_a_line():
    assert LINES.keys() == OPERATIONS.keys()


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_each_role_is_answered_as_the_line_says(place, operation):
    answers = []
    for role in ROLES:
        there = place(role)
        answers.append(Request.of(operation, there).send(there.visitor))

    assert tuple(answers) == LINES[operation.name].answers


@pytest.mark.parametrize("operation", [each for each in OPERATIONS.values() if each.method != "GET"], ids=lambda each: each.name)
def test_a_change_without_the_sessions_token_or_from_elsewhere_is_403(place, stranger, operation):
    there = place(None)
    request = Request.of(operation, there)
    foreign = [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": "", "Origin": "https://evil.example"},
               {"Sec-Fetch-Site": "", "Origin": "null"}, {"Sec-Fetch-Site": "", "Origin": "http://["}]

    assert [request.send(there.visitor, csrf=token) for token in (None, "0" * 64, stranger.csrf)] == [403] * 3
    assert [request.send(there.visitor, **headers) for headers in foreign] == [403] * len(foreign)
    assert request.send(there.visitor) == LINES[operation.name].answers[-1]  # nothing of it was done, and nothing but the token lacked


@pytest.mark.parametrize("operation", [each for each in OPERATIONS.values() if "{" in each.route], ids=lambda each: each.name)
def test_what_is_another_teams_or_another_accounts_is_404(services, place, stranger, operation):
    there = place(Role.ADMIN if "{teamName}" in operation.route else None)
    request = Request.of(operation, there)
    assert request.send(stranger) == 404
    if "{teamName}" in operation.route:
        others = services.teams.create(there.account, "others")
        admin = Visitor(there.visitor.app)
        admin.sign_in(services.team_members.add(there.account, others, "Cy", "", Role.ADMIN)[1])
        admin.get("/review/try")
        assert request.send(admin) == 404
    assert request.send(there.visitor) == LINES[operation.name].answers[ROLES.index(Role.ADMIN) if there.member.name else -1]


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.value if role else "owner")
def test_no_page_shows_a_form_or_a_link_that_its_reader_may_not_use(app, place, role):
    there = place(role)
    there.review()
    seen = 0
    for operation in OPERATIONS.values():
        if operation.method != "GET" or LINES[operation.name].answers[ROLES.index(role)] != 200:
            continue
        body = there.visitor.get(Request.of(operation, there).path).body
        for method, address in (("POST", r'(?:form)?action="([^"]+)"'), ("GET", r'href="(/review[^"]*)"')):
            for path in re.findall(address, body if isinstance(body, str) else ""):
                match = app.index.router.find(method, path.partition("?")[0]) or app.index.router.find("GET", path.partition("?")[0])
                line = LINES.get(match.function_name)
                assert line is None or line.answers[ROLES.index(role)] < 400, f"{operation.name} leads to {match.function_name}"
                seen += line is not None
    assert seen > 10
