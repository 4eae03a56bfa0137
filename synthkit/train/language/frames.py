"""Special ids around questions and answers, and windows of texts that are too long."""

from __future__ import annotations

from collections.abc import Iterator

from synthkit.errors import InputError
from synthkit.train.language.codec import Codec, Ids, PatchCodec
from synthkit.train.language.record import LanguageExperiment
from synthkit.train.language.texts import Texts

__all__ = ["Frames"]


class Frames:
    """Puts ids into the form that a model reads.

    Args:
        experiment: Its head and tokens.
        texts: The texts, for messages.
        codec: Its special ids.
        limit: Most ids that the model takes; None where there is no limit.
        answers: Whether answers are written.

    Attributes:
        limit: Most ids of a text, as model and experiment have it; None for any number.
    """

    def __init__(
        self, experiment: LanguageExperiment, texts: Texts, codec: Codec, limit: int | None, *, answers: bool
    ) -> None:
        self.head, self.tokens, self.answers = experiment.model.head, experiment.tokens, answers
        self.texts, self.codec = texts, codec
        lengths = [n for n in (limit, experiment.tokens.max_length) if n is not None]
        self.limit = min(lengths) if lengths else None

    def of(self, question: Ids, answer: Ids, index: int) -> Iterator[tuple[Ids, Ids]]:
        """Question and answer with special ids; in windows where that is asked for.

        Args:
            question: Ids without special ones.
            answer: The same, empty where no answer is written.
            index: Of the example, for messages.

        Raises:
            InputError: A text is too long, or is no whole number of patches.
        """
        special, end = self.codec.special, [] if self.codec.special.end is None else [self.codec.special.end]
        target: Ids = []
        if self.head in ("causal", "masked"):
            question = [*question, *self.codec.separator]
        if self.head == "masked":
            question, answer = [*question, *answer], []
        if self.answers and self.head == "causal":
            target = [*answer, *end]
        elif self.answers and self.head == "seq2seq":
            target = [*special.before, *answer, *(special.after or end)]
        if isinstance(self.codec, PatchCodec):
            yield self._patches(question, index), target
            return
        frame = len(special.before) + len(special.after)
        room = None if self.limit is None else self.limit - frame - (len(target) if self.head == "causal" else 0)
        for part in self._windows(question, room, index, len(question) + frame + len(target)):
            yield [*special.before, *part, *special.after], target
        if self.limit is not None and self.head == "seq2seq" and len(target) > self.limit:
            raise self._too_long(index, len(target), "answer")

    def _windows(self, ids: Ids, room: int | None, index: int, length: int) -> list[Ids]:
        if room is None or len(ids) <= room:
            return [ids]
        if self.tokens.too_long == "refuse" or room < 2:
            raise self._too_long(index, length, "text")
        step = room // 2
        starts = [*range(0, len(ids) - room, step), len(ids) - room]
        return [ids[start : start + room] for start in starts]

    def _too_long(self, index: int, length: int, what: str) -> InputError:
        ways = "choose shorter texts or a model that takes more"
        if self.head == "classification":
            ways = f"read it in windows (tokens.too_long=window), or {ways}"
        return InputError(
            f"{self.texts.where(index)}: its {what} has {length} tokens, the limit is {self.limit}; nothing is cut "
            f"off: {ways}"
        )

    def _patches(self, numbers: Ids, index: int) -> Ids:
        patch = self.tokens.patch
        if len(numbers) % patch or not numbers:
            raise InputError(f"{self.texts.where(index)}: {len(numbers)} numbers are no whole patches of {patch}")
        frame = len(self.codec.special.before) + len(self.codec.special.after)
        if self.limit is not None and len(numbers) // patch + frame > self.limit:
            raise self._too_long(index, len(numbers) // patch + frame, "text")
        return numbers
