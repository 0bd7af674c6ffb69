"""Text analysis through the official client: categories, output types, blocklists, halting."""
from __future__ import annotations

import pytest
from azure.ai.contentsafety.models import AnalyzeTextOptions, AnalyzeTextOutputType, TextCategory
from azure.core.exceptions import ResourceNotFoundError

CATEGORIES = ["Hate", "SelfHarm", "Sexual", "Violence"]
HARMFUL = "I will beat you up and hurt your whole family tonight."
BENIGN = "The soup is on the table, and the bread is warm."


@pytest.fixture(scope="module")
def account(worker):
    account = worker.account()
    for name in ("garden", "kitchen", "empty"):
        account.create_list(name)
    account.add("garden", "rotten turnip", {"text": "mould(y|ed) l[e]+k", "isRegex": True})
    account.add("kitchen", "burnt toast", "rotten turnip")
    return account


@pytest.fixture(params=["2023-10-01", "2024-09-01"])
def client(account, request: pytest.FixtureRequest):
    with account.content_safety(api_version=request.param) as client:
        yield client


def severities(answer) -> dict[str, int]:
    return {str(entry.category): entry.severity for entry in answer.categories_analysis}


def test_all_categories_come_in_the_published_order_when_none_is_named(client):
    answer = client.analyze_text(AnalyzeTextOptions(text=BENIGN))

    assert list(severities(answer)) == CATEGORIES
    assert set(severities(answer).values()) == {0}
    assert answer.blocklists_match == []


def test_a_threat_is_violence_and_a_meal_is_not(client):
    assert severities(client.analyze_text(AnalyzeTextOptions(text=HARMFUL)))["Violence"] >= 2
    assert severities(client.analyze_text(AnalyzeTextOptions(text=BENIGN)))["Violence"] == 0


def test_only_the_categories_asked_for_are_answered(client):
    answer = client.analyze_text(AnalyzeTextOptions(
        text=HARMFUL, categories=[TextCategory.VIOLENCE, TextCategory.HATE]))

    assert list(severities(answer)) == ["Hate", "Violence"]


def test_an_empty_list_of_categories_means_all(client):
    assert list(severities(client.analyze_text({"text": HARMFUL, "categories": []}))) == CATEGORIES


def test_a_category_named_twice_is_answered_once(client):
    answer = client.analyze_text({"text": HARMFUL, "categories": ["Violence", "Violence"]})

    assert [str(entry.category) for entry in answer.categories_analysis] == ["Violence"]


def test_four_levels_are_the_even_ones_at_or_below_the_eight(client):
    eight = severities(client.analyze_text(
        AnalyzeTextOptions(text=HARMFUL, output_type=AnalyzeTextOutputType.EIGHT_SEVERITY_LEVELS)))
    four = severities(client.analyze_text(
        AnalyzeTextOptions(text=HARMFUL, output_type=AnalyzeTextOutputType.FOUR_SEVERITY_LEVELS)))
    default = severities(client.analyze_text(AnalyzeTextOptions(text=HARMFUL)))

    assert four == default == {category: severity // 2 * 2 for category, severity in eight.items()}


def test_the_same_text_has_the_same_answer_on_every_worker(account, second_worker):
    answers = set()
    for one in (account, account.at(second_worker)):
        with one.content_safety() as client:
            answers |= {str(client.analyze_text({"text": HARMFUL, "outputType": "EightSeverityLevels"}).as_dict())
                        for _ in range(2)}

    assert len(answers) == 1


def test_the_answer_names_the_model_that_judged(account):
    with account.http() as http:
        answer = http.post("/contentsafety/text:analyze?api-version=2024-09-01", json={"text": BENIGN})

    assert answer.headers["x-model-version"]


def test_blocklist_hits_come_list_by_list_in_the_order_asked_for(client):
    answer = client.analyze_text({"text": "Burnt toast, mouldy leek and a rotten turnip.",
                                  "blocklistNames": ["kitchen", "empty", "garden", "kitchen"]})

    assert [(match.blocklist_name, match.blocklist_item_text) for match in answer.blocklists_match] == [
        ("kitchen", "burnt toast"), ("kitchen", "rotten turnip"), ("garden", "rotten turnip"),
        ("garden", "mould(y|ed) l[e]+k")]
    assert list(severities(answer)) == CATEGORIES


def test_a_match_names_the_item_that_is_in_the_list(account, client):
    match = client.analyze_text({"text": "rotten turnip", "blocklistNames": ["garden"]}).blocklists_match[0]
    with account.blocklists() as blocklists:
        item = blocklists.get_text_blocklist_item(match.blocklist_name, match.blocklist_item_id)

    assert item.text == match.blocklist_item_text == "rotten turnip"


def test_an_item_that_stands_in_the_text_twice_is_one_match(client):
    answer = client.analyze_text({"text": "rotten turnip, rotten turnip!", "blocklistNames": ["garden"]})

    assert len(answer.blocklists_match) == 1


def test_halting_leaves_the_categories_out_when_a_list_hits(account, client):
    answer = client.analyze_text(AnalyzeTextOptions(
        text="A rotten turnip.", blocklist_names=["garden"], halt_on_blocklist_hit=True))
    with account.http() as http:
        raw = http.post("/contentsafety/text:analyze?api-version=2024-09-01", json={
            "text": "A rotten turnip.", "blocklistNames": ["garden"], "haltOnBlocklistHit": True})

    assert len(answer.blocklists_match) == 1
    assert answer.categories_analysis == []
    assert raw.json()["categoriesAnalysis"] == []


@pytest.mark.parametrize(("text", "names", "halt"), [
    ("A rotten turnip.", ["garden"], False), ("A fine turnip.", ["garden"], True),
    ("A rotten turnip.", ["empty"], True), ("A rotten turnip.", [], True)])
def test_the_categories_are_judged_where_nothing_halts(client, text: str, names: list[str], halt: bool):
    answer = client.analyze_text(AnalyzeTextOptions(text=text, blocklist_names=names, halt_on_blocklist_hit=halt))

    assert list(severities(answer)) == CATEGORIES


@pytest.mark.parametrize("names", [["nowhere"], ["garden", "nowhere"], ["GARDEN"]])
def test_a_list_that_does_not_exist_is_404(client, names: list[str]):
    with pytest.raises(ResourceNotFoundError) as caught:
        client.analyze_text(AnalyzeTextOptions(text="A rotten turnip.", blocklist_names=names))

    assert caught.value.error.code == "ResourceNotFound"
    assert caught.value.status_code == 404


def test_a_list_that_is_not_named_does_not_count(client):
    assert client.analyze_text(AnalyzeTextOptions(text="A rotten turnip.")).blocklists_match == []
    assert client.analyze_text({"text": "Burnt toast.", "blocklistNames": ["garden"]}).blocklists_match == []


def test_a_text_of_ten_thousand_code_points_is_searched_to_its_end(client):
    text = "\U0001F955" * 9_986 + " rotten turnip"

    assert len(text) == 10_000
    assert len(client.analyze_text({"text": text, "blocklistNames": ["garden"]}).blocklists_match) == 1


def test_the_empty_text_is_harmless(client):
    assert set(severities(client.analyze_text({"text": "", "blocklistNames": ["garden"]})).values()) == {0}
