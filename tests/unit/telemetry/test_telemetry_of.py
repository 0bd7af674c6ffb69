"""Telemetry as the settings have it: none, in the open on this machine, or as the app's identity."""
from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from shared.bootstrap.telemetry import telemetry_of
from shared.settings import Settings
from shared.telemetry.telemetry import NO_TELEMETRY

IDENTITY = object()
CONNECTION_STRING = "InstrumentationKey=00000000-0000-0000-0000-000000000007;IngestionEndpoint=https://westeurope-5.in.example/"


def settings(**more: str) -> Settings:
    return Settings.from_environ({
        "REGION": "westeurope", "STORAGE_ACCOUNT_NAME": "contoso", "KEY_ENCRYPTION_KEY_URL": "https://vault.example/keys/name",
        "OPERATOR_KEY": "z" * 32, "RECEIPT_SIGNING_KEY": "c" * 43 + "=", **more})


@pytest.fixture
def configured(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, object]]:
    """What Azure Monitor is configured with; its libraries stay out of this process."""
    calls: list[tuple[str, object]] = []
    monkeypatch.setitem(sys.modules, "shared.telemetry.azure_monitor",
                        SimpleNamespace(azure_monitor=lambda *arguments: calls.append(arguments)))
    return calls


def test_without_a_connection_string_there_is_none(configured):
    assert telemetry_of(settings(MANAGED_IDENTITY_CLIENT_ID="0"), IDENTITY) is NO_TELEMETRY
    assert configured == []


def test_where_the_app_has_an_identity_it_sends_as_that(configured):
    telemetry_of(settings(TELEMETRY_CONNECTION_STRING=CONNECTION_STRING, MANAGED_IDENTITY_CLIENT_ID="0"), IDENTITY)
    assert configured == [(CONNECTION_STRING, IDENTITY)]


def test_where_it_has_none_it_sends_as_nobody(configured):
    telemetry_of(settings(TELEMETRY_CONNECTION_STRING=CONNECTION_STRING), IDENTITY)
    assert configured == [(CONNECTION_STRING, None)]
