"""The parts of a transformer: layers, embeddings, norms, biases and head, found in any model of transformers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from torch import nn

__all__ = ["Parts", "find_parts"]

_POSITIONS = ("position", "token_type", "wpe")


@dataclass(frozen=True, slots=True)
class Parts:
    """Names of parameters by what they belong to; each is in one of layers, embeddings, final norms and head.

    Attributes:
        stacks: ``encoder`` and ``decoder``, or ``layers`` where there is one stack only -> number of layers.
        layers: Prefix of each layer, the encoder's before the decoder's; layer k is the k-th, counted from 0.
        of_layers: Parameters of each layer.
        embeddings: Of tokens, positions and token types.
        norms: Weights and biases of all normalisations, in layers and outside.
        biases: All additive biases, those of normalisations too.
        head: What is in no layer, no embedding and no normalisation: pooler, classifier, output layer of its own.
        tied_head: The head's output layer is the table of input embeddings.
    """

    stacks: dict[str, int]
    layers: tuple[str, ...]
    of_layers: tuple[frozenset[str], ...]
    embeddings: frozenset[str]
    norms: frozenset[str]
    biases: frozenset[str]
    head: frozenset[str]
    tied_head: bool


def find_parts(network: Any) -> Parts:
    """The parts of a model.

    Args:
        network: A ``PreTrainedModel``, with or without LoRA adapters.

    Raises:
        ValueError: It has no layers that can be told apart.
    """
    names = [name for name, _ in network.named_parameters()]
    stacks = dict(_stacks(network))
    layers = tuple(f"{stack}.{k}" for stack, modules in stacks.items() for k in range(len(modules)))
    if not layers:
        raise ValueError(f"{type(network).__name__}: has no list of layers of one kind")
    of_layers = tuple(frozenset(n for n in names if n.startswith(f"{layer}.")) for layer in layers)
    inside = frozenset().union(*of_layers)
    norms = frozenset(_of_norms(network))
    tables = {id(p) for table in _tables(network) for p in table.parameters()}
    embeddings = frozenset(
        name
        for name, p in network.named_parameters()
        if name not in inside | norms and (id(p) in tables or any(word in name for word in _POSITIONS))
    )
    output = network.get_output_embeddings()
    return Parts(
        stacks=_named(stacks),
        layers=layers,
        of_layers=of_layers,
        embeddings=embeddings,
        norms=norms,
        biases=frozenset(name for name in names if name.endswith("bias") and "relative_attention" not in name),
        head=frozenset(names) - inside - embeddings - norms,
        tied_head=output is not None and id(getattr(output, "weight", None)) in tables,
    )


def _stacks(network: nn.Module) -> Iterator[tuple[str, nn.ModuleList]]:
    """The outermost lists of modules of one kind, in order of their names' first appearance."""
    taken: list[str] = []
    for name, module in network.named_modules():
        if any(name.startswith(f"{outer}.") for outer in taken):
            continue
        if isinstance(module, nn.ModuleList) and len(module) and len({type(m) for m in module}) == 1:
            taken.append(name)
            yield name, module


def _named(stacks: dict[str, nn.ModuleList]) -> dict[str, int]:
    if len(stacks) == 1:
        return {"layers": len(next(iter(stacks.values())))}
    found = {}
    for name, modules in stacks.items():
        words = name.split(".")
        found[next((word for word in ("encoder", "decoder") if word in words), name)] = len(modules)
    return found


def _of_norms(network: nn.Module) -> Iterator[str]:
    for name, module in network.named_modules():
        if "norm" in type(module).__name__.lower():
            for parameter, _ in module.named_parameters(recurse=False):
                yield f"{name}.{parameter}"


def _tables(network: Any) -> Iterator[nn.Module]:
    """Modules that make vectors of an input: tables of tokens and of positions."""
    yield network.get_input_embeddings()
    for name, module in network.named_modules():
        last = name.rpartition(".")[2]
        if last in ("shared", "embed_tokens", "embed_positions", "position_embeddings"):
            yield module
