"""`python3 dev verify-receipt FILE`: check a deletion receipt offline, and say what it attests.

The file is what `GET /receipts/{id}` answered. The public keys come from a file that was saved from `GET /receipts/keys`, or
are fetched from there. Exit code 0 if the receipt is genuine, 1 if it is not or cannot be checked.
"""
from __future__ import annotations

import argparse
import base64
import binascii
import json
import sys
import urllib.error
import urllib.request
from datetime import datetime
from pathlib import Path
from typing import Any

from shared.crypto.signing import ALGORITHM, jwk_of, verifies
from shared.lifecycle.receipts import FORMAT, canonical

_TIMEOUT_SECONDS = 30
_SIZE_LIMIT_BYTES = 10_000_000
_TEXTS = ("format", "id", "region", "codeVersion", "accountId", "requestedAt", "requestedBy", "completedAt")
_OF_ACCOUNTS = ("keysRefusedAt", "dataKeyDestroyedAt")


class NotGenuine(Exception):
    """Why a receipt cannot be believed."""


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python3 dev verify-receipt", description="Check a deletion receipt offline.")
    parser.add_argument("file", type=Path, metavar="FILE", help="what GET /receipts/{id} answered; - reads standard input")
    keys = parser.add_mutually_exclusive_group(required=True)
    keys.add_argument("--keys", type=Path, metavar="FILE", help="what GET /receipts/keys answered")
    keys.add_argument("--endpoint", metavar="URL", help="where to fetch the public keys")
    options = parser.parse_args(argv)
    try:
        document = _parsed(_content(options.file), "the receipt")
        key_set = _parsed(_content(options.keys) if options.keys else _fetched(options.endpoint), "the key set")
        receipt = verified(document, key_set)
    except NotGenuine as reason:
        print(f"NOT GENUINE: {reason}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"cannot be read: {error.strerror or type(error).__name__}", file=sys.stderr)
        return 1
    print(summary(receipt))
    return 0


def verified(document: Any, key_set: Any) -> dict[str, Any]:
    """The receipt, if its signature is that of one of these keys. Raises NotGenuine."""
    try:
        receipt, signature = document["receipt"], document["signature"]
        algorithm, key_id, value = signature["algorithm"], signature["keyId"], base64.b64decode(signature["value"], validate=True)
        jwks = {jwk["kid"]: jwk for jwk in key_set["keys"]}
        message = canonical(receipt)
    except (TypeError, KeyError, ValueError, binascii.Error):
        raise NotGenuine("it is no receipt with a signature, or the key set is no JSON Web Key Set") from None
    if algorithm != ALGORITHM:
        raise NotGenuine(f"the signature's algorithm must be {ALGORITHM}")
    if key_id not in jwks:
        raise NotGenuine(f"no key {key_id} is in the key set")
    if not _is_named_by_itself(jwks[key_id]):
        raise NotGenuine(f"the key {key_id} does not have this id")
    if not verifies(jwks[key_id], value, message):
        raise NotGenuine("the signature does not fit: the receipt was changed, or another key signed it")
    _check_shape(receipt)
    return receipt


def summary(receipt: dict[str, Any]) -> str:
    scope, inventory = receipt["scope"], receipt["inventory"]
    what = "the account" if scope["type"] == "account" else f"of the account: {', '.join(scope['kinds'])} ({scope['type']})"
    lines = [f"Genuine. Receipt {receipt['id']}, region {receipt['region']}, code version {receipt['codeVersion']}.", "",
             f"Erased          {what}", f"Account         {receipt['accountId']}",
             f"Requested       {receipt['requestedAt']} by {receipt['requestedBy']}"]
    if scope["type"] == "account":
        lines += [f"Keys refused    {receipt['keysRefusedAt']}", f"Key destroyed   {receipt['dataKeyDestroyedAt']}"]
        lines += [f"  data key {key['version']}    fingerprint {key['fingerprint']}" for key in receipt["dataKeys"]]
    lines += [f"Completed       {receipt['completedAt']}", f"Inventory       taken {inventory['takenAt']}"]
    lines += [f"  {store.ljust(10)}    {counted['count']} entries, {counted['bytes']} bytes"
              for store, counted in inventory["stores"].items()]
    lines += [f"  Merkle root   {inventory['merkleRoot']}"]
    if "archivesDeleted" in receipt:
        lines += [f"Archives        of earlier exports deleted: {receipt['archivesDeleted']}"]
    if "lastExport" in receipt:
        lines += [f"Last export     {receipt['lastExport']['id']}, root {receipt['lastExport']['merkleRoot']}"]
    scan = receipt["scan"]
    if "foundAndDeleted" in scan:
        lines += [f"Leftovers       looked {scan['rounds']} times; found and deleted: {', '.join(scan['foundAndDeleted']) or 'nothing'}"]
    else:
        written = ", ".join(f"{each['count']} {each['kind']}" for each in scan["writtenMeanwhile"])
        lines += [f"Afterwards      written by others meanwhile: {written or 'nothing'}"]
    lines += ["Still running", *(f"  {clock['clock']}: at most {clock['atMostSeconds']} s" for clock in receipt["stillRunning"])]
    return "\n".join(lines)


def _check_shape(receipt: dict[str, Any]) -> None:
    """A signed receipt is ours; one of a later format is not to be read as one of this."""
    if receipt.get("format") != FORMAT:
        raise NotGenuine(f"its format is not {FORMAT}: use the verifier of the version that wrote it")
    of_account = receipt.get("scope", {}).get("type") == "account"
    texts = (*_TEXTS, *(_OF_ACCOUNTS if of_account else ()))
    if not all(isinstance(receipt.get(name), str) for name in texts) or not isinstance(receipt.get("inventory"), dict):
        raise NotGenuine("it lacks what a receipt has")
    times = [datetime.fromisoformat(receipt[name]) for name in ("requestedAt", *(_OF_ACCOUNTS if of_account else ()), "completedAt")]
    if times != sorted(times):
        raise NotGenuine("its times are not in their order: a clock was wrong when it was written")


def _is_named_by_itself(jwk: dict[str, str]) -> bool:
    try:
        public_key = base64.urlsafe_b64decode(jwk["x"] + "=" * (-len(jwk["x"]) % 4))
    except (KeyError, TypeError, binascii.Error):
        return False
    return jwk_of(public_key)["kid"] == jwk["kid"]


def _content(path: Path) -> bytes:
    return sys.stdin.buffer.read(_SIZE_LIMIT_BYTES) if str(path) == "-" else path.read_bytes()


def _fetched(endpoint: str) -> bytes:
    try:
        with urllib.request.urlopen(f"{endpoint.rstrip('/')}/receipts/keys", timeout=_TIMEOUT_SECONDS) as answer:
            return answer.read(_SIZE_LIMIT_BYTES)
    except (urllib.error.URLError, ValueError) as error:
        raise NotGenuine(f"the public keys cannot be fetched: {getattr(error, 'reason', 'not an address')}") from None


def _parsed(content: bytes, name: str) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise NotGenuine(f"{name} is not JSON") from None
