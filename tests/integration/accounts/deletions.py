"""What the tests of deletion share."""
from __future__ import annotations

from datetime import timedelta

from shared.errors import Unauthenticated

ALICE = "11111111-1111-1111-1111-111111111111"
GRACE = timedelta(hours=48)  # DELETED_ACCOUNT_GRACE_HOURS
STUCK_SECONDS = 15 * 60


def notes(deployment) -> list[str]:
    """The ids of receipts that are still to be written."""
    return [row["RowKey"] for row in deployment.raw_tables.get_table_client("directory").query_entities("PartitionKey eq 'receipt'")]


def refused(services, key: str) -> bool:
    try:
        services.accounts.authenticate_key(key)
    except Unauthenticated:
        return True
    return False
