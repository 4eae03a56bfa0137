"""Loopback services, and small recipes that ask them."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from server import Oracle, Server, running

from synthkit.generators.corpora.grammar import grammar_corpus
from synthkit.recipe.load import load_recipe
from synthkit.seeds import derive_key


@pytest.fixture
def serve():
    """Starts a service: ``serve(answer=..., fault=...)``."""
    open_ones = []

    def start(answer=None, fault=lambda number, body: None):
        context = running(Server(answer or Oracle(), fault))
        server = context.__enter__()
        open_ones.append(context)
        return server

    yield start
    for context in open_ones:
        context.__exit__(None, None, None)


@pytest.fixture
def explained():
    """A recipe of explained inferences of the grammar: ``explained(server, items=40, kind=..., **changes)``."""

    def recipe(server=None, items=40, kind="informed_reasoning", **changes):
        sets = [("params.corpus", "grammar"), ("params.items", items), ("params.kind", kind), ("license", "CC0-1.0")]
        if server is not None:
            sets.append(("params.service.base_url", server.url))
        sets += [("params.service.timeout", 20.0)]
        sets += [(name.replace("__", "."), value) for name, value in changes.items()]
        return load_recipe("anli_informed_reasoning", sets)

    return recipe


@pytest.fixture
def oracle():
    """A service's answers that know the inferences of ``explained``."""

    def made(items=40, name="anli_informed_reasoning"):
        corpus = grammar_corpus(items, derive_key(0, name, "corpus"))
        return Oracle({"\n".join(f"{n}: {t}" for n, t in item.parts): item for item in corpus.parts["all"]})

    return made
