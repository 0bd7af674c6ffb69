"""Tables on Azurite: rows by any key, pages, walks, batches within the service's limits, and failures as our errors."""
from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from azure.core.exceptions import HttpResponseError
from azure.data.tables import TableServiceClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.errors import Conflict, NotFound, Unavailable
from shared.storage.tables import Row, Table, TableStore, escape_key, unescape_key
from tests.integration.storage.wire import answering, lost_answer, lost_request

KEYS = st.text(st.one_of(st.sampled_from("/\\#?%|!'\"&+ @\n\t\x00\x7f\x9f\u00e9\u4e2d\U0001f600"), st.characters(codec="utf-8")),
               min_size=1, max_size=12)


def rows_of(table: Table, partition: str, keys) -> None:
    table.upsert_all([Row(partition, key, {"n": position}) for position, key in enumerate(keys)])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(partition=KEYS, key=KEYS)
def test_a_row_of_any_key_is_found_replaced_listed_and_deleted(table, partition, key):
    place = escape_key(partition), escape_key(key)
    table.upsert(Row(*place, {"n": 1}))
    found = table.find(*place)
    assert found == Row(*place, {"n": 1})
    assert unescape_key(found.partition) == partition and unescape_key(found.key) == key
    table.replace(Row(*place, {"n": 2}, found.etag))
    assert [row.values["n"] for row in table.page(place[0], first=place[1], last=place[1]).rows] == [2]
    rows, _ = table.walk(("", ""), 1000)
    assert place in [(row.partition, row.key) for row in rows]
    assert table.page(place[0], after=place[1]).rows == []
    table.delete_all(place[0], [place[1]])
    assert table.find(*place) is None


def test_values_keep_their_types(table):
    values = {"text": "caf\u00e9", "number": 7, "bytes": b"\x00\xff", "truth": True, "nothing": ""}
    table.insert(Row("p", "k", values))
    assert table.find("p", "k").values == values


@pytest.mark.parametrize("count", [1, 99, 100, 101, 250])
def test_many_rows_are_written_and_deleted_in_batches_of_a_hundred(table, wire, count):
    keys = [f"{number:04}" for number in range(count)]
    rows_of(table, "p", keys)
    assert sum("$batch" in sent.url for sent in wire.sent) == -(-count // 100)
    assert [row.key for row in table.page("p").rows] == keys
    table.delete_all("p", keys)
    assert table.page("p").rows == []


@pytest.mark.parametrize("count", [0, 1, 99])
def test_rows_are_appended_with_their_head_in_one_transaction(table, wire, count):
    etag = table.append([Row("p", "first", {"n": 0})], Row("p", "head", {"n": 1}))
    wire.clear()
    etag = table.append([Row("p", f"{number:03}", {"n": number}) for number in range(count)], Row("p", "head", {"n": 2}, etag))
    assert [sent.method for sent in wire.sent] == ["POST"]
    assert len(table.page("p").rows) == count + 2
    head = table.find("p", "head")
    assert (head.values, head.etag) == ({"n": 2}, etag)


def test_an_append_that_cannot_be_done_whole_leaves_nothing(table):
    etag = table.append([Row("p", "1", {"n": 1})], Row("p", "head", {"n": 1}))
    table.replace(Row("p", "head", {"n": 2}, etag))
    newest = table.find("p", "head").etag
    for rows, head, error in (
            ([Row("p", "2", {})], Row("p", "head", {}, etag), Conflict),  # the head was changed
            ([Row("p", "1", {})], Row("p", "head", {}, newest), Conflict),  # the row is there
            ([Row("p", "2", {})], Row("p", "head", {}), Conflict),  # the head is there
            ([Row("p", "2", {})], Row("p", "other head", {}, newest), NotFound)):
        with pytest.raises(error):
            table.append(rows, head)
    assert {row.key: row.values for row in table.page("p").rows} == {"1": {"n": 1}, "head": {"n": 2}}


def test_large_rows_are_cut_into_batches_that_the_service_takes(table, wire):
    table.upsert_all([Row("p", f"{number:03}", {"payload": bytes([number]) * 65_000}) for number in range(100)])
    batches = [sent for sent in wire.sent if "$batch" in sent.url]
    assert len(batches) > 1
    assert all(len(batch.body) < 4 * 1024 * 1024 for batch in batches)  # the limit of an entity group transaction
    assert all(row.values["payload"][0] == int(row.key) for row in table.page("p").rows)


def test_a_page_keeps_to_its_bounds_and_says_where_to_go_on(table):
    keys = [f"{number:02}" for number in range(10)]
    rows_of(table, "p", keys)
    rows_of(table, "q", keys)
    page = table.page("p", size=4)
    assert ([row.key for row in page.rows], page.next_after) == (keys[:4], "03")
    page = table.page("p", after="03", size=6)
    assert ([row.key for row in page.rows], page.next_after) == (keys[4:], None)
    assert [row.key for row in table.page("p", first="03", last="05").rows] == ["03", "04", "05"]
    page = table.page("p", after="03", first="02", last="07", size=2)
    assert ([row.key for row in page.rows], page.next_after) == (["04", "05"], "05")
    assert table.page("p", after="09").rows == []
    assert table.page("nowhere").rows == []


def test_a_page_is_one_request_and_the_pages_of_a_long_partition_miss_nothing(table):
    keys = [f"{number:05}" for number in range(2_050)]
    rows_of(table, "p", keys)
    seen, sizes, after = [], [], None
    for _ in range(4):
        page = table.page("p", size=2_050, after=after, select=())
        seen += [row.key for row in page.rows]
        sizes.append(len(page.rows))
        after = page.next_after
        if after is None:
            break
    # One row less than the thousand that a request brings, so that the thousandth tells whether there are more.
    assert (seen, sizes) == (keys, [999, 999, 52])


@pytest.mark.parametrize("stride", [1, 2, 3, 5, 7, 100])
def test_a_walk_in_any_stride_sees_every_row_once(table, stride):
    places = [(partition, key) for partition in ("", "a", "a'b", "a|1", "a|2", "b") for key in ("", "1", "2 '", "3")]
    places = [place for place in places if "" not in place]
    for partition in {partition for partition, _ in places}:
        rows_of(table, partition, [key for place, key in places if place == partition])
    seen, after = [], None
    for _ in range(len(places) + 1):
        rows, after = table.walk(after, stride)
        seen += [(row.partition, row.key) for row in rows]
        if after is None:
            break
    assert seen == sorted(places)


def test_a_walk_goes_on_over_rows_that_come_and_go(table):
    rows_of(table, "a", ["1", "2", "3"])
    rows_of(table, "b", ["1"])
    rows, after = table.walk(None, 2)
    assert [row.key for row in rows] == ["1", "2"]
    table.delete("a", "2")  # the very row that it goes on after
    table.delete("a", "3")
    rows_of(table, "aa", ["9"])
    rows, after = table.walk(after, 2)
    assert ([(row.partition, row.key) for row in rows], after) == ([("aa", "9"), ("b", "1")], None)


def test_deleting_many_rows_does_not_mind_those_that_are_gone(table):
    rows_of(table, "p", [f"{number:03}" for number in range(0, 240, 2)])
    table.delete_all("p", [f"{number:03}" for number in range(240)])
    assert table.page("p").rows == []
    table.delete_all("p", [])
    table.delete("p", "gone")


def test_writers_that_come_second_are_told_so(table):
    etag = table.insert(Row("p", "k", {"n": 1}))
    with pytest.raises(Conflict):
        table.insert(Row("p", "k", {"n": 2}))
    newer = table.replace(Row("p", "k", {"n": 3}, etag))
    with pytest.raises(Conflict):
        table.replace(Row("p", "k", {"n": 4}, etag))
    with pytest.raises(Conflict):
        table.delete("p", "k", etag)
    assert table.find("p", "k").values == {"n": 3}
    table.delete("p", "k", newer)
    with pytest.raises(NotFound):
        table.replace(Row("p", "k", {"n": 5}, newer))


def test_a_table_that_is_gone_has_nothing_in_it(azurite, wire, raw_tables):
    table = TableStore(raw_tables).table("t0never")
    assert table.find("p", "k") is None
    with pytest.raises(NotFound):
        table.page("p")
    with pytest.raises(NotFound):
        table.insert(Row("p", "k", {}))


CALLS = {
    "create": lambda table: table.create(),
    "find": lambda table: table.find("p", "k"),
    "insert": lambda table: table.insert(Row("p", "k2", {"n": 1})),
    "upsert": lambda table: table.upsert(Row("p", "k", {"n": 1})),
    "replace": lambda table: table.replace(Row("p", "k", {"n": 1}, 'W/"x"')),
    "delete": lambda table: table.delete("p", "k"),
    "upsert_all": lambda table: table.upsert_all([Row("p", "k", {"n": 1})]),
    "delete_all": lambda table: table.delete_all("p", ["k"]),
    "page": lambda table: table.page("p"),
    "walk": lambda table: table.walk(None, 10),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("trouble", [lost_request, lost_answer, answering(408), answering(429), answering(500), answering(503)],
                         ids=["request lost", "answer lost", "408", "429", "500", "503"])
def test_a_storage_that_does_not_answer_is_unavailable(table, wire, call, trouble):
    wire.trouble(trouble, times=100)
    with pytest.raises(Unavailable):
        call(table)


@pytest.mark.parametrize("call", [CALLS["find"], CALLS["insert"], CALLS["page"]])
def test_a_refusal_that_is_our_own_fault_is_not_dressed_up(table, wire, call):
    wire.trouble(answering(400))
    with pytest.raises(HttpResponseError):
        call(table)


def test_every_selection_asks_for_the_keys_too(table, wire):
    """The service, unlike Azurite, leaves keys out that are not selected (Azure/azure-sdk-for-java issue 25952)."""
    rows_of(table, "p", ["1"])
    wire.clear()
    for row in (table.find("p", "1", select=["n"]), *table.page("p", select=["n"]).rows, *table.page("p", select=()).rows):
        assert (row.partition, row.key) == ("p", "1")
    selections = [parse_qs(urlsplit(sent.url).query)["$select"][0].split(",") for sent in wire.sent]
    assert len(selections) == 3
    assert all({"PartitionKey", "RowKey"} <= set(selection) for selection in selections)


def test_no_query_asks_for_a_scan_of_the_whole_table(table, wire):
    """A condition with `or` is answered by reading the table from its start."""
    rows_of(table, "p", ["1", "2", "3"])
    wire.clear()
    table.walk(("p", "1"), 1)
    table.walk(("p", "3"), 1)
    table.page("p", after="1", first="0", last="3")
    filters = [parse_qs(urlsplit(sent.url).query)["$filter"][0] for sent in wire.sent]
    assert filters and not any(" or " in condition for condition in filters)


def test_rows_are_found_by_a_property_in_one_partition_whatever_else_there_is(table):
    table.upsert_all([Row("p", f"{number:05}", {"owner": f"o{number % 2}"}) for number in range(1200)])
    table.insert(Row("q", "1", {"owner": "o1"}))
    table.insert(Row("p", "quoted", {"owner": "o'1 or true"}))
    found = [row.key for row in table.where("p", "owner", "o1", select=())]
    assert found == [f"{number:05}" for number in range(1, 1200, 2)]
    assert [row.key for row in table.where("p", "owner", "o'1 or true")] == ["quoted"]
    assert list(table.where("p", "owner", "nobody")) == list(table.where("none", "owner", "o1")) == []


def test_rows_whose_time_has_come_are_found_on_both_sides_of_it(table):
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    for partition in ("kind", "kind|a", "kind|b", "kinder"):
        for seconds in (-1, 0, 1):
            table.insert(Row(partition, str(seconds), {"until": noon + timedelta(seconds=seconds)}))
    assert {(row.partition, row.key) for row in table.before("kind", "kind", "until", noon, 100)} == {("kind", "-1"), ("kind", "0")}
    assert {row.partition for row in table.before("kind|", "kind}", "until", noon, 100)} == {"kind|a", "kind|b"}
    assert len(table.before("kind|", "kind}", "until", noon, 3)) == 3


def test_a_row_tells_when_the_service_wrote_it(table):
    rows_of(table, "p", ["1"])
    (row,) = table.page("p").rows
    assert abs(datetime.now(UTC) - row.written_at) < timedelta(minutes=5)


def test_a_store_knows_which_tables_there_are_by_their_whole_name(azurite, table):
    store = TableStore(TableServiceClient.from_connection_string(azurite.connection_string))
    assert store.has(table.name) and not store.has(table.name[:-1]) and not store.has(f"{table.name}0")
    table.destroy()
    assert not store.has(table.name)
