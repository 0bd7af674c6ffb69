"""How much work a text of the greatest length is: counted in windows that the network reads, since a clock says what else a machine does.

A full window takes some 12 ms of one core's processor time, nearly all that a judgement takes (docs/performance.md).
"""
import json
import random

import pytest

from shared.text_analysis.built_in_model import (
    CALIBRATION,
    ENCODER,
    HASHED_NGRAMS,
    SHIPPED,
    TOKENIZER,
    BuiltInModel,
    Calibration,
)
from shared.text_analysis.encoder import MOST_WINDOWS, TextEncoder
from shared.text_analysis.hashed_ngram_model import HashedNgramModel

LONGEST = 10_000
WINDOWS_IN_A_SECOND = 70
WORDS = """the garden library morning opens quiet behind river people walked slowly together carried baskets bread market yesterday
children laughed because weather turned warm again although nobody expected rain before evening and several neighbours brought
chairs outside where music played until dark when lamps were lit along old street beside church it was a of to in with for""".split()


class Counted:
    """An ONNX session that counts its runs."""

    def __init__(self, session):
        self._session = session
        self.runs = 0

    def run(self, *arguments):
        self.runs += 1
        return self._session.run(*arguments)


@pytest.fixture(scope="module")
def windows_read():
    """windows_read(text): how many windows a judgement of it reads."""
    encoder = TextEncoder(SHIPPED / ENCODER, SHIPPED / TOKENIZER)
    encoder.session = counted = Counted(encoder.session)
    calibration = Calibration.of(json.loads((SHIPPED / CALIBRATION).read_text("utf-8")))
    model = BuiltInModel(HashedNgramModel.load(SHIPPED / HASHED_NGRAMS), encoder, calibration)

    def read(text):
        counted.runs = 0
        model.judge(text)
        return counted.runs
    return read


def prose(characters, inserted=""):
    """Sentences that never repeat, so that no window is read for two."""
    picked = random.Random(1)
    sentences = (" ".join(picked.choices(WORDS, k=picked.randint(6, 18))).capitalize() + "." for _ in range(characters))
    text = " ".join(part for _, part in zip(range(characters // 20), sentences, strict=False))
    return f"{inserted} {text}"[:characters]


@pytest.mark.parametrize("inserted", ["", "I will kill you tomorrow.", "I will k1ll y0u tomorrow."], ids=["calm", "threat", "disguised"])
def test_the_longest_text_of_words_is_read_in_under_a_second_of_windows(windows_read, inserted):
    windows = windows_read(prose(LONGEST, inserted))
    assert LONGEST / 500 < windows <= WINDOWS_IN_A_SECOND
    assert windows <= 15 * windows_read(" ".join(prose(2_000, inserted).split()[:180]))


def of_signs(signs):
    return "".join(random.Random(2).choices(signs, k=LONGEST))[:LONGEST]


@pytest.mark.parametrize("text", [
    of_signs("abcdefghijklmnopqrstuvwxyz1!$@. "), of_signs("!?.,;:()#%&*+-/<=>"), of_signs(["k1", "l", "@", "0 ", "$", "a.", "b ", "!c"]),
    of_signs(["\ufdfa", "\ufdfb"]), of_signs([chr(place) for place in range(0x249C, 0x24B6)]),
    of_signs([chr(place) for place in range(0x3300, 0x3357)]),
    of_signs([chr(place) for place in range(0x4E00, 0x8E00)])],
    ids=["letters", "signs", "disguises", "words in a character", "letters in brackets", "katakana words", "ideographs"])
def test_a_text_that_is_no_words_takes_not_much_more(windows_read, text):
    assert windows_read(text) <= 2 * MOST_WINDOWS
