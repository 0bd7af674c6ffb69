"""What a session is bound to: a hash of what its person signed in with, which is compared with what is valid now."""
from __future__ import annotations

import hashlib

from shared.accounts.models import Account, KeyName
from shared.teams.models import Member


def credential_of_key(account: Account, name: KeyName) -> str:
    return _hash("key", account.key_hashes[name])


def credential_of_code(member: Member) -> str:
    """Empty where the member has no code."""
    return _hash("code", member.code_hash) if member.code_hash else ""


def credential_of_identity(member: Member) -> str:
    """Empty where the member has no identity."""
    return _hash("identity", member.object_id) if member.object_id else ""


def _hash(kind: str, value: str) -> str:
    return hashlib.sha256(f"{kind} {value}".encode()).hexdigest()
