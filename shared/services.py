"""Everything that a request or a job may use: one service for each room, put together in bootstrap.py."""
from __future__ import annotations

from dataclasses import dataclass

from shared.accounts.key_rotation import KeyRotationService
from shared.accounts.service import AccountService
from shared.accounts.tokens import TokenValidator
from shared.blocklists.index import BlocklistIndexes
from shared.blocklists.service import BlocklistService
from shared.readiness import Readiness
from shared.settings import Secret
from shared.storage_gate import StorageGate
from shared.text_analysis.service import TextAnalysisService


@dataclass(frozen=True, slots=True)
class Services:
    region: str
    operator_key: Secret | None
    public_endpoint: str | None
    strict_contract: bool
    accounts: AccountService
    key_rotation: KeyRotationService
    tokens: TokenValidator | None
    blocklists: BlocklistService
    blocklist_indexes: BlocklistIndexes
    text_analysis: TextAnalysisService
    readiness: Readiness
    storage_gate: StorageGate
