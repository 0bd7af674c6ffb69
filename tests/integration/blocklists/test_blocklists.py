"""Blocklists on Azurite: what may be kept on both sides of each limit, descriptions, pages, deletion, and rules that change."""
from __future__ import annotations

import dataclasses
import uuid

import pytest
from azure.data.tables import TableServiceClient

from shared.blocklists.models import BlocklistItem, NewItem
from shared.blocklists.repository import item_id_of
from shared.errors import InvalidRequest, NotFound, Unavailable
from shared.matching.normalisation import NORMALISATION_VERSION
from shared.storage.holdings import BLOCKLIST_ITEM
from tests.integration.blocklists.lists import COMPACTING, SEALING, Worker, assert_agree, new_name
from tests.integration.storage.wire import Wire, lost_answer, meanwhile


@pytest.fixture
def name() -> str:
    return new_name()


def keep_directly(worker: Worker, name: str, texts: list[str], is_regex: bool) -> None:
    """The rows of many items, without the checks and the index of a request."""
    blocklist = worker.lists.get(worker.store, name)
    worker.repository.upsert_items(worker.store, blocklist.index.generation, [
        BlocklistItem(item_id_of(blocklist.item_key, text, is_regex), text, "", is_regex) for text in texts])


def test_a_list_is_made_once_and_keeps_its_description_when_none_is_given(worker, name):
    assert worker.lists.upsert(worker.store, name, None)[1] is True
    assert worker.lists.upsert(worker.store, name, "first")[1] is False
    assert worker.lists.upsert(worker.store, name, None)[0].description == "first"
    assert worker.lists.upsert(worker.store, name, "")[0].description == ""
    assert worker.lists.get(worker.store, name).description == ""


def test_lists_that_are_not_there_are_not_found(worker, name):
    for act in (lambda: worker.lists.get(worker.store, name), lambda: worker.lists.delete(worker.store, name),
                lambda: worker.add(name, "apple"), lambda: worker.items(name), lambda: worker.matched(name, ["apple"]),
                lambda: worker.lists.remove_items(worker.store, name, [str(uuid.uuid4())]),
                lambda: worker.lists.get_item(worker.store, name, str(uuid.uuid4()))):
        with pytest.raises(NotFound):
            act()


def test_an_item_keeps_its_id_and_its_description_unless_another_is_given(worker, name):
    worker.create(name)
    (first,) = worker.add(name, "apple", description="red")
    assert worker.add(name, "apple") == [first]
    (pattern,) = worker.add(name, "appl[ey]", is_regex=True, description="either")
    assert worker.add(name, "appl[ey]", is_regex=True) == [pattern]
    (changed,) = worker.add(name, "apple", description="")
    assert (changed.id, changed.description) == (first.id, "")
    assert worker.lists.get_item(worker.store, name, first.id.upper()) == changed
    assert len(worker.items(name)) == 2


def test_of_equal_texts_in_one_request_the_last_counts(worker, name):
    worker.create(name)
    given = [NewItem("apple", "1", False), NewItem("pear", None, False), NewItem("apple", "2", False), NewItem("apple", "3", True)]
    items = worker.lists.add_items(worker.store, name, given)
    assert [(item.text, item.description, item.is_regex) for item in items] == [
        ("apple", "2", False), ("pear", "", False), ("apple", "3", True)]
    assert {item.id for item in worker.items(name)} == {item.id for item in items}


@pytest.mark.parametrize(("item", "target"), [
    (NewItem(" \t", None, False), "blocklistItems[1].text"), (NewItem("\u200b", None, False), "blocklistItems[1].text"),
    (NewItem("(", None, True), "blocklistItems[1].text"), (NewItem("(?=a)", None, True), "blocklistItems[1].text"),
    (NewItem("x " * 129, None, False), "blocklistItems[1].text")])
def test_an_item_that_cannot_be_matched_refuses_the_whole_request_without_repeating_it(worker, name, item, target):
    worker.create(name)
    with pytest.raises(InvalidRequest) as refused:
        worker.lists.add_items(worker.store, name, [NewItem("apple", None, False), item])
    assert refused.value.target == target
    assert item.text.strip("( \t\u200b") not in refused.value.message or not item.text.strip("( \t\u200b")
    assert worker.items(name) == []
    assert worker.lists.get(worker.store, name).index.version == 0


def test_a_text_of_128_words_is_kept_and_matched(worker, name):
    worker.create(name, "x " * 128)
    assert worker.matched(name, ["x " * 130]) == {"x " * 128}


@pytest.mark.parametrize("kinds", [(False, False, False), (False, True, False), (True, True, False), (True, False, True)])
def test_a_list_takes_as_many_items_of_either_kind_as_it_may_and_not_one_more(new_worker, name, kinds):
    worker = new_worker(blocklist_item_limit=3)
    worker.create(name)
    words = ["apple", "pear", "plum"]
    for text, is_regex in zip(words, kinds, strict=True):
        worker.add(name, text, is_regex=is_regex)
    for is_regex in (False, True):
        with pytest.raises(InvalidRequest) as refused:
            worker.add(name, "one too many", is_regex=is_regex)
        assert "3" in refused.value.message
    worker.add(name, words[2], is_regex=kinds[2], description="known already")
    worker.remove(name, words[0])
    worker.add(name, "in its place")
    assert worker.listed(name) == {"pear", "plum", "in its place"}


def test_removed_and_repeated_items_do_not_count_against_the_limit(new_worker, name):
    worker = new_worker(blocklist_item_limit=4)
    worker.create(name)
    for round_number in range(6):
        worker.add(name, f"a{round_number}", f"b{round_number}", f"c{round_number}", f"d{round_number}")
        worker.add(name, f"a{round_number}", f"b{round_number}")
        with pytest.raises(InvalidRequest):
            worker.add(name, f"a{round_number}", "e")
        worker.remove(name, *(f"{letter}{round_number}" for letter in "abcd"))
    assert worker.listed(name) == set()


def test_a_list_takes_a_thousand_regular_expressions_and_not_one_more(worker, name):
    worker.create(name, "apple")
    keep_directly(worker, name, [f"w{number}x" for number in range(999)], is_regex=True)
    worker.add(name, "w999x", is_regex=True)
    with pytest.raises(InvalidRequest) as refused:
        worker.add(name, "w1000x", is_regex=True)
    assert "1000" in refused.value.message
    worker.add(name, "w0x", is_regex=True, description="known already")
    worker.add(name, "pear")
    assert worker.matched(name, ["apple", "w999x", "pear", "w1000x"]) == {"apple", "w999x", "pear"}
    worker.remove(name, "w7x")
    worker.add(name, "w1000x", is_regex=True)
    assert worker.matched(name, ["w7x", "w1000x"]) == {"w1000x"}


def test_pages_of_items_are_in_order_and_skip_what_they_are_told_to(worker, name):
    worker.create(name)
    worker.add(name, *(f"word{number}" for number in range(25)))
    ids = [item.id for item in worker.items(name)]
    assert ids == sorted(ids) and len(ids) == 25
    page, after = worker.lists.item_page(worker.store, name, None, 3, 5)
    assert ([item.id for item in page], after) == (ids[3:8], ids[7])
    page, after = worker.lists.item_page(worker.store, name, after, 10, 100)
    assert ([item.id for item in page], after) == (ids[18:], None)
    assert worker.lists.item_page(worker.store, name, None, 24, 5) == ([worker.items(name)[24]], None)
    for skip in (25, 26, 5000):
        assert worker.lists.item_page(worker.store, name, None, skip, 5) == ([], None)


def test_removing_does_not_mind_ids_that_are_no_ids_of_items(worker, name):
    worker.create(name, "apple")
    worker.lists.remove_items(worker.store, name, ["", "no id", "../x", str(uuid.uuid4()), "f" * 32, "\u0661" * 32])
    assert worker.listed(name) == worker.matched(name, ["apple"]) == {"apple"}


def test_an_item_may_be_named_by_any_spelling_of_its_id(worker, name):
    worker.create(name, "apple", "pear")
    apple, pear = (item.id for item in sorted(worker.items(name), key=lambda item: item.text))
    worker.lists.remove_items(worker.store, name, [apple.upper(), pear.replace("-", ""), apple])
    assert worker.listed(name) == worker.matched(name, ["apple", "pear"]) == set()


def test_a_deleted_list_is_gone_for_every_worker_at_once_and_a_new_one_of_its_name_is_empty(new_worker, name):
    ours, theirs = new_worker(), new_worker()
    ours.create(name, "apple")
    ours.add(name, "gr[ae]y", is_regex=True)
    theirs.matched(name, ["apple", "grey"])
    generation = ours.lists.get(ours.store, name).index.generation
    ours.lists.delete(ours.store, name)
    with pytest.raises(NotFound):
        theirs.matched(name, ["apple"])
    theirs.create(name, "pear")
    assert_agree([ours, theirs, new_worker()], name, ["apple", "pear", "grey"], {"pear"})
    for _ in range(2):
        ours.lists.purge(ours.store, generation)
    assert_agree([ours, theirs, new_worker()], name, ["apple", "pear", "grey"], {"pear"})
    assert ours.repository.item_ids(ours.store, generation, None, 10) == ([], None)


def test_the_job_of_a_deletion_does_nothing_while_the_list_is_alive(worker, name):
    worker.create(name, "apple")
    worker.fill(name, 2)
    worker.lists.purge(worker.store, worker.lists.get(worker.store, name).index.generation)
    assert worker.listed(name) == worker.matched(name, ["apple"]) == {"apple"}
    assert worker.stored_blobs() == worker.named_blobs() != set()


def test_the_job_of_a_deletion_takes_lists_longer_than_a_page(worker, name):
    worker.create(name)
    keep_directly(worker, name, [f"word{number}" for number in range(1_050)], is_regex=False)
    generation = worker.lists.get(worker.store, name).index.generation
    worker.lists.delete(worker.store, name)
    worker.lists.purge(worker.store, generation)
    assert worker.repository.item_ids(worker.store, generation, None, 10) == ([], None)
    assert worker.stored_blobs() == set()


def test_one_list_is_matched_apart_from_another_in_the_order_asked(worker):
    first, second = new_name(), new_name()
    worker.create(first, "apple", "pear")
    worker.create(second, "pear", "plum")
    matches = worker.matcher.match(worker.store, [second, first, second], "plum pear apple")
    assert [(match.blocklist_name, match.item_text) for match in matches] == [
        (second, "plum"), (second, "pear"), (first, "pear"), (first, "apple")]
    assert worker.matcher.match(worker.store, [], "plum") == []


def test_accounts_do_not_see_each_others_lists(settings, new_account, name):
    ours, theirs = (Worker(settings, new_account().account) for _ in range(2))
    ours.create(name, "apple")
    assert theirs.lists.page(theirs.store, None, 10) == ([], None)
    with pytest.raises(NotFound):
        theirs.matched(name, ["apple"])
    theirs.create(name, "apple", "pear")
    assert {item.id for item in ours.items(name)}.isdisjoint(item.id for item in theirs.items(name))
    theirs.lists.delete(theirs.store, name)
    assert ours.matched(name, ["apple", "pear"]) == {"apple"}


@pytest.mark.parametrize(("changes", "segments", "tail"), [(SEALING - 1, 0, SEALING - 1), (SEALING, 1, 0), (SEALING + 1, 1, 0)])
def test_a_tail_is_sealed_when_it_has_512_changes(worker, name, changes, segments, tail):
    worker.create(name)
    worker.append_made_up(name, changes)
    index = worker.lists.get(worker.store, name).index
    assert (len(index.segments), len(index.tail) // 25) == (segments, tail)
    assert worker.stored_blobs() == worker.named_blobs()


@pytest.mark.parametrize(("segments", "is_compacted"), [(COMPACTING - 1, False), (COMPACTING, True), (COMPACTING + 3, True)])
def test_sixteen_segments_are_compacted_and_twice_does_no_harm(new_worker, worker, name, segments, is_compacted):
    worker.create(name, "apple", "pear")
    worker.fill(name, segments)
    worker.add(name, "plum")
    for each in (worker, new_worker()):
        each.indexes.compact(each.store, name)
    index = worker.lists.get(worker.store, name).index
    assert (index.base is not None) is is_compacted
    assert len(index.segments) == (0 if is_compacted else segments)
    assert_agree([worker, new_worker()], name, ["apple", "pear", "plum"], {"apple", "pear", "plum"})
    assert worker.stored_blobs() == worker.named_blobs()


def test_the_compaction_of_a_list_that_is_gone_does_nothing(worker, name):
    worker.indexes.compact(worker.store, name)


def with_rules(worker: Worker, name: str, rules: int) -> None:
    """Store the list as a worker with these normalising rules would have."""
    blocklist = worker.lists.get(worker.store, name)
    worker.repository.replace(worker.store, dataclasses.replace(
        blocklist, index=dataclasses.replace(blocklist.index, rules=rules, version=blocklist.index.version + 1)))


@pytest.mark.parametrize("first_use", ["match", "add", "remove", "describe item"])
@pytest.mark.parametrize("texts", [[], ["apple", "pear"]])
def test_an_index_of_older_rules_is_built_anew_from_the_items(new_worker, worker, name, first_use, texts):
    worker.create(name, *texts)
    worker.add(name, "gr[ae]y", is_regex=True)
    worker.fill(name, 2)
    with_rules(worker, name, NORMALISATION_VERSION - 1)
    fresh = new_worker()
    {"match": lambda: fresh.matched(name, ["apple"]), "add": lambda: fresh.add(name, "plum"),
     "remove": lambda: fresh.remove(name, "apple"), "describe item": lambda: fresh.add(name, "apple", description="d")}[first_use]()
    expected = {*texts, "gr[ae]y"} | {"add": {"plum"}, "describe item": {"apple"}}.get(first_use, set())
    expected -= {"apple"} if first_use == "remove" else set()
    vocabulary = ["apple", "pear", "plum", "grey"]
    assert_agree([fresh, worker, new_worker()], name, vocabulary, expected)
    assert worker.lists.get(worker.store, name).index.rules == NORMALISATION_VERSION
    assert worker.stored_blobs() == worker.named_blobs()


def test_an_item_of_which_newer_rules_leave_nothing_does_not_lock_its_list(new_worker, worker, name):
    worker.create(name, "apple")
    generation = worker.lists.get(worker.store, name).index.generation
    worker.repository.upsert_items(worker.store, generation, [BlocklistItem(f"0{str(uuid.uuid4())[1:]}", "\u200b", "", False)])
    with_rules(worker, name, NORMALISATION_VERSION - 1)
    assert new_worker().matched(name, ["apple"]) == {"apple"}
    assert len(worker.items(name)) == 2


def test_two_workers_that_build_an_index_anew_at_once_leave_one(new_worker, worker, name):
    worker.create(name, "apple")
    worker.fill(name, 1)
    with_rules(worker, name, NORMALISATION_VERSION - 1)
    wire = Wire(retries=2)
    ours = new_worker(wire)
    wire.trouble(meanwhile(lambda: new_worker().matched(name, ["apple"])),
                 wanted=lambda sent: sent.method == "PUT" and "RowKey" in sent.url)
    assert ours.matched(name, ["apple"]) == {"apple"}
    assert worker.stored_blobs() == worker.named_blobs()
    with_rules(worker, name, NORMALISATION_VERSION - 1)
    wire.clear()
    wire.trouble(lost_answer, wanted=lambda sent: sent.method == "PUT" and "RowKey" in sent.url)
    assert ours.matched(name, ["apple"]) == {"apple"}
    assert worker.stored_blobs() == worker.named_blobs()
    assert_agree([worker, ours, new_worker()], name, ["apple"], {"apple"})


def test_a_worker_of_older_rules_leaves_an_index_of_newer_ones_alone(new_worker, worker, name):
    worker.create(name, "apple")
    with_rules(worker, name, NORMALISATION_VERSION + 1000)
    for act in (lambda: new_worker().matched(name, ["apple"]), lambda: new_worker().add(name, "pear")):
        with pytest.raises(Unavailable):
            act()
    assert worker.lists.get(worker.store, name).index.rules == NORMALISATION_VERSION + 1000


def test_a_writer_that_newer_rules_overtake_does_not_mix_its_hashes_in(new_worker, worker, name):
    worker.create(name, "apple")
    wire = Wire()
    ours = new_worker(wire)
    wire.trouble(meanwhile(lambda: with_rules(worker, name, NORMALISATION_VERSION + 1000)),
                 wanted=lambda sent: sent.method == "PUT" and "RowKey" in sent.url)
    with pytest.raises(Unavailable):
        ours.add(name, "pear")
    index = worker.lists.get(worker.store, name).index
    assert (index.rules, len(index.tail) // 25) == (NORMALISATION_VERSION + 1000, 1)


def test_no_text_of_an_item_is_in_any_request_or_in_what_is_stored(new_worker, account, azurite, name):
    wire = Wire()
    worker = new_worker(wire)
    canary = "canarytext that sings"
    worker.create(name)
    worker.add(name, canary, "apple", description="canarydescription")
    worker.add(name, "canaryp[ae]ttern", is_regex=True)
    worker.fill(name, COMPACTING)
    worker.indexes.compact(worker.store, name)
    assert worker.matched(name, [canary]) == {canary}
    worker.remove(name, canary)
    for sent in wire.sent:
        assert "canary" not in sent.url and b"canary" not in sent.body
    rows = list(TableServiceClient.from_connection_string(azurite.connection_string).get_table_client(
        f"a{account.account.id}").list_entities())
    assert rows and not any("canary" in repr(row) for row in rows)
    assert worker.store.records.page(BLOCKLIST_ITEM, parent=worker.lists.get(worker.store, name).index.generation).records
