"""Services that nothing answers behind, and requests made by hand: what the front door does needs no storage."""
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import azure.functions as func
import pytest

from shared.bootstrap import services_of
from shared.services import Services
from shared.settings import Settings

NO_STORAGE = "DefaultEndpointsProtocol=http;AccountName=x;AccountKey=eA==;" + "".join(
    f"{service}Endpoint=http://127.0.0.1:9/x;" for service in ("Blob", "Queue", "Table"))
OPERATOR_KEY = "o" * 32


@pytest.fixture
def make_services(tmp_path: Path) -> Callable[..., Services]:
    def make(**settings: str) -> Services:
        return services_of(Settings.from_environ({
            "REGION": "nowhere", "STORAGE_CONNECTION_STRING": NO_STORAGE, "STORAGE_IS_EMULATOR": "true",
            "KEY_ENCRYPTION_KEY_FILE": str(tmp_path / "key"), "RECEIPT_SIGNING_KEY_FILE": str(tmp_path / "receipt-key"),
            "OPERATOR_KEY": OPERATOR_KEY, "STRICT_CONTRACT": "true",
            **settings}))
    return make


@pytest.fixture
def services(make_services: Callable[..., Services]) -> Services:
    return make_services()


@pytest.fixture
def request_of() -> Callable[..., func.HttpRequest]:
    """`request_of(body, url=..., headers=..., **route values)`: a request as the host hands it over."""
    def make(body: bytes = b"", *, method: str = "POST", url: str = "http://host/things?api-version=2",
             headers: dict[str, str] | None = None, **route_params: str) -> func.HttpRequest:
        return func.HttpRequest(method=method, url=url, headers=headers or {}, params={}, route_params=route_params,
                                body=body)
    return make
