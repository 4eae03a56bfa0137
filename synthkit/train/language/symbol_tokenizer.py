"""A tokeniser of transformers that gives the ids of a task's own symbols."""

from __future__ import annotations

from typing import Any

from synthkit.train.language.codec import LINE, Ids, SymbolCodec

__all__ = ["symbol_tokenizer"]


def symbol_tokenizer(codec: SymbolCodec, limit: int | None) -> Any:
    """What stands between spaces is one token, the end of a line too; special ids stand where the codec puts them.

    There is no token for unknown symbols: each number of the table of embeddings has its symbol. A symbol that no
    training text had raises an error, as it does in training.

    Args:
        codec: Of the training.
        limit: Most tokens that the model takes; None where there is no limit.
    """
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Sequence, Split
    from transformers import PreTrainedTokenizerFast

    special = codec.special
    numbers = {"[PAD]": special.pad, "[MASK]": special.mask, "[SEP]": special.end}
    numbers |= {"[CLS]": special.before[0]} if special.before else {}
    names = {number: _free(name, codec) for name, number in numbers.items() if number is not None}
    tokenizer = Tokenizer(WordLevel(codec.ids | {name: number for number, name in names.items()}))
    tokenizer.pre_tokenizer = Sequence([Split(LINE, "isolated"), Split(" ", "removed")])
    _put_special(tokenizer, special.before, special.after, names)
    roles: dict[str, Any] = {"pad_token": names[special.pad]}
    roles |= {"eos_token": names[special.end]} if special.end is not None else {}
    roles |= {"mask_token": names[special.mask]} if special.mask is not None else {}
    roles |= {"cls_token": names[special.before[0]]} if special.before else {}
    roles |= {"sep_token": names[special.after[0]]} if special.after else {}
    roles |= {} if limit is None else {"model_max_length": limit}
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer,
        model_input_names=["input_ids", "attention_mask"],
        clean_up_tokenization_spaces=False,
        **roles,
    )


def _free(name: str, codec: SymbolCodec) -> str:
    """A name for a special token that is no symbol of the task."""
    while name in codec.ids:
        name = f"[{name}]"
    return name


def _put_special(tokenizer: Any, before: Ids, after: Ids, names: dict[int, str]) -> None:
    """Special tokens around a text; two texts count as one after the other."""
    from tokenizers.processors import TemplateProcessing

    if not before and not after:
        return
    around = [names[number] for number in before], [names[number] for number in after]
    tokenizer.post_processor = TemplateProcessing(
        single=[*around[0], "$A", *around[1]],
        pair=[*around[0], "$A", "$B", *around[1]],
        special_tokens=[(names[number], number) for number in {*before, *after}],
    )
