"""How texts become ids and ids become texts: by a model's tokeniser, or symbol by symbol."""

from __future__ import annotations

import hashlib
import json
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from synthkit.errors import InputError

__all__ = [
    "MASK",
    "Codec",
    "Ids",
    "OwnCodec",
    "PatchCodec",
    "SpecialIds",
    "SymbolCodec",
    "UnknownSymbolError",
    "symbols_of",
]

Ids = list[int]
LINE = "\n"
MASK = "_"


class SpecialIds:
    """Ids with a meaning of their own.

    Args:
        before: Before a text, as the model's tokeniser puts them.
        after: After a text.
        pad: Fills up shorter texts.
        end: After an answer; None where the model writes none.
        mask: In place of a hidden token; None where the vocabulary has none.
    """

    def __init__(self, before: Ids, after: Ids, pad: int, end: int | None, mask: int | None = None) -> None:
        self.before, self.after, self.pad, self.end, self.mask = before, after, pad, end, mask


class Codec(ABC):
    """Ids of texts.

    Attributes:
        special: Ids around texts.
        separator: Ids between question and answer of a causal model.
        mask: What stands for a word that is not shown.
    """

    special: SpecialIds
    separator: Ids
    mask: str = MASK

    @abstractmethod
    def encode(self, texts: Sequence[str]) -> list[Ids]:
        """Ids of texts, without special ones.

        Raises:
            InputError: A symbol has no id; the message says which, and in which text of the list.
        """

    @abstractmethod
    def decode(self, ids: Sequence[int]) -> str:
        """The text of ids; special ones say nothing."""

    @property
    @abstractmethod
    def identity(self) -> str:
        """Tells this codec from all others."""


class OwnCodec(Codec):
    """A model's own tokeniser.

    Args:
        tokenizer: A fast tokeniser of transformers.
        special: Ids around texts.
        separator: Text between question and answer of a causal model.
        newline: What stands for the end of a line where the tokeniser cannot write one.
    """

    def __init__(self, tokenizer: Any, special: SpecialIds, separator: str, newline: str) -> None:
        self.tokenizer, self.special = tokenizer, special
        self._newline = None if self._back("a\nb") == "a\nb" else newline
        self.separator = self.encode([separator])[0]
        self._separator = separator
        self.mask = tokenizer.mask_token or MASK

    def encode(self, texts: Sequence[str]) -> list[Ids]:
        if self._newline is not None:
            texts = [text.replace(LINE, f"{self._newline} ") for text in texts]
        found: list[Ids] = self.tokenizer(list(texts), add_special_tokens=False, truncation=False)["input_ids"]
        return found

    def decode(self, ids: Sequence[int]) -> str:
        text = self._text(ids).strip()
        if self._newline is not None:
            text = re.sub(rf" ?{re.escape(self._newline.strip())} ?", LINE, text)
        return text

    @property
    def identity(self) -> str:
        said = self.tokenizer.backend_tokenizer.to_str() + json.dumps([self._separator, self._newline])
        return hashlib.sha256(said.encode()).hexdigest()

    def spans(self, text: str) -> list[tuple[int, int]]:
        """First and last character + 1 of each id of a text."""
        found: list[tuple[int, int]] = self.tokenizer(
            text, add_special_tokens=False, truncation=False, return_offsets_mapping=True
        )["offset_mapping"]
        return found

    def _text(self, ids: Sequence[int]) -> str:
        text: str = self.tokenizer.decode(list(ids), skip_special_tokens=True, clean_up_tokenization_spaces=False)
        return text

    def _back(self, text: str) -> str:
        return self._text(self.tokenizer(text, add_special_tokens=False)["input_ids"])


class SymbolCodec(Codec):
    """An id for each symbol between spaces; the end of a line is a symbol too.

    Args:
        ids: Symbol -> id.
        special: Ids around texts.
        separator: Id between question and answer of a causal model; None where there is none.
    """

    def __init__(self, ids: Mapping[str, int], special: SpecialIds, separator: int | None) -> None:
        self.ids, self.special = dict(ids), special
        self.separator = [] if separator is None else [separator]
        self._symbols = {number: symbol for symbol, number in self.ids.items()}

    def encode(self, texts: Sequence[str]) -> list[Ids]:
        return [self._one(text, place) for place, text in enumerate(texts)]

    def _one(self, text: str, place: int) -> Ids:
        try:
            return [self.ids[symbol] for symbol in symbols_of(text)]
        except KeyError as error:
            raise UnknownSymbolError(error.args[0], place) from None

    def decode(self, ids: Sequence[int]) -> str:
        words = [self._symbols[i] for i in ids if i in self._symbols]
        return re.sub(rf" ?{LINE} ?", LINE, " ".join(words))

    @property
    def identity(self) -> str:
        said = json.dumps([self.ids, vars(self.special), self.separator], sort_keys=True)
        return hashlib.sha256(said.encode()).hexdigest()


class PatchCodec(Codec):
    """Numbers, some in a patch: the model reads them as they are.

    Args:
        patch: Numbers in a patch.
        special: Ids around the patches.
    """

    def __init__(self, patch: int, special: SpecialIds) -> None:
        self.patch, self.special = patch, special
        self.separator = []

    def encode(self, texts: Sequence[str]) -> list[Ids]:
        return [self._one(text, place) for place, text in enumerate(texts)]

    def _one(self, text: str, place: int) -> Ids:
        found = []
        for word in text.split():
            if not re.fullmatch(r"-?[0-9]{1,9}", word):
                raise UnknownSymbolError(word, place)
            found.append(int(word))
        return found

    def decode(self, ids: Sequence[int]) -> str:
        return " ".join(map(str, ids))

    @property
    def identity(self) -> str:
        return f"patches of {self.patch}"


class UnknownSymbolError(InputError):
    """A symbol that a codec has no id for.

    Args:
        symbol: The symbol.
        place: Which text of the list it is in.
    """

    def __init__(self, symbol: str, place: int) -> None:
        super().__init__(f"no id for symbol {symbol!r}")
        self.symbol, self.place = symbol, place


def symbols_of(text: str) -> list[str]:
    """Symbols of a text: what stands between spaces; the end of a line is one too."""
    return [symbol for symbol in text.replace(LINE, f" {LINE} ").split(" ") if symbol]
