"""Receipts: signed once, kept, and checked offline by whoever has the public key; a changed one is not believed."""
from __future__ import annotations

import copy
import dataclasses
import json
import secrets
from base64 import b64encode
from pathlib import Path

import pytest

from dev.verify_receipt import NotGenuine, main, summary, verified
from shared.api.management.receipts import ReceiptPath, get_receipt
from shared.crypto.signing import SigningKey, jwk_of, verifies
from shared.errors import NotFound, Unavailable
from shared.http.operation import Call, Caller
from shared.lifecycle.receipts import canonical
from shared.settings import Secret


@pytest.fixture
def document(deployment) -> dict:
    services = deployment.worker()
    account, _ = services.accounts.create("a")
    receipt_id = services.account_deletion.delete(account.id, "key1", at_once=True).deletion.receipt_id
    services.purge.run(account.id, receipt_id)
    return services.receipts.find(receipt_id)


@pytest.fixture
def key_set(deployment) -> dict:
    return {"keys": deployment.worker().receipts.public_keys()}


def test_a_receipt_is_genuine_to_whoever_has_the_public_key(document, key_set):
    assert verified(document, key_set) == document["receipt"]
    text = summary(document["receipt"])
    for name in ("id", "accountId", "dataKeyDestroyedAt", "completedAt"):
        assert document["receipt"][name] in text


def test_the_order_and_the_spelling_of_the_file_do_not_matter(document, key_set):
    shuffled = json.loads(json.dumps(document, indent=7, sort_keys=True, ensure_ascii=True))
    assert verified(dict(reversed(shuffled.items())), key_set)


def leaves(value, place=()):
    if isinstance(value, dict):
        return [leaf for name, each in value.items() for leaf in leaves(each, (*place, name))]
    if isinstance(value, list):
        return [leaf for number, each in enumerate(value) for leaf in leaves(each, (*place, number))]
    return [place]


def test_a_receipt_is_not_genuine_when_any_part_of_it_was_changed_or_taken_away(document, key_set):
    for place in leaves(document["receipt"]):
        for change in ("x", None):
            changed = copy.deepcopy(document)
            part = changed["receipt"]
            for step in place[:-1]:
                part = part[step]
            if change is None:
                del part[place[-1]]
            else:
                part[place[-1]] = f"{part[place[-1]]}{change}"
            with pytest.raises(NotGenuine):
                verified(changed, key_set)


@pytest.mark.parametrize("broken", [
    {}, [], None, 7, "receipt", {"receipt": {}}, {"receipt": {}, "signature": {}}, {"receipt": {}, "signature": None},
    {"receipt": None, "signature": {"algorithm": "Ed25519", "keyId": "k", "value": "eA=="}},
    {"receipt": {"a": float("nan")}, "signature": {"algorithm": "Ed25519", "keyId": "k", "value": "eA=="}}])
def test_what_is_no_receipt_is_not_genuine(broken, key_set):
    with pytest.raises(NotGenuine):
        verified(broken, key_set)


@pytest.mark.parametrize("change", [
    {"algorithm": "none"}, {"algorithm": "HS256"}, {"value": ""}, {"value": "AAAA"}, {"value": "not base64"}, {"keyId": "another"}])
def test_a_signature_of_another_kind_is_refused(document, key_set, change):
    with pytest.raises(NotGenuine):
        verified({**document, "signature": {**document["signature"], **change}}, key_set)


def test_a_key_that_calls_itself_by_the_id_of_another_is_refused(document, key_set):
    stranger = jwk_of(secrets.token_bytes(32))
    with pytest.raises(NotGenuine, match="does not have this id"):
        verified(document, {"keys": [{**stranger, "kid": key_set["keys"][0]["kid"]}]})
    with pytest.raises(NotGenuine, match="no key"):
        verified(document, {"keys": [stranger]})


def test_the_command_says_genuine_or_not_and_ends_accordingly(document, key_set, tmp_path: Path, capsys):
    receipt, keys = tmp_path / "receipt.json", tmp_path / "keys.json"
    receipt.write_text(json.dumps(document))
    keys.write_text(json.dumps(key_set))
    assert main([str(receipt), "--keys", str(keys)]) == 0
    assert "Genuine." in capsys.readouterr().out
    receipt.write_text(json.dumps({**document, "receipt": {**document["receipt"], "accountId": "f" * 32}}))
    assert main([str(receipt), "--keys", str(keys)]) == 1
    assert "NOT GENUINE" in capsys.readouterr().err
    receipt.write_text("{")
    assert main([str(receipt), "--keys", str(keys)]) == 1
    assert main([str(tmp_path / "missing"), "--keys", str(keys)]) == 1


def test_a_receipt_outlives_the_key_that_signed_it(deployment, document):
    """The key is exchanged: what it signed stays genuine, and new receipts are signed by the new one."""
    changed = dataclasses.replace(deployment.settings, receipt_signing_key_file=None,
                                  receipt_signing_key=Secret(b64encode(secrets.token_bytes(32)).decode()))
    deployment.settings = changed
    services = deployment.worker()
    keys = services.receipts.public_keys()
    assert verified(document, {"keys": keys})
    assert len(keys) == 2 and keys[0]["kid"] != document["signature"]["keyId"]
    account, _ = services.accounts.create("b")
    receipt_id = services.account_deletion.delete(account.id, "key1", at_once=True).deletion.receipt_id
    services.purge.run(account.id, receipt_id)
    assert services.receipts.find(receipt_id)["signature"]["keyId"] == keys[0]["kid"]


def test_the_first_receipt_under_an_id_stays(deployment):
    receipts = deployment.worker().receipts
    receipts.write("1" * 32, {"n": 1})
    receipts.write("1" * 32, {"n": 2})
    assert receipts.find("1" * 32)["receipt"]["n"] == 1
    assert receipts.find("2" * 32) is None


def test_the_public_keys_are_told_before_there_is_any_receipt(deployment):
    (jwk,) = deployment.worker().receipts.public_keys()
    assert (jwk["kty"], jwk["crv"], jwk["alg"], jwk["use"]) == ("OKP", "Ed25519", "EdDSA", "sig")
    assert "d" not in jwk


def test_a_signature_is_the_one_that_rfc_8032_gives():
    """Section 7.1, test 2."""
    seed = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
    key = SigningKey(lambda: b64encode(seed).decode())
    signature = key.sign(b"\x72")
    assert signature.hex().startswith("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da")
    assert verifies(key.public_jwk(), signature, b"\x72") and not verifies(key.public_jwk(), signature, b"\x73")


def test_the_id_of_a_key_is_the_thumbprint_that_rfc_8037_gives():
    """Appendix A.3."""
    public = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    jwk = jwk_of(public)
    assert (jwk["x"], jwk["kid"]) == ("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k")


@pytest.mark.parametrize("stored", ["", "x", b64encode(b"s" * 31).decode(), b64encode(b"s" * 33).decode()])
def test_a_missing_or_damaged_key_signs_nothing(stored):
    key = SigningKey(lambda: stored)
    for use in (lambda: key.sign(b""), key.public_jwk, key.check):
        with pytest.raises(Unavailable):
            use()


def test_the_signed_bytes_are_canonical():
    assert canonical({"b": [1, "ü"], "a": {"d": True, "c": "\u2028"}}) == '{"a":{"c":"\u2028","d":true},"b":[1,"ü"]}'.encode()


def test_a_file_that_is_nested_without_end_is_not_genuine(tmp_path, capsys):
    (tmp_path / "receipt.json").write_text("[" * 100_000)
    (tmp_path / "keys.json").write_text('{"keys": []}')
    assert main([str(tmp_path / "receipt.json"), "--keys", str(tmp_path / "keys.json")]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_a_receipt_that_is_written_between_the_two_looks_for_it_is_found(deployment):
    services = deployment.worker()
    account, _ = services.accounts.create("a")
    store = services.accounts.open(account)
    receipt_id = services.erasures.erase_kinds(store, ["blocklist"], "kind", "key1")

    class JobEndsNow:
        def find(self, sought: str):
            services.erasures.run(store, receipt_id)
            return services.pending_receipts.find(sought)

    call = Call(dataclasses.replace(services, pending_receipts=JobEndsNow()), Caller("public"), "of a test", "https://of.test", None)
    assert get_receipt(call, ReceiptPath(receipt_id=receipt_id)).status == 200
    with pytest.raises(NotFound):
        get_receipt(call, ReceiptPath(receipt_id="0" * 32))
