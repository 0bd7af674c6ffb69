"""Accounts whose maker died: taken away after an hour, and by nobody made whole afterwards."""
from __future__ import annotations

from itertools import count

import pytest

from shared.errors import NotFound
from tests.integration.storage.wire import (
    Died,
    Wire,
    dies_before,
    is_write,
    meanwhile,
)


def half_made(deployment, after: int) -> str | None:
    """The id of an account whose maker died before its write number `after`; None if it lived to the end."""
    wire = Wire()
    wire.trouble(dies_before, is_write, after=after)
    known = {row["RowKey"] for row in deployment.raw_tables.get_table_client("directory").query_entities("PartitionKey eq 'account'")}
    try:
        deployment.worker(wire).accounts.create("half made")
        return None
    except Died:
        rows = deployment.raw_tables.get_table_client("directory").query_entities("PartitionKey eq 'account'")
        return next((row["RowKey"] for row in rows if row["RowKey"] not in known), "nothing made")


def test_a_half_made_account_is_taken_away_after_an_hour_wherever_its_maker_died(deployment):
    made = []
    for after in count():
        account_id = half_made(deployment, after)
        if account_id is None:
            break
        made.append(account_id)
    assert len(made) >= 5
    whole = {account.id for account in deployment.worker().accounts.page(None, 100)[0]}
    deployment.clock.pass_seconds(3599)
    deployment.worker().account_deletion.run()
    directory = deployment.raw_tables.get_table_client("directory")
    assert len(list(directory.query_entities("PartitionKey eq 'account'"))) == len(whole) + len(made) - made.count("nothing made")
    deployment.clock.pass_seconds(1)
    deployment.worker().account_deletion.run()
    rows = list(directory.list_entities())
    assert {row["RowKey"] for row in rows if row["PartitionKey"] == "account"} == whole
    assert {row["accountId"] for row in rows if row["PartitionKey"] == "key"} == whole
    stores = [*(table.name for table in deployment.raw_tables.list_tables()),
              *(container.name for container in deployment.raw_blobs.list_containers())]
    assert {name[1:] for name in stores if name.startswith("a")} == whole


def test_taking_half_made_accounts_away_goes_on_where_a_worker_died(deployment):
    for after in count():
        assert half_made(deployment, 5)
        deployment.clock.pass_seconds(3600)
        wire = Wire()
        wire.trouble(dies_before, is_write, after=after)
        try:
            deployment.worker(wire).account_deletion.run()
            ended = True
        except Died:
            ended = False
        deployment.worker().account_deletion.run()
        assert list(deployment.raw_tables.get_table_client("directory").list_entities()) == []
        assert [table.name for table in deployment.raw_tables.list_tables()] == ["directory"]
        assert list(deployment.raw_blobs.list_containers()) == []
        if ended:
            break
    assert after >= 4


def test_a_maker_that_was_asleep_for_an_hour_makes_no_account_of_what_was_taken_away(deployment):
    wire = Wire()

    def an_hour_later() -> None:
        deployment.clock.pass_seconds(3600)
        deployment.worker().account_deletion.run()
    wire.trouble(meanwhile(an_hour_later), wanted=lambda sent: b'"active"' in sent.body)
    with pytest.raises(NotFound):
        deployment.worker(wire).accounts.create("a")
    assert list(deployment.raw_tables.get_table_client("directory").list_entities()) == []
