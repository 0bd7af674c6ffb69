"""Microsoft Entra ID bearer tokens: good ones with a grant or the operator's role, and every kind of bad one."""
from __future__ import annotations

import base64
import hmac
import json
import time
import uuid
from collections.abc import Callable, Iterator

import httpx
import jwt
import pytest

from tests.e2e.entra import AUDIENCE, KEY_ID, OPERATOR_AUDIENCE, TENANT, Tenant, new_key, serving_tenant

LISTS = "/contentsafety/text/blocklists?api-version=2024-09-01"


@pytest.fixture(scope="module")
def tenant() -> Iterator[Tenant]:
    with serving_tenant() as tenant:
        yield tenant


@pytest.fixture(scope="module")
def worker(start_worker, tenant: Tenant):
    return start_worker("--no-background", **tenant.settings)


@pytest.fixture(scope="module")
def object_id(worker) -> str:
    """An identity that is granted on one account."""
    granted = str(uuid.uuid4())
    worker.operator("PUT", f"accounts/{worker.account().id}/grants/{granted}").raise_for_status()
    return granted


def get(worker, token: str, path: str = LISTS, **headers: str) -> httpx.Response:
    return httpx.get(f"{worker.endpoint}{path}", headers={"Authorization": f"Bearer {token}", **headers}, timeout=30)


def unsigned_part(value: dict) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def hs256_with_the_public_key(tenant: Tenant, object_id: str) -> str:
    """The classic confusion of algorithms; put together by hand, because libraries refuse to."""
    claims = jwt.decode(tenant.token(object_id), options={"verify_signature": False})
    signed = f"{unsigned_part({'alg': 'HS256', 'typ': 'JWT', 'kid': KEY_ID})}.{unsigned_part(claims)}"
    signature = hmac.digest(tenant.public_pem, signed.encode(), "sha256")
    return f"{signed}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def with_other_claims(token: str) -> str:
    """A good token whose claims were exchanged afterwards."""
    head, claims, signature = token.split(".")
    changed = json.loads(base64.urlsafe_b64decode(claims + "==")) | {"iat": 1}
    return f"{head}.{unsigned_part(changed)}.{signature}"


NOW = int(time.time())
BAD: dict[str, Callable[[Tenant, str], str]] = {
    "issuer of another tenant": lambda t, o: t.token(o, iss=t.issuer.replace(TENANT, str(uuid.uuid4()))),
    "issuer of another authority": lambda t, o: t.token(o, iss=f"https://login.example/{TENANT}/v2.0"),
    "no issuer": lambda t, o: t.token(o, without=("iss",)),
    "another audience": lambda t, o: t.token(o, aud="https://graph.microsoft.com"),
    "the operator's audience": lambda t, o: t.token(o, aud=OPERATOR_AUDIENCE),
    "no audience": lambda t, o: t.token(o, without=("aud",)),
    "another tenant": lambda t, o: t.token(o, tid=str(uuid.uuid4())),
    "no tenant": lambda t, o: t.token(o, without=("tid",)),
    "no object id": lambda t, o: t.token(o, without=("oid",)),
    "an object id that is no string": lambda t, o: t.token(o, oid=[o]),
    "another key": lambda t, o: t.token(o, key=new_key()),
    "unknown key id": lambda t, o: t.token(o, key_id="nobody's"),
    "no key id": lambda t, o: t.token(o, key_id=None),
    "key id that is no string": lambda t, o: ".".join((unsigned_part({"alg": "RS256", "kid": []}), "e30", "AA")),
    "expired": lambda t, o: t.token(o, exp=NOW - 3600, nbf=NOW - 7200, iat=NOW - 7200),
    "no expiry": lambda t, o: t.token(o, without=("exp",)),
    "not yet valid": lambda t, o: t.token(o, nbf=NOW + 36000, exp=NOW + 72000),
    "algorithm none": lambda t, o: t.token(o, key="", algorithm=None),
    "HS256 with the public key": hs256_with_the_public_key,
    "HS256 with a guess": lambda t, o: t.token(o, key="0" * 64, algorithm="HS256"),
    "RS512": lambda t, o: t.token(o, algorithm="RS512"),
    "exchanged claims": lambda t, o: with_other_claims(t.token(o)),
    "no signature": lambda t, o: t.token(o).rpartition(".")[0] + ".",
    "no grant": lambda t, o: t.token(str(uuid.uuid4())),
    "not a token": lambda t, o: "a.b.c",
    "one part": lambda t, o: "token",
    "two tokens": lambda t, o: f"{t.token(o)} {t.token(o)}",
    "beyond ASCII": lambda t, o: "é.é.é",
}


def test_a_token_with_a_grant_opens_the_account(worker, tenant: Tenant, object_id: str):
    for token in (tenant.token(object_id), tenant.token(object_id, aud=f"{AUDIENCE}/"),
                  tenant.token(object_id, iss=f"https://sts.windows.net/{TENANT}/")):
        answer = get(worker, token)
        assert (answer.status_code, answer.json()) == (200, {"value": []})
    assert get(worker, tenant.token(object_id), "/accounts/me").status_code == 200


@pytest.mark.parametrize("make", BAD.values(), ids=BAD)
def test_a_bad_token_is_refused_as_a_wrong_key_is(worker, tenant: Tenant, object_id: str, make):
    wrong_key = httpx.get(f"{worker.endpoint}{LISTS}", headers={"Ocp-Apim-Subscription-Key": "0" * 64})
    # Bytes, as httpx would refuse to send a header that is not ASCII.
    refused = httpx.get(f"{worker.endpoint}{LISTS}", timeout=30,
                        headers=[(b"Authorization", b"Bearer " + make(tenant, object_id).encode())])

    assert refused.status_code == wrong_key.status_code == 401
    assert refused.json() == wrong_key.json()
    assert get(worker, tenant.token(object_id)).status_code == 200


def test_the_clocks_may_differ_by_a_minute(worker, tenant: Tenant, object_id: str):
    now = int(time.time())

    assert get(worker, tenant.token(object_id, exp=now - 30)).status_code == 200
    assert get(worker, tenant.token(object_id, nbf=now + 30, exp=now + 600)).status_code == 200
    assert get(worker, tenant.token(object_id, exp=now - 120)).status_code == 401


def test_the_scheme_is_read_without_case_and_no_other_counts(worker, tenant: Tenant, object_id: str):
    def status(value: str) -> int:
        return httpx.get(f"{worker.endpoint}{LISTS}", headers={"Authorization": value}).status_code
    token = tenant.token(object_id)

    assert [status(f"{scheme} {token}") for scheme in ("Bearer", "bearer", "BEARER", "Basic", "Token")] == [
        200, 200, 200, 401, 401]
    assert [status(value) for value in (token, "Bearer", "")] == [401, 401, 401]


def test_a_grant_is_listed_and_ends_when_it_is_revoked(worker, tenant: Tenant):
    account, identity = worker.account(), str(uuid.uuid4())
    path = f"accounts/{account.id}/grants"
    assert get(worker, tenant.token(identity)).status_code == 401

    assert [worker.operator("PUT", f"{path}/{identity.upper()}").status_code for _ in range(2)] == [201, 200]
    assert [grant["objectId"] for grant in worker.operator("GET", path).json()["value"]] == [identity]
    assert get(worker, tenant.token(identity)).status_code == 200

    assert [worker.operator("DELETE", f"{path}/{identity}").status_code for _ in range(2)] == [204, 204]
    assert worker.operator("GET", path).json() == {"value": []}
    assert get(worker, tenant.token(identity)).status_code == 401


@pytest.mark.parametrize("bad", ["x", "0" * 32, "11111111-2222-4333-8444-55555555555", "me"])
def test_only_an_object_id_can_be_granted(worker, bad: str):
    assert worker.operator("PUT", f"accounts/{worker.account().id}/grants/{bad}").status_code == 400


def test_an_identity_of_several_accounts_names_the_one_it_means(worker, tenant: Tenant):
    identity = str(uuid.uuid4())
    accounts = [worker.account() for _ in range(2)]
    stranger = worker.account()
    for number, account in enumerate(accounts):
        worker.operator("PUT", f"accounts/{account.id}/grants/{identity}").raise_for_status()
        account.create_list(f"list{number}")
    token = tenant.token(identity)

    unnamed = get(worker, token)
    assert (unnamed.status_code, unnamed.json()["error"]["code"]) == (400, "InvalidRequestBody")
    for number, account in enumerate(accounts):
        listed = get(worker, token, **{"x-account-id": account.id}).json()["value"]
        assert [blocklist["blocklistName"] for blocklist in listed] == [f"list{number}"]
        assert get(worker, token, "/accounts/me", **{"x-account-id": account.id}).json()["id"] == account.id
    for wrong in (stranger.id, "0" * 32, "x"):
        assert get(worker, token, **{"x-account-id": wrong}).status_code == 401


def test_the_operators_role_makes_an_operator(worker, tenant: Tenant):
    operator = tenant.operator_token(str(uuid.uuid4()), "Reader", "Operator")

    assert get(worker, operator, "/accounts").status_code == 200
    created = httpx.post(f"{worker.endpoint}/accounts", json={"displayName": "by token"},
                         headers={"Authorization": f"Bearer {operator}"})
    assert created.status_code == 201
    assert get(worker, operator, f"/accounts/{created.json()['id']}").status_code == 200


@pytest.mark.parametrize("roles", [(), ("Reader",), ("operator",), ("Operators",)])
def test_an_identity_of_the_operators_audience_without_the_role_is_forbidden(
        worker, tenant: Tenant, roles: tuple[str, ...]):
    refused = get(worker, tenant.operator_token(str(uuid.uuid4()), *roles), "/accounts")

    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "PermissionDenied")


def test_roles_of_a_data_plane_token_do_not_count(worker, tenant: Tenant, object_id: str):
    assert get(worker, tenant.token(object_id, roles=["Operator"]), "/accounts").status_code == 401
    assert get(worker, tenant.token(str(uuid.uuid4()), roles=["Operator"])).status_code == 401


def test_an_operators_token_opens_no_account(worker, tenant: Tenant, object_id: str):
    token = tenant.operator_token(object_id, "Operator")

    assert get(worker, token).status_code == 401
    assert get(worker, token, "/accounts/me").status_code == 404


@pytest.mark.parametrize("name", ["another key", "expired", "algorithm none", "no tenant", "another tenant"])
def test_a_bad_operator_token_is_refused_as_a_wrong_operator_key_is(worker, tenant: Tenant, name: str):
    class AsOperator:
        """The tenant, whose tokens are for the operator's audience and have its role."""

        issuer = tenant.issuer

        @staticmethod
        def token(object_id: str, **claims: object) -> str:
            return tenant.operator_token(object_id, "Operator", **claims)
    wrong_key = httpx.get(f"{worker.endpoint}/accounts", headers={"x-operator-key": "0" * 64}).json()["error"]
    refused = get(worker, BAD[name](AsOperator(), str(uuid.uuid4())), "/accounts")

    assert refused.status_code == 401
    assert {**refused.json()["error"], "requestId": ""} == {**wrong_key, "requestId": ""}


def test_made_up_key_ids_do_not_make_the_worker_ask_the_tenant_again_and_again(worker, tenant: Tenant, object_id: str):
    get(worker, tenant.token(object_id))
    get(worker, tenant.token(object_id, key_id="made up"))
    asked = len(tenant.requests)
    for number in range(10):
        assert get(worker, tenant.token(object_id, key_id=f"made up {number}")).status_code == 401

    # Once in half a minute at the most, so once more if that moment passed meanwhile.
    assert len(tenant.requests) <= asked + 1


def test_a_key_goes_before_a_token(worker, tenant: Tenant, object_id: str):
    account = worker.account()
    both = get(worker, tenant.token(object_id), "/accounts/me", **{"Ocp-Apim-Subscription-Key": account.key1})

    assert both.json()["id"] == account.id
    wrong = get(worker, tenant.token(object_id), **{"Ocp-Apim-Subscription-Key": "0" * 64})
    assert wrong.status_code == 401


def test_a_tenant_that_does_not_answer_is_503_and_keys_work_on(start_worker, tenant: Tenant):
    alone = start_worker("--no-background", **{**tenant.settings, "ENTRA_AUTHORITY": "http://127.0.0.1:9"})
    account = alone.account()

    unavailable = get(alone, tenant.token(str(uuid.uuid4())))

    assert (unavailable.status_code, unavailable.json()["error"]["code"]) == (503, "ServerBusy")
    with account.http() as http:
        assert http.get(LISTS).status_code == 200


def test_a_worker_without_a_tenant_takes_no_token(second_worker, tenant: Tenant, object_id: str):
    assert get(second_worker, tenant.token(object_id)).status_code == 401
    assert get(second_worker, tenant.operator_token(object_id, "Operator"), "/accounts").status_code == 401


def test_no_token_is_logged(worker, tenant: Tenant, object_id: str):
    token = tenant.token(object_id)
    get(worker, token)
    get(worker, token[:-5] + "AAAAA")

    assert token.split(".")[1] not in worker.log_path.read_text()


def test_reviewers_are_known_by_their_app_role(worker, tenant: Tenant):
    account = worker.account()
    with account.http() as http:
        http.put("/accounts/me/sampleContentConsent", json={"statement": "yes"}).raise_for_status()
    samples, reviewer = f"/accounts/{account.id}/sampleContent", str(uuid.uuid4())

    assert get(worker, tenant.operator_token(reviewer, "Reviewer"), samples).status_code == 200
    assert get(worker, tenant.operator_token(reviewer, "Reviewer", "Operator"), samples).status_code == 200
    assert get(worker, tenant.operator_token(reviewer, "Operator"), samples).status_code == 403
    assert get(worker, tenant.operator_token(reviewer), samples).status_code == 403
    # A role counts with the operators' audience alone: tokens of the data plane are asked for by anybody.
    assert get(worker, tenant.token(reviewer, roles=["Reviewer"]), samples).status_code == 401
    assert get(worker, tenant.operator_token(reviewer, "Reviewer"), f"/accounts/{account.id}").status_code == 401
    with account.http() as http:
        told = http.get("/accounts/me/auditEvents").json()["value"]
    assert [event["caller"] for event in told if event["operation"] == "list_sample_content"] == [reviewer] * 2


def test_a_granted_identity_reads_its_samples_and_its_sign_in_is_in_the_trail(worker, tenant: Tenant):
    account, granted = worker.account(), str(uuid.uuid4())
    worker.operator("PUT", f"accounts/{account.id}/grants/{granted}").raise_for_status()
    token = tenant.token(granted)
    assert httpx.put(f"{worker.endpoint}/accounts/me/sampleContentConsent", json={"statement": "yes"},
                     headers={"Authorization": f"Bearer {token}", "X-Forwarded-For": "192.0.2.9"}).status_code == 201

    assert get(worker, token, "/accounts/me/sampleContent").status_code == 200
    told = get(worker, token, "/accounts/me/auditEvents").json()["value"]
    assert [(event["operation"], event["caller"], event["addressRange"]) for event in told][2:] == [
        ("signed_in_from_new_address", granted, "192.0.2.0/24"), ("agree_to_sample_content", granted, "192.0.2.0/24"),
        ("signed_in_from_new_address", granted, "unknown"), ("list_sample_content", granted, "unknown")]
