from __future__ import annotations

import timeit

import pytest

from shared.text_analysis.markup.reading import Markup, read


def seen(text: str) -> str:
    return " ".join(read(text, Markup.MARKDOWN).text.split())


@pytest.mark.parametrize("text", [
    "rot**ten**", "*rot*ten", "***rotten***", "__rotten__", "_rotten_", "~~rotten~~", "`rotten`", "``rotten``", "# rotten", "### rotten",
    "> rotten", "> > rotten", "- rotten", "* rotten", "+ rotten", "12. rotten", "3) rotten", "- > 1. rotten", "rotten\n===", "rotten\n---",
    "---\nrotten", "***\nrotten", "```\nrotten\n```", "~~~ text\nrotten\n~~~", "```\nrotten", "[rotten](https://example.org/a_b)",
    "[rotten][1]\n\n[1]: x", "[rotten][]\n\n[Rotten]: x", "[rotten]\n\n[rotten]: <x y>", "> rot<b\n> x>ten", "[rot](a<b)ten",
    "rot<b x='\n2. '>ten", "![rotten](x.png)", "[ro**tt**en](x)", "rot<b>ten</b>", "&#114;otten", "rot<!-- x -->ten",
    "[x]: https://example.org 'rotten'"])
def test_a_word_is_read_without_its_signs(text: str):
    assert seen(text) == "rotten"


@pytest.mark.parametrize("text", [
    "snake_case_name", "2 * 3 * 4", "a*b", "sh*t", "5 > 3", "[x]", "[x](", "](x)", "C:\\dir\\name", "first_last@example.org",
    "a ~ b", "1.5", "#tag", "C#", "a | b", "``", "**", "_", "x_"])
def test_signs_that_mean_themselves_stay(text: str):
    assert seen(text) == text


def test_a_backslash_lets_a_sign_mean_itself():
    assert seen(r"\*rotten\* \# \[x\](y) 1\. \\") == r"*rotten* # [x](y) 1. " + "\\"


def test_code_is_read_as_it_stands():
    assert seen("`<!-- rotten --> *x* &amp;` *y*") == "<!-- rotten --> *x* &amp; y"
    assert seen("```html\n<b>*x*</b>\n```\n*y*") == "<b>*x*</b> y"


def test_automatic_links_are_read():
    assert seen("<https://example.org/x> <a@example.org>") == "https://example.org/x a@example.org"


def test_the_title_of_a_link_or_picture_is_read_and_its_address_is_not():
    assert seen('[one](https://two.example "three") ![four](five.png \'six\')') == "one three four six"


@pytest.mark.parametrize("text", [
    "hello <!-- rotten", "hello <!-- x\n\nrotten -->", "hello <rotten, you turnip>", "<hey, rotten>", "hello <rotten!>", "<b\n\nrotten>",
    "<b title='\n\nrotten'>", "x <b title='\n# rotten\n'>", "\\<rotten>", "    <rotten>", "- a\n\n      <rotten>", "x <? rotten",
    "x <!x rotten",
    "[you][rotten]", "[you](\n\nrotten)", "[a\n\nb](rotten)", "[[a](b)](rotten)", "[a](x\\) rotten)", "hello\n[rotten]: turnip",
    "[^1]: rotten", "# [a]: rotten", "[a]: x rotten", "[a]: x\n'rotten' y", "|a|b|\n|-|-|\n|<b x='|rotten'>|", "x <script> rotten",
    "```\n<!--\n```\nrotten", "> <!--\n\nrotten"])
def test_what_a_reader_sees_is_not_hidden_by_what_is_no_markup(text: str):
    assert "rotten" in seen(text)


@pytest.mark.parametrize("text", [
    "<!-- rotten", "x\n<!-- rotten", "<div>\n<rotten, x>", "x <!-- rotten -->", "[rotten]: x"])
def test_what_a_browser_hides_is_hidden(text: str):
    assert "rotten" not in seen(text)


@pytest.mark.parametrize("piece", ["-", "- ", "> ", "|a|\n|-|\n", "<!--", "[a](", "[a]: b\n", "<script>", "<b a='", "` `` "])
def test_a_repeated_sign_costs_no_more_than_its_length(piece: str):
    def seconds(length: int) -> float:
        text = (piece * length)[:length] + "x"
        return min(timeit.repeat(lambda: read(text, Markup.MARKDOWN), number=1, repeat=2))

    assert seconds(16_000) < 80 * seconds(1_000) + 0.01  # a square would be 256 times


def test_what_was_read_is_aligned_to_what_was_sent():
    text = "> # Some **rot**ten [turnip](x)"
    readable = read(text, Markup.MARKDOWN)
    start = readable.text.index("rotten")

    first, last = readable.span(start, start + 6)
    assert text[first:last] == "rot**ten"
    assert readable.text.rstrip().endswith("rotten turnip")
