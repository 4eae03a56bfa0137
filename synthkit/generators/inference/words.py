"""Words of the grammar, and what is known of the world."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["ANIMALS", "CITIES", "KINDS", "MEN", "OPPOSITES", "SCALES", "STATES", "THINGS", "WOMEN"]


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


WOMEN = _words("Anna Clara Diana Emma Frida Greta Helen Irene Julia Laura Maria Nora Olivia Paula Rosa Vera")
MEN = _words("Adam Boris Carl David Emil Felix George Henry Ivan Jacob Kevin Leo Martin Oscar Peter Simon")

ANIMALS = _words("cats dogs horses goats sheep ducks geese foxes rabbits mice cows pigs")
STATES = _words("asleep hungry thirsty tired calm nervous noisy quiet brown white young old")

THINGS = _words("door window gate box drawer cabinet shop garage trunk barn tent cage")
# Of each pair exactly one holds of a thing.
OPPOSITES = (
    ("open", "closed"),
    ("locked", "unlocked"),
    ("wet", "dry"),
    ("clean", "dirty"),
    ("empty", "occupied"),
    ("intact", "damaged"),
)

# More, less.
SCALES = (
    ("taller", "shorter"),
    ("older", "younger"),
    ("faster", "slower"),
    ("heavier", "lighter"),
    ("richer", "poorer"),
    ("stronger", "weaker"),
)

# No thing is of two kinds.
KINDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "bird": ("sparrow", "eagle", "owl", "parrot", "swan", "pigeon"),
        "fish": ("trout", "salmon", "tuna", "herring", "carp", "cod"),
        "tree": ("oak", "birch", "maple", "willow", "pine", "elm"),
        "flower": ("rose", "tulip", "daisy", "lily", "orchid", "violet"),
        "fruit": ("apple", "banana", "cherry", "lemon", "peach", "plum"),
        "vegetable": ("carrot", "cabbage", "onion", "potato", "turnip", "radish"),
        "tool": ("hammer", "saw", "wrench", "chisel", "drill", "file"),
        "instrument": ("violin", "flute", "piano", "trumpet", "cello", "harp"),
    }
)

CITIES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "France": ("Paris", "Lyon", "Marseille", "Bordeaux"),
        "Italy": ("Rome", "Milan", "Naples", "Turin"),
        "Germany": ("Berlin", "Hamburg", "Munich", "Cologne"),
        "Japan": ("Tokyo", "Osaka", "Kyoto", "Nagoya"),
        "Spain": ("Madrid", "Barcelona", "Seville", "Valencia"),
        "Poland": ("Warsaw", "Krakow", "Gdansk", "Poznan"),
        "Egypt": ("Cairo", "Alexandria", "Luxor", "Aswan"),
        "Canada": ("Toronto", "Montreal", "Ottawa", "Calgary"),
    }
)
