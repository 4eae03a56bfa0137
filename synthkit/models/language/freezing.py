"""Which parameters of a language model are trained: policies by name."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from synthkit.models.language.parts import Parts, find_parts

__all__ = ["LORA_RANK", "POLICIES", "Trained", "apply_policy", "check_policy"]

LORA_RANK = 8

# Policy -> what is trained. Joined by commas, all that any of them names.
POLICIES: Mapping[str, str] = {
    "full": "all parameters",
    "head": "what stands above the layers: pooler, classifier, output layer where it has weights of its own",
    "layer:K": "layer K alone, counted from 0, the encoder's before the decoder's",
    "last:N": "the last N layers",
    "norms+biases": "the weights and biases of normalisations, and all other biases (Zaken et al. 2022)",
    "embeddings": "the tables of tokens, positions and token types",
    "frozen_transformer": "embeddings, normalisations and head; attention and feed-forward stay (Lu et al. 2021)",
    "fraction:P": "at most the share P of all parameters: head, normalisations, biases, then layers from the last to "
    "the first and embeddings, each tensor that still fits",
    "lora": "adapters of rank 8 at the attention's projections; lora:R for rank R (Hu et al. 2022)",
}

_PATTERNS = {
    "full": r"full",
    "head": r"head",
    "layer:K": r"layer:(\d{1,4})",
    "last:N": r"last:(\d{1,4})",
    "norms+biases": r"norms\+biases",
    "embeddings": r"embeddings",
    "frozen_transformer": r"frozen_transformer",
    "fraction:P": r"fraction:(\d*\.?\d+)",
    "lora": r"lora(?::(\d{1,4}))?",
}


@dataclass(frozen=True, slots=True)
class Trained:
    """What a policy trains.

    Attributes:
        policy: As given.
        names: Parameters that are trained, in the model's order.
        trained: How many numbers they hold.
        total: How many numbers the model holds, adapters included.
        layers: Layers that are trained as a whole, each counted from 0 and from 1, in words.
        warnings: What a user should know.
    """

    policy: str
    names: tuple[str, ...]
    trained: int
    total: int
    layers: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def share(self) -> float:
        """Share of the parameters that are trained, 0 to 1."""
        return self.trained / self.total

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "policy": self.policy,
            "parameters": list(self.names),
            "trained": self.trained,
            "total": self.total,
            "share": self.share,
            "layers": list(self.layers),
        }


def check_policy(policy: str) -> None:
    """Whether a text is a policy.

    Raises:
        ValueError: It is none.
    """
    for one in policy.split(","):
        kind, number = _read(one)
        if kind == "fraction:P" and not 0 < float(number) <= 1:
            raise ValueError(f"a fraction lies above 0 and is at most 1, not {number}")
        if kind in ("last:N", "lora") and number and int(number) == 0:
            raise ValueError(f"{one} trains nothing")


def apply_policy(network: Any, policy: str) -> Trained:
    """Freeze all parameters of a model but those that a policy names; adds adapters where it asks for them.

    Args:
        network: A ``PreTrainedModel``.
        policy: One or more of `POLICIES`, with commas between.

    Raises:
        ValueError: No such policy, no such layer, or nothing would be trained.
    """
    check_policy(policy)
    wanted = [_read(one) for one in policy.split(",")]
    for kind, number in wanted:
        if kind == "lora":
            _add_adapters(network, int(number or LORA_RANK))
    parts = find_parts(network)
    sizes = {name: p.numel() for name, p in network.named_parameters()}
    chosen = frozenset().union(*(_named(kind, number, parts, sizes) for kind, number in wanted))
    for name, parameter in network.named_parameters():
        parameter.requires_grad_(name in chosen)
    names = tuple(name for name in sizes if name in chosen)
    if not names:
        raise ValueError(f"{policy}: trains nothing of {type(network).__name__}{_why(parts)}")
    return Trained(
        policy,
        names,
        sum(sizes[name] for name in names),
        sum(sizes.values()),
        tuple(_layers_in_words(parts, chosen)),
        tuple(_warnings(parts, policy, {kind for kind, _ in wanted})),
    )


def _read(one: str) -> tuple[str, str]:
    """Kind and number of a single policy."""
    for kind, pattern in _PATTERNS.items():
        match = re.fullmatch(pattern, one.strip())
        if match is not None:
            return kind, (match[1] or "") if match.groups() else ""
    raise ValueError(f"no policy is called {one.strip()!r}; there are: {', '.join(POLICIES)}, joined by commas")


def _named(kind: str, number: str, parts: Parts, sizes: Mapping[str, int]) -> frozenset[str]:
    if kind == "full":
        return frozenset(sizes)
    if kind == "head":
        return parts.head
    if kind == "layer:K":
        return _layer(parts, int(number))
    if kind == "last:N":
        if int(number) > len(parts.layers):
            raise ValueError(f"last:{number}: the model has {len(parts.layers)} layers")
        return frozenset().union(*parts.of_layers[-int(number) :])
    if kind == "norms+biases":
        return parts.norms | parts.biases
    if kind == "embeddings":
        return parts.embeddings
    if kind == "frozen_transformer":
        return parts.embeddings | parts.norms | parts.head
    if kind == "fraction:P":
        return _fraction(parts, sizes, float(number))
    return frozenset(name for name in sizes if "lora_" in name)


def _layer(parts: Parts, k: int) -> frozenset[str]:
    if k >= len(parts.layers):
        stacks = ", ".join(f"{count} of the {name}" for name, count in parts.stacks.items())
        told = f" ({stacks})" if len(parts.stacks) > 1 else ""
        raise ValueError(f"layer:{k}: the model has {len(parts.layers)} layers{told}, counted from 0")
    return parts.of_layers[k]


def _fraction(parts: Parts, sizes: Mapping[str, int], share: float) -> frozenset[str]:
    """Tensors in order of preference as long as they fit."""
    left = int(share * sum(sizes.values()))
    order: list[str] = []
    groups = [parts.head, parts.norms, parts.biases, *reversed(parts.of_layers), parts.embeddings]
    for group in groups:
        order += [name for name in sizes if name in group and name not in order]
    chosen = set()
    for name in order:
        if sizes[name] <= left:
            chosen.add(name)
            left -= sizes[name]
    return frozenset(chosen)


def _add_adapters(network: Any, rank: int) -> None:
    from peft import LoraConfig, inject_adapter_in_model

    try:
        with warnings.catch_warnings():  # peft remarks that it adapts to the layout of GPT-2's weights
            warnings.filterwarnings("ignore", message="fan_in_fan_out", category=UserWarning)
            inject_adapter_in_model(LoraConfig(r=rank, lora_alpha=2 * rank, lora_dropout=0.0), network)
    except ValueError as error:
        raise ValueError(f"lora: {error}") from None


def _layers_in_words(parts: Parts, chosen: frozenset[str]) -> list[str]:
    return [
        f"{k} counted from 0, {k + 1} counted from 1 ({parts.layers[k]})"
        for k, names in enumerate(parts.of_layers)
        if names and names <= chosen
    ]


def _why(parts: Parts) -> str:
    return ": its output layer is its table of input embeddings (use embeddings)" if parts.tied_head else ""


def _warnings(parts: Parts, policy: str, kinds: set[str]) -> list[str]:
    if parts.tied_head and kinds & {"embeddings", "frozen_transformer"} and "full" not in kinds:
        return [f"freezing {policy}: the table of input embeddings is the output layer too"]
    return []
