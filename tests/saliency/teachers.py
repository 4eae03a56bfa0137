"""Teachers for the tests: tiny models, and one whose answers are known in closed form."""

from __future__ import annotations

import re
from types import SimpleNamespace

import torch
from torch import nn

from synthkit.saliency.options import TeacherOptions
from synthkit.saliency.teacher import Teacher, open_teacher

TEXT = "premise: Frida is faster than Jacob. Jacob is faster than Emma. hypothesis: Emma is faster than Frida."
LABELS = ("entailment", "neutral", "contradiction")
KINDS = {
    "bert": ("tiny:bert", "classification"),
    "gpt2": ("tiny:gpt2", "causal"),
    "t5": ("tiny:t5", "seq2seq"),
    "bart": ("tiny:bart", "seq2seq"),
    "gpt2-classes": ("tiny:gpt2", "classification"),
    "t5-classes": ("tiny:t5", "classification"),
    "bart-classes": ("tiny:bart", "classification"),
}


def spans_of(text: str) -> list[tuple[int, int]]:
    return [match.span() for match in re.finditer(r"\w+", text)]


def make_teacher(kind: str, *, weights: bool = False, **more):
    path, head = KINDS[kind]
    # A classifier of the tiny GPT-2 has a fresh head, which only tiny models may have.
    return open_teacher(TeacherOptions(path=path, head=head, **more), LABELS, weights=weights)


class Sigmoid(nn.Module):
    """Two classes; the first has the logit s = sum of w x over all ids, the second 0: log p = -log(1 + exp(-s))."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(8, 3)
        self.weight = nn.Parameter(torch.tensor([0.5, -1.0, 2.0]))
        with torch.no_grad():
            self.table.weight.copy_(torch.arange(24).reshape(8, 3) / 10 - 1)
        self.config = SimpleNamespace(
            is_encoder_decoder=False,
            hidden_size=3,
            intermediate_size=3,
            num_attention_heads=1,
            num_hidden_layers=1,
            vocab_size=8,
            model_type="sigmoid",
        )

    def get_input_embeddings(self) -> nn.Embedding:
        return self.table

    def forward(self, input_ids, attention_mask):
        s = ((self.table(input_ids) * self.weight).sum(-1) * attention_mask).sum(-1)
        return SimpleNamespace(logits=torch.stack([s, torch.zeros_like(s)], -1))


class Digits:
    """A tokeniser: one id for each digit 2 to 7, everything else is no token."""

    mask_token_id = 1

    def __call__(self, text, **_):
        places = [i for i, c in enumerate(text) if c.isdigit()]
        return {"input_ids": [int(text[i]) for i in places], "offset_mapping": [(i, i + 1) for i in places]}


def sigmoid_teacher() -> Teacher:
    """A teacher whose answers are known in closed form."""
    network = Sigmoid().eval()
    for parameter in network.parameters():
        parameter.requires_grad_(False)
    return Teacher(network, Digits(), "classification", ("yes", "no"), (), (), None, 0, None, torch.device("cpu"))
