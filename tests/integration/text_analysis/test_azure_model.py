"""Forwarding through the official client to a resource on loopback: what is sent, and what becomes of every kind of answer."""
from __future__ import annotations

import datetime
import ipaddress
import json
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from shared.errors import QuotaExceeded, ServiceError, Unavailable
from shared.storage.connections import pooled_transport
from shared.text_analysis.azure_model import AzureTextModel
from shared.text_analysis.models import Category
from tests.azure_resource import Answer, Resource, serving_resource, severities

KEY = "key-of-the-resource"
CANARY = "kohlrabiwithlentils"
ECHO = json.dumps({"error": {"code": "TEXT", "message": "refused: TEXT", "innererror": {"code": "TEXT"}}})


@pytest.fixture(scope="module")
def resource() -> Iterator[Resource]:
    with serving_resource() as serving:
        yield serving


@pytest.fixture
def model(resource: Resource) -> AzureTextModel:
    resource.answers_with(severities())
    return AzureTextModel(resource.endpoint, KEY, read_timeout=0.5, transport=pooled_transport())


def test_severities_are_those_of_the_resource(model, resource):
    resource.answers_with(severities(Hate=1, SelfHarm=3, Sexual=7, Violence=4))

    judged = model.judge("a text")

    assert judged.severities == {Category.HATE: 1, Category.SELF_HARM: 3, Category.SEXUAL: 7, Category.VIOLENCE: 4}
    assert judged.probabilities is None


def test_text_and_categories_are_all_that_is_sent(model, resource):
    model.judge("a text")

    (received,) = resource.received
    assert (received.method, received.path) == ("POST", "/contentsafety/text:analyze?api-version=2024-09-01")
    assert received.body == {"text": "a text", "categories": ["Hate", "SelfHarm", "Sexual", "Violence"],
                             "outputType": "EightSeverityLevels"}
    assert received.headers["Ocp-Apim-Subscription-Key"] == KEY


@pytest.mark.parametrize(("text", "sent"), [("\U0001f600 \u4f60", "\U0001f600 \u4f60"), ("a\ud800b", "a?b"), ("x" * 10_000, "x" * 10_000)],
                         ids=["emoji", "half a pair", "long"])
def test_any_text_can_be_sent(model, resource, text, sent):
    model.judge(text)

    assert resource.received[0].body["text"] == sent


@pytest.mark.parametrize("text", ["", " \n\u3000"])
def test_an_empty_text_is_harmless_and_not_sent(model, resource, text):
    assert model.judge(text).severities == dict.fromkeys(Category, 0)
    assert resource.received == []


@pytest.mark.parametrize(("header", "seconds"), [
    ("7", 7), ("0", 1), ("3600", 3600), ("3601", 3600), ("99999999999", 1), ("-5", 1), ("soon", 1), ("\u0663", 1), (None, 1)])
def test_too_many_requests_are_the_callers_to_repeat_with_the_resources_wait(model, resource, header, seconds):
    resource.answers_with(Answer(429, ECHO, {} if header is None else {"Retry-After": header.encode().decode("latin-1")}))
    with pytest.raises(QuotaExceeded) as refusal:
        model.judge(CANARY)

    assert refusal.value.retry_after_seconds == seconds
    assert len(resource.received) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 408, 409, 413, 415, 500, 501, 502, 503, 504, 301, 307, 308, 204, 202])
def test_every_other_refusal_makes_the_engine_unavailable_without_a_word_of_the_text(model, resource, caplog, status):
    caplog.set_level("DEBUG")
    resource.answers_with(Answer(status, "" if status == 204 else ECHO,
                                 {"x-ms-error-code": CANARY, "Location": f"{resource.endpoint}/elsewhere"}))
    with pytest.raises(Unavailable) as refusal:
        model.judge(CANARY)

    assert CANARY not in refusal.value.message + caplog.text
    assert refusal.value.__cause__ is None and refusal.value.__suppress_context__
    assert f"status {status}" in caplog.text
    assert KEY not in caplog.text
    assert [received.path.partition("?")[0] for received in resource.received] \
        == ["/contentsafety/text:analyze"] * (2 if status in (500, 502, 503, 504) else 1)


@pytest.mark.parametrize(("body", "media_type"), [
    ("", "application/json"), ("TEXT", "application/json"), ('{"TEXT', "application/json"), ("null", "application/json"),
    ("[]", "application/json"), ("5", "application/json"), ('"TEXT"', "application/json"), ("{}", "application/json"),
    ("<html>TEXT</html>", "text/html"), ("<html>TEXT</html>", "text/xml"), ("TEXT", "application/octet-stream"),
    ('{"categoriesAnalysis": null}', "application/json"), ('{"categoriesAnalysis": "TEXT"}', "application/json"),
    ('{"categoriesAnalysis": ["TEXT"]}', "application/json"), ('{"categoriesAnalysis": [{}]}', "application/json"),
    ('{"categoriesAnalysis": [{"category": "TEXT", "severity": 0}]}', "application/json"),
    ('{"categoriesAnalysis": [{"category": "Hate", "severity": 0}]}', "application/json"),
    (severities(Hate=8).body, "application/json"), (severities(Hate=-1).body, "application/json"),
    (severities().body.replace("0", '"0"'), "application/json"), (severities().body.replace("0", "0.5"), "application/json"),
    (severities().body.replace("0", "true"), "application/json"), (severities().body.replace("0", "null"), "application/json"),
], ids=lambda value: None)
def test_an_answer_that_is_none_is_not_taken_for_one(model, resource, caplog, body, media_type):
    caplog.set_level("DEBUG")
    resource.answers_with(Answer(200, body, {"Content-Type": media_type}))
    with pytest.raises(Unavailable) as refusal:
        model.judge(CANARY)

    assert CANARY not in refusal.value.message + caplog.text
    assert refusal.value.__cause__ is None and refusal.value.__suppress_context__
    assert len(resource.received) == 1


def test_what_is_not_json_with_a_status_counts_by_its_status(model, resource):
    resource.answers_with(Answer(429, "<TEXT", {"Retry-After": "9"}))
    with pytest.raises(QuotaExceeded) as refusal:
        model.judge(CANARY)
    assert refusal.value.retry_after_seconds == 9


@pytest.mark.parametrize("first", [Answer(500), Answer(503, headers={"Retry-After": "60"}), Answer(breaks_off=True)],
                         ids=["500", "503 with a long wait", "broken off"])
def test_one_passing_failure_is_not_seen_by_the_caller_and_not_waited_for(model, resource, first):
    resource.answers_with(first, severities(Violence=6))
    started = time.monotonic()

    assert model.judge("a text").severities[Category.VIOLENCE] == 6
    assert len(resource.received) == 2
    assert time.monotonic() - started < 30  # a Retry-After of a minute is not slept through


def test_a_connection_that_always_breaks_is_tried_twice(model, resource):
    resource.answers_with(Answer(breaks_off=True))
    with pytest.raises(Unavailable):
        model.judge("a text")
    assert len(resource.received) == 2


def test_a_resource_that_is_too_slow_is_asked_once(model, resource, caplog):
    resource.answers_with(Answer(after_seconds=2))
    with pytest.raises(Unavailable):
        model.judge(CANARY)

    assert len(resource.received) == 1
    assert CANARY not in caplog.text


def test_a_resource_that_is_not_there_makes_the_engine_unavailable(caplog):
    with serving_resource() as gone:
        endpoint = gone.endpoint
    with pytest.raises(Unavailable):
        AzureTextModel(endpoint, KEY).judge(CANARY)
    assert "cannot be reached" in caplog.text and CANARY not in caplog.text


def test_the_check_analyzes_nothing(model, resource):
    resource.answers_with(Answer(body='{"value": []}'))

    model.check()

    assert [(received.method, received.path, received.body) for received in resource.received] \
        == [("GET", "/contentsafety/text/blocklists?api-version=2024-09-01", None)]


@pytest.mark.parametrize("status", [401, 403, 404, 500])
def test_the_check_fails_where_the_resource_refuses(model, resource, status):
    resource.answers_with(Answer(status, ECHO))
    with pytest.raises(ServiceError):
        model.check()


def test_a_resource_that_is_asked_too_often_is_there(model, resource):
    resource.answers_with(Answer(429))

    model.check()


class Identity:
    """A credential as azure-identity has them."""

    def __init__(self, token: str | None) -> None:
        self._token = token
        self.scopes: list[str] = []

    def get_token(self, *scopes: str, **_: object) -> AccessToken:
        self.scopes += scopes
        if self._token is None:
            raise ClientAuthenticationError("no identity is assigned")
        return AccessToken(self._token, int(time.time()) + 3600)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Certificate and key in one file: an identity's token goes over TLS alone."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "resource of the tests")])
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256()))
    path = tmp_path_factory.mktemp("certificate") / "certificate.pem"
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return path


def test_an_identity_is_used_where_there_is_no_key(certificate):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    identity = Identity("token-of-the-identity")
    with serving_resource(tls) as resource:
        resource.answers_with(severities(Hate=5))
        judged = AzureTextModel(resource.endpoint, identity, connection_verify=str(certificate)).judge("a text")

    assert judged.severities[Category.HATE] == 5
    assert resource.received[0].headers["Authorization"] == "Bearer token-of-the-identity"
    assert identity.scopes == ["https://cognitiveservices.azure.com/.default"]


def test_an_identity_that_gets_no_token_makes_the_engine_unavailable(caplog):
    with pytest.raises(Unavailable):
        AzureTextModel("https://127.0.0.1:9", Identity(None)).judge(CANARY)
    assert "refuses the credential, or there is none" in caplog.text


def test_a_token_never_goes_over_an_open_connection(resource):
    resource.answers_with(severities())
    with pytest.raises(Unavailable):
        AzureTextModel(resource.endpoint, Identity("token")).judge("a text")
    assert resource.received == []
