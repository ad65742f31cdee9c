#!/usr/bin/env python3
"""Train the demo's recommender: a small pre-norm SASRec on the Online Retail data.

Why: the demo and the tests need weights that may be redistributed and that stand for a real shop.
SASRec (Kang and McAuley, "Self-Attentive Sequential Recommendation", 2018) predicts the next
purchase from the last 50. Parameters carry the names of pmixer/SASRec.pytorch, so a converter
knows the family by its state dict. The arithmetic differs from that code's default: pre-norm
throughout, erf-GELU, embeddings not scaled, a softmax over all products as the loss, and positions
counted from the left: the first event of a window has position 0, padding stands on the right,
where no event attends to it.

Protocol: of each customer with at least 5 purchases the last is the test target and the one
before it the validation target. All products are ranked; those in the history are left out, the
target always competes.

How long: about 8 minutes of one core; further threads gain little at this size. OpenBLAS takes its
own thread count from OPENBLAS_NUM_THREADS. The best epoch so far is always on disk, so a run may
be stopped. The seed and one thread repeat a run to the bit on one machine; with more threads, sums
are rounded in another order.
"""

import argparse
import math
import os
import random
import time
from pathlib import Path
from typing import Any, Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional

from prepare import add_data_argument, read_histories, read_titles

PADDING = 0

CONFIG: dict[str, Any] = {
    "model": "SASRec",
    "hidden_units": 64,
    "num_blocks": 2,
    "num_heads": 2,
    "ffn_units": 256,
    "maxlen": 50,
    "activation": "gelu",
    "norm_first": True,
    "layer_norm_eps": 1e-5,
    "scale_embedding": False,
    "padding_side": "right",
    "dropout_rate": 0.2,
    "batch_size": 32,
    "lr": 1e-3,
    "seed": 2015,
}


class FeedForward(nn.Module):
    """W2 gelu(W1 x), each W a convolution of width 1 over the sequence."""

    def __init__(self, units: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.conv1 = nn.Conv1d(units, hidden, kernel_size=1)
        self.dropout1 = nn.Dropout(dropout)
        self.gelu = nn.GELU()
        self.conv2 = nn.Conv1d(hidden, units, kernel_size=1)
        self.dropout2 = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:  # [batch, length, units]
        hidden = self.gelu(self.dropout1(self.conv1(x.transpose(1, 2))))
        return self.dropout2(self.conv2(hidden)).transpose(1, 2)


class SASRec(nn.Module):
    """Blocks of x = x + MHA(LN(x)); x = x + FFN(LN(x)), then a final LN; items are 1..num_items."""

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__()
        units, blocks = config["hidden_units"], range(config["num_blocks"])
        dropout, eps = config["dropout_rate"], config["layer_norm_eps"]
        self.maxlen = config["maxlen"]
        self.item_emb = nn.Embedding(config["num_items"] + 1, units, padding_idx=PADDING)
        self.pos_emb = nn.Embedding(self.maxlen, units)
        self.emb_dropout = nn.Dropout(dropout)
        self.attention_layernorms = nn.ModuleList(nn.LayerNorm(units, eps=eps) for _ in blocks)
        self.attention_layers = nn.ModuleList(
            nn.MultiheadAttention(units, config["num_heads"], dropout, batch_first=True)
            for _ in blocks)
        self.forward_layernorms = nn.ModuleList(nn.LayerNorm(units, eps=eps) for _ in blocks)
        self.forward_layers = nn.ModuleList(
            FeedForward(units, config["ffn_units"], dropout) for _ in blocks)
        self.last_layernorm = nn.LayerNorm(units, eps=eps)

        # As rows also score, they start small: the first softmax is then nearly uniform.
        nn.init.normal_(self.item_emb.weight[1:], std=0.02)
        nn.init.normal_(self.pos_emb.weight, std=0.02)

    def forward(self, items: Tensor) -> Tensor:
        """Maps items [batch, length], padded on the right, to vectors [batch, length, units]."""
        length = items.shape[1]
        future = torch.ones(length, length, dtype=torch.bool, device=items.device).triu(1)
        x = self.emb_dropout(self.item_emb(items) + self.pos_emb.weight[:length])
        for attention_norm, attention, forward_norm, feed_forward in zip(
                self.attention_layernorms, self.attention_layers,
                self.forward_layernorms, self.forward_layers):
            query = attention_norm(x)
            x = x + attention(query, query, query, attn_mask=future, need_weights=False)[0]
            x = x + feed_forward(forward_norm(x))
        return self.last_layernorm(x)

    def encode(self, histories: list[list[int]]) -> Tensor:
        """Returns a vector for each history, [batch, units], from its latest maxlen events."""
        recent = [history[-self.maxlen:] for history in histories]
        last = torch.tensor([len(history) - 1 for history in recent])
        return self(pad(recent, self.maxlen))[torch.arange(len(recent)), last]

    def score(self, vectors: Tensor) -> Tensor:
        """Scores all products 1..num_items for vectors [n, units]: [n, num_items]."""
        return vectors @ self.item_emb.weight[1:].T


def pad(sequences: list[list[int]], length: int) -> Tensor:
    return torch.tensor([s + [PADDING] * (length - len(s)) for s in sequences])


def training_windows(histories: list[list[int]], maxlen: int,
                     rng: random.Random) -> list[list[int]]:
    """Cuts histories into windows of at most maxlen inputs and the event after the last of them.

    Each event but the first of a history is predicted once an epoch. A long history is cut at an
    offset drawn anew, so that its events are seen at all positions.
    """
    windows = []
    for history in histories:
        first = rng.randrange(maxlen) if len(history) > maxlen + 1 else 0
        starts = ([0] if first else []) + list(range(first, len(history) - 1, maxlen))
        ends = starts[1:] + [len(history) - 1]
        windows += [history[start:end + 1] for start, end in zip(starts, ends)]
    rng.shuffle(windows)
    return windows


def batches(sequences: list[list[int]], size: int) -> Iterator[list[list[int]]]:
    for start in range(0, len(sequences), size):
        yield sequences[start:start + size]


def train_epoch(model: SASRec, optimizer: torch.optim.Optimizer,
                windows: list[list[int]], batch_size: int) -> float:
    """Returns the mean cross-entropy of the epoch, in nats an event."""
    model.train()
    total, events = 0.0, 0
    for batch in batches(windows, batch_size):
        tokens = pad(batch, max(map(len, batch)))
        inputs, targets = tokens[:, :-1], tokens[:, 1:]
        real = targets != PADDING
        logits = model.score(model(inputs)[real])  # [events, num_items]
        loss = functional.cross_entropy(logits, targets[real] - 1)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(logits)
        events += len(logits)
    return total / events


@torch.no_grad()
def evaluate(model: SASRec, histories: list[list[int]], held_back: int) -> dict[str, float]:
    """Returns NDCG@10 and HR@10; the target is the event that is held_back-th from the end."""
    model.eval()
    ndcg = hits = 0.0
    for batch in batches(histories, 256):
        seen = [history[:-held_back] for history in batch]
        scores = model.score(model.encode(seen))
        for row, history, known in zip(scores, batch, seen):
            target_score = row[history[-held_back] - 1].item()
            row[torch.tensor(known) - 1] = -math.inf
            better = int((row > target_score).sum())
            if better < 10:
                hits += 1
                ndcg += 1 / math.log2(better + 2)
    return {"ndcg@10": ndcg / len(histories), "hr@10": hits / len(histories)}


def save(path: Path, model: SASRec, config: dict[str, Any], metrics: dict[str, Any]) -> None:
    """Writes the checkpoint whole or not at all."""
    unfinished = path.with_suffix(".tmp")
    torch.save({"model_state_dict": model.state_dict(), "config": config, "metrics": metrics},
               unfinished)
    os.replace(unfinished, path)


def load(path: Path) -> tuple[SASRec, dict[str, Any]]:
    """Returns the model of a checkpoint, ready for inference, and the whole checkpoint."""
    checkpoint = torch.load(path)
    model = SASRec(checkpoint["config"])
    model.load_state_dict(checkpoint["model_state_dict"])
    return model.eval(), checkpoint


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    add_data_argument(parser)
    parser.add_argument("--out", type=Path, metavar="FILE",
                        default=Path(__file__).parent / "sasrec_online_retail.pt")
    parser.add_argument("--epochs", type=int, default=12,
                        help="0 only measures the checkpoint that --out names (default: 12)")
    parser.add_argument("--threads", type=int, default=1, help="of PyTorch (default: 1)")
    args = parser.parse_args()

    config = {**CONFIG, "num_items": len(read_titles(args.data))}
    torch.set_num_threads(args.threads)
    torch.manual_seed(config["seed"])
    torch.use_deterministic_algorithms(True)
    rng = random.Random(config["seed"])

    histories = read_histories(args.data)
    everyone = list(histories.values())
    model = SASRec(config)
    optimizer = torch.optim.AdamW(model.parameters(), lr=config["lr"])
    best = -1.0
    for epoch in range(1, args.epochs + 1):
        start = time.monotonic()
        windows = training_windows([h[:-2] for h in everyone], config["maxlen"], rng)
        loss = train_epoch(model, optimizer, windows, config["batch_size"])
        validation = evaluate(model, everyone, held_back=2)
        improved = validation["ndcg@10"] > best
        print(f"epoch {epoch:2}  loss {loss:.4f}  validation NDCG@10 {validation['ndcg@10']:.4f}  "
              f"HR@10 {validation['hr@10']:.4f}  {time.monotonic() - start:.0f} s"
              f"{'  saved' if improved else ''}", flush=True)
        if improved:
            best = validation["ndcg@10"]
            save(args.out, model, config, {"epoch": epoch, "validation": validation})

    model, checkpoint = load(args.out)
    metrics = checkpoint["metrics"]
    metrics["test"] = evaluate(model, everyone, held_back=1)
    save(args.out, model, config, metrics)
    for name, values in metrics.items():
        print(name, values)


if __name__ == "__main__":
    main()
