"""What a model attends to and holds, as numbers by layer and head, in memory that does not grow with the texts."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch
from torch import Tensor

from synthkit.analysis.attention import entropy, link_mass, uniform_attention
from synthkit.analysis.look import Glance, Viewer
from synthkit.analysis.reductions import LayerSimilarity, LinearProbe, Means
from synthkit.analysis.structure import Link

__all__ = ["ANSWER", "Findings", "inspect_model"]

ANSWER = "answer"  # a probe of the whole text's answer, on the mean of its tokens

Rows = list[dict[str, Any]]


@dataclass(slots=True)
class Findings:
    """Rows of tables; layers and heads are counted from 0, layer 0 of hidden states is the output of the embedding.

    Attributes:
        attention: ``stack, layer, head, measure, value, chance, count``: ``entropy`` (nats), ``relative_entropy`` (over
            that of looking everywhere alike), and of each kind of link the mass of attention on its targets, beside
            that of uniform attention.
        states: ``stack, layer, measure, value``: ``cosine_embedding``, ``cosine_previous`` (mean cosine of a token's
            state and the one there), ``token_similarity`` (mean cosine of two tokens of a text).
        similarity: ``stack, layer, other, cka``.
        probes: ``stack, layer, position, accuracy, chance, train_rows, test_rows``.
    """

    attention: Rows = field(default_factory=list)
    states: Rows = field(default_factory=list)
    similarity: Rows = field(default_factory=list)
    probes: Rows = field(default_factory=list)


def inspect_model(
    test: Viewer,
    train: Viewer | None,
    similarity_tokens: int,
    on_progress: Callable[[str, int, int], None] | None = None,
) -> Findings:
    """Look at all test texts, after probes were fitted to the training texts.

    Args:
        test: Shows test texts to the model, with attention.
        train: Shows it training texts; None for no probes.
        similarity_tokens: Positions of a text, evenly spread, that enter CKA.
        on_progress: Told of a stage, texts done and of how many.
    """
    inspector = _Inspector(test.texts.labels, similarity_tokens)
    if train is not None:
        for glance in train.glances(attention=False, on_progress=_told(on_progress, "fitting probes")):
            inspector.fit(glance)
    for glance in test.glances(attention=True, on_progress=_told(on_progress, "looking at test texts")):
        inspector.look(glance)
    return inspector.findings()


def _told(on_progress: Callable[[str, int, int], None] | None, stage: str) -> Callable[[int, int], None] | None:
    return None if on_progress is None else partial(on_progress, stage)


def _of_kind(links: Sequence[Sequence[Link]], kind: str) -> Tensor:
    """[texts, most links of a text]: 1 where a link is of a kind."""
    found = torch.zeros(len(links), max(map(len, links), default=0))
    for text, of_text in enumerate(links):
        for place, link in enumerate(of_text):
            found[text, place] = link.kind == kind
    return found


class _Inspector:
    def __init__(self, labels: tuple[str, ...] | None, similarity_tokens: int) -> None:
        self.labels, self.positions = labels, similarity_tokens
        self.means = Means()
        self.chances = Means()
        self.similarity: dict[str, LayerSimilarity] = {}
        self.probes: dict[tuple[str, str], LinearProbe] = {}

    def fit(self, glance: Glance) -> None:
        """Add training texts to the probes."""
        for (stack, position), (states, labels) in self._marked(glance).items():
            key = stack, position
            if key not in self.probes and self.labels is not None:
                self.probes[key] = LinearProbe(states.shape[0], states.shape[2], self.labels)
            self.probes[key].fit(states, labels)

    def look(self, glance: Glance) -> None:
        """Add test texts."""
        for stack, layers in glance.attention.items():
            self._attention(glance, stack, layers)
        for stack, states in glance.states.items():
            self._states(stack, states, glance.mask[stack])
        for key, (states, labels) in self._marked(glance).items():
            if key in self.probes:
                self.probes[key].test(states, labels)

    def _attention(self, glance: Glance, stack: str, layers: list[Tensor]) -> None:
        visible = glance.visible[stack]
        queries = visible.any(-1)
        even = uniform_attention(visible)
        reads = stack in ("layers", "encoder")
        links = [structure.links for structure in glance.structures] if reads else []
        kinds = sorted({link.kind for of_text in links for link in of_text})
        chosen = {kind: _of_kind(links, kind) for kind in kinds}
        if kinds:
            chance = link_mass(even, links, glance.spans, glance.readout)
            for kind, of_kind in chosen.items():
                weighted = chance * of_kind.to(chance)[:, None]
                self.chances.add((stack, kind), weighted.sum((0, 2)), float(of_kind.sum()))
        for layer, attention in enumerate(layers):
            nats, relative = entropy(attention, visible)
            count = float(queries.sum())
            self.means.add((stack, str(layer), "entropy"), (nats * queries[:, None]).sum((0, 2)), count)
            self.means.add((stack, str(layer), "relative_entropy"), (relative * queries[:, None]).sum((0, 2)), count)
            if not kinds:
                continue
            mass = link_mass(attention, links, glance.spans, glance.readout)
            for kind, of_kind in chosen.items():
                weight = of_kind.to(mass)[:, None]
                self.means.add((stack, str(layer), kind), (mass * weight).sum((0, 2)), float(of_kind.sum()))

    def _states(self, stack: str, states: Tensor, mask: Tensor) -> None:
        unit = torch.nn.functional.normalize(states.float(), dim=-1) * mask[None, :, :, None]
        count = float(mask.sum())
        self.means.add((stack, "cosine_embedding"), (unit * unit[:1]).sum((1, 2, 3)), count)
        self.means.add((stack, "cosine_previous"), (unit[1:] * unit[:-1]).sum((1, 2, 3)), count)
        sizes = mask.sum(1).float()
        pairs = (sizes * (sizes - 1)).clamp(min=1)
        together = (unit.sum(2).square().sum(-1) - sizes) / pairs
        several = (sizes > 1).float()
        if float(several.sum()):
            self.means.add((stack, "token_similarity"), (together * several).sum(1), float(several.sum()))
        if stack not in self.similarity:
            self.similarity[stack] = LayerSimilarity(states.shape[0], states.shape[3])
        self.similarity[stack].add(self._sampled(states, mask))

    def _sampled(self, states: Tensor, mask: Tensor) -> Tensor:
        """Some tokens of each text, evenly spread: [layers, n, width]."""
        chosen = []
        for text, size in enumerate(mask.sum(1).tolist()):
            count = min(int(size), self.positions)
            places = torch.linspace(0, int(size) - 1, count).round().long()
            chosen.append(states[:, text, places.to(states.device)])
        return torch.cat(chosen, 1)

    def _marked(self, glance: Glance) -> dict[tuple[str, str], tuple[Tensor, list[str]]]:
        """States at partial results, and of whole texts: (stack, position) -> [layers, n, width] and n labels."""
        if self.labels is None:
            return {}
        stack = "layers" if "layers" in glance.states else "encoder"
        states, known = glance.states[stack], set(self.labels)
        found: dict[tuple[str, str], tuple[list[Tensor], list[str]]] = {}
        for text, structure in enumerate(glance.structures):
            for mark in structure.marks:
                if mark.label in known:
                    first, last = glance.spans[text][mark.symbol]
                    vectors, labels = found.setdefault((stack, mark.kind), ([], []))
                    vectors.append(states[:, text, first:last].float().mean(1))
                    labels.append(mark.label)
        mask = glance.mask[stack].to(states)[None, :, :, None]
        pooled = (states * mask).sum(2) / mask.sum(2)
        found[stack, ANSWER] = (
            [pooled[:, text] for text in range(pooled.shape[1])],
            [e.target for e in glance.examples],
        )
        return {key: (torch.stack(vectors, 1), labels) for key, (vectors, labels) in found.items()}

    def findings(self) -> Findings:
        """All tables."""
        found = Findings()
        for name in self.means.names():
            values = self.means.get(name)
            if values is None:
                continue
            if len(name) == 3:
                chance = self.chances.get((name[0], name[2]))
                if chance is not None and float(chance.max()) == 0.0:
                    continue  # a one-way model cannot look ahead
                for head, value in enumerate(values.tolist()):
                    found.attention.append(
                        {
                            "stack": name[0],
                            "layer": int(name[1]),
                            "head": head,
                            "measure": name[2],
                            "value": value,
                            "chance": None if chance is None else float(chance.reshape(-1)[0]),
                            "count": int(self.means.weight(name)),
                        }
                    )
            else:
                first = 1 if name[1] == "cosine_previous" else 0
                found.states += [
                    {"stack": name[0], "layer": first + k, "measure": name[1], "value": value}
                    for k, value in enumerate(values.tolist())
                ]
        for stack, similarity in self.similarity.items():
            found.similarity += [
                {"stack": stack, "layer": i, "other": j, "cka": None if math.isnan(value) else value}
                for (i, j), value in similarity.cka().items()
            ]
        for (stack, position), probe in self.probes.items():
            tested = int(probe.tested.sum()) + probe.unknown
            if tested:
                found.probes += [
                    {
                        "stack": stack,
                        "layer": layer,
                        "position": position,
                        "accuracy": float(value),
                        "chance": probe.chance(),
                        "train_rows": probe.rows,
                        "test_rows": tested,
                    }
                    for layer, value in enumerate(probe.accuracy())
                ]
        return found
