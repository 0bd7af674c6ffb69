"""What the account is, as the 2.0 training API tells it: the published way to view one's account data."""
from __future__ import annotations

from shared.accounts.models import Account, KeyName
from shared.api.custom_vision.wire import Wire, training_20
from shared.http.operation import Auth, Call

FINGERPRINT_PREFIX = "sha256:"
_FINGERPRINT_CHARACTERS = 12


class KeyPair(Wire):
    """Fingerprints: a key is kept as its hash alone and cannot be told."""

    primary_key: str
    secondary_key: str

    @classmethod
    def of(cls, account: Account) -> KeyPair:
        primary, secondary = (FINGERPRINT_PREFIX + account.key_hashes[name][:_FINGERPRINT_CHARACTERS]
                              for name in (KeyName.KEY1, KeyName.KEY2))
        return cls(primary_key=primary, secondary_key=secondary)


class ApiKeys(Wire):
    training_keys: KeyPair
    prediction_keys: KeyPair


class AccountInfo(Wire):
    user_name: str
    keys: ApiKeys


@training_20.operation("GET", "account", auth=Auth.ACCOUNT)
def get_account_info(call: Call) -> AccountInfo:
    """The account's name and the fingerprints of its keys, which train and predict alike.

    Source: GetAccountInfo, Custom Vision Training 2.0, named by the published page on viewing and deleting user data.
    """
    account = call.own_account
    keys = KeyPair.of(account)
    return AccountInfo(user_name=account.display_name, keys=ApiKeys(training_keys=keys, prediction_keys=keys))
