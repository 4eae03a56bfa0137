"""A teacher that explains its answers: scores of words, the chosen ones, and how faithful they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import torch

from synthkit.models.language.quiet import quiet
from synthkit.saliency.gradients import Baseline, Gradients, gradient_scores
from synthkit.saliency.likelihood import Answer, answer_ids, of_rows, padded
from synthkit.saliency.memory import Memory
from synthkit.saliency.options import Method, Selection
from synthkit.saliency.reading import Body, body_of, windows_of
from synthkit.saliency.rollout import rollout_scores
from synthkit.saliency.selection import chosen_words
from synthkit.saliency.teacher import Teacher
from synthkit.seeds import Permutation, derive_key

__all__ = ["Explainer", "Explanation", "How"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class How:
    """What is explained by which method.

    Attributes:
        method: One of `synthkit.saliency.options.METHODS`.
        selection: Which words are chosen.
        steps: Points of the path of integrated gradients.
        baseline: Where that path begins.
        around: Text before and after the input that the teacher reads too.
        answer_prefix: Before an answer as text.
        max_new_tokens: Longest answer where answers are open.
        max_memory: Bytes for weights and activations.
    """

    method: Method
    selection: Selection
    steps: int = 32
    baseline: Baseline = "pad"
    around: tuple[str, str] = ("", "")
    answer_prefix: str = ""
    max_new_tokens: int = 16
    max_memory: int = 2**31


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a teacher answers as it does.

    Attributes:
        answer: What it answers.
        probabilities: Of the labels, in their order; empty where answers are open.
        scores: Of each word, float64 [words].
        chosen: Places of the chosen words.
        by_chance: As many words, drawn: the control.
        delta: By how much integrated gradients miss what they should sum to, nats, at the worst window; NaN for others.
        windows: Parts that the text was read in.
        comprehensiveness: Probability of the answer minus that without the chosen words (DeYoung et al. 2020, ERASER).
        sufficiency: Probability of the answer minus that with the chosen words alone.
        random_comprehensiveness: The first of the control.
        random_sufficiency: The second of the control.
    """

    answer: str
    probabilities: tuple[float, ...]
    scores: Floats
    chosen: list[int]
    by_chance: list[int]
    delta: float
    windows: int
    comprehensiveness: float
    sufficiency: float
    random_comprehensiveness: float
    random_sufficiency: float


@dataclass(slots=True)
class _Asked:
    body: Body
    answer: Answer
    room: int | None
    said: str
    probabilities: tuple[float, ...]
    log_likelihood: float
    delta: float = float("nan")
    seen: int = field(default=1)


class Explainer:
    """Explains texts one at a time, so that an explanation is a function of its text alone.

    Args:
        teacher: The model.
        labels: All answers that there are; None where they are open.
        how: By which method.

    Raises:
        InputError: The memory is not enough for the teacher.
    """

    def __init__(self, teacher: Teacher, labels: Sequence[str] | None, how: How) -> None:
        self._teacher, self._how = teacher, how
        self._labels = None if labels is None else tuple(labels)
        self._memory = Memory(teacher, how.max_memory)

    def explain(self, text: str, spans: Sequence[tuple[int, int]], key: int) -> Explanation:
        """Explain what the teacher answers to a text.

        Args:
            text: The text.
            spans: First character and last + 1 of each word that can be chosen; at least one.
            key: Of what is drawn.
        """
        with _one_thread():
            body = body_of(self._teacher, text, spans, self._how.around)
            asked = self._asked(body)
            scores = self._scores(asked, len(spans), key)
            chosen = chosen_words(scores, self._how.selection)
            drawn = Permutation(derive_key(key, "saliency", "control"), len(spans))(np.arange(len(chosen)))
            by_chance = sorted(drawn.tolist())
            worth = self._worth(asked, [chosen, by_chance])
        return Explanation(
            asked.said, asked.probabilities, scores, chosen, by_chance, asked.delta, asked.seen, *worth[0], *worth[1]
        )

    def _asked(self, body: Body) -> _Asked:
        """What the teacher answers, and how likely that is."""
        teacher, labels = self._teacher, self._labels
        if labels is None:
            said = self._written(body)
            answer: Answer = answer_ids(teacher, said, self._how.answer_prefix)
            room = self._room(answer)
            return _Asked(body, answer, room, said, (), self._likelihoods([body], answer, room)[0])
        answers = [self._answer(label) for label in labels]
        room = min(self._room(answer) for answer in answers)
        if teacher.head == "classification":
            found = self._class_likelihoods(body, room)
        else:
            found = [self._likelihoods([body], answer, room)[0] for answer in answers]
        best = int(np.argmax(found))
        share = np.exp(np.array(found) - np.max(found))
        return _Asked(body, answers[best], room, labels[best], tuple((share / share.sum()).tolist()), found[best])

    def _answer(self, label: str) -> Answer:
        if self._teacher.head == "classification":
            return self._teacher.labels.index(label)
        return answer_ids(self._teacher, label, self._how.answer_prefix)

    def _room(self, answer: Answer) -> int:
        size = len(answer) if isinstance(answer, tuple) else 0
        return self._memory.room(size, causal=self._teacher.head == "causal")

    @torch.no_grad()
    def _class_likelihoods(self, body: Body, room: int) -> list[float]:
        """Of all labels at once, in their order."""
        windows = windows_of(self._teacher, body, room)
        parts = []
        for window in windows:
            ids, mask, _ = padded(self._teacher, [window])
            parts.append(self._teacher.network(input_ids=ids, attention_mask=mask).logits.float().log_softmax(-1)[0])
        mean = torch.stack(parts).double().mean(0).cpu().tolist()
        return [mean[self._teacher.labels.index(label)] for label in self._labels or ()]

    def _likelihoods(self, bodies: Sequence[Body], answer: Answer, room: int) -> list[float]:
        """Log likelihood of an answer after each of some texts: the mean over a text's windows."""
        windows = [windows_of(self._teacher, body, room) for body in bodies]
        found = iter(of_rows(self._teacher, [w for each in windows for w in each], answer, self._memory.rows))
        return [float(np.mean([next(found) for _ in each])) for each in windows]

    @torch.no_grad()
    def _written(self, body: Body) -> str:
        """A greedy answer to the first window that has room."""
        teacher, most = self._teacher, self._how.max_new_tokens
        room = self._memory.room(most, causal=teacher.head == "causal")
        ids, mask, _ = padded(teacher, windows_of(teacher, body, room)[:1])
        with quiet():
            found = teacher.network.generate(
                input_ids=ids,
                attention_mask=mask,
                do_sample=False,
                num_beams=1,
                max_new_tokens=most,
                pad_token_id=teacher.pad,
            )
        new = found[0, ids.shape[1] if teacher.head == "causal" else 1 :]
        text: str = teacher.tokenizer.decode(new, skip_special_tokens=True)
        return text.strip()

    def _scores(self, asked: _Asked, words: int, key: int) -> Floats:
        method = self._how.method
        if method == "random":
            order = Permutation(derive_key(key, "saliency", "random"), words)(np.arange(words))
            return (words - order).astype(np.float64) / words
        if method == "leave_one_out":
            without = [asked.body.without([word]) for word in range(words)]
            found = self._likelihoods(without, asked.answer, self._room(asked.answer))
            return asked.log_likelihood - np.array(found)
        return self._by_ids(asked, words)

    def _by_ids(self, asked: _Asked, words: int) -> Floats:
        """Scores of ids, put together to words: norms and shares of attention by the largest, contributions by the sum.

        An id that several windows have counts with its mean.
        """
        how, body = self._how, asked.body
        total, count = np.zeros(len(body.ids)), np.zeros(len(body.ids))
        deltas = []
        windows = windows_of(self._teacher, body, self._room(asked.answer))
        for window in windows:
            if how.method == "attention_rollout":
                found = rollout_scores(self._teacher, window, asked.answer)
            else:
                gradients = Gradients(how.method, how.steps, how.baseline)
                found, delta = gradient_scores(self._teacher, window, asked.answer, gradients, self._memory.rows)
                deltas.append(delta)
            first, last = window.inside
            place = slice(window.first, window.first + last - first)
            total[place] += found[first:last]
            count[place] += 1
        asked.seen = len(windows)
        asked.delta = max(deltas) if deltas else float("nan")
        means = total / count
        inside = body.words >= 0
        scores = np.zeros(words)
        together = np.add if how.method in ("input_x_gradient", "integrated_gradients") else np.maximum
        together.at(scores, body.words[inside], means[inside])
        return scores

    def _worth(self, asked: _Asked, choices: Sequence[Sequence[int]]) -> list[tuple[float, float]]:
        """Comprehensiveness and sufficiency of some choices of words."""
        bodies = [made(words) for words in choices for made in (asked.body.without, asked.body.only)]
        found = np.exp(self._likelihoods(bodies, asked.answer, self._room(asked.answer)))
        whole = float(np.exp(asked.log_likelihood))
        return [(whole - float(found[2 * i]), whole - float(found[2 * i + 1])) for i in range(len(choices))]


@contextmanager
def _one_thread() -> Iterator[None]:
    """Within it torch computes in one thread: sums come in one order, whatever the machine's number of cores."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
