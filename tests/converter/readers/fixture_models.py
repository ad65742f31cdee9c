"""Classes whose instances are pickled into fixtures.

They live in a module of their own so that the pickles name it, and so that nothing but make_fixtures.py ever needs to
import it: the readers know no class.
"""
import argparse
import os

import torch
from torch import nn


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.linear = nn.Linear(width, width, bias=False)  # its parameter "bias" is None
        self.register_buffer("mask", torch.tril(torch.ones(2, 2)))
        self.register_buffer("cache", torch.zeros(2), persistent=False)  # not part of the state dict


class Model(nn.Module):
    def __init__(self, items=5, width=3):
        super().__init__()
        self.item_emb = nn.Embedding(items, width, padding_idx=0)
        self.blocks = nn.ModuleList([Block(width), Block(width)])
        self.head = nn.Linear(width, items)
        self.head.weight = self.item_emb.weight  # tied
        self.args = argparse.Namespace(width=width, items=items)


class Trainer:
    """Keeps everything as attributes, as hand-written training loops do."""

    def __init__(self, model, optimizer):
        self.best = model
        self.optimizer = optimizer
        self.epoch = 3


class Subclass(torch.Tensor):
    pass


class Slots:
    __slots__ = ["hidden", "heads"]

    def __init__(self):
        self.hidden, self.heads = 50, 2


class Shell:
    """A pickle of this runs a command when it is loaded by pickle.load()."""

    def __init__(self, command):
        self.command = command

    def __reduce__(self):
        return os.system, (self.command,)
