"""The chain of an audit trail: what its hashes cover, and that every way to break it is found, whatever the trail."""
from __future__ import annotations

import dataclasses
import hashlib
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.accounts.audit_trail import (
    BEFORE_ALL,
    CREATION,
    AuditEvent,
    Deed,
    Head,
    Link,
    Stored,
    chained,
    event_of,
    first_break,
    head_of,
    head_values,
    id_of,
    stored_of,
)

AT = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)


def trail(count: int, head: Head | None = None) -> tuple[list[AuditEvent], Head]:
    names = [CREATION, *(f"act {number}" for number in range(2, count + 1))][:count]
    return chained(head or Head(), [Deed(name, "key1", "192.0.2.0/24", f"request {name}") for name in names], AT)


def stored(events: list[AuditEvent]) -> list[Stored]:
    return [Stored(id_of(event.sequence), event, event.hash) for event in events]


def breaks(found: list[Stored], head: Head) -> int | None:
    return first_break(head.trimmed, found, head.end.sequence, head.end.hash)


def test_the_hash_is_over_the_json_as_the_module_says():
    event = AuditEvent(1, "2026-01-02T03:04:05.678901Z", Deed("act", "key1", "unknown", "r", targets={"n": "ü"}), "0" * 64)
    expected = ('{"addressRange":"unknown","at":"2026-01-02T03:04:05.678901Z","caller":"key1","operation":"act","outcome":"begun",'
                '"previous":"' + "0" * 64 + '","requestId":"r","sequence":1,"targets":{"n":"\\u00fc"}}')

    assert event.hash == hashlib.sha256(expected.encode()).hexdigest()


def test_a_trail_is_whole_alone_after_a_trim_and_when_it_is_empty():
    events, head = trail(5)

    assert breaks(stored(events), head) is None
    trimmed = dataclasses.replace(head, trimmed=Link(3, events[2].hash))
    assert breaks(stored(events[3:]), trimmed) is None
    assert breaks([], dataclasses.replace(head, trimmed=head.end)) is None


@given(st.integers(1, 12), st.data())
def test_whatever_is_removed_is_found_where_it_was(count: int, data):
    events, head = trail(count)
    gone = data.draw(st.sets(st.integers(1, count), min_size=1))

    assert breaks(stored([event for event in events if event.sequence not in gone]), head) == min(gone)


@given(st.integers(2, 12), st.data())
def test_whatever_is_reordered_is_found_at_the_first_that_is_out_of_place(count: int, data):
    events, head = trail(count)
    order = data.draw(st.permutations(range(count)))
    reordered = [events[position] for position in order]
    moved = [place for place, position in enumerate(order) if place != position]

    renamed = [Stored(id_of(place + 1), event, event.hash) for place, event in enumerate(reordered)]

    assert breaks(stored(reordered), head) == breaks(renamed, head) == (moved[0] + 1 if moved else None)


@pytest.mark.parametrize("change", [
    {"at": "2026-01-02T03:04:06Z"}, {"previous": "f" * 64}, {"sequence": 4},
    *({"deed": Deed("act 3", "key1", "192.0.2.0/24", "request act 3", **more)} for more in ({"outcome": "404"}, {"targets": {"a": "b"}})),
    {"deed": Deed("act 3", "key2", "192.0.2.0/24", "request act 3")}], ids=str)
@pytest.mark.parametrize("is_rehashed", [False, True])
def test_a_changed_event_is_found_even_where_its_own_hash_fits_again(change, is_rehashed: bool):
    events, head = trail(6)
    changed = dataclasses.replace(events[2], **change)
    found = stored(events)
    found[2] = Stored(id_of(3), changed, changed.hash if is_rehashed else events[2].hash)

    assert breaks(found, head) in ({3, 4} if is_rehashed else {3})


def test_a_trail_that_was_written_anew_does_not_lead_to_the_old_head():
    events, head = trail(6)
    forged, _ = chained(Head(), [dataclasses.replace(event.deed, caller="key2") for event in events], AT)

    assert breaks(stored(forged), head) == 6


def test_a_trail_that_does_not_begin_with_the_creation_of_its_account_is_broken():
    events, head = chained(Head(), [Deed("act", "key1", "unknown", "r")], AT)

    assert breaks(stored(events), head) == 1
    assert first_break(BEFORE_ALL, stored(trail(1)[0]), 1) is None


def test_what_is_stored_is_read_again_and_anything_else_is_no_event():
    events, head = trail(3)
    for event in events:
        assert event_of(json.loads(json.dumps(event.as_json()))) == event
        assert stored_of("x", {"event": event.as_json(), "hash": event.hash}) == Stored("x", event, event.hash)
    values = head_values(head)
    assert head_of(values["event"], values["hash"]) == head
    for other in ({}, {"event": {}, "hash": ""}, {"event": [], "hash": ""}, values,
                  {"event": {**events[0].as_json(), "more": 1}, "hash": ""},
                  {"event": {**events[0].as_json(), "sequence": "1"}, "hash": ""},
                  {"event": {**events[0].as_json(), "targets": []}, "hash": ""}):
        assert stored_of("x", other).event is None


def test_ids_are_in_the_order_of_their_numbers():
    assert sorted(map(id_of, (1, 9, 10, 99, 100, 10 ** 19))) == [id_of(n) for n in (1, 9, 10, 99, 100, 10 ** 19)]
    assert "head" > id_of(10 ** 20 - 1)
