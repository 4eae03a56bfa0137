"""Proteins: hidden profiles and what evolution makes of them, files of sequences, and how residues become text."""

from __future__ import annotations

from synthkit.generators.proteins.evolution import LONGEST_GAP, Members, Rates, evolve
from synthkit.generators.proteins.files import SequenceFile
from synthkit.generators.proteins.index import Index, Part, Rules, build_index
from synthkit.generators.proteins.labels import label_finder
from synthkit.generators.proteins.profiles import fold_profiles
from synthkit.generators.proteins.source import WHOLE, files_hash, find_files, is_fasta, reader_of
from synthkit.generators.proteins.text import residue_texts

__all__ = [
    "LONGEST_GAP",
    "WHOLE",
    "Index",
    "Members",
    "Part",
    "Rates",
    "Rules",
    "SequenceFile",
    "build_index",
    "evolve",
    "files_hash",
    "find_files",
    "fold_profiles",
    "is_fasta",
    "label_finder",
    "reader_of",
    "residue_texts",
]
