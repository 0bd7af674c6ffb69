"""What a worker remembers of an account ends with the account."""
from __future__ import annotations

import gc
import weakref

import pytest

from shared.accounts.models import KeyName
from shared.blocklists.models import NewItem
from shared.errors import Unauthenticated


def test_a_worker_that_sees_an_account_gone_forgets_its_keys_indexes_texts_and_patterns(deployment):
    ours, theirs = deployment.worker(), deployment.worker()
    account, keys = ours.accounts.create("a")
    bystander, _ = ours.accounts.create("b")
    for each in (account, bystander):
        store = theirs.accounts.open(each)
        theirs.blocklists.upsert(store, "garden", None)
        theirs.blocklists.add_items(store, "garden", [NewItem("leek", None, False), NewItem("tur+nip", None, True)])
        assert len(theirs.text_analysis.analyze(store, "leek turnip", [], ["garden"], True).matches) == 2

    def remembered(of) -> list[weakref.ref]:
        store = theirs.accounts.open(of)
        matcher = theirs.text_analysis._matcher
        (patterns,) = [value for key, (value, *_) in matcher._patterns._entries.items() if key[0] == of.id]
        return [weakref.ref(theirs.blocklist_indexes.newest(store, "garden")), weakref.ref(patterns.compiled), weakref.ref(store.keys)]
    gone, kept = remembered(account), remembered(bystander)
    del store
    ours.account_deletion.delete(account.id, "key1")
    with pytest.raises(Unauthenticated):
        theirs.accounts.authenticate_key(keys[KeyName.KEY1])
    gc.collect()
    assert [each() for each in gone] == [None, None, None]
    assert None not in [each() for each in kept]
    assert not [key for key in theirs.text_analysis._matcher._candidates._texts._entries if key[0] == account.id]
