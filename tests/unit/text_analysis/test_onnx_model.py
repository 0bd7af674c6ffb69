"""An operator's ONNX model: what is read of a text, what becomes of its scores, and every reason to refuse it."""
from __future__ import annotations

import copy
import math
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto
from tokenizers import processors

from shared.engine_loading import UnusableModel
from shared.errors import Unavailable
from shared.text_analysis.models import Category
from shared.text_analysis.onnx_model import OnnxTextModel, read_description
from shared.text_analysis.severity import Cuts
from tests.onnx_text_model import DESCRIPTION, MARKS, SCORES, WORDS, save_model, tokenizer

ZEROS = dict.fromkeys(Category, 0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory):
    return save_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def model(folder):
    return OnnxTextModel.load(folder)


def described(**changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(DESCRIPTION), **changes}


def sigmoid(logit: float) -> float:
    return 1 / (1 + math.exp(-logit))


def test_a_category_has_the_probability_of_its_likeliest_label(model):
    judged = model.judge("Soup, then a shove")

    # "shove" scores -9 and 1 for the two labels of violence.
    assert judged.probabilities[Category.VIOLENCE] == pytest.approx(sigmoid(1))
    assert judged.probabilities[Category.HATE] == pytest.approx(sigmoid(-1))


@pytest.mark.parametrize(("word", "category"), [("spite", "Hate"), ("despair", "SelfHarm"), ("nude", "Sexual"), ("punch", "Violence")])
def test_cuts_make_severities_of_probabilities(model, word, category):
    assert model.judge(word).severities == {**ZEROS, category: 7}


@pytest.mark.parametrize(("probability", "severity"), [(0.39, 1), (0.41, 2), (0.69, 3), (0.71, 4), (0.89, 5), (0.91, 6), (0.96, 7)])
def test_each_cut_counts_from_its_probability_on(tmp_path, probability, severity):
    scores = np.full((6, 6), probability, np.float32)
    model = OnnxTextModel.load(save_model(tmp_path / "m", described(scores="probabilities"), scores=scores))

    assert model.judge("punch").severities == dict.fromkeys(Category, severity)


@pytest.mark.parametrize("place", range(0, 60, 7))
def test_a_word_is_found_wherever_it_stands_in_a_long_text(model, place):
    words = ["soup"] * 60
    words[place] = "punch"

    assert model.judge(" ".join(words)).probabilities[Category.VIOLENCE] == pytest.approx(sigmoid(4))


@pytest.fixture
def windows_read(folder):
    """windows_read(words): the windows of token ids, marks included, that a judgement of so many words reads."""
    class Watched(OnnxTextModel):
        def _probabilities(self, window: list[int]) -> np.ndarray:
            seen.append(window)
            return super()._probabilities(window)
    seen: list[list[int]] = []
    model = Watched.load(folder)

    def read(words: int) -> list[list[int]]:
        seen.clear()
        model.judge(" ".join(WORDS[number % 6] for number in range(words)))
        return list(seen)
    return read


def test_a_long_text_is_read_in_full_overlapping_windows_between_the_marks(windows_read):
    seen = windows_read(23)

    ids = [len(MARKS) + number % 6 for number in range(23)]
    # 12 tokens less two marks are 10 of text, of which at least 3, a quarter of 12, are those of the window before.
    assert seen == [[2, *ids[first:first + 10], 3] for first in (0, 6, 13)]


@pytest.mark.parametrize(("words", "windows"), [(10 + 7 * 255, 256), (10 + 7 * 256, 256), (5_000, 256)])
def test_of_a_text_that_makes_more_windows_as_many_are_read_from_its_beginning_to_its_end(windows_read, words, windows):
    seen = windows_read(words)

    assert len(seen) == windows
    ids = [len(MARKS) + number % 6 for number in range(words)]
    assert (seen[0], seen[-1]) == ([2, *ids[:10], 3], [2, *ids[-10:], 3])


def test_marks_written_in_a_text_are_text(model):
    assert model.judge("[SEP] [PAD] punch [CLS]").probabilities[Category.VIOLENCE] == pytest.approx(sigmoid(4))


@pytest.mark.parametrize("text", ["", " ", "\n\t\u3000"])
def test_a_text_without_tokens_is_harmless(model, text):
    judged = model.judge(text)

    assert judged.severities == ZEROS
    assert set(judged.probabilities.values()) == {0.0}


@pytest.mark.parametrize("text", [
    "\ud800", "\udfff\ud83d", "a\ud800b", "\x00\x01", "\u200b", "\u0301" * 10_000, "\U0001f600" * 10_000,
    "a" * 10_000, "a " * 5_000, "\u4f60\u597d" * 5_000], ids=range(10))
def test_odd_texts_are_judged(model, text):
    assert set(model.judge(text).severities) == set(Category)


def test_the_same_text_gives_the_same_answer_on_every_thread_and_from_another_instance(model, folder):
    texts = ["punch soup", "shove " * 40, "\u2764 nude", "spite despair"] * 8
    expected = list(map(OnnxTextModel.load(folder).judge, texts))
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(model.judge, texts)) == expected


def test_softmax_scores_share_one_between_all_labels(tmp_path):
    scores = np.array([[0, 0, 0, 0, math.log(4), math.log(15)]] * 6)
    model = OnnxTextModel.load(save_model(tmp_path / "m", described(scores="softmax"), scores=scores))

    # 1 + 1 + 1 + 1 + 4 + 15 = 23
    assert model.judge("punch").probabilities[Category.VIOLENCE] == pytest.approx(15 / 23)
    assert model.judge("punch").probabilities[Category.HATE] == pytest.approx(1 / 23)


def test_probabilities_are_taken_as_they_are(tmp_path):
    model = OnnxTextModel.load(save_model(tmp_path / "m", described(scores="probabilities"), scores=np.full((6, 6), 0.625, np.float32)))

    assert set(model.judge("punch").probabilities.values()) == {0.625}


@pytest.mark.parametrize("model", [
    {"inputs": ("input_ids",)}, {"inputs": ("input_ids", "attention_mask", "token_type_ids")}, {"kind": TensorProto.INT32},
    {"shape": (1, "tokens")}], ids=str)
def test_models_may_differ_in_inputs_and_integers(tmp_path, model):
    loaded = OnnxTextModel.load(save_model(tmp_path / "m", **model))

    assert loaded.judge("punch").probabilities[Category.VIOLENCE] == pytest.approx(sigmoid(4))


def test_one_of_several_outputs_is_named(tmp_path):
    folder = save_model(tmp_path / "m", described(output="scores of words"), outputs=("hidden", "scores of words"))

    assert OnnxTextModel.load(folder).judge("punch").probabilities[Category.VIOLENCE] == pytest.approx(sigmoid(4))


def test_the_version_is_the_operators_with_a_digest_that_every_file_counts_in(tmp_path):
    folder = save_model(tmp_path / "m")
    versions = [OnnxTextModel.load(folder).version]
    (folder / "model.onnx.data").write_bytes(b"weights beside the model")
    versions.append(OnnxTextModel.load(folder).version)
    save_model(folder, described(maximalTokens=16))
    versions.append(OnnxTextModel.load(folder).version)

    assert len(set(versions)) == 3
    for version in versions:
        name, _, digest = version.partition("+")
        assert name == "kitchen-2.1" and len(digest) == 8 and int(digest, 16) >= 0


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in DESCRIPTION.items() if key != name}


def with_category(name: str, **changes: Any) -> dict[str, Any]:
    changed = described()
    changed["categories"][name] |= changes
    return changed


@pytest.mark.parametrize(("description", "reason"), [
    ([], "moderato.json must be object"),
    (without("version"), "must contain"), (without("scores"), "must contain"), (without("maximalTokens"), "must contain"),
    (described(threshold=1), "threshold"),
    (described(version="two words"), "moderato.json.version"), (described(version="line\n"), "moderato.json.version"),
    (described(version="a" * 65), "moderato.json.version"),
    (described(labels=["a", "a"]), "moderato.json.labels"), (described(labels=[]), "moderato.json.labels"),
    (described(scores="logits"), "sigmoid"),
    (described(maximalTokens=7), "moderato.json.maximalTokens"), (described(maximalTokens=8193), "moderato.json.maximalTokens"),
    (described(maximalTokens="12"), "moderato.json.maximalTokens"),
    (described(overlapTokens=7), "at most half"), (described(overlapTokens=-1), "moderato.json.overlapTokens"),
    (described(categories={name: entry for name, entry in DESCRIPTION["categories"].items() if name != "Sexual"}), "Sexual"),
    (with_category("Hate", labels=["unheard"]), "moderato.json.categories.Hate.labels: 'unheard'"),
    (with_category("Hate", labels=[]), "moderato.json.categories.Hate.labels"),
    (with_category("Hate", cuts=[0.4, 0.7]), "moderato.json.categories.Hate.cuts"),
    (with_category("Violence", cuts=[0.7, 0.4, 0.9]), "moderato.json.categories.Violence.cuts: cuts must rise"),
    (with_category("Violence", cuts=[0.4, 0.7, 1]), "between 0 and 1"),
    (with_category("Violence", cuts=[0, 0.7, 0.9]), "between 0 and 1"),
    (described(labels=["one", *DESCRIPTION["labels"]]), "has the shape \\[1, 6\\], and 7 labels"),
    (described(scores="probabilities"), "not between 0 and 1"),
    (described(output="hidden"), "output must name one"),
])
def test_a_description_that_breaks_the_contract_is_refused_with_the_reason(tmp_path, description, reason):
    with pytest.raises(UnusableModel, match=reason):
        OnnxTextModel.load(save_model(tmp_path / "m", description))


@pytest.mark.parametrize(("marks", "is_taken"), [(3, True), (4, False)])
def test_an_overlap_must_leave_room_for_a_step(tmp_path, marks, is_taken):
    """Eight tokens less three marks are five of text, of which four may be those of the window before."""
    folder = save_model(tmp_path / "m", described(maximalTokens=8, overlapTokens=4))
    marked = tokenizer()
    marked.post_processor = processors.TemplateProcessing(
        single="[CLS] " * (marks - 1) + "$A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    marked.save(str(folder / "tokenizer.json"))
    if is_taken:
        assert OnnxTextModel.load(folder).judge("soup " * 50 + "punch").severities[Category.VIOLENCE] == 7
    else:
        with pytest.raises(UnusableModel, match="less than the 4 tokens of text"):
            OnnxTextModel.load(folder)


@pytest.mark.parametrize(("model", "reason"), [
    ({"inputs": ("input_ids", "pixels")}, "'pixels'"),
    ({"shape": (2, "tokens")}, "input_ids has the shape \\[2, 'tokens'\\]"),
    ({"shape": ("texts", 12)}, "dynamic number of tokens"),
    ({"outputs": ("one", "other")}, "output must name one"),
    ({"scores": SCORES[:, :5]}, "shape \\[1, 5\\]"),
    ({"scores": SCORES[:3]}, "fails on 1 tokens with the id 9"),
    ({"bias": math.nan}, "not a finite number"),
    ({"bias": math.inf}, "not a finite number"),
])
def test_a_model_that_breaks_the_contract_is_refused_with_the_reason(tmp_path, model, reason):
    with pytest.raises(UnusableModel, match=reason):
        OnnxTextModel.load(save_model(tmp_path / "m", **model))


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json", "moderato.json"])
def test_a_file_that_is_missing_or_damaged_is_named(tmp_path, name):
    folder = save_model(tmp_path / "m")
    (folder / name).write_bytes(b"{ damaged")
    with pytest.raises(UnusableModel, match=name):
        OnnxTextModel.load(folder)
    (folder / name).unlink()
    with pytest.raises(UnusableModel, match=f"^{name} is missing$"):
        OnnxTextModel.load(folder)


def test_a_folder_that_is_not_there_is_said_to_be_unreadable(tmp_path):
    with pytest.raises(UnusableModel, match="folder cannot be read: No such file"):
        OnnxTextModel.load(tmp_path / "nowhere")


def test_a_description_that_is_no_text_is_refused(tmp_path):
    folder = save_model(tmp_path / "m")
    (folder / "moderato.json").write_bytes(b"\xff\xfe")
    with pytest.raises(UnusableModel, match="not JSON"):
        OnnxTextModel.load(folder)


def test_a_model_that_fails_on_a_text_makes_the_engine_unavailable_and_tells_nobody_the_text(tmp_path, caplog):
    """A word that the tokenizer does not know scores -1, which is no probability."""
    scores = np.full((6, 6), 0.5, np.float32)
    model = OnnxTextModel.load(save_model(tmp_path / "m", described(scores="probabilities"), scores=scores))
    with pytest.raises(Unavailable) as refusal:
        model.judge("kohlrabi")

    assert "text model failed with ValueError" in caplog.text
    assert "kohlrabi" not in str(refusal.value) + caplog.text
    assert refusal.value.__cause__ is None


def test_the_example_in_the_documentation_is_a_good_description():
    page = Path(__file__).resolve().parents[3] / "docs" / "text-engines.md"
    (example,) = re.findall(r"^```json$(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL)

    described = read_description(example.encode())

    assert described.columns == {Category.HATE: (1, 2), Category.SELF_HARM: (3,), Category.SEXUAL: (4,), Category.VIOLENCE: (5,)}
    assert described.cuts[Category.VIOLENCE] == Cuts(0.30, 0.75, 0.90)
    assert (described.maximal_tokens, described.overlap_tokens) == (256, 64)
