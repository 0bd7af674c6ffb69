from __future__ import annotations

import pytest

from shared.text_analysis.markup.reading import Markup, read


def html(text: str) -> str:
    return read(text, Markup.HTML).text


def xml(text: str) -> str:
    return read(text, Markup.XML).text


def words(text: str) -> list[str]:
    return text.split()


def test_plain_text_is_read_as_it_stands():
    text = "a < b &amp; <b>c</b>"

    assert read(text, Markup.PLAIN).text == text


@pytest.mark.parametrize("text", [
    "r<b>o</b>tten", "r<!-- x -->otten", "r<wbr>otten", "<span class='x'>r</span><span>otten</span>", "r<x-y>otten", "&#114;otten",
    "&#x72;otten", "&#0000114otten", "<i>r<b>o</b>t</i>ten", "r</nothing>otten", "<a href='x>y'>rotten</a>",
    "r<font\ncolor=red\n>otten", "r<?pi?>otten", "r<!x>otten", "r</>otten", "r</ x>otten", "r</1>otten", "r<![CDATA[x]]>otten",
    "r<![CDATA[>otten", "r\0ot\0\0ten",
    "&#" + "0" * 70 + "114;otten", "&#x" + "0" * 900 + "72;otten", "<a b='x'c=\"y>\">rotten</a>", "<a b = '>'>rotten"])
def test_a_word_is_read_whole_whatever_stands_inside_it(text: str):
    assert words(html(text)) == ["rotten"]


@pytest.mark.parametrize("text", [
    "<p>one</p><p>two</p>", "one<br>two", "one<BR/>two", "<ul><li>one<li>two</ul>", "<td>one</td><td>two</td>", "one<hr>two",
    "<title>one</title>two", "one<script>no()</script>two", "one<STYLE>p{}</STYLE>two", "one<!-- -->\n<!-- -->two"])
def test_blocks_and_breaks_part_words(text: str):
    assert words(html(text)) == ["one", "two"]


@pytest.mark.parametrize(("text", "seen"), [
    ("<!-- rotten -->", ""), ("<script>rotten</script>", ""), ("<style>rotten", ""), ("<b class=rotten>", ""),
    ("<a href='rotten'>", ""), ("<![CDATA[rotten]]>", ""), ("<svg><text><![CDATA[rotten]]>", "rotten"),
    ("<img alt='rotten'>", "rotten"), ('<p title="&#114;otten">', "rotten"),
    ("<input placeholder=rotten>", "rotten"), ("<textarea>rotten</textarea>", "rotten"), ("<noscript>rotten</noscript>", "rotten"),
    ("<!-- unclosed rotten", ""), ("&lt;rotten&gt;", "<rotten>"), ("&amp;#114;otten", "&#114;otten"), ("&rotten;", "&rotten;"),
    ("<img title='rotten' alt=turnip>", "rotten turnip"), ("&nosuch &#; &", "&nosuch &#; &")])
def test_what_a_reader_sees_is_read_and_nothing_else(text: str, seen: str):
    assert words(html(text)) == words(seen)


@pytest.mark.parametrize("text", [
    "a < b", "1 <2", "<3", "<", "a <", "< b >", "<>", "&", "a&b", "</", "<b", "<b title='x", "<1>", "]]>", "-->"])
def test_signs_that_are_no_markup_stay(text: str):
    assert html(text) == text


@pytest.mark.parametrize("text", [
    "<!-->rotten", "<!--->rotten<!-- -->", "<!-- x --!>rotten", "<b a=b'>rotten</b a=b'>", "<b '>rotten<b '>", "<a ='>rotten<a ='>",
    "<a b=c='>rotten<a b=c='>", "<a b=\u00a0'>rotten<a b='>", "<textarea><!--</textarea>rotten-->",
    "<title><script></title>rotten", "<XMP><a b='</xmp>rotten'>", "<iframe><style></iframe>rotten", "<textarea><!--rotten"])
def test_what_a_browser_shows_is_not_hidden_by_markup_that_is_none(text: str):
    assert "rotten" in html(text)


@pytest.mark.parametrize("markup", [Markup.MARKDOWN, Markup.XML])
def test_what_is_no_tag_is_shown_where_no_browser_drops_it(markup: Markup):
    assert "rotten" in read("</ rotten>", markup).text


@pytest.mark.parametrize("name", ["script", "STYLE", "textarea", "title", "xmp"])
@pytest.mark.parametrize("end", ["</{}s>", "</{}-x>", "</{}", "</{}\u00a0>", "</ {}>"])
def test_only_a_tag_of_the_same_name_ends_what_is_read_as_it_stands(name: str, end: str):
    inside = html(f"<{name}>{end.format(name)}turnip</{name} >rotten")

    assert inside.endswith("rotten")
    assert ("turnip" in inside) is (name not in ("script", "STYLE"))


@pytest.mark.parametrize("end", [">", "/>", " x>", "\n>", "\t/>"])
def test_a_tag_that_ends_a_script_may_hold_more_than_its_name(end: str):
    assert words(html(f"<script>turnip</sCript{end}rotten")) == ["rotten"]


@pytest.mark.parametrize("text", ["<script\u00a0>rotten</script>", "<style\v>rotten", "<scripts>rotten"])
def test_a_name_that_only_begins_like_one_of_a_script_hides_nothing(text: str):
    assert words(html(text)) == ["rotten"]


@pytest.mark.parametrize(("reference", "meant"), [
    ("&amp", "&"), ("&lt", "<"), ("&reg", "\u00ae"), ("&not", "\u00ac"), ("&frac12", "\u00bd"), ("&notin;", "\u2209"), ("&#62", ">"),
    ("&amp;", "&")])
@pytest.mark.parametrize("rest", ["kraken", "kraken;", "zo@example.org", "", " kraken"])
def test_a_reference_without_semicolon_ends_where_its_name_does(reference: str, meant: str, rest: str):
    readable = read(f"x {reference}{rest}", Markup.HTML)

    assert readable.text == f"x {meant}{rest}"
    assert readable.span(2, 3) == (2, 2 + len(reference))


@pytest.mark.parametrize("text", ["x <b title=\"unclosed>rotten</b>", "x <b 'unclosed>rotten</b>"])
def test_quotes_that_are_never_closed_hide_nothing(text: str):
    assert "rotten" in html(text)


def test_elements_of_xml_are_fields_but_for_inline_ones_of_html():
    assert words(xml("<name>John</name><city>London</city>")) == ["John", "London"]
    assert words(xml("<p>rot<b>ten</b></p>")) == ["rotten"]
    assert words(xml("<script>one</script><![CDATA[<two>&amp;]]>")) == ["one", "<two>&amp;"]
    assert words(xml("<?xml version='1.0'?><!DOCTYPE r [<!ENTITY x 'y'>]><r>one &x; &#116;wo</r>")) == ["one", "&x;", "two"]


@pytest.mark.parametrize("reference", ["&#0;", "&#xD800;", "&#1114112;", "&#99999999999999999999;", "&#x110000;"])
def test_a_reference_to_no_character_becomes_the_replacement_character(reference: str):
    assert html(f"a{reference}b") == "a\ufffdb"


def test_what_was_read_is_aligned_to_what_was_sent():
    text = "<p>r<b>&#111;</b>tten</p> <img alt='t&#117;rnip'>"
    readable = read(text, Markup.HTML)
    start = readable.text.index("rotten")
    other = readable.text.index("turnip")

    first, last = readable.span(start, start + 6)
    assert text[first:last] == "r<b>&#111;</b>tten"
    first, last = readable.span(other, other + 6)
    assert text[first:last] == "t&#117;rnip"
