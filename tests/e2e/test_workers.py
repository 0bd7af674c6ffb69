"""Two workers on one storage: what one changes counts for the other's next call, and no writer loses anything."""
from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

SWAPPED = pytest.mark.parametrize("is_swapped", [False, True], ids=["first writes", "second writes"])


@pytest.fixture
def writer_and_reader(served, elsewhere, is_swapped: bool):
    return (elsewhere, served) if is_swapped else (served, elsewhere)


def together(*works: Callable[[], object]) -> None:
    """Run all of these at the same time; whatever one raises is raised."""
    with ThreadPoolExecutor(len(works)) as pool:
        for done in as_completed([pool.submit(work) for work in works]):
            done.result()


@SWAPPED
def test_every_change_counts_for_the_other_workers_very_next_call(writer_and_reader):
    writer, reader = writer_and_reader
    text = "leek and turnip and s00p"
    with pytest.raises(ResourceNotFoundError):
        reader.hits(text, "words")

    writer.create_list("words", "first")
    assert reader.hits(text, "words") == []

    leek = writer.add("words", "leek")[0]["blocklistItemId"]
    assert reader.hits(text, "words") == ["leek"]

    writer.add("words", "turnip")
    assert reader.hits(text, "words") == ["leek", "turnip"]

    soup = writer.add("words", {"text": "s[o0]+p", "isRegex": True})[0]["blocklistItemId"]
    assert reader.hits(text, "words") == ["leek", "turnip", "s[o0]+p"]

    writer.remove("words", [leek])
    assert reader.hits(text, "words") == ["turnip", "s[o0]+p"]

    writer.remove("words", [soup])
    assert reader.hits(text, "words") == ["turnip"]

    writer.add("words", {"text": "leek", "description": "again"})
    assert reader.hits(text, "words") == ["leek", "turnip"]
    assert {item["text"]: item.get("description") for item in reader.items("words")} == {
        "leek": "again", "turnip": None}

    writer.create_list("words", "second")
    with reader.blocklists() as client:
        assert client.get_text_blocklist("words").description == "second"
    assert reader.hits(text, "words") == ["leek", "turnip"]

    with writer.blocklists() as client:
        client.delete_text_blocklist("words")
    with pytest.raises(ResourceNotFoundError):
        reader.hits(text, "words")
    with pytest.raises(ResourceNotFoundError):
        reader.items("words")

    writer.create_list("words")
    assert reader.hits(text, "words") == []
    assert reader.items("words") == []
    writer.add("words", "turnip")
    assert reader.hits(text, "words") == ["turnip"]


def test_workers_take_turns_and_each_sees_the_others_last_change(served, elsewhere):
    served.create_list("words")
    workers, rng = [served, elsewhere], random.Random(7)
    present: dict[str, str] = {}
    for step in range(25):
        writer, reader = rng.sample(workers, 2)
        if present and rng.random() < 0.4:
            text = rng.choice(sorted(present))
            writer.remove("words", [present.pop(text)])
        else:
            text = f"turnip{step % 12}"
            present[text] = writer.add("words", text)[0]["blocklistItemId"]
        assert set(reader.hits(" ".join(f"turnip{number}" for number in range(12)), "words")) == set(present)


def test_many_writers_on_two_workers_lose_nothing(served, elsewhere):
    """2 workers, 8 threads each, 6 requests a thread; each adds a text of its own."""
    served.create_list("words")
    texts = {(worker, thread): [f"w{worker}t{thread}n{number}" for number in range(6)]
             for worker in range(2) for thread in range(8)}

    def write(worker: int, thread: int) -> None:
        account = (served, elsewhere)[worker]
        for text in texts[worker, thread]:
            account.add("words", text)
    together(*(lambda place=place: write(*place) for place in texts))

    everything = {text for part in texts.values() for text in part}
    for account in (served, elsewhere):
        assert {item["text"] for item in account.items("words")} == everything
        assert set(account.hits(" ".join(sorted(everything)), "words")) == everything


def test_writers_of_texts_patterns_and_descriptions_do_not_undo_each_other(served, elsewhere):
    served.create_list("words")

    def describe() -> None:
        for number in range(10):
            elsewhere.create_list("words", f"description {number}")
    together(
        lambda: [served.add("words", f"term{number}") for number in range(10)],
        lambda: [elsewhere.add("words", {"text": f"pat+ern{number}", "isRegex": True}) for number in range(10)],
        describe)

    texts = {f"term{number}" for number in range(10)} | {f"pat+ern{number}" for number in range(10)}
    spoken = " ".join(f"term{number} patttern{number}" for number in range(10))
    for account in (served, elsewhere):
        assert {item["text"] for item in account.items("words")} == texts
        assert set(account.hits(spoken, "words")) == texts
        with account.blocklists() as client:
            assert client.get_text_blocklist("words").description == "description 9"


@pytest.mark.parametrize("item", [{"text": "leek"}, {"text": "le+k", "isRegex": True}], ids=["text", "pattern"])
def test_after_a_race_of_adding_and_removing_one_item_list_and_matching_agree(served, elsewhere, item: dict):
    served.create_list("words")
    item_id = served.add("words", item)[0]["blocklistItemId"]
    for _ in range(6):
        together(lambda: served.add("words", item), lambda: elsewhere.remove("words", [item_id]),
                 lambda: elsewhere.add("words", item), lambda: served.remove("words", [item_id]))

        for account in (served, elsewhere):
            listed = [entry["text"] for entry in account.items("words")]
            assert account.hits("a leek", "words") == listed
        if listed:
            assert served.add("words", item)[0]["blocklistItemId"] == item_id


def test_a_list_that_is_created_twice_at_once_is_one_list(served, elsewhere):
    statuses = []
    for number in range(3):
        def create(account, number: int = number) -> None:
            with account.http() as http:
                answer = http.patch(f"/contentsafety/text/blocklists/list{number}?api-version=2024-09-01", json={})
                statuses.append(answer.status_code)
        together(*(lambda account=account: create(account) for account in (served, elsewhere) * 3))
    with served.blocklists() as client:
        names = [blocklist.blocklist_name for blocklist in client.list_text_blocklists()]

    assert names == [f"list{number}" for number in range(3)]
    assert sorted(statuses) == [200] * 15 + [201] * 3


def test_adding_to_a_list_while_it_is_deleted_and_recreated_leaves_nothing_behind(served, elsewhere):
    """An addition either belongs to the list that was deleted, or to the new one; never to both or half."""
    served.create_list("words")

    def renew() -> None:
        for _ in range(5):
            with served.blocklists() as client:
                client.delete_text_blocklist("words")
                client.create_or_update_text_blocklist("words", {})

    def add() -> None:
        for number in range(15):
            try:
                elsewhere.add("words", f"turnip{number}")
            except HttpResponseError as error:
                assert error.status_code == 404
    together(renew, add)

    listed = {item["text"] for item in served.items("words")}
    for account in (served, elsewhere):
        assert set(account.hits(" ".join(f"turnip{number}" for number in range(15)), "words")) == listed


def test_reading_goes_on_while_others_write(served, elsewhere):
    """A reader never sees an error, nor a list without what was there before and after."""
    served.create_list("words")
    served.add("words", "anchor")

    def write() -> None:
        for number in range(8):
            added = served.add("words", *(f"turnip{number}x{part}" for part in range(5)))
            served.remove("words", [item["blocklistItemId"] for item in added])

    def read() -> None:
        for _ in range(15):
            assert elsewhere.hits("anchor", "words") == ["anchor"]
    together(write, read, read)
