"""What a bulk import refuses: which lines it reports, and that hostile ones cost no reads of the storage."""
from __future__ import annotations

from shared.term_lists.models import RefusedLine, TermLine
from tests.integration.storage.wire import Wire


def test_lines_of_one_language_too_many_do_not_ask_the_storage_again_and_those_of_the_list_s_are_taken(new_worker, monkeypatch):
    monkeypatch.setattr("shared.term_lists.writer.LANGUAGE_LIMIT", 2)
    wire = Wire()
    worker = new_worker(wire)
    number = worker.create("leek")
    worker.add(number, "chou", language="fra")

    def import_of(*codes: str) -> int:
        wire.clear()
        report = worker.lists.import_terms(worker.store, number, None, [
            TermLine(at, "fig", code) for at, code in enumerate([*codes, "fra"], 1)])
        assert (report.taken + report.already_there, report.refused) == (1, len(codes))
        return len(wire.sent)
    import_of("deu")
    assert import_of("deu") == import_of("deu", *(f"{letter}xx" for letter in "abcdefghij"))


def test_the_refused_lines_that_are_reported_are_the_first_whatever_they_were_refused_for(worker):
    number = worker.create()
    report = worker.lists.import_terms(worker.store, number, "eng", [
        *(TermLine(at, "", "fra" if at % 2 else "eng") for at in range(1, 101)), *(RefusedLine(at, "no line") for at in range(101, 301))])
    assert report.refused == 300 and [line.number for line in report.refused_lines] == list(range(1, 101))


def test_a_language_that_is_refused_or_empty_takes_no_place_among_those_of_the_list(new_worker, monkeypatch):
    monkeypatch.setattr("shared.term_lists.writer.LANGUAGE_LIMIT", 2)
    worker = new_worker(term_limit=2)
    number = worker.create("leek", "fig")
    for code in ("fra", "deu", "spa"):
        assert worker.import_terms(number, "chou", language=code).refused == 1
    assert len(worker.language_records()) == 1
    worker.remove(number, "leek", "fig")
    for code in ("fra", "deu", "spa"):
        worker.add(number, "chou", language=code)
        worker.remove(number, "chou", language=code)
    worker.add(number, "chou", "col", language="ita")
    assert worker.listed(number, "ita") == {"chou", "col"} and len(worker.language_records()) <= 2
