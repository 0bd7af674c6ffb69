"""Entra tokens against a tenant's keys that are served on loopback, with a clock that the test moves.

Source: Microsoft identity platform, access token claims reference; RFC 7519, RFC 8725.
"""
from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from shared.accounts.tokens import TokenValidator
from shared.errors import Unauthenticated, Unavailable

TENANT = "0f0f0f0f-1111-2222-3333-444444444444"
AUDIENCE, OPERATOR_AUDIENCE = "https://cognitiveservices.azure.com", "api://moderato-operator"
OBJECT_ID = "aaaaaaaa-0000-0000-0000-000000000001"
PAUSE_SECONDS, LIFETIME_SECONDS, SKEW_SECONDS = 30, 3600, 60


class Tenant:
    """The tenant's side: its signing keys, and how often they were fetched."""

    def __init__(self) -> None:
        self.keys = {"k1": rsa.generate_private_key(65537, 2048)}
        self.document: bytes | None = None
        self.status = 200
        self.cuts_off = False
        self.fetches = 0
        self.paths: set[str] = set()

    def jwks(self) -> bytes:
        if self.document is not None:
            return self.document
        return json.dumps({"keys": [public_jwk(name, key) for name, key in self.keys.items()]}).encode()

    def claims(self, **changes) -> dict:
        now = int(time.time())
        claims = {"iss": f"{self.authority}/{TENANT}/v2.0", "aud": AUDIENCE, "tid": TENANT, "oid": OBJECT_ID,
                  "iat": now - 10, "nbf": now - 10, "exp": now + 3600, **changes}
        return {name: value for name, value in claims.items() if value is not None}

    def token(self, key_id: str = "k1", algorithm: str = "RS256", headers: dict | None = None, **changes) -> str:
        return jwt.encode(self.claims(**changes), self.keys[key_id], algorithm, {"kid": key_id, **(headers or {})})


def public_jwk(name: str, key) -> dict:
    algorithm = jwt.algorithms.RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else jwt.algorithms.ECAlgorithm
    return {**json.loads(algorithm.to_jwk(key.public_key())), "kid": name, "use": "sig"}


class Clock:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def served() -> Iterator[Tenant]:
    tenant = Tenant()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            tenant.fetches += 1
            tenant.paths.add(self.path)
            body = tenant.jwks()
            if tenant.cuts_off:
                return
            self.send_response(tenant.status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_) -> None: ...
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    tenant.authority = f"http://127.0.0.1:{server.server_port}"
    yield tenant
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def tenant(served) -> Tenant:
    served.document, served.status, served.cuts_off, served.fetches = None, 200, False, 0
    served.keys = {"k1": served.keys["k1"]}
    return served


@pytest.fixture
def validator(tenant, clock) -> TokenValidator:
    return TokenValidator(TENANT, AUDIENCE, OPERATOR_AUDIENCE, tenant.authority + "/", clock)


def refused(validator: TokenValidator, token: str) -> None:
    with pytest.raises(Unauthenticated):
        validator.validate(token)


def test_a_token_of_the_tenant_names_its_caller(tenant, validator):
    identity = validator.validate(tenant.token())
    assert (identity.object_id, identity.roles) == (OBJECT_ID, frozenset())
    assert tenant.paths == {f"/{TENANT}/discovery/v2.0/keys"}


@pytest.mark.parametrize("issuer", ["{authority}/{tenant}/v2.0", "https://sts.windows.net/{tenant}/"])
def test_tokens_of_both_versions_are_taken(tenant, validator, issuer):
    validator.validate(tenant.token(iss=issuer.format(authority=tenant.authority, tenant=TENANT)))


@pytest.mark.parametrize("issuer", ["{authority}/other/v2.0", "{authority}/{tenant}", "{authority}/{tenant}/v2.0/",
                                    "https://sts.windows.net/other/", "https://evil.example/{tenant}/v2.0", "", None])
def test_tokens_of_another_issuer_are_refused(tenant, validator, issuer):
    refused(validator, tenant.token(iss=issuer and issuer.format(authority=tenant.authority, tenant=TENANT)))


@pytest.mark.parametrize("configured", [AUDIENCE, AUDIENCE + "/"])
@pytest.mark.parametrize("audience", [AUDIENCE, AUDIENCE + "/", [AUDIENCE]])
def test_the_audience_counts_with_and_without_a_slash_at_its_end(tenant, clock, configured, audience):
    TokenValidator(TENANT, configured, None, tenant.authority, clock).validate(tenant.token(aud=audience))


@pytest.mark.parametrize("audience", ["https://management.azure.com", AUDIENCE + "//", AUDIENCE + "/x", AUDIENCE[:-1], "",
                                      OPERATOR_AUDIENCE, [], None])
def test_tokens_for_another_audience_are_refused(tenant, validator, audience):
    refused(validator, tenant.token(aud=audience))


@pytest.mark.parametrize("changes", [{"tid": "other"}, {"tid": None}, {"oid": None}, {"oid": 7}, {"oid": ["a"]}, {"exp": None},
                                     {"exp": "never"}, {"sub": 5}])
def test_tokens_without_the_claims_that_count_are_refused(tenant, validator, changes):
    refused(validator, tenant.token(**changes))


@pytest.mark.parametrize(("claim", "seconds", "is_taken"), [
    ("exp", -(SKEW_SECONDS - 20), True), ("exp", -(SKEW_SECONDS + 20), False), ("exp", -86_400, False),
    ("nbf", SKEW_SECONDS - 20, True), ("nbf", SKEW_SECONDS + 20, False)])
def test_clocks_may_differ_by_a_minute(tenant, validator, claim, seconds, is_taken):
    token = tenant.token(**{claim: int(time.time()) + seconds})
    if is_taken:
        validator.validate(token)
    else:
        refused(validator, token)


def test_only_the_tenants_algorithm_is_taken(tenant, validator):
    public = tenant.keys["k1"].public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    refused(validator, jwt.encode(tenant.claims(), None, "none", {"kid": "k1"}))
    for algorithm in ("RS384", "RS512", "PS256"):
        refused(validator, tenant.token(algorithm=algorithm))
    refused(validator, forged_hmac(tenant.claims(), public))
    refused(validator, jwt.encode(tenant.claims(), "x" * 32, "HS256", {"kid": "k1"}))


def forged_hmac(claims: dict, secret: bytes) -> str:
    """A token signed by HMAC under the public key, which every caller has (RFC 8725, section 2.1)."""
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=")
             for part in ({"alg": "HS256", "typ": "JWT", "kid": "k1"}, claims)]
    signature = hmac.new(secret, b".".join(parts), hashlib.sha256).digest()
    return b".".join([*parts, base64.urlsafe_b64encode(signature).rstrip(b"=")]).decode()


def test_a_key_of_another_kind_among_the_tenants_refuses_its_tokens(tenant, validator):
    tenant.keys["ec"] = ec.generate_private_key(ec.SECP256R1())
    for token in (jwt.encode(tenant.claims(), tenant.keys["ec"], "ES256", {"kid": "ec"}),
                  jwt.encode(tenant.claims(), tenant.keys["k1"], "RS256", {"kid": "ec"})):
        refused(validator, token)


def test_a_token_signed_by_someone_else_or_altered_is_refused(tenant, validator):
    other = rsa.generate_private_key(65537, 2048)
    refused(validator, jwt.encode(tenant.claims(), other, "RS256", {"kid": "k1"}))
    head, body, signature = tenant.token().split(".")
    altered = base64.urlsafe_b64encode(json.dumps(tenant.claims(oid="someone-else")).encode()).rstrip(b"=").decode()
    refused(validator, f"{head}.{altered}.{signature}")
    refused(validator, f"{head}.{body}.")
    refused(validator, f"{head}.{body}")


@pytest.mark.parametrize("token", ["", ".", "..", "a.b.c", "\u00e9.\u00e9.\u00e9", "x" * 20_000, "\ud800", "e30.e30.e30"])
def test_what_is_no_token_is_refused(validator, token):
    refused(validator, token)


@pytest.mark.parametrize("headers", [{}, {"kid": ""}, {"kid": "../../etc"}, {"kid": "k1 "},
                                     {"kid": "k9", "jku": "http://127.0.0.1:1/keys"}])
def test_keys_that_a_token_brings_or_makes_up_do_not_count(tenant, validator, headers):
    own = rsa.generate_private_key(65537, 2048)
    refused(validator, jwt.encode(tenant.claims(), own, "RS256", {**headers, "jwk": public_jwk("own", own)}))


def test_a_kid_that_is_no_text_is_refused(tenant, validator):
    for key_id in (b'["k1"]', b'{"a":1}', b"7"):
        head = base64.urlsafe_b64encode(b'{"alg":"RS256","kid":' + key_id + b"}").rstrip(b"=").decode()
        refused(validator, ".".join([head, *tenant.token().split(".")[1:]]))


def test_an_operator_is_told_by_audience_and_role(tenant, validator):
    identity = validator.validate_operator(tenant.token(aud=OPERATOR_AUDIENCE, roles=["Operator", "Other"]))
    assert identity.roles == {"Operator", "Other"}
    assert validator.validate_operator(tenant.token(aud=OPERATOR_AUDIENCE)).roles == frozenset()
    with pytest.raises(Unauthenticated):
        validator.validate_operator(tenant.token(roles=["Operator"]))
    assert validator.validate(tenant.token(roles=["Operator"])).roles == frozenset()
    assert "Operator" not in validator.validate_operator(tenant.token(aud=OPERATOR_AUDIENCE, roles="Operator")).roles


def test_without_an_operator_audience_nobody_is_an_operator_by_token(tenant, clock):
    validator = TokenValidator(TENANT, AUDIENCE, None, tenant.authority, clock)
    for audience in (AUDIENCE, "None", OPERATOR_AUDIENCE):
        with pytest.raises(Unauthenticated):
            validator.validate_operator(tenant.token(aud=audience, roles=["Operator"]))


def test_the_tenants_keys_are_fetched_once_and_again_when_they_are_old(tenant, validator, clock):
    for _ in range(5):
        validator.validate(tenant.token())
    assert tenant.fetches == 1
    clock.seconds += LIFETIME_SECONDS + 1
    validator.validate(tenant.token())
    assert tenant.fetches == 2


def test_a_new_signing_key_is_found_after_the_pause(tenant, validator, clock):
    validator.validate(tenant.token())
    tenant.keys["k2"] = rsa.generate_private_key(65537, 2048)
    clock.seconds += PAUSE_SECONDS - 1
    refused(validator, tenant.token("k2"))
    assert tenant.fetches == 1
    clock.seconds += 1
    validator.validate(tenant.token("k2"))
    assert tenant.fetches == 2


def test_a_signing_key_that_the_tenant_took_back_is_refused_once_the_keys_are_old(tenant, validator, clock):
    tenant.keys["k2"] = rsa.generate_private_key(65537, 2048)
    token = tenant.token("k2")
    validator.validate(token)
    del tenant.keys["k2"]
    clock.seconds += LIFETIME_SECONDS + 1
    refused(validator, token)


def test_made_up_key_ids_fetch_the_keys_once_in_a_pause_at_the_most(tenant, validator, clock):
    tokens = [jwt.encode(tenant.claims(), tenant.keys["k1"], "RS256", {"kid": f"made-up-{number}"}) for number in range(40)]
    threads = [threading.Thread(target=refused, args=(validator, token)) for token in tokens]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert tenant.fetches == 1
    clock.seconds += PAUSE_SECONDS
    for token in tokens:
        refused(validator, token)
    assert tenant.fetches == 2
    validator.validate(tenant.token())


def broken(tenant: Tenant, how: str) -> None:
    tenant.status = {"500": 500, "404": 404}.get(how, 200)
    tenant.cuts_off = how == "cut off"
    tenant.document = {"not json": b"<html>", "empty": b"", "no keys": b'{"keys": []}', "a list": b"[]",
                       "null": b'{"keys": null}'}.get(how)


WAYS = ["500", "404", "cut off", "not json", "empty", "no keys", "a list", "null"]


@pytest.mark.parametrize("how", WAYS)
def test_without_the_tenants_keys_tokens_are_unavailable_and_not_refused(tenant, validator, clock, how):
    broken(tenant, how)
    for _ in range(3):
        with pytest.raises(Unavailable):
            validator.validate(tenant.token())
    assert tenant.fetches == 1
    broken(tenant, "")
    clock.seconds += PAUSE_SECONDS
    validator.validate(tenant.token())


@pytest.mark.parametrize("how", WAYS)
def test_keys_once_fetched_outlast_an_outage(tenant, validator, clock, how):
    validator.validate(tenant.token())
    broken(tenant, how)
    clock.seconds += LIFETIME_SECONDS + 1
    validator.validate(tenant.token())


def test_a_tenant_that_cannot_be_reached_is_unavailable(tenant, clock):
    validator = TokenValidator(TENANT, AUDIENCE, None, "http://127.0.0.1:9", clock)
    with pytest.raises(Unavailable):
        validator.validate(tenant.token())
