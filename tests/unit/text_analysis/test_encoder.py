import numpy as np
import pytest
from tokenizers import Tokenizer

from shared.text_analysis.built_in_model import ENCODER, SHIPPED, TOKENIZER
from shared.text_analysis.encoder import WINDOW_OVERLAP, WINDOW_ROOM, WINDOW_TOKENS, TextEncoder, token_windows, windows_of


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


def logits(encoder, text):
    return encoder.logits(token_windows(encoder.token_ids(text)))


def test_another_spelling_of_a_long_text_is_read_where_it_differs():
    plain = list(range(1_000))
    for place in (0, 500, 999):
        other = [*plain[:place], 7_001, 7_002, *plain[place + 1:]]
        added = windows_of([plain, other])[len(windows_of([plain])):]
        assert 1 <= len(added) <= 3
        assert {7_001, 7_002} <= {token for window in added for token in window}
        assert set(added) < set(map(tuple, token_windows(other)))


@pytest.mark.parametrize("other", [[1, 2], [*range(20, 500)], [*range(200), *range(210, 500)], [*range(500), 501], [499, *range(500)]],
                         ids=["short", "less in front", "less inside", "more behind", "more in front"])
def test_all_that_another_spelling_says_is_read_in_a_window_with_its_neighbours(other):
    plain = list(range(500))
    windows = windows_of([plain, other])
    pairs = {pair for window in windows for pair in zip(window, window[1:], strict=False)}
    assert set(zip(other, other[1:], strict=False)) | set(zip(plain, plain[1:], strict=False)) <= pairs


def test_spellings_of_the_same_tokens_are_read_once():
    for count in (0, 5, WINDOW_ROOM, 1_000):
        assert windows_of([list(range(count))] * 2) == list(map(tuple, token_windows(range(count))))


def test_a_short_text_is_read_whole_in_each_spelling():
    assert windows_of([[1, 2, 3], [1, 9, 3]]) == [(1, 2, 3), (1, 9, 3)]


def test_a_long_text_is_judged_by_its_most_harmful_window(encoder):
    calm, threat = "the library opens at nine . " * 40, "i will kill you tomorrow . " * 16
    violence = [logits(encoder, text)[3] for text in (calm + calm, calm + threat + calm, threat)]
    assert violence[1] - violence[0] > (violence[2] - violence[0]) / 2


def test_a_text_has_the_same_bits_whatever_was_read_before(encoder):
    texts = ["have a lovely day", "a" * 10_000, "i will kill you", "\U0001f600 " * 3_000]
    first = [logits(encoder, text).tobytes() for text in texts]
    assert [logits(encoder, text).tobytes() for text in reversed(texts)] == first[::-1]


@pytest.mark.parametrize("text", ["", " ", "\x00", "\U0001f600" * 10_000, "\u0301" * 10_000, "\u4f60\u597d" * 5_000, "[SEP] [CLS] [MASK]"])
def test_odd_texts_are_read_without_error(encoder, text):
    found = logits(encoder, text)
    assert found.shape == (4,)
    assert np.isfinite(found).all()


@pytest.mark.parametrize("text", [
    "a plain text, in lower case.", "unmistakeably longwinded words", "it's 1.2_3 [sep] [unused1] ##ing", "one\ntwo\t three\r\n", "x" * 101,
    "", "[CLS] in capitals", "a\x00b\x1fc\x7fd", "caf\u00e9 \u4f60\u597d", "\ufffd", "a\x0bb\x1cc"])
def test_tokens_are_those_of_the_whole_tokenizer(encoder, text):
    tokenizer = Tokenizer.from_file(str(SHIPPED / TOKENIZER))
    assert encoder.token_ids(text) == tokenizer.encode(text, add_special_tokens=False).ids


def test_every_pair_of_ascii_characters_has_the_tokens_of_the_whole_tokenizer(encoder):
    tokenizer = Tokenizer.from_file(str(SHIPPED / TOKENIZER))
    characters = list(map(chr, range(128)))
    for text in ("".join(f"{one}{other}" for other in characters) for one in characters):
        for spelled in (text, text.lower().translate(dict.fromkeys((*range(9), 11, 12, *range(14, 32), 127)))):
            assert encoder.token_ids(spelled) == tokenizer.encode(spelled, add_special_tokens=False).ids
