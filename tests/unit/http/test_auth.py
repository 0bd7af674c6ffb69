"""Which header counts, and that every reason to refuse sounds the same."""
from __future__ import annotations

import pytest

from shared.errors import PermissionDenied, Unauthenticated
from shared.http.auth import authenticate
from shared.http.operation import Auth

REFUSED = [
    {}, {"x-operator-key": ""}, {"x-operator-key": "wrong"}, {"Authorization": ""}, {"Authorization": "Bearer"},
    {"x-reviewer-key": ""}, {"x-reviewer-key": "wrong"}, {"x-reviewer-key": "None"},
    {"Authorization": "Bearer "}, {"Authorization": "Basic eA=="}, {"Authorization": "Bearer a.b.c"}]


@pytest.mark.parametrize("auth", [Auth.OPERATOR, Auth.ACCOUNT, Auth.ACCOUNT_OR_OPERATOR, Auth.ACCOUNT_OR_REVIEWER])
@pytest.mark.parametrize("headers", REFUSED, ids=str)
def test_every_refusal_has_the_same_message(services, auth: Auth, headers: dict[str, str]):
    with pytest.raises(Unauthenticated) as caught:
        authenticate(auth, headers, services, "")

    assert caught.value.message == Unauthenticated("any reason").message
    assert caught.value.target is None


def test_everybody_may_call_what_is_public(services):
    caller = authenticate(Auth.PUBLIC, {"x-operator-key": "wrong"}, services, "")

    assert (caller.account, caller.is_operator) == (None, False)


def test_a_deployment_without_an_operator_key_accepts_none(make_services):
    services = make_services(OPERATOR_KEY="", ENTRA_TENANT_ID="t", ENTRA_OPERATOR_AUDIENCE="a")
    for key in ("", "None", "o" * 32):
        with pytest.raises(Unauthenticated):
            authenticate(Auth.OPERATOR, {"x-operator-key": key}, services, "")


def test_the_reviewers_key_opens_what_reviewers_may_see_and_the_operators_does_not(make_services):
    services = make_services(REVIEWER_KEY="r" * 32)
    caller = authenticate(Auth.ACCOUNT_OR_REVIEWER, {"x-reviewer-key": "r" * 32}, services, "")

    assert (caller.name, caller.account, caller.is_operator) == ("reviewer", None, False)
    with pytest.raises(PermissionDenied):
        authenticate(Auth.ACCOUNT_OR_REVIEWER, {"x-operator-key": "o" * 32}, services, "")
    for auth in (Auth.OPERATOR, Auth.ACCOUNT, Auth.ACCOUNT_OR_OPERATOR):
        with pytest.raises(Unauthenticated):
            authenticate(auth, {"x-reviewer-key": "r" * 32}, services, "")
