"""`python3 dev make-keys`: the hook of azd that makes the operator's key and the key that signs receipts, in each region's vault.

What is there stays. The values go from here into the vault, by Azure's management interface, which is in reach where the
vault itself is closed to the public; they are on no command line and in no template, parameter, output or log.
"""
from __future__ import annotations

import argparse
import base64
import json
import secrets
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from dev.deployment.tools import answer, call, deployed_regions, reporting

_MANAGEMENT = "https://management.azure.com"
_VAULT_VERSION = "2025-05-01"
_APP_VERSION = "2025-03-01"

SECRETS: Mapping[str, Callable[[], str]] = {
    "operator-key": lambda: secrets.token_urlsafe(48),
    "receipt-signing-key": lambda: base64.b64encode(secrets.token_bytes(32)).decode(),
}


def main(argv: list[str]) -> int:
    argparse.ArgumentParser(prog="python3 dev make-keys", description=__doc__).parse_args(argv)
    return reporting(_make)


def _make() -> None:
    for region in deployed_regions():
        missing = [name for name in SECRETS if name not in _names(region["keyVaultId"])]
        for name in missing:
            _put(region["keyVaultId"], name, SECRETS[name]())
        if missing:
            # The app looks at its references once a day, and when it is told to.
            call("az", ["rest", "--method", "post", "--output", "none", "--url",
                        f"{_MANAGEMENT}{region['functionAppId']}/config/configreferences/appsettings/refresh?api-version={_APP_VERSION}"])
        print(f"{region['location']}: {'made ' + ' and '.join(missing) if missing else 'the keys are there'}")


def _names(vault_id: str) -> set[str]:
    """Of the secrets of a vault. To ask for one and take every failure for its absence could replace a key."""
    names, url = set(), f"{_MANAGEMENT}{vault_id}/secrets?api-version={_VAULT_VERSION}"
    while url:
        page = answer("az", ["rest", "--method", "get", "--url", url])
        names |= {secret["name"] for secret in page["value"]}
        url = page.get("nextLink") or ""
    return names


def _put(vault_id: str, name: str, value: str) -> None:
    with tempfile.TemporaryDirectory() as folder:  # readable by its owner alone
        body = Path(folder) / "body.json"
        body.write_text(json.dumps({"properties": {"value": value}}))
        call("az", ["rest", "--method", "put", "--output", "none", "--body", f"@{body}", "--url",
                    f"{_MANAGEMENT}{vault_id}/secrets/{name}?api-version={_VAULT_VERSION}"])
