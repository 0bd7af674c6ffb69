import pytest

from shared.text_analysis.gravity import names_minor, weigh
from shared.text_analysis.models import Category
from shared.text_analysis.normalisation import spellings_of, tokens
from shared.text_analysis.severity import Cuts, four_level, severities, severity_of

CUTS = Cuts(0.2, 0.45, 0.8)


def test_four_level_is_the_even_level_at_or_below():
    assert [four_level(severity) for severity in range(8)] == [0, 0, 2, 2, 4, 4, 6, 6]


def test_severity_rises_with_probability_and_reaches_every_level():
    levels = [severity_of(step / 1000, CUTS) for step in range(1001)]
    assert levels == sorted(levels)
    assert set(levels) == set(range(8))


@pytest.mark.parametrize(
    ("probability", "severity"),
    [
        (0.0, 0),
        (0.0999, 0),
        (0.1, 1),
        (0.1999, 1),
        (0.2, 2),
        (0.2999, 2),
        (0.3001, 3),
        (0.4499, 3),
        (0.45, 4),
        (0.5999, 4),
        (0.6001, 5),
        (0.7999, 5),
        (0.8, 6),
        (0.894, 6),
        (0.895, 7),
        (1.0, 7),
    ],
)
def test_levels_begin_at_the_cuts_and_at_the_geometric_middles(probability, severity):
    assert severity_of(probability, CUTS) == severity


@pytest.mark.parametrize("wrong", [(0.5, 0.4, 0.9), (0.0, 0.4, 0.9), (0.2, 0.4, 1.0), (0.4, 0.4, 0.9)])
def test_cuts_must_rise_between_zero_and_one(wrong):
    with pytest.raises(ValueError, match="cuts must rise"):
        Cuts(*wrong)


@pytest.mark.parametrize("category", list(Category))
def test_cues_never_make_a_harmless_text_positive(category):
    for passage in ("i will kill you", "kill yourself", "a child"):
        assert [weigh(category, severity, passage) for severity in (0, 1)] == [0, 1]


@pytest.mark.parametrize(
    ("category", "passage", "before", "after"),
    [
        (Category.VIOLENCE, "i will kill you tomorrow", 4, 6),
        (Category.VIOLENCE, "i'm going to really hurt him", 2, 4),
        (Category.VIOLENCE, "they will kill you", 4, 4),
        (Category.VIOLENCE, "police said it but i will kill you", 4, 6),
        (Category.SELF_HARM, "i want to end my life", 4, 6),
        (Category.SEXUAL, "sex with a child", 2, 7),
        (Category.SEXUAL, "a night together", 3, 3),
        (Category.SELF_HARM, "kill yourself already", 3, 5),
        (Category.HATE, "i will kill you", 4, 4),
        (Category.VIOLENCE, "i will kill you", 7, 7),
        (Category.VIOLENCE, "his severed head on the table", 4, 6),
        (Category.VIOLENCE, "kill them all", 3, 5),
        (Category.VIOLENCE, "they should be shot", 2, 4),
        (Category.HATE, "those people must die", 4, 6),
        (Category.HATE, "they are vermin", 4, 6),
        (Category.VIOLENCE, "i hope they burn", 4, 6),
        (Category.SELF_HARM, "i have written my goodbye letter", 4, 6),
        (Category.SEXUAL, "he thrust into her", 4, 6),
    ],
)
def test_cues_move_a_positive_by_one_step(category, passage, before, after):
    assert weigh(category, before, passage) == after


@pytest.mark.parametrize(
    ("category", "passage", "before", "after"),
    [
        (Category.VIOLENCE, "police said that two men were stabbed", 4, 2),
        (Category.VIOLENCE, "police said that two men were stabbed", 3, 2),
        (Category.SELF_HARM, "a workshop on suicide prevention", 2, 2),
        (Category.HATE, "the museum shows how propaganda spoke of them", 5, 3),
        (Category.SEXUAL, "the clinic tests for infections", 6, 3),
        (Category.SELF_HARM, "my therapist knows that i want to end my life", 4, 6),
        (Category.SEXUAL, "the report names a child", 2, 7),
    ],
)
def test_report_teaching_and_help_are_one_step_down_unless_a_graver_sign_stands_beside_them(category, passage, before, after):
    assert weigh(category, before, passage) == after


def _passage(text):
    (spelling,) = spellings_of(text)
    return " ".join(tokens(spelling))


@pytest.mark.parametrize("text", [
    "She is 16 years old", "a 16-year-old", "a 16 year-old girl", "sixteen-year-olds", "15 y/o", "15y/o", "14yo", "9 yrs old",
    "He was aged 12, I think", "at the age of nine", "three years of age", "a pre-teen", "preteens", "school-children", "a schoolboy",
    "an under-age boy", "a naughty sixteen-year-old", "a 6-month-old", "9 weeks old", "16 y.o.", "16 yrs. old", "age: 16",
    *(f"a 16{sign}year{sign}old" for sign in ("\u2010", "\u2011", "\u2013", "\u2014", "\u2212", "--")), "pre\u2011teen",
])
def test_every_usual_spelling_of_an_age_below_eighteen_names_a_minor(text):
    assert names_minor(_passage(text))
    assert weigh(Category.SEXUAL, 2, _passage(text)) == 7


@pytest.mark.parametrize("text", [
    "She is 18 years old", "a 21-year-old", "twenty-one-year-olds", "a thirty-five year old", "45 y/o", "aged 52", "at the age of 80",
    "a 118 year old", "35.5 years old", "twenty\u2011one years old", "thirty\u2013five years old", "you are the one yo",
    "the course is for ages 18 and over", "an adult", "page 12", "managed one",
])
def test_an_age_of_eighteen_and_more_names_none(text):
    assert not names_minor(_passage(text))


def test_a_sign_that_joins_two_words_hides_no_cue():
    for hyphen in ("-", "\u2010", "\u2011"):
        assert weigh(Category.HATE, 4, _passage(f"They are sub{hyphen}human.")) == 6
    assert weigh(Category.SEXUAL, 4, _passage("a hand-job")) == 6
    assert weigh(Category.VIOLENCE, 5, _passage("a first-aid lesson")) == 3


@pytest.mark.parametrize("category", list(Category))
def test_certainty_alone_reaches_no_higher_than_five(category):
    assert [weigh(category, severity, "somebody should slap him") for severity in range(8)] == [0, 1, 2, 3, 4, 5, 5, 5]


def test_severities_follow_the_order_of_the_categories():
    cuts = (CUTS,) * len(Category)
    assert severities([0.0, 0.2, 0.45, 0.8], ["", "", "", ""], cuts) == {
        Category.HATE: 0,
        Category.SELF_HARM: 2,
        Category.SEXUAL: 4,
        Category.VIOLENCE: 5,
    }
