"""The words that sentences are made of, with their phonemes in ARPAbet (General American).

Each category lists its words from the commonest on: the small vocabulary has the first few of each, the medium one
more, the large one all, so that they lie within each other. Verbs are in the past tense, which is the same for one and
many.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

__all__ = ["CATEGORIES", "FUNCTION_WORDS", "INVENTORY", "SHARES", "Word", "plural"]

# The 39 phonemes of the CMU Pronouncing Dictionary.
_VOWELS = ("AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW")
_STOPS = ("B", "D", "G", "K", "P", "T")
_FRICATIVES = ("CH", "DH", "F", "HH", "JH", "S", "SH", "TH", "V", "Z", "ZH")
_SONORANTS = ("L", "M", "N", "NG", "R", "W", "Y")
INVENTORY = (*_VOWELS, *_STOPS, *_FRICATIVES, *_SONORANTS)

# Of the vocabulary of each name: the share of each category.
SHARES: Mapping[str, float] = MappingProxyType({"small": 0.2, "medium": 0.5, "large": 1.0})

_VOWEL_LETTERS = "aeiou"
_HISSING = ("S", "Z", "SH", "CH", "JH", "ZH")
_VOICELESS = ("P", "T", "K", "F", "TH")


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it is written and said.

    Attributes:
        text: Lower-case letters.
        phonemes: ARPAbet without stress.
    """

    text: str
    phonemes: tuple[str, ...]

    @property
    def an(self) -> bool:
        """Whether it takes ``an``: it begins with a vowel sound."""
        return self.phonemes[0] in _VOWELS


def _words(lines: str) -> tuple[Word, ...]:
    entries = [line.split() for line in lines.strip().splitlines()]
    return tuple(Word(text, tuple(phonemes)) for text, *phonemes in entries)


def plural(word: Word) -> Word:
    """More than one of a noun."""
    text, last = word.text, word.phonemes[-1]
    irregular = _PLURALS.get(text)
    if irregular is not None:
        return irregular
    if text.endswith("y") and text[-2] not in _VOWEL_LETTERS:
        written = f"{text[:-1]}ies"
    elif last in _HISSING:
        written = f"{text}s" if text.endswith("e") else f"{text}es"
    else:
        written = f"{text}s"
    ending = ("IH", "Z") if last in _HISSING else ("S",) if last in _VOICELESS else ("Z",)
    return Word(written, (*word.phonemes, *ending))


_PLURALS = {
    word.text: Word(many, tuple(phonemes.split()))
    for word, many, phonemes in (
        (Word("child", ()), "children", "CH IH L D R AH N"),
        (Word("woman", ()), "women", "W IH M AH N"),
        (Word("man", ()), "men", "M EH N"),
        (Word("knife", ()), "knives", "N AY V Z"),
        (Word("leaf", ()), "leaves", "L IY V Z"),
        (Word("tomato", ()), "tomatoes", "T AH M EY T OW Z"),
        (Word("potato", ()), "potatoes", "P AH T EY T OW Z"),
    )
}

PERSONS = _words("""
farmer F AA R M ER
teacher T IY CH ER
child CH AY L D
woman W UH M AH N
neighbor N EY B ER
doctor D AA K T ER
boy B OY
singer S IH NG ER
man M AE N
girl G ER L
painter P EY N T ER
friend F R EH N D
student S T UW D AH N T
driver D R AY V ER
mother M AH DH ER
father F AA DH ER
sister S IH S T ER
brother B R AH DH ER
cook K UH K
sailor S EY L ER
writer R AY T ER
judge JH AH JH
nurse N ER S
pilot P AY L AH T
guard G AA R D
dancer D AE N S ER
worker W ER K ER
uncle AH NG K AH L
actor AE K T ER
engineer EH N JH AH N IH R
baker B EY K ER
shepherd SH EH P ER D
captain K AE P T AH N
gardener G AA R D AH N ER
carpenter K AA R P AH N T ER
visitor V IH Z AH T ER
tailor T EY L ER
youth Y UW TH
owner OW N ER
mayor M EY ER
""")

THINGS = _words(
    """
box B AA K S
letter L EH T ER
window W IH N D OW
boat B OW T
apple AE P AH L
book B UH K
door D AO R
chair CH EH R
coat K OW T
flower F L AW ER
basket B AE S K AH T
table T EY B AH L
stone S T OW N
picture P IH K CH ER
bottle B AA T AH L
watch W AA CH
orange AO R AH N JH
bridge B R IH JH
ladder L AE D ER
shirt SH ER T
candle K AE N D AH L
ring R IH NG
cup K AH P
key K IY
map M AE P
knife N AY F
clock K L AA K
blanket B L AE NG K AH T
hammer HH AE M ER
pillow P IH L OW
leaf L IY F
fish F IH SH
cloud K L AW D
coin K OY N
toy T OY
brush B R AH SH
mirror M IH R ER
engine EH N JH AH N
umbrella AH M B R EH L AH
egg EH G
bag B AE G
wheel W IY L
jar JH AA R
rope R OW P
feather F EH DH ER
button B AH T AH N
wagon W AE G AH N
lamp L AE M P
fence F EH N S
violin V AY AH L IH N
guitar G AH T AA R
tree T R IY
horse HH AO R S
goat G OW T
duck D AH K
trap T R AE P
drum D R AH M
kite K AY T
shovel SH AH V AH L
bucket B AH K AH T
pencil P EH N S AH L
paper P EY P ER
glove G L AH V
pin P IH N
ticket T IH K AH T
tomato T AH M EY T OW
potato P AH T EY T OW
carrot K EH R AH T
onion AH N Y AH N
lemon L EH M AH N
cherry CH EH R IY
spoon S P UW N
plate P L EY T
ball B AO L
chain CH EY N
crown K R AW N
shell SH EH L
vase V EY S
package P AE K AH JH
television T EH L AH V IH ZH AH N
"""
)

PLACES = _words("""
river R IH V ER
garden G AA R D AH N
station S T EY SH AH N
school S K UW L
market M AA R K AH T
house HH AW S
forest F AO R AH S T
kitchen K IH CH AH N
church CH ER CH
beach B IY CH
road R OW D
lake L EY K
mountain M AW N T AH N
village V IH L AH JH
tower T AW ER
field F IY L D
harbor HH AA R B ER
library L AY B R EH R IY
bakery B EY K ER IY
castle K AE S AH L
island AY L AH N D
museum M Y UW Z IY AH M
theater TH IY AH T ER
office AO F AH S
factory F AE K T ER IY
valley V AE L IY
airport EH R P AO R T
cottage K AA T AH JH
park P AA R K
barn B AA R N
mill M IH L
desert D EH Z ER T
cave K EY V
orchard AO R CH ER D
shop SH AA P
hotel HH OW T EH L
stable S T EY B AH L
garage G ER AA ZH
meadow M EH D OW
hall HH AO L
""")

PERSON_ADJECTIVES = _words("""
old OW L D
young Y AH NG
tall T AO L
happy HH AE P IY
quiet K W AY AH T
kind K AY N D
tired T AY ER D
clever K L EH V ER
angry AE NG G R IY
rich R IH CH
brave B R EY V
busy B IH Z IY
hungry HH AH NG G R IY
gentle JH EH N T AH L
famous F EY M AH S
cheerful CH IH R F AH L
patient P EY SH AH N T
curious K Y UH R IY AH S
lazy L EY Z IY
proud P R AW D
honest AA N AH S T
nervous N ER V AH S
thoughtful TH AO T F AH L
shy SH AY
joyful JH OY F AH L
elegant EH L AH G AH N T
wise W AY Z
cautious K AO SH AH S
friendly F R EH N D L IY
strong S T R AO NG
""")

THING_ADJECTIVES = _words("""
red R EH D
small S M AO L
heavy HH EH V IY
blue B L UW
round R AW N D
wooden W UH D AH N
new N UW
yellow Y EH L OW
broken B R OW K AH N
white W AY T
green G R IY N
cheap CH IY P
large L AA R JH
empty EH M P T IY
smooth S M UW DH
golden G OW L D AH N
strange S T R EY N JH
thick TH IH K
dusty D AH S T IY
pink P IH NG K
silver S IH L V ER
narrow N EH R OW
shiny SH AY N IY
simple S IH M P AH L
huge HH Y UW JH
dark D AA R K
gray G R EY
useful Y UW S F AH L
ancient EY N SH AH N T
expensive IH K S P EH N S IH V
beautiful B Y UW T AH F AH L
purple P ER P AH L
thin TH IH N
noisy N OY Z IY
light L AY T
clean K L IY N
ugly AH G L IY
precious P R EH SH AH S
brown B R AW N
tiny T AY N IY
""")

TRANSITIVE = _words("""
carried K EH R IY D
found F AW N D
painted P EY N T AH D
bought B AO T
saw S AO
opened OW P AH N D
watched W AA CH T
moved M UW V D
pushed P UH SH T
used Y UW Z D
chose CH OW Z
cleaned K L IY N D
dropped D R AA P T
showed SH OW D
lost L AO S T
brought B R AO T
sold S OW L D
covered K AH V ER D
followed F AA L OW D
counted K AW N T AH D
touched T AH CH T
remembered R IH M EH M B ER D
lifted L IH F T AH D
noticed N OW T AH S T
measured M EH ZH ER D
enjoyed IH N JH OY D
wanted W AA N T AH D
examined IH G Z AE M AH N D
borrowed B AA R OW D
changed CH EY N JH D
repaired R IH P EH R D
collected K AH L EH K T AH D
discovered D IH S K AH V ER D
wrapped R AE P T
admired AE D M AY ER D
gathered G AE DH ER D
hid HH IH D
threw TH R UW
took T UH K
emptied EH M P T IY D
""")

INTRANSITIVE = _words("""
slept S L EH P T
laughed L AE F T
waited W EY T AH D
sang S AE NG
worked W ER K T
danced D AE N S T
smiled S M AY L D
walked W AO K T
rested R EH S T AH D
played P L EY D
shouted SH AW T AH D
stopped S T AA P T
listened L IH S AH N D
cried K R AY D
talked T AO K T
sneezed S N IY Z D
jumped JH AH M P T
studied S T AH D IY D
whistled W IH S AH L D
yawned Y AO N D
breathed B R IY DH D
arrived ER AY V D
coughed K AO F T
stood S T UH D
agreed AH G R IY D
""")

ADVERBS = _words("""
slowly S L OW L IY
again AH G EH N
quickly K W IH K L IY
today T AH D EY
softly S AO F T L IY
together T AH G EH DH ER
often AO F AH N
carefully K EH R F AH L IY
yesterday Y EH S T ER D EY
loudly L AW D L IY
alone AH L OW N
early ER L IY
outside AW T S AY D
calmly K AA M L IY
suddenly S AH D AH N L IY
everywhere EH V R IY W EH R
quietly K W AY AH T L IY
gladly G L AE D L IY
usually Y UW ZH AH L IY
badly B AE D L IY
twice T W AY S
anyway EH N IY W EY
gently JH EH N T L IY
forever F ER EH V ER
once W AH N S
""")

PREPOSITIONS = _words("""
near N IH R
behind B IH HH AY N D
in IH N
by B AY
beside B IH S AY D
around ER AW N D
beyond B IY AA N D
inside IH N S AY D
""")

NUMBERS = _words("""
two T UW
three TH R IY
four F AO R
five F AY V
six S IH K S
seven S EH V AH N
eight EY T
nine N AY N
""")

OWNERS = _words("""
my M AY
our AW ER
his HH IH Z
her HH ER
your Y AO R
their DH EH R
""")

FUNCTION_WORDS: Mapping[str, Word] = MappingProxyType(
    {word.text: word for word in _words("the DH AH\na AH\nan AE N\nwho HH UW\nthis DH IH S\nevery EH V R IY")}
)

CATEGORIES: Mapping[str, tuple[Word, ...]] = MappingProxyType(
    {
        "person": PERSONS,
        "thing": THINGS,
        "place": PLACES,
        "person_adjective": PERSON_ADJECTIVES,
        "thing_adjective": THING_ADJECTIVES,
        "transitive": TRANSITIVE,
        "intransitive": INTRANSITIVE,
        "adverb": ADVERBS,
        "preposition": PREPOSITIONS,
        "number": NUMBERS,
        "owner": OWNERS,
    }
)
