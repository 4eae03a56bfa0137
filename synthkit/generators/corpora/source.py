"""Published corpora: which parts a source has, and what keeps them apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from synthkit.errors import InputError
from synthkit.generators.corpora.anli import anli
from synthkit.generators.corpora.base import WHOLE, Corpus, Item, Licensed
from synthkit.generators.corpora.commonsense_qa import COMMONSENSE_QA
from synthkit.generators.corpora.esnli import ESNLI
from synthkit.generators.corpora.files import Parts, Place, Published, Reader, Row, find_parts
from synthkit.generators.corpora.hub import HUB, hub_parts
from synthkit.generators.corpora.svamp import SVAMP

__all__ = ["SourceOptions", "corpus_names", "licensed", "open_corpus"]

# A text that several parts have stays in the first of these.
_ORDER = (WHOLE, "test", "validation", "train")
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """What a source is told beside its place.

    Attributes:
        rounds: Rounds of ANLI, all of them needed; none for those that are there. The other corpora have none.
    """

    rounds: tuple[int, ...] = ()


_PUBLISHED: dict[str, Callable[[SourceOptions], Published]] = {
    "anli": lambda options: anli(options.rounds),
    "esnli": lambda _: ESNLI,
    "commonsense_qa": lambda _: COMMONSENSE_QA,
    "svamp": lambda _: SVAMP,
}


def corpus_names() -> tuple[str, ...]:
    """Names of the corpora that can be opened."""
    return tuple(_PUBLISHED)


def licensed(name: str) -> Licensed:
    """The licence of a corpus, and what to cite.

    Raises:
        InputError: There is no such corpus.
    """
    return _published(name, SourceOptions()).licensed


def open_corpus(name: str, source: str, splits: Sequence[str], params: SourceOptions) -> Corpus:
    """Reads a corpus.

    Splits take the parts of their own names; ``validation`` takes what a source calls ``dev`` or ``valid``. A source
    without parts is one part `WHOLE`. All parts are read, whatever splits there are, so that ``train`` never holds a
    text of the source's test: a text that several parts have stays in ``test``, or else in ``validation``.

    Args:
        name: One of `corpus_names`.
        source: Folder of the published files, or ``hf:`` and what `datasets.load_dataset` reads.
        splits: Names of the splits.
        params: What else there is to tell.

    Raises:
        InputError: A file or a row is not as published, or a split has no part; the message says where.
    """
    published = _published(name, params)
    if not source.strip():
        raise InputError(
            f"must name a folder with {published.contents}, from {published.licensed.url}: --set params.source=DIR; or "
            f"{HUB}NAME for what the package datasets reads, e.g. {HUB}{published.hub_name}"
        )
    try:
        parts, reader = (hub_parts if source.startswith(HUB) else _of_folder)(published, source)
        wanted = _wanted(parts, splits, f"{source}: {name}", published)
        read = {part: _items(published, source, part, parts[part], reader) for part in _ORDER if part in parts}
    except OSError as error:
        raise InputError(f"{error.filename or source}: {error.strerror or error}") from None
    kept = _apart(read)
    notes = {part: [f"{part}: {what}: {count}" for what, count in read[part][1].items()] for part in wanted}
    for part in wanted:
        if not kept[part]:
            raise InputError(f"{source}: no question of the part {part!r} is left; {'; '.join(notes[part])}")
        if not all(item.target for item in kept[part]):
            raise InputError(f"{source}: the part {part!r} of {name} has no answers; {published.test_hint}")
    return Corpus(
        name=name,
        parts={part: kept[part] for part in wanted},
        labels=published.labels,
        licensed=published.licensed,
        kinds=tuple(sorted({item.kind for part in wanted for item in kept[part]} - {""})),
        notes=tuple(note for part in wanted for note in notes[part]),
    )


def _published(name: str, options: SourceOptions) -> Published:
    if name not in _PUBLISHED:
        raise InputError(f"no corpus has the name {name!r}; there are: {', '.join(_PUBLISHED)}")
    return _PUBLISHED[name](options)


def _of_folder(published: Published, source: str) -> tuple[Parts, Reader]:
    folder = Path(source).expanduser()
    if not folder.is_dir():
        raise InputError(f"{source}: is a file; give its folder" if folder.exists() else f"{source}: no such folder")
    for place in (folder, folder / published.inner):
        parts = find_parts(published.files, place, lambda name: (place / name).is_file(), some=published.some)  # noqa: B023
        if parts:
            return parts, lambda name: _file_rows(published, place / name)  # noqa: B023
    raise InputError(f"{source}: must have {published.contents}, from {published.licensed.url}; it has none of them")


def _file_rows(published: Published, path: Path) -> Iterator[Place]:
    return ((f"{path}: {where}", values) for where, values in published.read(path))


def _wanted(parts: Parts, splits: Sequence[str], what: str, published: Published) -> tuple[str, ...]:
    """The parts that are handed out."""
    if WHOLE in parts:
        return (WHOLE,)
    for split in splits:
        if split not in parts:
            hint = f"; {published.test_hint}" if split == "test" and published.test_hint else ""
            raise InputError(
                f"{what} has no part for the split {split!r}; it has: {', '.join(parts)}. Splits take the parts of "
                f"their own names, and 'validation' takes dev{hint}"
            )
    return tuple(splits)


def _items(
    published: Published, source: str, part: str, pieces: list[tuple[str, str]], reader: Reader
) -> tuple[list[Item], Counter[str]]:
    """The questions of a part, and how many were left out for what reason."""
    counts: Counter[str] = Counter()
    items = []
    for origin, name in pieces:
        number = -1
        for number, (where, values) in enumerate(reader(name)):
            if not isinstance(values, dict):
                raise InputError(f"{where}: must be an object {{...}}, not {repr(values)[:_SHOWN]}")
            item = published.item(Row(where, part, origin, number, values), counts)
            if item is not None:
                items.append(item)
        if number < 0:
            raise InputError(f"{source}: {name} holds no question")
    return items, counts


def _apart(read: Mapping[str, tuple[list[Item], Counter[str]]]) -> dict[str, list[Item]]:
    """Each text once, in the first of the parts that have it, under an id of its own; counts what is left out."""
    places: dict[str, tuple[str, Item]] = {}
    kept: dict[str, list[Item]] = {}
    for part, (items, counts) in read.items():
        ids: set[str] = set()
        kept[part] = []
        for item in items:
            home, first = places.setdefault(item.text, (part, item))
            if home != part:
                counts[f"questions left out, as {home} has the same text"] += 1
            elif first is not item:
                other = "" if first.target == item.target else ", with another answer"
                counts[f"questions left out, as they repeat an earlier text{other}"] += 1
            else:
                kept[part].append(_renamed(item, ids, counts))
    return kept


def _renamed(item: Item, ids: set[str], counts: Counter[str]) -> Item:
    """The question under an id that none before it has."""
    name, number = item.id, 1
    while name in ids:
        number += 1
        name = f"{item.id}/{number}"
    ids.add(name)
    if number == 1:
        return item
    counts["ids with a number added, as another question has the same"] += 1
    return replace(item, id=name)
