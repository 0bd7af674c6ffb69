import numpy as np
import pytest

from shared.text_analysis.built_in_model import ENCODER, SHIPPED, TOKENIZER
from shared.text_analysis.encoder import WINDOW_OVERLAP, WINDOW_TOKENS, TextEncoder, token_windows


@pytest.fixture(scope="module")
def encoder():
    return TextEncoder(SHIPPED / ENCODER, SHIPPED / TOKENIZER)


@pytest.mark.parametrize("count", [0, 1, WINDOW_TOKENS - 2])
def test_a_short_text_is_one_window(count):
    assert list(token_windows(range(count))) == [list(range(count))]


TWO_WINDOWS = 2 * (WINDOW_TOKENS - 2) - WINDOW_OVERLAP


@pytest.mark.parametrize("count", [WINDOW_TOKENS - 1, TWO_WINDOWS, TWO_WINDOWS + 1, 500, 4_001])
def test_windows_cover_every_token_and_each_is_full(count):
    windows = list(token_windows(range(count)))
    assert {token for window in windows for token in window} == set(range(count))
    assert {len(window) for window in windows} == {WINDOW_TOKENS - 2}
    assert all(earlier[-1] - later[0] >= WINDOW_OVERLAP - 1 for earlier, later in zip(windows, windows[1:], strict=False))


def test_a_long_text_is_judged_by_its_most_harmful_window(encoder):
    calm, threat = "the library opens at nine . " * 40, "i will kill you tomorrow . " * 16
    violence = [encoder.logits(text)[3] for text in (calm + calm, calm + threat + calm, threat)]
    assert violence[1] - violence[0] > (violence[2] - violence[0]) / 2


def test_a_text_has_the_same_bits_whatever_was_read_before(encoder):
    texts = ["have a lovely day", "a" * 10_000, "i will kill you", "\U0001f600 " * 3_000]
    first = [encoder.logits(text).tobytes() for text in texts]
    assert [encoder.logits(text).tobytes() for text in reversed(texts)] == first[::-1]


@pytest.mark.parametrize("text", ["", " ", "\x00", "\U0001f600" * 10_000, "\u0301" * 10_000, "\u4f60\u597d" * 5_000, "[SEP] [CLS] [MASK]"])
def test_odd_texts_are_read_without_error(encoder, text):
    logits = encoder.logits(text)
    assert logits.shape == (4,)
    assert np.isfinite(logits).all()
