"""What a model's text is worth: the answer in it, and each of its steps."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from synthkit.dataset.tasks import FINAL_ANSWER
from synthkit.records import TextExample
from synthkit.train.language.codec import Codec, UnknownSymbolError
from synthkit.train.language.texts import Texts

__all__ = ["Judge", "Judgement"]

_MARK = FINAL_ANSWER.rstrip()


@dataclass(frozen=True, slots=True)
class Judgement:
    """Of one text.

    Attributes:
        answer: The final answer in it, all of it where it explains nothing.
        valid: Whether the answer is one that there can be; else it counts as wrong, apart.
        correct: Whether it is the right one, letter by letter.
        steps: Steps of the right explanation, the answer among them; None where the text explains nothing.
        steps_right: Steps before the first wrong one.
        follows: Whether the answer is what the last step before it says, be that right or wrong; None where the
            task's explanations do not end so.
    """

    answer: str
    valid: bool
    correct: bool
    steps: int | None = None
    steps_right: int | None = None
    follows: bool | None = None


class Judge:
    """Judges the texts of a split.

    Args:
        texts: Questions and right answers.
        codec: What wrote the texts: what it cannot write in the right answer is not asked for.
        explains: Whether the model was trained to explain.
    """

    def __init__(self, texts: Texts, codec: Codec, *, explains: bool) -> None:
        self._texts, self._codec = texts, codec
        self.warnings: tuple[str, ...] = ()
        self._steps = False
        self._follows = False
        if explains:
            self._look()

    def _look(self) -> None:
        """Whether steps can be judged: the codec must write explanations as they are."""
        right = [self._texts.task.explain(self._texts[i]) or "" for i in range(min(len(self._texts), 20))]
        again = [(text, self._written(text)) for text in right]
        self._steps = all(written in (text, None) for text, written in again) and any(w for _, w in again)
        self._follows = all(_follows(text) for text in right)
        if not self._steps:
            self.warnings = (
                "steps are not judged: the tokeniser cannot write the task's explanations letter by letter",
            )

    def judge(self, examples: Sequence[TextExample], said: Sequence[str]) -> list[Judgement]:
        """Of each text that was said about an example."""
        right = [self._written(example.target) or example.target for example in examples]
        return [self._one(*each) for each in zip(examples, said, right, strict=True)]

    def _written(self, text: str) -> str | None:
        """A text as the codec writes it; None where it has a symbol that the codec does not have."""
        try:
            return self._codec.decode(self._codec.encode([text])[0])
        except UnknownSymbolError:
            return None

    def _one(self, example: TextExample, said: str, right: str) -> Judgement:
        answer = self._texts.task.answer(said)
        labels = self._texts.labels
        valid = bool(answer) and "\n" not in answer
        if labels is not None:
            valid = answer == right or answer in labels
        correct = answer == right
        if not (self._steps and _MARK in said):
            return Judgement(answer, valid, correct)
        steps = len((self._texts.task.explain(example) or "").splitlines())
        verdict = self._texts.task.check(said, example)
        before = steps if verdict.ok or verdict.step is None else min(verdict.step - 1, steps)
        return Judgement(answer, valid, correct, steps, before, _follows(said) if self._follows else None)


def _follows(text: str) -> bool:
    """Whether the answer is the last word of the line before it."""
    lines = text.rstrip("\n").split("\n")
    if len(lines) < 2 or _MARK not in lines[-1]:
        return False
    words = re.findall(r"[^\s.,;]+", lines[-2])
    return bool(words) and words[-1] == lines[-1].partition(_MARK)[2].strip()
