"""A language model in training: one of transformers, with its loss, its frozen parameters and its answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from synthkit.models.base import MAIN, Batch, Trainable
from synthkit.models.language.patches import Patches

__all__ = ["IGNORED", "Head", "LanguageModel", "Objective", "teacher_divergence"]

Head = Literal["classification", "seq2seq", "causal", "masked"]

IGNORED = -100  # label of a position that does not count
_HIDDEN, _AS_MASK, _AS_RANDOM = 0.15, 0.8, 0.5  # BERT: 15 % hidden: 80 % of them as mask, half of the rest at random


@dataclass(frozen=True, slots=True)
class Objective:
    """What is minimised beside the cross-entropy of the right answers.

    Attributes:
        alpha: Weight of the answers where explanations are a second task, which has the rest; None where there is none.
        soft: Weight of a teacher's probabilities of the classes; the right classes have the rest.
        temperature: By which the logits of teacher and student are divided.
    """

    alpha: float | None = None
    soft: float = 0.0
    temperature: float = 1.0


class LanguageModel(Trainable):
    """A model of transformers and what is trained of it.

    Args:
        network: A ``PreTrainedModel`` with the head; parameters that need no gradient are frozen.
        head: Which task it has.
        fresh: Parameters that did not come from pre-trained weights, which a checkpoint must hold, trained or not.
        patches: What makes its input vectors; None where it takes tokens.
        mask: Id of the mask token, for ``masked``.
        objective: What is minimised beside the cross-entropy of the right answers.
    """

    def __init__(
        self,
        network: Any,
        head: Head,
        fresh: frozenset[str],
        *,
        patches: Patches | None = None,
        mask: int | None = None,
        objective: Objective = Objective(),
    ) -> None:
        super().__init__()
        self.network = network
        self.head = head
        self.objective = objective
        self.patches = patches
        self._mask = mask
        self._kept = [
            name
            for name, p in self.named_parameters()
            if p.requires_grad or name.startswith("patches.") or name.removeprefix("network.") in fresh
        ]

    def turn_parameters(self) -> Mapping[str, list[nn.Parameter]]:
        return {MAIN: [p for p in self.parameters() if p.requires_grad]}

    def terms(self, batch: Batch, turn: str, step: int) -> dict[str, Tensor]:
        """Loss: cross-entropy of the class, or of a target token, over all that the whole batch has.

        With a second task the loss is alpha x (mean over tokens of answers) + (1 - alpha) x (mean over tokens of
        explanations), with a teacher (1 - soft) x (cross-entropy) + soft x (divergence from its probabilities).

        Args:
            batch: ``input_ids`` int64 [B, T] (``patches`` float32 [B, T, patch] where the model takes them),
                ``attention_mask`` int64 [B, T], ``labels`` int64 [B] or [B, S] (`IGNORED` where nothing counts), and
                ``scale``: what the sum over target tokens is multiplied by. The same with ``second_`` before each name
                for the second task, where an example of the batch has one. ``teacher`` float32 [B, C]: probabilities.
            turn: The only one.
            step: Steps done so far.
        """
        del turn, step
        if self.head == "classification":
            return self._class_terms(batch)
        if self.head == "masked":
            ids, labels = self._hide(batch["input_ids"], batch["labels"])
            logits = self.network(input_ids=ids, attention_mask=batch["attention_mask"]).logits
            return {"loss": _summed(logits, labels) / (labels != IGNORED).sum().clamp(min=1)}
        answers = self._written(batch, "")
        if self.objective.alpha is None:
            return {"loss": answers}
        explained = self._written(batch, "second_") if "second_labels" in batch else torch.zeros_like(answers)
        loss = self.objective.alpha * answers + (1 - self.objective.alpha) * explained
        return {"loss": loss, "answers": answers, "explanations": explained}

    def _class_terms(self, batch: Batch) -> dict[str, Tensor]:
        logits, labels, soft = self.logits(batch), batch["labels"], self.objective.soft
        loss = F.cross_entropy(logits, labels)
        if soft > 0:
            divergence = teacher_divergence(logits, batch["teacher"], self.objective.temperature)
            loss = (1 - soft) * loss + soft * divergence
        return {"loss": loss, "accuracy": (logits.argmax(1) == labels).float().mean()}

    def _written(self, batch: Batch, task: str) -> Tensor:
        """Cross-entropy of the tokens that are to be written, times ``scale``; names begin with the task."""
        ids, mask, labels = (batch[f"{task}{name}"] for name in ("input_ids", "attention_mask", "labels"))
        given = {"labels": labels} if self.head == "seq2seq" else {}
        logits = self.network(input_ids=ids, attention_mask=mask, use_cache=False, **given).logits
        if self.head == "causal":
            logits, labels = logits[:, :-1], labels[:, 1:]
        return _summed(logits, labels) * batch[f"{task}scale"]

    def logits(self, batch: Batch) -> Tensor:
        """Of the classes, [B, C]."""
        found: Tensor = self.network(**self.inputs(batch)).logits
        return found.float()

    def inputs(self, batch: Batch) -> dict[str, Tensor]:
        """What the network is called with, without labels."""
        if self.patches is not None:
            return {"inputs_embeds": self.patches(batch["patches"]), "attention_mask": batch["attention_mask"]}
        return {"input_ids": batch["input_ids"], "attention_mask": batch["attention_mask"]}

    def answers(self, batch: Batch, max_new_tokens: int) -> Tensor:
        """Greedy answers: ids [B, S] without the question, padded after the end.

        Args:
            batch: ``input_ids`` and ``attention_mask``; padded on the left for ``causal``.
            max_new_tokens: Longest answer.
        """
        from transformers import GenerationConfig

        config = self.network.config
        settings = GenerationConfig(  # type: ignore[no-untyped-call]
            do_sample=False,
            num_beams=1,
            max_new_tokens=max_new_tokens,
            pad_token_id=config.pad_token_id,
            eos_token_id=config.eos_token_id,
            bos_token_id=getattr(config, "bos_token_id", None),
            decoder_start_token_id=getattr(config, "decoder_start_token_id", None),
        )
        found: Tensor = self.network.generate(
            input_ids=batch["input_ids"], attention_mask=batch["attention_mask"], generation_config=settings
        )
        return found[:, batch["input_ids"].shape[1] :] if self.head == "causal" else found[:, 1:]

    def state(self) -> dict[str, Tensor]:
        """Trained and fresh parameters; those that are frozen and pre-trained come from where they came from."""
        found = dict(self.named_parameters())
        return {name: found[name] for name in self._kept}

    def load_state(self, state: Mapping[str, Tensor]) -> None:
        found = dict(self.named_parameters())
        differ = sorted(set(state) ^ set(self._kept))
        differ += [name for name in self._kept if name in state and state[name].shape != found[name].shape]
        if differ:
            raise RuntimeError(f"{len(differ)} parameters differ, first {differ[0]}")
        with torch.no_grad():
            for name in self._kept:
                found[name].copy_(state[name])

    def _hide(self, ids: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Tokens to be found again; ``labels`` is `IGNORED` where a token must not be hidden."""
        hidden = (torch.rand(ids.shape, device=ids.device) < _HIDDEN) & (labels != IGNORED)
        dice = torch.rand(ids.shape, device=ids.device)
        anything = torch.randint(self.network.config.vocab_size, ids.shape, device=ids.device)
        shown = torch.where(hidden & (dice < _AS_MASK), torch.full_like(ids, self._mask or 0), ids)
        shown = torch.where(hidden & (dice >= _AS_MASK + (1 - _AS_MASK) * _AS_RANDOM), anything, shown)
        return shown, torch.where(hidden, labels, torch.full_like(labels, IGNORED))


def teacher_divergence(logits: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """Divergence (Kullback-Leibler) of a student from its teacher, times the square of the temperature.

    The square keeps the gradient as large as that of the right classes (Hinton et al. 2015).

    Args:
        logits: The student's, [B, C].
        teacher: Probabilities at temperature 1, [B, C].
        temperature: By which the logits of both are divided: the teacher's probabilities are p^(1/T), normalised.

    Returns:
        The mean over the batch, nats.
    """
    powers = teacher.pow(1 / temperature)
    student = F.log_softmax(logits / temperature, 1)
    found = F.kl_div(student, powers / powers.sum(1, keepdim=True), reduction="batchmean")
    return found * temperature**2


def _summed(logits: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy of tokens [B, S] over all that count."""
    return F.cross_entropy(logits.flatten(0, 1).float(), labels.flatten(), ignore_index=IGNORED, reduction="sum")
