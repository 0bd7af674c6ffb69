"""A key that could be lost, taken away or broken is told from one that is as the template makes it."""
from __future__ import annotations

from typing import Any

import pytest

from shared.crypto.key_encryption import UnwrapFailed
from tests.key_vault import Vault, vault_key

PROTECTED = {"recoveryLevel": "Recoverable", "recoverableDays": 90}


@pytest.fixture(scope="module")
def strong() -> Vault:
    return Vault(bits=3072)


def violations(vault: Vault, key: dict[str, Any] | None = None, **attributes: Any) -> list[str]:
    vault.key, vault.attributes = key or {}, {**PROTECTED, **attributes}
    return vault_key(vault).violations()


@pytest.mark.parametrize("level", ["Recoverable", "Recoverable+ProtectedSubscription", "CustomizedRecoverable",
                                   "CustomizedRecoverable+ProtectedSubscription"])
@pytest.mark.parametrize("days", [7, 90])
def test_a_key_of_3072_bits_in_a_vault_with_purge_protection_is_as_it_must_be(strong, level, days):
    assert violations(strong, recoveryLevel=level, recoverableDays=days) == []
    assert violations(strong, {"kty": "RSA-HSM"}, recoveryLevel=level, recoverableDays=days) == []


@pytest.mark.parametrize("level", ["Recoverable+Purgeable", "CustomizedRecoverable+Purgeable"])
def test_a_vault_whose_deleted_keys_can_be_purged_is_refused(strong, level):
    assert violations(strong, recoveryLevel=level) == [f"its vault has no purge protection ({level})"]


@pytest.mark.parametrize(("level", "said"), [("Purgeable", "Purgeable"), (None, "no recovery level")])
def test_a_vault_without_soft_delete_is_refused(strong, level, said):
    assert violations(strong, recoveryLevel=level) == [f"its vault has no soft delete ({said})"]


@pytest.mark.parametrize("days", [6, 0, None])
def test_days_of_recovery_that_are_no_days_are_refused(strong, days):
    assert violations(strong, recoverableDays=days) == ["it can be recovered for less than 7 days"]


def test_a_key_of_fewer_bits_is_refused():
    assert violations(Vault(bits=2048)) == ["it has 2048 bits, fewer than 3072"]


@pytest.mark.parametrize("kind", ["EC", "EC-HSM", "oct"])
def test_a_key_of_another_kind_is_refused(strong, kind):
    assert violations(strong, {"kty": kind}) == ["it is no RSA key"]


@pytest.mark.parametrize("operations", [[], ["wrapKey"], ["unwrapKey", "sign"]])
def test_a_key_that_may_not_wrap_and_unwrap_is_refused(strong, operations):
    assert violations(strong, {"key_ops": operations}) == ["it may not be used for wrapKey and unwrapKey"]


def test_a_key_that_is_disabled_or_can_be_exported_is_refused(strong):
    assert violations(strong, enabled=False, exportable=True) == ["it is disabled", "it can be exported from the vault"]


def test_a_key_that_is_not_there_is_told_apart_from_a_vault_that_does_not_answer(strong):
    strong.answers = {"get": 404}
    with pytest.raises(UnwrapFailed, match="not in Key Vault"):
        violations(strong)
