"""The teacher: any classifier, encoder-decoder or causal model of transformers, with its tokeniser."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn

from synthkit.errors import InputError, WorkError
from synthkit.models.language.quiet import quiet
from synthkit.models.language.tiny import TINY, save_tiny
from synthkit.saliency.options import TeacherOptions

__all__ = ["Head", "Teacher", "open_teacher", "teacher_files", "teacher_place"]

Head = Literal["classification", "seq2seq", "causal"]

_TINY = "tiny:"
_CLASSES: dict[Head, tuple[str, str]] = {
    "classification": ("ForSequenceClassification", "AutoModelForSequenceClassification"),
    "seq2seq": ("ForConditionalGeneration", "AutoModelForSeq2SeqLM"),
    "causal": ("LMHeadModel|ForCausalLM", "AutoModelForCausalLM"),
}
_TINY_HEADS: dict[str, Head] = {"bert": "classification", "gpt2": "causal", "t5": "seq2seq", "bart": "seq2seq"}


@dataclass(frozen=True, slots=True)
class Teacher:
    """A model that is asked.

    Attributes:
        network: The ``PreTrainedModel``, in float32, in evaluation mode, its parameters frozen.
        tokenizer: A fast tokeniser.
        head: What it answers.
        labels: Its classes in the order of its outputs; empty where it answers text.
        before: Ids before a text.
        after: Ids behind it.
        end: Id behind an answer; None where there is none.
        pad: Id that fills up shorter rows.
        limit: Most ids that it takes; None where there is no limit.
        device: Where it is.
    """

    network: Any
    tokenizer: Any
    head: Head
    labels: tuple[str, ...]
    before: tuple[int, ...]
    after: tuple[int, ...]
    end: int | None
    pad: int
    limit: int | None
    device: torch.device

    @property
    def embeddings(self) -> nn.Module:
        """What makes vectors of the ids of the text."""
        network = self.network
        owner = network.get_encoder() if network.config.is_encoder_decoder else network
        found: nn.Module = owner.get_input_embeddings()
        return found

    @contextmanager
    def reading(self, vectors: Tensor) -> Iterator[None]:
        """Within it, the first look at the table of embeddings gives these vectors, [B, T, D].

        A hook in place of ``inputs_embeds``, which classifiers of T5 and BART do not take, as they look for the end of
        the text among the ids.
        """
        left = [vectors]

        def give(module: nn.Module, given: Any, found: Tensor) -> Tensor:  # noqa: ARG001
            return left.pop() if left else found

        handle = self.embeddings.register_forward_hook(give)
        try:
            yield
        finally:
            handle.remove()

    def encode(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        """Ids of a text without special ones, and first character and last + 1 of each.

        Raises:
            InputError: The tokeniser has no token for a word, and none for unknown ones.
        """
        try:
            found = self.tokenizer(text, add_special_tokens=False, truncation=False, return_offsets_mapping=True)
        except Exception as error:  # tokenizers raises nothing more particular
            if "WordLevel" not in str(error):
                raise
            raise InputError(f"the teacher's vocabulary lacks a word of {text!r}, and has no token for such") from None
        return found["input_ids"], found["offset_mapping"]

    def vectors(self, ids: Tensor) -> Tensor:
        """Vectors of ids, as the model's table makes them: [..., D]."""
        with torch.no_grad():
            found: Tensor = self.embeddings(ids)
        return found.detach()


def teacher_place(path: str) -> str:
    """Where a teacher is: its name on the hub, or its directory.

    Raises:
        InputError: No such directory or tiny model.
    """
    if path.startswith(_TINY):
        name = path.removeprefix(_TINY)
        if name not in TINY:
            raise InputError(f"no tiny model is called {name!r}; there are: {', '.join(TINY)}")
        return _built(name)
    there = Path(path).expanduser()
    if there.is_dir():
        if not (there / "config.json").is_file():
            raise InputError(
                f"{path} holds no model: config.json is missing; `synthkit export RUN --out DIR` writes one"
            )
        return str(there)
    if there.exists() or path.startswith((".", "/", "~")) or path.count("/") > 1 or path.endswith("/"):
        raise InputError(f"{path}: no such directory")
    return path


@lru_cache(maxsize=len(TINY))
def _built(name: str) -> str:
    folder = Path(_temporary().name) / name
    with quiet():
        save_tiny(name, folder)
    return str(folder)


@lru_cache(maxsize=1)
def _temporary() -> tempfile.TemporaryDirectory[str]:
    """For tiny models; gone with the process."""
    return tempfile.TemporaryDirectory(prefix="synthkit-teacher-")


def teacher_files(place: str) -> tuple[str, str]:
    """Hash over the files that a teacher is made of, and the licence that its card names.

    Returns:
        ``sha256:<64 hex>`` over weights, configuration and tokeniser, and an SPDX identifier or ``NOASSERTION``.

    Raises:
        InputError: They are not to be had.
    """
    folder = Path(place) if Path(place).is_dir() else _downloaded(place)
    digest = hashlib.sha256()
    names = sorted(p.name for p in folder.iterdir() if p.suffix in (".json", ".safetensors", ".model", ".txt"))
    for name in names:
        digest.update(f"{name}\0".encode())
        with (folder / name).open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return f"sha256:{digest.hexdigest()}", _license(folder)


def _downloaded(name: str) -> Path:
    from huggingface_hub import snapshot_download

    with quiet(), _told(name):
        return Path(
            snapshot_download(name, allow_patterns=["*.json", "*.safetensors", "*.model", "*.txt", "README.md"])
        )


def _license(folder: Path) -> str:
    """Of the front matter of the model's card."""
    card = folder / "README.md"
    if not card.is_file():
        return "NOASSERTION"
    from huggingface_hub import ModelCard

    try:
        found = ModelCard.load(card).data.to_dict().get("license")
    except ValueError:
        found = None
    return found if isinstance(found, str) and found else "NOASSERTION"


def open_teacher(
    options: TeacherOptions, labels: Sequence[str] | None, device: str = "cpu", *, weights: bool = False
) -> Teacher:
    """A teacher that is ready.

    Args:
        options: Which.
        labels: All answers of the corpus; None where they are open.
        device: ``cpu`` or ``cuda``.
        weights: Whether attention weights are wanted, which only the plain implementation gives.

    Raises:
        InputError: No such model, no trained head, no fast tokeniser, or classes other than the corpus's.
        WorkError: Damaged files.
    """
    from transformers import AutoConfig, AutoTokenizer

    place = teacher_place(options.path)
    with quiet(), _told(options.path):
        config = AutoConfig.from_pretrained(place)
        tokenizer = AutoTokenizer.from_pretrained(place)
    if not tokenizer.is_fast:
        raise InputError(f"{options.path}: has no fast tokeniser (tokenizer.json)")
    head = _head(options, config)
    tiny = options.path.startswith(_TINY)
    if tiny and head == "classification":
        config.id2label = dict(enumerate(labels or ("0", "1")))
        config.label2id = {label: number for number, label in config.id2label.items()}
    network = _network(options.path, place, config, head, fresh=tiny, weights=weights)
    around = _around(tokenizer, head)
    end = tokenizer.eos_token_id if tokenizer.eos_token_id is not None else config.eos_token_id
    pad = next((i for i in (tokenizer.pad_token_id, config.pad_token_id, end) if i is not None), 0)
    network.config.pad_token_id = pad
    classes = _classes(options, config, labels) if head == "classification" else ()
    limits = [n for n in (_limit(config), options.max_length) if n is not None]
    limit = min(limits) if limits else None
    return Teacher(network.to(device), tokenizer, head, classes, *around, end, pad, limit, torch.device(device))


def _head(options: TeacherOptions, config: Any) -> Head:
    if options.head != "auto":
        return options.head
    if options.path.startswith(_TINY):
        return _TINY_HEADS[options.path.removeprefix(_TINY)]
    for name in config.architectures or ():
        for head, (endings, _) in _CLASSES.items():
            if name.endswith(tuple(endings.split("|"))):
                return head
    raise InputError(
        f"{options.path}: its configuration names no head that answers (architectures: {config.architectures}); state "
        "asked.head=classification, seq2seq or causal"
    )


def _network(path: str, place: str, config: Any, head: Head, *, fresh: bool, weights: bool) -> Any:
    import transformers

    auto = getattr(transformers, _CLASSES[head][1])
    if type(config) not in auto._model_mapping:
        raise InputError(f"{path}: {config.model_type} has no {head} head in transformers")
    settings: dict[str, Any] = {"attn_implementation": "eager"} if weights else {}
    with quiet(), torch.random.fork_rng(devices=[]), _told(path):
        torch.manual_seed(0)
        network, info = auto.from_pretrained(
            place, config=config, dtype=torch.float32, use_safetensors=True, output_loading_info=True, **settings
        )
    missing = sorted(info["missing_keys"])
    if missing and not fresh:
        raise InputError(
            f"{path}: was saved without a trained {head} head ({missing[0]} is missing): a teacher must know the task"
        )
    network.eval()
    for parameter in network.parameters():
        parameter.requires_grad_(False)
    return network


def _around(tokenizer: Any, head: Head) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Ids that the tokeniser puts before and after a text; none for a model that goes on from it."""
    if head == "causal":
        return (), ()
    ids, special = _marked(tokenizer)
    start = next((i for i, mark in enumerate(special) if not mark), len(ids))
    stop = next((i for i in range(len(ids), 0, -1) if not special[i - 1]), start)
    return tuple(ids[:start]), tuple(ids[stop:])


def _marked(tokenizer: Any) -> tuple[list[int], list[int]]:
    """Ids of a text that the tokeniser knows, and which of them are special."""
    for text in ("a", *sorted(set(tokenizer.get_vocab()) - set(tokenizer.all_special_tokens))):
        try:
            found = tokenizer(text, return_special_tokens_mask=True)
        except Exception:  # a vocabulary of whole words may lack this one
            continue
        if not all(found["special_tokens_mask"]):
            return found["input_ids"], found["special_tokens_mask"]
    raise InputError(f"{tokenizer.name_or_path}: its tokeniser reads no text")


def _limit(config: Any) -> int | None:
    if config.model_type in ("t5", "mt5", "umt5"):
        return None
    found: int | None = getattr(config, "max_position_embeddings", None)
    # RoBERTa's positions begin behind that of the padding.
    return found - 2 if found is not None and config.model_type in ("roberta", "xlm-roberta", "camembert") else found


def _classes(options: TeacherOptions, config: Any, labels: Sequence[str] | None) -> tuple[str, ...]:
    """The model's classes as the corpus calls them, in the model's order."""
    told = options.labels or tuple(str(config.id2label[number]) for number in range(len(config.id2label)))
    if labels is None:
        raise InputError(f"{options.path}: is a classifier, but the corpus has open answers; use seq2seq or causal")
    known = {label.lower(): label for label in labels}
    found = tuple(known.get(name.lower(), "") for name in told)
    if sorted(found) != sorted(labels) or (options.labels and len(told) != len(config.id2label)):
        raise InputError(
            f"{options.path}: its classes are {', '.join(told)}, the corpus's answers {', '.join(labels)}; name them "
            "in the model's order, e.g. asked.labels=" + ",".join(labels)
        )
    return found


@contextmanager
def _told(path: str) -> Iterator[None]:
    """Within it, what transformers raises is told in words of ours."""
    from safetensors import SafetensorError

    try:
        yield
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        if Path(path).expanduser().is_dir():
            raise WorkError(f"{path}: cannot be loaded: {first}") from error
        raise InputError(
            f"{path!r} is no directory, and not to be had from the Hugging Face hub here ({first}). On a machine that "
            f"reaches the hub: hf download {path} --local-dir DIR; then use DIR"
        ) from error
