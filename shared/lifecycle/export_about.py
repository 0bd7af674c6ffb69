"""What an archive says of the account it is of: account.json. No key is in it, only what tells keys apart."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shared.accounts.models import Account, Grant


def about_account(account: Account, grants: Sequence[Grant]) -> dict[str, Any]:
    return {
        "id": account.id,
        "displayName": account.display_name,
        "region": account.region,
        "createdAt": account.created_at.isoformat(),
        "keys": [{"name": name.value, "fingerprint": key_hash[:12]} for name, key_hash in sorted(account.key_hashes.items())],
        "dataKeyVersion": account.data_keys.current_version,
        "dataKeys": [{"version": version, "fingerprint": fingerprint}
                     for version, fingerprint in sorted(account.data_keys.fingerprints.items())],
        "grants": [{"objectId": grant.object_id, "createdAt": grant.created_at.isoformat()}
                   for grant in sorted(grants, key=lambda grant: grant.object_id)]}
