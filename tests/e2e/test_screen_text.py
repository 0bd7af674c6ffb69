"""Screen and DetectLanguage through the official client, and through a plain one for what that does not send."""
from __future__ import annotations

import io
import secrets
from typing import Any

import httpx
import pytest
from azure.cognitiveservices.vision.contentmoderator import ContentModeratorClient
from azure.cognitiveservices.vision.contentmoderator.models import APIErrorException

from tests.e2e.conftest import Served, ServedAccount

# The published example.
TEXT = "Is this a crap email abcdef@abcd.com, phone: 6657789887, IP: 255.255.255.255, 1 Microsoft Way, Redmond, WA 98052"
SCREEN = "/contentmoderator/moderate/v1.0/ProcessText/Screen"
DETECT = "/contentmoderator/moderate/v1.0/ProcessText/DetectLanguage"
LONGEST = 1024


@pytest.fixture
def client(served: ServedAccount) -> ContentModeratorClient:
    return served.content_moderator()


def screen(client: ContentModeratorClient, text: str | bytes, content_type: str = "text/plain", **options: Any) -> Any:
    content = text if isinstance(text, bytes) else text.encode()
    return client.text_moderation.screen_text(content_type, io.BytesIO(content), **options)


def detect(client: ContentModeratorClient, text: str, content_type: str = "text/plain") -> str:
    answer = client.text_moderation.detect_language(content_type, io.BytesIO(text.encode()))
    assert (answer.status.code, answer.status.description) == (3000, "OK")
    assert answer.tracking_id
    return answer.detected_language


def refusal(client: ContentModeratorClient, text: str | bytes, content_type: str = "text/plain", **options: Any) -> tuple[int, str, str]:
    """Status, code and message, as the official client reads them."""
    with pytest.raises(APIErrorException) as raised:
        screen(client, text, content_type, **options)
    error = raised.value.error.error
    return raised.value.response.status_code, error.code, error.message


def test_a_plain_screening_has_the_published_shape(client: ContentModeratorClient):
    screened = screen(client, TEXT)

    assert screened.original_text == TEXT
    assert screened.normalized_text == (
        "Is this a crap email abcdef@ abcd. com, phone: 6657789887, IP: 255. 255. 255. 255, 1 Microsoft Way, Redmond, WA 98052")
    assert [(term.index, term.original_index, term.list_id, term.term) for term in screened.terms] == [(10, 10, 0, "crap")]
    assert (screened.language, screened.status.code, screened.status.description) == ("eng", 3000, "OK")
    assert screened.pii is screened.classification is screened.auto_corrected_text is screened.misrepresentation is None
    assert screened.tracking_id


def test_personal_data_has_the_published_properties(client: ContentModeratorClient):
    pii = screen(client, TEXT, pii=True).pii

    (email,), (ip_address,), (phone,), (address,) = pii.email, pii.ipa, pii.phone, pii.address
    assert (email.detected, email.sub_type, email.text, email.index) == ("abcdef@abcd.com", "Regular", "abcdef@abcd.com", 21)
    assert (ip_address.sub_type, ip_address.text, ip_address.index) == ("IPV4", "255.255.255.255", 61)
    assert (phone.country_code, phone.text, phone.index) == ("US", "6657789887", 45)
    assert (address.text, address.index) == ("1 Microsoft Way, Redmond, WA 98052", 78)
    assert pii.ssn == []
    assert [(found.text, found.index) for found in screen(client, "SSN 536-90-4399", pii=True).pii.ssn] == [("536-90-4399", 4)]


def test_the_key_for_personal_data_is_there_only_where_it_was_asked_for(served: ServedAccount):
    with served.http() as http:
        def keys(**query: str) -> set[str]:
            return set(http.post(SCREEN, params=query, content=b"soup", headers={"Content-Type": "text/plain"}).json())
        least = {"OriginalText", "NormalizedText", "Misrepresentation", "Language", "Terms", "Status", "TrackingId"}
        assert keys() == keys(PII="false", classify="False", autocorrect="0", listId="", language="") == least
        for asked in ("true", "True", "1", "TRUE"):
            assert keys(PII=asked) == keys(pii=asked) == least | {"PII"}
            assert keys(classify=asked) == least | {"Classification"}
            assert keys(autocorrect=asked) == least | {"AutoCorrectedText"}


def test_three_scores_and_the_recommendation(client: ContentModeratorClient):
    harmless = screen(client, "The soup is on the table.", classify=True).classification
    threat = screen(client, "I will beat you up and break your legs.", language="eng", classify=True).classification

    for scores in (harmless, threat):
        assert all(0 <= category.score <= 1 for category in (scores.category1, scores.category2, scores.category3))
    assert not harmless.review_recommended
    assert threat.review_recommended
    assert threat.category3.score > harmless.category3.score
    assert screen(client, "Die Suppe ist fertig.", language="deu", classify=True).classification is None


def test_the_answer_says_which_engine_gave_the_scores(served: ServedAccount):
    with served.http() as http:
        headers = {"Content-Type": "text/plain"}
        classified = http.post(SCREEN, params={"classify": "true"}, content=b"soup", headers=headers)
        unclassified = http.post(SCREEN, content=b"soup", headers=headers)

    assert classified.headers["x-moderato-engine"] == "built-in"
    assert classified.headers["x-model-version"]
    assert "x-moderato-engine" not in unclassified.headers


def test_corrected_spelling(client: ContentModeratorClient):
    published = "The quick brown fox jumps over the lazzy dog."

    assert screen(client, published, autocorrect=True).auto_corrected_text == published.replace("lazzy", "lazy")
    assert screen(client, published).auto_corrected_text is None


def test_terms_are_of_the_built_in_list_and_of_the_named_one(client: ContentModeratorClient, served: ServedAccount):
    list_id = served.term_list("rotten turnip", "leek")
    text = "www.example.org: crap, leek. And a ROTTEN  turnip"

    named = [(term.list_id, term.term, term.index, term.original_index) for term in screen(client, text, list_id=list_id).terms]
    unnamed = [(term.list_id, term.term) for term in screen(client, text).terms]
    empty = [(term.list_id, term.term) for term in screen(client, text, list_id="").terms]

    assert named == [(0, "crap", 19, 17), (int(list_id), "leek", 25, 23), (int(list_id), "rotten turnip", 37, 35)]
    assert unnamed == empty == [(0, "crap")]
    assert screen(client, "The soup is ready.", list_id=list_id).terms is None


def test_terms_of_a_list_count_in_their_language_or_in_any_where_none_is_given(client: ContentModeratorClient, served: ServedAccount):
    list_id = served.term_list("Rübe", language="deu")
    text = "Eine Rübe im Garten"

    assert [len(screen(client, text, list_id=list_id, language=language).terms or ()) for language in ("deu", "fra", None)] == [1, 0, 1]


@pytest.mark.parametrize(("content_type", "text", "seen"), [
    ("text/plain", "c<b>ra</b>p", None),
    ("text/html", "<p>so</p>c<b>ra</b>p", "c<b>ra</b>p"),
    ("text/html; charset=utf-8", "é&#99;rap", None),
    ("text/html", "é &#99;rap", "&#99;rap"),
    ("text/xml", "<r><a>so</a><b2>crap</b2></r>", "crap"),
    ("text/xml", "<![CDATA[ crap ]]>", "crap"),
    ("text/markdown", "> so, cr**ap**!", "cr**ap"),
    ("text/markdown", "[crap](https://example.org)", "crap"),
    ("text/html", "<!-- crap --><script>crap</script>", None)])
def test_markup_is_read_as_text_and_places_are_those_of_the_markup(
        client: ContentModeratorClient, content_type: str, text: str, seen: str | None):
    screened = screen(client, text, content_type, language="eng")

    assert screened.original_text == text
    if seen is None:
        assert screened.terms is None
    else:
        (term,) = screened.terms
        assert text[term.original_index:].startswith(seen)
        assert screened.normalized_text[term.index:term.index + 4] == "crap"


@pytest.mark.parametrize(("charset", "codec"), [
    ("utf-8", "utf-8"), ("utf-16", "utf-16"), ("iso-8859-1", "latin-1"), ("windows-1252", "cp1252")])
def test_the_charset_of_the_content_type_counts(client: ContentModeratorClient, charset: str, codec: str):
    text = "Übler crap"

    screened = screen(client, text.encode(codec), f"text/plain; charset={charset}", language="deu")

    assert screened.original_text == text
    assert [(term.term, term.original_index) for term in screened.terms] == [("crap", 6)]


def test_what_is_no_text_is_refused(client: ContentModeratorClient):
    assert refusal(client, b"") == (400, "BadRequest", "The body is empty; send the text, with its Content-Length.")
    assert refusal(client, b"caf\xe9") == (400, "BadRequest", "The body is not valid utf-8.")
    assert refusal(client, "soup", "application/json")[:2] == (415, "UnsupportedMediaType")
    assert refusal(client, "soup", "text/plain; charset=utf-7")[:2] == (415, "UnsupportedMediaType")
    assert refusal(client, "x" * 70_000)[:2] == (413, "PayloadTooLarge")


@pytest.mark.parametrize("letter", ["x", "é", "🥕", "\u0301", "<"])
@pytest.mark.parametrize("content_type", ["text/plain", "text/html", "text/xml", "text/markdown"])
def test_a_text_of_1024_code_points_is_screened_and_one_more_is_refused(
        client: ContentModeratorClient, letter: str, content_type: str):
    longest = letter * LONGEST

    screened = screen(client, longest, content_type, pii=True, classify=True, autocorrect=True)

    assert screened.original_text == longest
    assert refusal(client, longest + letter, content_type)[:2] == (400, "BadRequest")


@pytest.mark.parametrize("language", ["en", "xyz", "english", "12"])
def test_an_unknown_language_is_refused(client: ContentModeratorClient, language: str):
    status, code, message = refusal(client, "soup", language=language)

    assert (status, code) == (400, "BadRequest")
    assert "ISO 639-3" in message


@pytest.mark.parametrize("list_id", ["99", "0", "-1", "garden", "1" * 40])
def test_a_list_that_does_not_exist_is_not_found(client: ContentModeratorClient, list_id: str):
    assert refusal(client, "soup", list_id=list_id)[:2] == (404, "NotFound")


def test_a_flag_that_is_no_flag_is_refused(served: ServedAccount):
    with served.http() as http:
        for name in ("PII", "classify", "autocorrect"):
            answer = http.post(SCREEN, params={name: "perhaps"}, content=b"soup", headers={"Content-Type": "text/plain"})
            assert (answer.status_code, answer.json()["Error"]["Code"]) == (400, "BadRequest")


def test_another_accounts_list_is_not_found(client: ContentModeratorClient, worker: Served):
    other = worker.account()
    list_ids = [other.term_list("leek") for _ in range(3)]

    assert refusal(client, "leek", list_id=list_ids[-1])[0] == 404


def test_a_change_of_a_list_counts_at_once_at_another_worker(served: ServedAccount, elsewhere: ServedAccount):
    list_id = served.term_list("leek")
    client = elsewhere.content_moderator()
    assert screen(client, "leek, turnip", list_id=list_id).terms[0].term == "leek"

    served.content_moderator().list_management_term.add_term(list_id, "turnip", "eng")

    assert [term.term for term in screen(client, "leek, turnip", list_id=list_id).terms] == ["leek", "turnip"]


def test_with_and_without_a_trailing_slash_and_in_any_case(served: ServedAccount):
    with served.http() as http:
        for path in (SCREEN, f"{SCREEN}/", SCREEN.lower(), f"{DETECT}/", DETECT):
            assert http.post(path, content=b"soup", headers={"Content-Type": "text/plain"}).status_code == 200


@pytest.mark.parametrize(("text", "language"), [
    (TEXT, "eng"), ("Der Garten ist heute wunderschön.", "deu"), ("今日は庭がとても美しいです。", "jpn"), ("12:30 🥕", "und"),
    ("Сегодня в саду очень красиво.", "rus"), ("الحديقة جميلة جدا اليوم.", "ara")])
def test_the_language_is_detected(client: ContentModeratorClient, text: str, language: str):
    assert detect(client, text) == language
    assert screen(client, text).language == language


def test_the_language_of_markup_is_that_of_its_text(client: ContentModeratorClient):
    assert detect(client, '<p class="the english words of this attribute">Der Garten</p>', "text/html") == "deu"


def test_the_language_that_was_detected_can_be_given_back(client: ContentModeratorClient):
    for text in ("12:30", "Der Garten ist schön.", "ok"):
        assert screen(client, text, language=detect(client, text)).language == detect(client, text)


def test_detecting_has_the_limits_of_screening(client: ContentModeratorClient):
    assert detect(client, "é" * LONGEST)
    for text in ("", "é" * (LONGEST + 1)):
        with pytest.raises(APIErrorException) as raised:
            detect(client, text)
        assert (raised.value.response.status_code, raised.value.error.error.code) == (400, "BadRequest")


def test_a_wrong_key_is_refused(served: ServedAccount):
    for path in (SCREEN, DETECT):
        answer = httpx.post(f"{served.endpoint}{path}", content=b"soup",
                            headers={"Content-Type": "text/plain", "Ocp-Apim-Subscription-Key": secrets.token_hex(16)})
        assert (answer.status_code, answer.json()["Error"]["Code"]) == (401, "401")


def test_cards_and_ibans_are_found_where_the_operator_wants_it(start_worker):
    client = start_worker(PII_PAYMENT_DATA="true", PII_PHONE_REGIONS="FR").account().content_moderator()
    text = "4111 1111 1111 1111, DE89370400440532013000, 01 23 45 67 89, 425-555-0123"

    pii = screen(client, text, pii=True).pii

    assert pii.additional_properties == {
        "CreditCard": [{"SubType": "Visa", "Text": "4111 1111 1111 1111", "Index": 0}],
        "IBAN": [{"CountryCode": "DE", "Text": "DE89370400440532013000", "Index": 21}]}
    assert [(phone.country_code, phone.text) for phone in pii.phone] == [("FR", "01 23 45 67 89")]
