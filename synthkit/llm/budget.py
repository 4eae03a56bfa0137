"""What calls cost, and a limit that is kept."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from pydantic import Field

from synthkit.errors import InputError
from synthkit.llm.request import Usage
from synthkit.recipe.base import Record

__all__ = ["Budget", "Ledger", "Prices", "parse_budget"]

_MILLION = Decimal(1_000_000)
_BUDGET = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]+)")
_TOKENS = ("token", "tokens", "tok")


class Prices(Record):
    """Prices of a model, as its provider states them.

    Attributes:
        currency: e.g. ``usd``.
        prompt: Of a million prompt tokens.
        completion: Of a million completion tokens.
        batch_prompt: The same by the batch endpoint; None for the price of single calls.
        batch_completion: The same by the batch endpoint; None for the price of single calls.
    """

    currency: str = Field(default="usd", pattern=r"^[a-z]{3}$")
    prompt: float = Field(ge=0)
    completion: float = Field(ge=0)
    batch_prompt: float | None = Field(default=None, ge=0)
    batch_completion: float | None = Field(default=None, ge=0)

    def cost(self, usage: Usage, *, batch: bool = False) -> Decimal:
        """Of some tokens, in the currency."""
        prompt, completion = self.prompt, self.completion
        if batch:
            prompt = self.prompt if self.batch_prompt is None else self.batch_prompt
            completion = self.completion if self.batch_completion is None else self.batch_completion
        return (usage.prompt * Decimal(str(prompt)) + usage.completion * Decimal(str(completion))) / _MILLION


@dataclass(frozen=True, slots=True)
class Budget:
    """The most that may be spent.

    Attributes:
        amount: Money, or tokens.
        unit: A currency in lower case, or ``tokens``.
    """

    amount: Decimal
    unit: str

    def __str__(self) -> str:
        return f"{self.amount:,f} {self.unit}"


def parse_budget(text: str) -> Budget:
    """``5usd``, ``0.50 eur`` or ``200000tokens``.

    Raises:
        InputError: It is neither money nor tokens.
    """
    found = _BUDGET.fullmatch(text.strip().replace("_", ""))
    if found is None:
        raise InputError(f"--budget {text}: must be money or tokens, e.g. 5usd or 200000tokens")
    amount = Decimal(found[1])
    unit = found[2].lower()
    if unit in _TOKENS:
        if amount != int(amount):
            raise InputError(f"--budget {text}: tokens are whole")
        return Budget(amount, "tokens")
    if len(unit) != 3:
        raise InputError(f"--budget {text}: {found[2]!r} is no currency (three letters, e.g. usd), and not tokens")
    return Budget(amount, unit)


class Ledger:
    """Keeps to a budget: each call reserves the most that it can take before it is made.

    What was sent and never answered may have been paid: it counts at the most that it can have taken.

    Args:
        budget: The limit; None for none.
        prices: Prices of the model; None where they are not known.
        spent: Tokens of all answers so far.
        doubtful: The most tokens of calls that had no answer.
        batch: Whether calls are made by the batch endpoint.

    Raises:
        InputError: A limit in money without prices, or in another currency.
    """

    def __init__(
        self,
        budget: Budget | None,
        prices: Prices | None,
        spent: Usage = Usage(),  # noqa: B008 - immutable
        doubtful: Usage = Usage(),  # noqa: B008 - immutable
        *,
        batch: bool = False,
    ) -> None:
        if budget is not None and budget.unit != "tokens":
            if prices is None:
                raise InputError(
                    f"--budget {budget}: the prices of the model are not known; state those of your provider, e.g. "
                    "--set service.prices.prompt=0.5 --set service.prices.completion=1.5 (of a million tokens), "
                    "or give the budget in tokens"
                )
            if prices.currency != budget.unit:
                raise InputError(f"--budget {budget}: the prices are in {prices.currency}")
        self._budget, self._prices, self._batch = budget, prices, batch
        self.spent, self.doubtful, self.reserved = spent, doubtful, Usage()
        self._excess = 0  # prompt tokens beyond the bound, as templates may add

    @property
    def money(self) -> Decimal | None:
        """What all answers cost; None where prices are not known."""
        return None if self._prices is None else self._prices.cost(self.spent, batch=self._batch)

    @property
    def currency(self) -> str:
        return "" if self._prices is None else self._prices.currency

    def cost(self, usage: Usage) -> Decimal | None:
        """Of some tokens; None where prices are not known."""
        return None if self._prices is None else self._prices.cost(usage, batch=self._batch)

    def reserve(self, bound: Usage) -> bool:
        """Set a call's most aside; False where that is beyond the budget."""
        wanted = bound + Usage(self._excess, 0)
        if self._budget is not None:
            whole = self.spent + self.doubtful + self.reserved + wanted
            if self._measure(whole) > self._budget.amount:
                return False
        self.reserved += wanted
        return True

    @property
    def idle(self) -> bool:
        """Whether nothing is set aside."""
        return self.reserved.total == 0

    def answered(self, bound: Usage, reserved: Usage, usage: Usage) -> None:
        """A call was answered."""
        self.reserved -= reserved
        self.spent += usage
        self._excess = max(self._excess, usage.prompt - bound.prompt)

    def wanted(self, bound: Usage) -> Usage:
        """What `reserve` sets aside now."""
        return bound + Usage(self._excess, 0)

    def failed(self, reserved: Usage, *, maybe_paid: bool) -> None:
        """A call had no answer."""
        self.reserved -= reserved
        if maybe_paid:
            self.doubtful += reserved

    def _measure(self, usage: Usage) -> Decimal:
        if self._budget is None or self._budget.unit == "tokens" or self._prices is None:
            return Decimal(usage.total)
        return self._prices.cost(usage, batch=self._batch)

    def describe(self) -> str:
        """What was spent, in words."""
        text = f"{self.spent.total:,} tokens"
        if self.money is not None:
            text += f", {self.money:,.4f} {self.currency}"
        if self.doubtful.total:
            doubtful = self.cost(self.doubtful)
            most = f"{doubtful:,.4f} {self.currency}" if doubtful is not None else f"{self.doubtful.total:,} tokens"
            text += f"; calls without an answer may have cost up to {most} more"
        return text
