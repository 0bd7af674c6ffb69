"""The lines of a bulk import: whatever the bytes, each line becomes a term or a refusal that repeats nothing."""
from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.api.content_moderator.csv_rows import ROW_LIMIT_CHARACTERS
from shared.api.content_moderator.term_lines import CSV, JSON_LINES, LINE_LIMIT, LINE_LIMIT_BYTES, term_lines
from shared.errors import PayloadTooLarge, UnsupportedMediaType
from shared.term_lists.models import RefusedLine, TermLine


@given(st.lists(st.text(st.characters(exclude_characters="\0%."), max_size=20)))
def test_json_strings_and_objects_come_back_as_they_were(terms):
    body = "".join(json.dumps(term if number % 2 else {"term": term, "language": "eng"}) + "\n" for number, term in enumerate(terms))
    assert list(term_lines(JSON_LINES, body.encode())) == [
        TermLine(number + 1, term, None if number % 2 else "eng") for number, term in enumerate(terms)]


@given(st.binary(max_size=300), st.sampled_from([JSON_LINES, CSV]))
def test_any_bytes_are_lines_with_growing_numbers(body, content_type):
    numbers = [line.number for line in term_lines(content_type, body)]
    assert numbers == sorted(numbers) and all(number > 0 for number in numbers)


@pytest.mark.parametrize("body", [b'"a"\r\n"b"', b'\xef\xbb\xbf"a"\n\n \n"b"\n'])
def test_line_ends_marks_and_empty_lines_are_forgiven(body):
    assert [line.term for line in term_lines(JSON_LINES, body)] == ["a", "b"]


@pytest.mark.parametrize(("size", "is_taken"), [(LINE_LIMIT_BYTES, True), (LINE_LIMIT_BYTES + 1, False)])
def test_a_line_is_read_up_to_its_limit(size, is_taken):
    (line,) = term_lines(JSON_LINES, b'"' + b"x" * (size - 2) + b'"')
    assert isinstance(line, TermLine if is_taken else RefusedLine)


@pytest.mark.parametrize("content_type", [JSON_LINES, CSV])
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"], ids=["LF", "CR LF", "CR"])
def test_a_body_may_have_so_many_lines_and_not_one_more(content_type, end):
    term_lines(content_type, end * LINE_LIMIT)
    for body in (end * (LINE_LIMIT + 1), end * LINE_LIMIT + b"\r"):
        with pytest.raises(PayloadTooLarge):
            term_lines(content_type, body)


@pytest.mark.parametrize("language", ["en", "engl", "e1g", 7, True, [], "\u0131ng"])
def test_a_language_that_is_no_code_refuses_its_line(language):
    (line,) = term_lines(JSON_LINES, json.dumps({"term": "leek", "language": language}).encode())
    assert isinstance(line, RefusedLine) and "leek" not in line.reason


@pytest.mark.parametrize(("body", "terms"), [
    (b"leek\nturnip\n", ["leek", "turnip"]), (b"term\nleek\n", ["leek"]), (b" Term ,note\nleek,x\n", ["leek"]),
    (b'"a ""b"""\n', ['a "b"']), (b"note,TERM\nx,leek\n", ["leek"])])
def test_csv_has_one_column_or_a_first_line_that_names_it(body, terms):
    assert [line.term for line in term_lines(CSV, body)] == terms


@pytest.mark.parametrize(("body", "refused"), [
    (b'term\na\n"b\nturnip\nbeet\n', [3]), (b'a\n"b\nturnip"\nbeet\n"', [2, 3, 5]), (b'a\n"b"c\nbeet\n', [2]), (b'a\n"beet', [2]),
    (b'5" pipe\n"5"" pipe"', [1]),
    (b'term\n"' + b"a\n" * 70_000 + b'"\nbeet', [2, 70_002])])
def test_a_quotation_mark_that_is_not_closed_breaks_its_line_and_no_other(body, refused):
    lines = list(term_lines(CSV, body))
    assert [line.number for line in lines if isinstance(line, RefusedLine)] == refused
    assert len(lines) == len(body.splitlines()) - body.startswith(b"term")
    assert all("\n" not in line.term for line in lines if isinstance(line, TermLine))


@pytest.mark.parametrize("term", [".", "..", "a%2Fb", "%2f", "a\0b"])
@pytest.mark.parametrize("content_type", [JSON_LINES, CSV])
def test_a_term_that_no_address_leads_to_is_refused(term, content_type):
    body = json.dumps(term) if content_type == JSON_LINES else f"term\n{term}"
    (line,) = term_lines(content_type, body.encode())
    assert isinstance(line, RefusedLine) and "no address" in line.reason


@pytest.mark.parametrize("term", ["...", "a.", ".b", "a/b", "100%", "%20", "2F"])
def test_any_other_term_has_an_address(term):
    assert list(term_lines(JSON_LINES, json.dumps(term).encode())) == [TermLine(1, term)]


def test_a_row_that_is_no_csv_is_refused_and_the_next_is_read():
    lines = list(term_lines(CSV, b"leek\n" + b"x" * 200_000 + b"\nturnip\n"))
    assert [type(line) for line in lines] == [TermLine, RefusedLine, TermLine]


@pytest.mark.parametrize("row", [b"a," * 200_000, b"x" * 2_000_000, "\U0001f955,".encode() * 70_000])
def test_a_row_beyond_its_limit_is_refused_and_never_in_memory_as_a_whole(row):
    lines = list(term_lines(CSV, b"leek\n" + row + b"\nturnip\n"))
    assert lines[0] == TermLine(1, "leek") and isinstance(lines[1], RefusedLine)
    assert lines[2:] == [TermLine(3, "turnip")]


@pytest.mark.parametrize(("more", "is_taken"), [(0, True), (1, False)])
def test_a_row_of_csv_is_read_up_to_its_limit(more, is_taken):
    first, end = "term,note\n", ",\n"
    body = first + "leek" + "," * (ROW_LIMIT_CHARACTERS + more - len("leek" + end)) + end + "turnip,\n"
    _, last = lines = list(term_lines(CSV, body.encode()))
    assert isinstance(lines[0], TermLine if is_taken else RefusedLine) and last == TermLine(3, "turnip")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le"])
def test_json_in_another_encoding_is_refused_line_by_line(encoding):
    assert all(isinstance(line, RefusedLine) for line in term_lines(JSON_LINES, '"leek"\n"turnip"'.encode(encoding)))


@pytest.mark.parametrize(("content_type", "is_taken"), [
    (CSV + "; charset=utf-8", True), (CSV + ';charset="UTF-8"', True), (JSON_LINES + "; charset=utf-16", False)])
def test_only_utf_8_is_read(content_type, is_taken):
    if is_taken:
        assert list(term_lines(content_type, b"leek")) == [TermLine(1, "leek")]
    else:
        with pytest.raises(UnsupportedMediaType):
            term_lines(content_type, b"leek")
