"""Shows a language model texts and hands on, a batch at a time, what it attends to and what it holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from synthkit.analysis.attention import Spans
from synthkit.analysis.structure import Structure, structure_of
from synthkit.records import TextExample
from synthkit.train.language.buckets import Collator
from synthkit.train.language.codec import OwnCodec, PatchCodec, symbols_of
from synthkit.train.language.network import Ready
from synthkit.train.language.record import LanguageExperiment
from synthkit.train.language.texts import Texts
from synthkit.train.language.token_store import Tokenized, tokenized
from synthkit.train.language.wording import Wording

__all__ = ["Glance", "Viewer", "symbol_spans"]

_ATTENTION_BYTES = 2**28  # of the attention of all layers of one batch
_MOST_TEXTS = 64


@dataclass(frozen=True, slots=True)
class Glance:
    """What a model makes of some texts.

    Attributes:
        examples: The texts.
        symbols: Symbols of each; empty where the model does not read symbols.
        spans: Tokens of each symbol.
        structures: What belongs together.
        readout: Token of each text that the answer is read from.
        attention: Stack (``layers``, or ``encoder``, ``decoder``, ``cross``) -> layers of [B, H, Q, K]; empty where no
            attention was asked for.
        visible: Stack -> bool [B, Q, K].
        states: Stack -> [layers + 1, B, T, width]: the output of the embedding, then of each layer.
        mask: Stack -> bool [B, T]: tokens that are no padding.
    """

    examples: list[TextExample]
    symbols: list[list[str]]
    spans: list[Spans]
    structures: list[Structure]
    readout: list[int]
    attention: dict[str, list[Tensor]]
    visible: dict[str, Tensor]
    states: dict[str, Tensor]
    mask: dict[str, Tensor]


class Viewer:
    """Shows the texts of a split to a model.

    Args:
        experiment: What was trained.
        ready: The model, with the plain implementation of attention where attention is asked for.
        texts: The texts.
        tokens: Where ids are kept.
        device: Where the model is.
        store: The texts' ids, where they are at hand.
    """

    def __init__(
        self,
        experiment: LanguageExperiment,
        ready: Ready,
        texts: Texts,
        tokens: Path,
        device: torch.device,
        store: Tokenized | None = None,
    ) -> None:
        self.ready, self.texts, self.device = ready, texts, device
        self.head = experiment.model.head
        if store is None:
            answers = self.head in ("seq2seq", "masked")  # the others read questions only
            store = tokenized(experiment, texts, ready.codec, ready.limit, tokens, answers=answers)
        self.store = store
        self._collator = Collator(self.store, ready.codec, self.head, device)
        self._structure = structure_of(texts.task)
        self._wording = Wording(experiment, texts, ready.codec.mask)

    def glances(self, *, attention: bool, on_progress: Callable[[int, int], None] | None = None) -> Iterator[Glance]:
        """All texts, some at a time, shorter ones together; windows of a text count as texts of their own.

        Args:
            attention: Whether attention is wanted.
            on_progress: Told of rows done and of all of them.
        """
        order = np.argsort(self.store.lengths, kind="stable")
        done = 0
        while done < len(order):
            longest = int(self.store.lengths[order[min(done + _MOST_TEXTS, len(order)) - 1]])
            rows = order[done : done + self._size(longest)]
            yield self._glance(rows, attention=attention)
            done += len(rows)
            if on_progress is not None:
                on_progress(done, len(order))

    def _size(self, length: int) -> int:
        """Texts that are looked at together."""
        config = self.ready.model.network.config
        heads = int(getattr(config, "num_attention_heads", 0) or getattr(config, "num_heads", 1))
        layers = int(getattr(config, "num_hidden_layers", 0) or 12) * (3 if config.is_encoder_decoder else 1)
        return int(min(max(_ATTENTION_BYTES // (4 * layers * heads * max(length, 1) ** 2), 1), _MOST_TEXTS))

    @torch.no_grad()
    def _glance(self, rows: np.ndarray[tuple[int], np.dtype[np.int64]], *, attention: bool) -> Glance:
        batch = self._collator.asked(rows)
        model = self.ready.model
        given = model.inputs(batch)
        if self.head == "seq2seq":
            given["labels"] = self._collator.answered(rows)
        out = model.network(**given, output_attentions=attention, output_hidden_states=True)
        places = [int(self.store.rows[row]) for row in rows]
        examples = [self.texts[place] for place in places]
        symbols = [self._symbols(example) for example in examples]
        asked = [self._wording.question(example, place) for example, place in zip(examples, places, strict=True)]
        spans = [self._spans(*each) for each in zip(examples, asked, symbols, strict=True)]
        known = [
            bool(of_text) and max(last for _, last in of_text) <= int(batch["attention_mask"][k].sum())
            for k, of_text in enumerate(spans)
        ]
        structures = [
            self._structure(example, of_text) if whole else Structure()
            for example, of_text, whole in zip(examples, symbols, known, strict=True)
        ]
        attended, visible, states, masks = _stacks(out, batch["attention_mask"].bool(), given.get("labels"), attention)
        sizes = batch["attention_mask"].sum(1).tolist()
        first = bool(self.ready.codec.special.before) and model.network.config.model_type not in ("bart", "mbart")
        readout = [0 if first else size - 1 for size in sizes]
        return Glance(examples, symbols, spans, structures, readout, attended, visible, states, masks)

    def _symbols(self, example: TextExample) -> list[str]:
        return [] if isinstance(self.ready.codec, PatchCodec) else symbols_of(example.input)

    def _spans(self, example: TextExample, asked: str, symbols: Sequence[str]) -> Spans:
        """Tokens of each symbol of a text, within what the model is asked; none where that does not hold the text."""
        prefix, text, _ = asked.partition(example.input)
        if not text:
            return []
        before, skipped = len(self.ready.codec.special.before), len(symbols_of(prefix))
        if isinstance(self.ready.codec, OwnCodec):
            found = symbol_spans(asked, self.ready.codec.spans(asked), before)
            return found[skipped : skipped + len(symbols)]
        return [(before + skipped + k, before + skipped + k + 1) for k in range(len(symbols))]


def symbol_spans(text: str, tokens: Sequence[tuple[int, int]], before: int) -> Spans:
    """Tokens of each symbol of a text.

    Args:
        text: The text, symbols between spaces.
        tokens: First and last character + 1 of each token; a space may belong to the token after it.
        before: Special tokens before the text.

    Returns:
        First token and last token + 1 of each symbol; empty where a symbol has no token of its own.
    """
    found = []
    start = 0
    for symbol in symbols_of(text):
        first = text.index(symbol, start)
        last = start = first + len(symbol)
        mine = [k for k, (a, b) in enumerate(tokens) if a < last and b > first and text[a:b].strip()]
        if not mine:
            return []
        found.append((before + mine[0], before + mine[-1] + 1))
    return found


def _stacks(
    out: object, mask: Tensor, labels: Tensor | None, attention: bool
) -> tuple[dict[str, list[Tensor]], dict[str, Tensor], dict[str, Tensor], dict[str, Tensor]]:
    """Attention, what is visible, states and masks of each stack of layers."""
    attended: dict[str, list[Tensor]] = {}
    states: dict[str, Tensor] = {}
    masks: dict[str, Tensor] = {}
    plain = getattr(out, "hidden_states", None)
    if plain is not None:
        states["layers"], masks["layers"] = torch.stack(list(plain)), mask
        if attention:
            attended["layers"] = list(out.attentions)  # type: ignore[attr-defined]
    else:
        answers = mask if labels is None else _answer_mask(labels)
        states["encoder"] = torch.stack(list(out.encoder_hidden_states))  # type: ignore[attr-defined]
        states["decoder"] = torch.stack(list(out.decoder_hidden_states))  # type: ignore[attr-defined]
        masks["encoder"], masks["decoder"] = mask, answers
        if attention:
            attended["encoder"] = list(out.encoder_attentions)  # type: ignore[attr-defined]
            attended["decoder"] = list(out.decoder_attentions)  # type: ignore[attr-defined]
            attended["cross"] = list(out.cross_attentions)  # type: ignore[attr-defined]
    visible = {name: _visible(found[0], masks, name) for name, found in attended.items()}
    return attended, visible, states, masks


def _answer_mask(labels: Tensor) -> Tensor:
    """Of the decoder's inputs: the labels moved on by one."""
    known = labels >= 0
    return torch.cat([torch.ones_like(known[:, :1]), known[:, :-1]], 1)


def _visible(attention: Tensor, masks: dict[str, Tensor], stack: str) -> Tensor:
    """The keys that a query sees: what gets attention from it in some head; queries that are padding see none."""
    queries = masks["decoder" if stack == "cross" else stack]
    keys = masks["encoder" if stack == "cross" else stack]
    found = queries[:, :, None] & keys[:, None, :]
    one_way = float(attention[..., 0, 1:].abs().max()) == 0.0 if attention.shape[-2] > 1 and stack != "cross" else False
    if one_way:
        found = found & torch.ones_like(found).tril()
    return found
