"""What an account keeps, as its owner is shown it."""
from __future__ import annotations

from shared.blocklists.models import NewItem


def test_records_are_counted_by_kind(services, account):
    services.blocklists.upsert(account.store, "one", "")
    services.blocklists.add_items(account.store, "one", [NewItem("kraken", None, False), NewItem("hydra", None, False)])
    overview = services.data_overviews.count(account.store.account_id)
    assert overview.is_complete
    counted = {each.kind: each for each in overview.kinds}
    assert (counted["blocklist"].records, counted["blocklist-item"].records, counted["blocklist-item"].files) == (1, 2, 0)
    assert counted["blocklist-item"].size_bytes > 0
