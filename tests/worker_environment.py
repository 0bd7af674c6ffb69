"""The settings of a worker on an Azurite of the tests."""
from __future__ import annotations

from pathlib import Path

from tests.picture_server import NETWORK

REGION = "testregion"
REVIEWER_KEY = "reviewers-of-the-tests-" * 2


def worker_environment(connection_string: str, key_file: Path, operator_key: str) -> dict[str, str]:
    return {
        "AzureWebJobsStorage": connection_string,
        "STORAGE_CONNECTION_STRING": connection_string,
        "STORAGE_IS_EMULATOR": "true",
        "REGION": REGION,
        "KEY_ENCRYPTION_KEY_FILE": str(key_file),
        "RECEIPT_SIGNING_KEY_FILE": str(key_file.with_name("receipt-signing-key")),
        "OPERATOR_KEY": operator_key,
        "REVIEWER_KEY": REVIEWER_KEY,
        "STRICT_CONTRACT": "true",
        "FETCH_ALLOWED_NETWORKS": NETWORK,
    }
