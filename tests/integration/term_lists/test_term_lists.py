"""Term lists on Azurite: numbers, properties, languages, pages, limits, deletion, bulk import, and where terms stand in a text."""
from __future__ import annotations

import dataclasses
import threading

import pytest

from shared.errors import InvalidRequest, NotFound
from shared.matching.normalisation import NORMALISATION_VERSION
from shared.storage.account_store import Record
from shared.storage.holdings import LIST_NUMBER, TERM_LIST
from shared.term_lists.models import RefusedLine, TermHit, TermLine
from tests.integration.storage.wire import Wire
from tests.integration.term_lists.terms import COMPACTING, SEALING, Worker, assert_agree


def test_numbers_are_positive_given_in_turn_and_never_again(worker):
    first, second = worker.create(), worker.create()
    worker.lists.delete(worker.store, second)
    third = worker.create()
    assert (first, second, third) == (1, 2, 3)
    assert [each.number for each in worker.lists.all(worker.store)] == [1, 3]


def test_numbers_are_unique_among_many_that_ask_at_the_same_time(new_worker):
    workers = [new_worker() for _ in range(4)]
    numbers: list[int] = []
    threads = [threading.Thread(target=lambda worker=worker: numbers.extend(worker.create() for _ in range(5)))
               for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(numbers) == list(range(1, 21))


def test_lists_are_listed_in_the_order_of_their_numbers(worker):
    numbers = [worker.create() for _ in range(11)]
    assert [each.number for each in worker.lists.all(worker.store)] == numbers


@pytest.mark.parametrize("counter", ["lost", "behind"])
def test_a_number_that_a_list_has_already_is_passed_over(worker, counter):
    for number in (1, 2, 9):
        worker.store.records.insert(TERM_LIST, Record(
            str(number), {"name": "", "description": "", "metadata": {}}, {"generation": f"g{number}"}))
    if counter == "behind":
        worker.store.records.insert(LIST_NUMBER, Record("term-list", {"last": 1}))
    assert worker.create() == 10
    assert worker.create() == 11


def test_numbers_end_where_clients_cannot_hold_them(worker):
    worker.store.records.insert(LIST_NUMBER, Record("term-list", {"last": 999_999_998}))
    assert worker.create() == 999_999_999
    with pytest.raises(InvalidRequest):
        worker.create()


def test_an_update_changes_what_is_given_and_only_that(worker):
    number = worker.lists.create(worker.store, "first", "one", {"a": "1"}).number
    assert dataclasses.replace(worker.lists.update(worker.store, number, None, "", None), etag=None) == dataclasses.replace(
        worker.lists.get(worker.store, number), etag=None)
    updated = worker.lists.update(worker.store, number, "second", None, {})
    assert (updated.name, updated.description, updated.metadata) == ("second", "", {})


def test_lists_that_are_not_there_are_not_found(worker):
    for act in (lambda: worker.lists.get(worker.store, 7), lambda: worker.lists.delete(worker.store, 7),
                lambda: worker.lists.update(worker.store, 7, "x", None, None), lambda: worker.add(7, "leek"),
                lambda: worker.remove(7, "leek"), lambda: worker.remove_all(7), lambda: worker.listed(7),
                lambda: worker.matched(7, ["leek"]), lambda: worker.matched(7, ["leek"], None), lambda: worker.import_terms(7, "leek")):
        with pytest.raises(NotFound):
            act()


def test_a_list_of_another_account_is_not_found(settings, new_account, worker):
    number = worker.create("leek")
    other = Worker(settings, new_account().account)
    for act in (lambda: other.lists.get(other.store, number), lambda: other.matched(number, ["leek"]), lambda: other.listed(number)):
        with pytest.raises(NotFound):
            act()
    other.create("turnip")
    assert worker.listed(number) == {"leek"} and other.listed(number) == {"turnip"}


def test_each_language_has_its_own_terms(worker):
    number = worker.create("chat", "leek")
    worker.add(number, "chat", "poireau", language="fra")
    worker.remove(number, "chat")
    assert worker.listed(number) == {"leek"} and worker.listed(number, "fra") == {"chat", "poireau"}
    assert worker.listed(number, "deu") == set()
    words = ["chat", "leek", "poireau"]
    assert worker.matched(number, words) == {"leek"}
    assert worker.matched(number, words, "fra") == {"chat", "poireau"}
    assert worker.matched(number, words, "deu") == set()
    assert worker.matched(number, words, None) == {"chat", "leek", "poireau"}


def test_a_term_that_is_there_already_is_there_once(worker):
    number = worker.create("leek", "leek")
    worker.add(number, "leek")
    page = worker.lists.page(worker.store, number, "eng", 0, 10)
    assert (list(page.terms), page.total, worker.rows()) == (["leek"], 1, 1)
    worker.remove(number, "leek", "leek", "never there")
    assert worker.listed(number) == set() and worker.rows() == 0


def test_hits_are_places_in_the_text_as_it_was_given(worker):
    number = worker.create("rotten  turnip", "leek")
    worker.add(number, "leek", language="fra")
    text = "🥕 a ROTTEN\n turnip, le\u200bek; leeks! LEEK"
    hits = worker.matcher.match(worker.store, number, text, None)
    assert hits == [TermHit(number, "rotten  turnip", 4, 18), TermHit(number, "leek", 20, 25), TermHit(number, "leek", 34, 38)]
    assert [text[hit.start:hit.end] for hit in hits] == ["ROTTEN\n turnip", "le\u200bek", "LEEK"]


def test_a_prepared_text_is_matched_as_the_text_is(worker):
    from shared.indexing.term_hashes import term_hash_key
    from shared.matching.prepared_text import prepare

    number = worker.create("leek")
    prepared = prepare("a leek", term_hash_key(worker.store))
    assert worker.matcher.match(worker.store, number, prepared, "eng") == worker.matcher.match(worker.store, number, "a leek", "eng") != []


@pytest.mark.parametrize("count", [1000, 1001])
def test_a_match_reports_up_to_a_thousand_places(worker, count):
    number = worker.create("leek")
    hits = worker.matcher.match(worker.store, number, "leek " * count, "eng")
    assert [hit.start for hit in hits] == [5 * place for place in range(min(count, 1000))]


def test_pages_go_over_all_terms_once_whatever_their_size(worker):
    number = worker.create()
    terms = {f"turnip {at}" for at in range(57)}
    worker.import_terms(number, *terms)
    worker.add(number, "autre", language="fra")
    for limit in (1, 7, 56, 57, 58):
        pages = [worker.lists.page(worker.store, number, "eng", offset, limit) for offset in range(0, 60, limit)]
        found = [term for page in pages for term in page.terms]
        assert sorted(found) == sorted(terms)
        assert {page.total for page in pages} == {57}
    assert worker.lists.page(worker.store, number, "eng", 0, 0).terms == []
    assert worker.lists.page(worker.store, number, "eng", 57, 5).terms == []


@pytest.mark.parametrize("language", ["eng", "fra"])
def test_as_many_terms_as_the_limit_says_fit_over_all_languages_and_no_more(new_worker, language):
    worker = new_worker(term_limit=3)
    number = worker.create("leek", "turnip")
    worker.add(number, "chou", language="fra")
    with pytest.raises(InvalidRequest, match="more than 3 terms"):
        worker.add(number, "one more", language=language)
    worker.add(number, "leek")
    worker.remove(number, "leek")
    worker.add(number, "one more", language=language)
    assert len(worker.listed(number) | worker.listed(number, "fra")) == 3


def test_as_many_lists_as_the_limit_says_and_no_more(new_worker):
    worker = new_worker(term_list_limit=2)
    first = worker.create()
    worker.create()
    with pytest.raises(InvalidRequest):
        worker.create()
    worker.lists.delete(worker.store, first)
    worker.create()


def test_a_list_has_terms_of_up_to_200_languages(worker):
    number = worker.create()
    codes = [f"{first}{second}x" for first in "abcdefghijklmnopqrst" for second in "abcdefghij"]
    report = worker.lists.import_terms(worker.store, number, None, [
        TermLine(at, "leek", code) for at, code in enumerate([*codes, "zzz"], 1)])
    assert (report.taken, report.refused) == (200, 1)
    assert report.refused_lines[0].number == 201 and "200 languages" in report.refused_lines[0].reason
    with pytest.raises(InvalidRequest, match="200 languages"):
        worker.add(number, "leek", language="zzz")
    worker.remove_all(number, "aax")
    worker.add(number, "leek", language="zzz")


def test_deleting_all_terms_of_a_language_leaves_the_others_and_in_the_end_nothing(worker, new_worker):
    number = worker.create("leek", "turnip")
    worker.add(number, "chou", language="fra")
    worker.fill(number, 2)
    generation = worker.language(number).index.generation
    other = new_worker()
    assert other.matched(number, ["leek", "chou"], None) == {"leek", "chou"}
    worker.remove_all(number)
    for each in (worker, other):
        assert each.listed(number) == set() == each.matched(number, ["leek"])
        assert each.matched(number, ["leek", "chou"], None) == {"chou"}
    worker.remove_all(number)
    worker.add(number, "fig")
    worker.lists.purge_terms(worker.store, generation)
    worker.lists.purge_terms(worker.store, worker.language(number).index.generation)  # a job that comes too early
    assert other.listed(number) == {"fig"} == other.matched(number, ["fig", "leek"])
    assert worker.rows() == 2 and worker.blobs() == set()


def test_deleting_a_list_leaves_in_the_end_nothing(worker):
    number, kept = worker.create("leek", "turnip"), worker.create("fig")
    worker.add(number, "chou", language="fra")
    worker.fill(number, 2)
    generation = worker.lists.get(worker.store, number).generation
    worker.lists.purge(worker.store, generation)  # a job that comes too early
    assert worker.listed(number) == {"leek", "turnip"}
    worker.lists.delete(worker.store, number)
    with pytest.raises(NotFound):
        worker.matched(number, ["leek"])
    worker.run_jobs()
    assert worker.listed(kept) == {"fig"}
    assert (worker.rows(), worker.blobs(), worker.language_records()) == (1, set(), [f"{kept}-eng"])


def test_an_import_reports_what_was_taken_what_was_there_and_what_was_refused(worker):
    number = worker.create("leek")
    report = worker.lists.import_terms(worker.store, number, "eng", [
        TermLine(1, "turnip"), TermLine(2, "leek"), RefusedLine(3, "it is no JSON"), TermLine(4, "turnip"), TermLine(5, "chou", "fra"),
        TermLine(6, " \u200b"), TermLine(7, "\ufdfa" * 128), TermLine(8, ""), TermLine(9, "x" * 129), TermLine(10, "leek \udcff")])
    assert (report.taken, report.already_there, report.refused) == (2, 2, 6)
    assert [line.number for line in report.refused_lines] == [3, 6, 7, 8, 9, 10]
    assert worker.listed(number) == {"leek", "turnip"} and worker.listed(number, "fra") == {"chou"}
    assert_agree([worker], number, ["leek", "turnip", "chou"], {"leek", "turnip"})


def test_an_import_without_a_language_refuses_lines_without_one(worker):
    number = worker.create()
    report = worker.lists.import_terms(worker.store, number, None, [TermLine(1, "leek"), TermLine(2, "chou", "fra")])
    assert (report.taken, report.refused) == (1, 1)


def test_an_import_reports_a_hundred_refused_lines_and_counts_all(worker):
    number = worker.create()
    report = worker.import_terms(number, *[""] * 150)
    assert (report.refused, len(report.refused_lines)) == (150, 100)


def test_an_import_takes_what_there_is_room_for(new_worker):
    worker = new_worker(term_limit=5)
    number = worker.create("leek", "fig")
    report = worker.import_terms(number, "turnip 1", "leek", "turnip 2", "turnip 3", "turnip 4", "turnip 5", "fig")
    assert (report.taken, report.already_there, report.refused) == (3, 2, 2)
    assert [line.number for line in report.refused_lines] == [5, 6]
    assert worker.listed(number) == {"leek", "fig", "turnip 1", "turnip 2", "turnip 3"}
    again = worker.import_terms(number, "turnip 1", "turnip 6")
    assert (again.taken, again.already_there, again.refused) == (0, 1, 1)


def test_an_import_of_thousands_is_one_change_of_the_index_and_can_be_repeated(worker, new_worker):
    number = worker.create()
    terms = [f"turnip n{at}" for at in range(3000)]
    report = worker.import_terms(number, *terms)
    assert report.taken == 3000
    assert worker.language(number).index.version == 1 and worker.rows() == 3000
    again = new_worker()
    assert again.import_terms(number, *terms).already_there == 3000
    assert worker.language(number).index.version == 1
    assert again.listed(number) == set(terms)
    assert again.matched(number, terms[::100]) == set(terms[::100])


def test_an_index_of_other_rules_is_built_anew_from_the_rows(worker, new_worker):
    number = worker.create("leek", "turnip")
    current = worker.language(number)
    worker.languages.replace(worker.store, dataclasses.replace(
        current, index=dataclasses.replace(current.index, rules=NORMALISATION_VERSION - 1, version=current.index.version + 1, tail=b"")))
    assert_agree([worker, new_worker()], number, ["leek", "turnip"], {"leek", "turnip"})


def test_many_segments_are_compacted_and_nothing_is_lost(worker, new_worker):
    number = worker.create("leek", "turnip")
    worker.fill(number, COMPACTING)
    generation = worker.language(number).index.generation
    worker.indexes.compact_generation(worker.store, generation)
    assert len(worker.language(number).index.segments) == 0
    assert worker.blobs() == worker.named_blobs()
    worker.import_terms(number, *(f"n{at}" for at in range(SEALING)))
    assert new_worker().matched(number, ["leek", "turnip", "n1", "n511"]) == {"leek", "turnip", "n1", "n511"}


def test_a_worker_that_knows_a_list_reads_once_for_a_match_and_sees_at_once_that_it_is_gone(worker, new_worker):
    number = worker.create("leek")
    wire = Wire()
    reader = new_worker(wire)
    assert reader.matched(number, ["leek"]) == {"leek"}
    wire.clear()
    for language in ("eng", None):
        assert reader.matched(number, ["leek"], language) == {"leek"}
    assert len(wire.sent) == 2
    worker.lists.delete(worker.store, number)
    for language in ("eng", None):
        with pytest.raises(NotFound):
            reader.matched(number, ["leek"], language)
