"""The two key-encryption keys: lines of a local file, and Azure Key Vault as its REST interface is."""
from __future__ import annotations

import base64
import os
import stat
import threading
from pathlib import Path

import pytest
import requests

from shared.crypto.key_encryption import KeyVaultKey, LocalFileKey, UnwrapFailed, WrappedKey
from shared.errors import Unavailable
from tests.key_vault import VAULT, Credential, Vault, encoded, vault_key

DATA_KEY = bytes(range(100, 132))


def key_line(byte: int) -> bytes:
    return base64.b64encode(bytes([byte]) * 32) + b"\n"


def test_the_key_file_is_made_where_it_is_missing_for_its_owner_alone(tmp_path):
    path = tmp_path / "folder" / "key"
    wrapped = LocalFileKey(path).wrap(DATA_KEY)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(base64.b64decode(path.read_bytes(), validate=False)) == 32
    assert LocalFileKey(path).unwrap(wrapped) == DATA_KEY
    assert os.listdir(path.parent) == ["key"]


def test_workers_that_start_at_once_share_the_key_that_one_of_them_made(tmp_path):
    for attempt in range(5):
        path = tmp_path / str(attempt) / "key"
        made: list[LocalFileKey] = []
        barrier = threading.Barrier(8)

        def start(path: Path = path, made: list[LocalFileKey] = made, barrier: threading.Barrier = barrier) -> None:
            barrier.wait()
            made.append(LocalFileKey(path))
        workers = [threading.Thread(target=start) for _ in range(8)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert len(made) == 8
        assert len({key.current_id() for key in made}) == 1


def test_a_wrapped_key_names_the_line_that_wrapped_it_and_holds_no_data_key(tmp_path):
    key = LocalFileKey(tmp_path / "key")
    wrapped = key.wrap(DATA_KEY)
    assert wrapped.key_id == key.current_id()
    assert DATA_KEY not in wrapped.ciphertext
    assert DATA_KEY.hex() not in repr(key.__dict__.keys())


def test_a_line_put_first_wraps_from_then_on_while_the_older_ones_still_unwrap(tmp_path):
    path = tmp_path / "key"
    path.write_bytes(key_line(1))
    old = LocalFileKey(path).wrap(DATA_KEY)
    path.write_bytes(key_line(2) + key_line(1))
    rotated = LocalFileKey(path)
    assert rotated.current_id() != old.key_id
    assert rotated.unwrap(old) == DATA_KEY
    new = rotated.wrap(DATA_KEY)
    path.write_bytes(key_line(2))
    after = LocalFileKey(path)
    assert after.unwrap(new) == DATA_KEY
    with pytest.raises(UnwrapFailed):
        after.unwrap(old)


def test_a_damaged_or_moved_wrapped_key_does_not_unwrap(tmp_path):
    path = tmp_path / "key"
    path.write_bytes(key_line(1) + key_line(2))
    key = LocalFileKey(path)
    wrapped = key.wrap(DATA_KEY)
    other_id = WrappedKey(LocalFileKey(path).wrap(DATA_KEY).key_id.replace("local:", "local:0"), wrapped.ciphertext)
    for forged in (WrappedKey(wrapped.key_id, b""), WrappedKey(wrapped.key_id, wrapped.ciphertext[:-8]), other_id,
                   WrappedKey(wrapped.key_id, wrapped.ciphertext[:-1]), WrappedKey("", wrapped.ciphertext),
                   WrappedKey(wrapped.key_id, bytes([wrapped.ciphertext[0] ^ 1]) + wrapped.ciphertext[1:])):
        with pytest.raises(UnwrapFailed):
            key.unwrap(forged)


@pytest.mark.parametrize("damage", [b"", b"\n\n", b"not base64!", base64.b64encode(bytes(31)), base64.b64encode(bytes(33)),
                                    key_line(1) + b"====", b"\xff\xfe\x00", key_line(1) + base64.b64encode(bytes(16))])
def test_a_damaged_key_file_is_refused_without_a_word_of_what_it_holds(tmp_path, damage):
    path = tmp_path / "key"
    path.write_bytes(damage)
    with pytest.raises(UnwrapFailed, match="KEY_ENCRYPTION_KEY_FILE") as refused:
        LocalFileKey(path)
    text = damage.decode("latin-1").strip()
    assert not text or text not in str(refused.value)


def test_a_folder_in_place_of_the_key_file_is_refused(tmp_path):
    with pytest.raises(UnwrapFailed, match="KEY_ENCRYPTION_KEY_FILE"):
        LocalFileKey(tmp_path)


def test_key_vault_unwraps_what_was_wrapped_and_no_request_carries_the_data_key():
    vault = Vault()
    wrapped = vault_key(vault).wrap(DATA_KEY)
    assert vault.calls == [("get", "")]
    assert wrapped.key_id == f"{VAULT}/keys/data-keys/{vault.current}"
    assert vault_key(vault).unwrap(wrapped) == DATA_KEY
    assert vault.calls[1:] == [("get", vault.current), ("unwrapkey", vault.current)]
    for spelling in (DATA_KEY, DATA_KEY.hex().encode(), base64.b64encode(DATA_KEY).rstrip(b"="), encoded(DATA_KEY).encode()):
        assert not any(spelling in body for body in vault.requests)


def test_a_vault_is_asked_for_its_challenge_before_any_key_is_named_to_it():
    vault = Vault("https://fresh-challenge.vault.azure.net")
    vault_key(vault).current_id()
    assert b"Bearer" not in vault.requests[0]
    assert b"Bearer a-token" in vault.requests[1]
    assert vault.calls == [("get", "")]


def test_wrapping_uses_the_newest_version_and_unwrapping_the_one_that_wrapped():
    vault = Vault()
    key = vault_key(vault)
    old, old_version = key.wrap(DATA_KEY), vault.current
    vault.rotate()
    new = key.wrap(bytes(32))
    assert key.current_id() == new.key_id != old.key_id
    assert (key.unwrap(old), key.unwrap(new)) == (DATA_KEY, bytes(32))
    assert ("unwrapkey", old_version) in vault.calls
    del vault.keys[old_version]
    with pytest.raises(UnwrapFailed):
        key.unwrap(old)


def test_a_key_that_another_vault_or_key_wrapped_is_refused_without_a_call():
    vault = Vault()
    key = vault_key(vault)
    for key_id in ("https://elsewhere.vault.azure.net/keys/data-keys/1", f"{VAULT}/keys/data-keys-2/1", "local:0123",
                   f"{VAULT}/keys/other/1", f"{VAULT}.evil.example/keys/data-keys/1", ""):
        with pytest.raises(UnwrapFailed):
            key.unwrap(WrappedKey(key_id, bytes(256)))
    assert vault.calls == []


def test_a_damaged_wrapped_key_is_refused_by_the_vault():
    vault = Vault()
    key = vault_key(vault)
    wrapped = key.wrap(DATA_KEY)
    with pytest.raises(UnwrapFailed):
        key.unwrap(WrappedKey(wrapped.key_id, bytes(256)))


@pytest.mark.parametrize("operation", ["get", "unwrapkey"])
@pytest.mark.parametrize("answer", [403, 429, 500, 503, requests.ConnectionError("no route"), requests.ReadTimeout("late")],
                         ids=["403", "429", "500", "503", "unreachable", "timeout"])
def test_a_vault_that_cannot_answer_is_unavailable(operation, answer):
    vault = Vault()
    key = vault_key(vault)
    wrapped = key.wrap(DATA_KEY)
    vault.answers = {operation: answer} if operation == "unwrapkey" else {"get": answer, "unwrapkey": answer}
    with pytest.raises(Unavailable) as failed:
        key.unwrap(wrapped)
    assert failed.value.status == 503
    if operation == "get":
        with pytest.raises(Unavailable):
            key.current_id()
        with pytest.raises(Unavailable):
            key.wrap(DATA_KEY)


def test_a_vault_without_the_key_fails_to_unwrap():
    vault = Vault()
    key = vault_key(vault)
    wrapped = key.wrap(DATA_KEY)
    vault.answers = {"get": 404, "unwrapkey": 404}
    for call in (lambda: key.unwrap(wrapped), key.current_id, lambda: key.wrap(DATA_KEY)):
        with pytest.raises(UnwrapFailed):
            call()


def test_a_key_may_still_be_unwrapped_where_reading_keys_is_forbidden():
    vault = Vault()
    key = vault_key(vault)
    wrapped = key.wrap(DATA_KEY)
    vault.answers = {"get": 403}
    assert key.unwrap(wrapped) == DATA_KEY


@pytest.mark.parametrize("attributes", [{"exp": 1_000_000_000}, {"nbf": 32_000_000_000}], ids=["expired", "not yet valid"])
def test_a_key_that_is_not_valid_now_does_not_wrap(attributes):
    vault = Vault()
    vault.attributes = attributes
    with pytest.raises(Unavailable):
        vault_key(vault).wrap(DATA_KEY)
    assert DATA_KEY not in b"".join(vault.requests)


def test_a_key_url_with_a_slash_at_its_end_is_the_same_key():
    vault = Vault()
    wrapped = vault_key(vault).wrap(DATA_KEY)
    assert KeyVaultKey(f"{VAULT}/keys/data-keys/", Credential(), transport=vault.transport, retry_total=0).unwrap(wrapped) == DATA_KEY
