"""Prompts: versioned files whose hash is kept with the data."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template

from pydantic import Field

from synthkit.errors import InputError
from synthkit.llm.request import Message
from synthkit.recipe.base import Record
from synthkit.recipe.files import checked, read_data

__all__ = ["PROMPTS", "Prompt", "load_prompt", "prompt_names"]

PROMPTS = Path(__file__).resolve().parent / "prompts"


class _PromptFile(Record):
    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    version: str = Field(pattern=r"^\d+\.\d+\.\d+$")
    kind: str
    system: str
    user: str
    again: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt.

    Attributes:
        name: Of its file.
        version: Semantic version; another text has another version.
        kind: Kind of rationale that it asks for.
        system: The system message.
        user: The question, a `string.Template`.
        again: What is said of a wrong answer, with ``{problem}``.
        sha256: Of the file.
        text: The file.
    """

    name: str
    version: str
    kind: str
    system: str
    user: str
    again: str
    sha256: str
    text: str

    def messages(self, values: Mapping[str, str]) -> tuple[Message, ...]:
        """The first messages; ``values`` are put in for ``$name``."""
        return ("system", self.system.strip()), ("user", Template(self.user).substitute(values).strip())


def prompt_names() -> list[str]:
    """Names of the prompts that synthkit carries."""
    return sorted(path.stem for path in PROMPTS.glob("*.toml"))


def load_prompt(name_or_path: str, values: tuple[str, ...]) -> Prompt:
    """Read a prompt.

    Args:
        name_or_path: Name of one that synthkit carries, or path of a ``.toml`` file.
        values: What may be put in.

    Raises:
        InputError: No such prompt, or something wrong in it.
    """
    path = Path(name_or_path).expanduser()
    if path.suffix != ".toml":
        if name_or_path not in prompt_names():
            raise InputError(f"no prompt is named {name_or_path!r}; there are: {', '.join(prompt_names())}")
        path = PROMPTS / f"{name_or_path}.toml"
    if not path.is_file():
        raise InputError(f"{name_or_path}: no such file")
    raw = path.read_bytes()
    found = checked(read_data(path), str(path), "prompt", _PromptFile)
    template = Template(found.user)
    if not template.is_valid():
        raise InputError(f"{path}: user: a $ that begins no name; write $$ for a dollar sign")
    unknown = sorted(set(template.get_identifiers()) - set(values))
    if unknown:
        raise InputError(f"{path}: user: ${unknown[0]} is not known; there are: ${', $'.join(values)}")
    if "{problem}" not in found.again:
        raise InputError(f"{path}: again: must hold {{problem}}")
    return Prompt(**found.model_dump(), sha256=hashlib.sha256(raw).hexdigest(), text=raw.decode())
