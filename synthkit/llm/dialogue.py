"""A question that is asked again, with what was wrong, until its answer is valid."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from synthkit.llm.log import Replies
from synthkit.llm.request import REFUSED, Message, Reply, Request, chat_request
from synthkit.llm.structured import answer_format, parse_answer

__all__ = ["Dialogue", "Outcome", "Question", "settle"]

A = TypeVar("A", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Question(Generic[A]):
    """What is asked.

    Attributes:
        id: Of the example, for messages.
        model: Name of the model.
        messages: (role, text) each.
        settings: Sampling settings.
        kind: Shape of the answer.
        how: How the shape is asked for, see `answer_format`.
        check: Says what is wrong with an answer of the right shape; empty where nothing is.
        again: What is said of a wrong answer, ``{problem}`` in it.
        repairs: How often it is asked again.
    """

    id: str
    model: str
    messages: tuple[Message, ...]
    settings: Mapping[str, Any]
    kind: type[A]
    how: str
    check: Callable[[A], str]
    again: str
    repairs: int


@dataclass(frozen=True, slots=True)
class Outcome(Generic[A]):
    """How a dialogue ended.

    Attributes:
        answer: The last answer of the right shape; None where there was none.
        problem: Why it is rejected; empty where it is accepted.
        text: What the model wrote last.
        key: Of the last request.
        turns: Requests that were needed.
        mended: Whether the last answer's JSON was mended.
        prompt_tokens: Of all turns.
        completion_tokens: Of all turns.
        model: As the service names it.
    """

    answer: A | None
    problem: str
    text: str
    key: str
    turns: int
    mended: bool
    prompt_tokens: int
    completion_tokens: int
    model: str


class Dialogue(Generic[A]):
    """A question in progress: a function of the question and of the answers alone, so that a log can replay it.

    Args:
        question: What is asked.

    Attributes:
        request: What to ask next; None at the end.
        outcome: How it ended; None before.
    """

    def __init__(self, question: Question[A]) -> None:
        self.question = question
        self._settings = {**question.settings, "response_format": answer_format(question.kind, question.how)}
        self._messages: Sequence[Message] = question.messages
        self._turns = self._prompt = self._completion = 0
        self.request: Request | None = self._next()
        self.outcome: Outcome[A] | None = None

    def _next(self) -> Request:
        return chat_request(self.question.model, self._messages, self._settings)

    def tell(self, reply: Reply) -> None:
        """The answer to `request`."""
        q = self.question
        self._turns += 1
        self._prompt += reply.usage.prompt
        self._completion += reply.usage.completion
        if reply.finish == REFUSED:
            self._end(reply, None, f"refused by the service: {reply.text}", mended=False)
            return
        parsed = parse_answer(reply.text, q.kind)
        problem = parsed.problem
        if parsed.answer is None and reply.finish == "length":
            problem = "the answer was cut off at the longest length; be brief"
        if parsed.answer is not None:
            problem = q.check(parsed.answer)
        if not problem or self._turns > q.repairs:
            self._end(reply, parsed.answer, problem, mended=parsed.mended)
            return
        said = q.again.replace("{problem}", problem)
        self._messages = [*self._messages, ("assistant", reply.text), ("user", said)]
        self.request = self._next()

    def _end(self, reply: Reply, answer: A | None, problem: str, *, mended: bool) -> None:
        self.request = None
        self.outcome = Outcome(
            answer,
            problem,
            reply.text,
            reply.key,
            self._turns,
            mended,
            self._prompt,
            self._completion,
            reply.model,
        )


def settle(dialogues: Sequence[Dialogue[Any]], replies: Replies) -> list[Dialogue[Any]]:
    """Play dialogues on from a log; returns those that the log does not end."""
    going = list(dialogues)
    missing: list[Dialogue[Any]] = []
    while going:
        found = replies.get_many([d.request.key for d in going if d.request is not None])
        left = []
        for dialogue in going:
            reply = None if dialogue.request is None else found.get(dialogue.request.key)
            if reply is None:
                missing.append(dialogue)
                continue
            dialogue.tell(reply)
            if dialogue.request is not None:
                left.append(dialogue)
        going = left
    return missing
