"""Columns beside the factors of a speech dataset."""

from __future__ import annotations

from collections.abc import Sequence

from synthkit.generators.spoken.base import Spoken
from synthkit.records import Annotation, Annotations, AnnotationValue
from synthkit.speech.base import SpeechEngine, Utterance, Voice
from synthkit.speech.chain import Finished

__all__ = ["annotation_columns", "annotations_of"]

_TEXT = (
    Annotation("transcript", "string", "", "What is said"),
    Annotation("num_words", "int64", "1", "Words of the transcript"),
    Annotation("phonemes", "strings", "", "IPA, one string a phoneme; empty where the engine cannot tell"),
    Annotation("phoneme_starts", "floats", "s", "Start of each phoneme in the clip; empty where it is not known"),
    Annotation("phoneme_ends", "floats", "s", "End of each phoneme in the clip; beyond it where the clip was cropped"),
)
_AUDIO = (
    Annotation("duration", "float64", "s", "Length of the speech before padding or cropping"),
    Annotation("cropped", "float64", "s", "Speech that was cut off at the end to fit the clip"),
    Annotation("gain", "float64", "dB", "Gain that was applied"),
    Annotation("limited", "int64", "1", "1 where the gain was lowered so that nothing clips"),
)
_VOICE = Annotation("voice", "string", "", "Name of the voice")
_GENDER = Annotation("gender", "string", "", "Gender of the voice; empty where the engine does not know")


def annotation_columns(engine: SpeechEngine, *, gender: bool) -> tuple[Annotation, ...]:
    """The columns; ``gender`` is one of them where it is no factor."""
    voice = [_VOICE, _GENDER] if gender else [_VOICE]
    attributes = [Annotation(name, "float64", unit, said) for name, (unit, said) in engine.voice_attributes.items()]
    return (*_TEXT, *_AUDIO, *voice, *attributes)


def annotations_of(
    columns: Sequence[Annotation],
    spoken: Sequence[Spoken],
    voices: Sequence[Voice],
    utterances: Sequence[Utterance],
    finished: Sequence[Finished],
) -> Annotations:
    """The columns' values, one for each example."""
    rows = [_row(*parts) for parts in zip(spoken, voices, utterances, finished, strict=True)]
    return {column.name: [row[column.name] for row in rows] for column in columns}


def _row(spoken: Spoken, voice: Voice, utterance: Utterance, finished: Finished) -> dict[str, AnnotationValue]:
    return {
        "transcript": spoken.text,
        "num_words": spoken.num_words,
        "phonemes": list(utterance.phonemes),
        "phoneme_starts": [start + finished.offset for start in utterance.starts],
        "phoneme_ends": [end + finished.offset for end in utterance.ends],
        "duration": finished.duration,
        "cropped": finished.cropped,
        "gain": finished.gain,
        "limited": int(finished.limited),
        "voice": voice.name,
        "gender": voice.gender,
        **{name: float(value) for name, value in voice.attributes.items()},
    }
