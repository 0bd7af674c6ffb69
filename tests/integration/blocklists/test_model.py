"""Blocklists against a dictionary: whatever two workers do in turn, listing and matching agree with it after each step."""
from __future__ import annotations

import hypothesis
from hypothesis import HealthCheck
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from shared.errors import NotFound
from tests.integration.blocklists.lists import SEALING, Worker, new_name

TEXTS = ["apple", "pear tree", "red pear tree", "na\u00efve", "\u65e5\u672c", "c++", "\U0001f344 soup", "1,000", "apple pie", "zebra"]
PATTERNS = ["gr[ae]y", "b.rd song", r"\d{4}-\d\d"]
EVERYTHING = " . ".join([*TEXTS, "grey", "bird song", "2026-11"])
NAMES = ["first", "second"]


class Lists(RuleBasedStateMachine):
    """The model is `{list: {(is_regex, text): description}}`."""

    new_account = None
    worker_settings = None

    @initialize()
    def start(self) -> None:
        account = type(self).new_account()
        self.workers = [Worker(type(self).worker_settings, account.account) for _ in range(2)]
        self.turn = 0
        self.model: dict[str, dict[tuple[bool, str], str]] = {}
        self.generations: list[str] = []

    @property
    def worker(self) -> Worker:
        self.turn += 1
        return self.workers[self.turn % 2]

    @rule(name=st.sampled_from(NAMES), description=st.sampled_from([None, "a", "b"]))
    def upsert(self, name: str, description: str | None) -> None:
        worker = self.worker
        blocklist, is_new = worker.lists.upsert(worker.store, name, description)
        assert is_new == (name not in self.model)
        self.model.setdefault(name, {})
        if is_new:
            self.generations.append(blocklist.index.generation)

    @rule(name=st.sampled_from(NAMES), texts=st.lists(st.sampled_from(TEXTS), max_size=6),
          patterns=st.lists(st.sampled_from(PATTERNS), max_size=2), description=st.sampled_from([None, "a", ""]))
    def add(self, name: str, texts: list[str], patterns: list[str], description: str | None) -> None:
        worker = self.worker
        wanted = [(False, text) for text in texts] + [(True, text) for text in patterns]
        if not wanted:
            return
        try:
            for is_regex in {is_regex for is_regex, _ in wanted}:
                worker.add(name, *[text for regex, text in wanted if regex == is_regex], is_regex=is_regex,
                           description=description)
        except NotFound:
            assert name not in self.model
            return
        items = self.model[name]
        for key in wanted:
            items[key] = items.get(key, "") if description is None else description

    @rule(name=st.sampled_from(NAMES), texts=st.lists(st.sampled_from(TEXTS + PATTERNS), min_size=1, max_size=6))
    def remove(self, name: str, texts: list[str]) -> None:
        worker = self.worker
        try:
            ids = [item.id for item in worker.items(name) if item.text in texts]
            worker.lists.remove_items(worker.store, name, [*ids, "no id", "00000000-0000-8000-8000-000000000000"])
        except NotFound:
            assert name not in self.model
            return
        for key in [key for key in self.model[name] if key[1] in texts]:
            del self.model[name][key]

    @rule(name=st.sampled_from(NAMES), is_purged=st.booleans())
    def delete(self, name: str, is_purged: bool) -> None:
        worker = self.worker
        try:
            worker.lists.delete(worker.store, name)
        except NotFound:
            assert name not in self.model
            return
        del self.model[name]
        if is_purged:
            self.purge()

    @rule()
    def purge(self) -> None:
        """The job of every list that there ever was, deleted or not."""
        worker = self.worker
        for generation in self.generations:
            worker.lists.purge(worker.store, generation)

    @precondition(lambda self: self.model)
    @rule(name=st.sampled_from(NAMES), segments=st.integers(1, 9))
    def grow(self, name: str, segments: int) -> None:
        if name in self.model:
            self.worker.fill(name, segments)

    @rule(name=st.sampled_from(NAMES))
    def compact(self, name: str) -> None:
        worker = self.worker
        worker.indexes.compact(worker.store, name)

    @invariant()
    def listing_and_matching_agree_with_the_model(self) -> None:
        for worker in getattr(self, "workers", ()):
            lists, _ = worker.lists.page(worker.store, None, 100)
            assert {each.name for each in lists} == set(self.model)
            for name, items in self.model.items():
                assert {(item.is_regex, item.text): item.description for item in worker.items(name)} == items
                matches = worker.matcher.match(worker.store, [name], EVERYTHING)
                assert len(matches) == len(items)
                assert {match.item_text for match in matches} == {text for _, text in items}

    def teardown(self) -> None:
        if not hasattr(self, "workers"):
            return
        for generation in self.generations:
            self.workers[0].lists.purge(self.workers[0].store, generation)
        assert self.workers[0].stored_blobs() == self.workers[0].named_blobs()


def test_whatever_two_workers_do_in_turn_agrees_with_a_dictionary(new_account, settings):
    machine = type("ListsOfRun", (Lists,), {"new_account": staticmethod(new_account), "worker_settings": settings})
    run_state_machine_as_test(machine, settings=hypothesis.settings(
        max_examples=6, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck)))


def test_a_list_goes_through_all_stages_of_its_index_and_agrees_at_each(new_worker):
    ours, theirs = new_worker(), new_worker()
    name = new_name()
    ours.create(name)
    expected: set[str] = set()
    texts = [f"word{number}" for number in range(24)]
    for number, text in enumerate(texts):
        (ours if number % 2 else theirs).add(name, text)
        expected.add(text)
        if number % 5 == 4:
            theirs.remove(name, texts[number - 3])
            expected.discard(texts[number - 3])
        ours.append_made_up(name, SEALING - 1 if number % 3 else SEALING)
        if number == 20:
            theirs.indexes.compact(theirs.store, name)
            manifest = ours.lists.get(ours.store, name).index
            assert manifest.base is not None and manifest.base.count == len(expected) and not manifest.segments
        for worker in (ours, theirs):
            assert worker.matched(name, texts) == expected
    assert ours.listed(name) == new_worker().matched(name, texts) == expected
    assert ours.stored_blobs() == ours.named_blobs()
