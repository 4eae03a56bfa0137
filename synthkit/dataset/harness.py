"""A dataset of texts as tasks of lm-evaluation-harness: YAML files that point at its directory."""

from __future__ import annotations

import json
from pathlib import Path

from synthkit.dataset.stored import TextDataset, load
from synthkit.errors import InputError, WorkError
from synthkit.shards.manifest import read_manifest
from synthkit.storage.files import write_file

__all__ = ["write_harness_tasks"]

_MOST_CHOICES = 100


def write_harness_tasks(data: Path, out: Path, *, few_shot: int = 0) -> list[Path]:
    """Write ``<name>.yaml`` (the likeliest class, if answers are classes) and ``<name>_generate.yaml`` (what is said).

    In generated text the answer is what stands after the last ``Final answer:``, or all of its first line.

    Args:
        data: A dataset of texts, with a split ``test``.
        out: Folder for ``--include_path``; made if it is not there.
        few_shot: Training examples in front of each question.

    Returns:
        The files.

    Raises:
        InputError: No dataset of texts, no split ``test``, or a format that has columns of other names.
        WorkError: The files cannot be written.
    """
    dataset, manifest = load(data), read_manifest(data)
    if not isinstance(dataset, TextDataset):
        raise InputError(f"{data}: holds clips; lm-evaluation-harness takes texts")
    if "test" not in manifest.splits:
        raise InputError(f"{data}: has no split named 'test', only {', '.join(manifest.splits)}")
    if manifest.format == "tsv":
        raise InputError(f"{data}: its columns are named as in the Long Range Arena; use output.format=parquet")
    if manifest.format == "webdataset":
        raise InputError(f"{data}: its columns are inside of tars; take `synthkit convert --to parquet`")
    if few_shot and "train" not in manifest.splits:
        raise InputError(f"{data}: has no split named 'train' to take examples from")
    labels = dataset.layout.labels
    written = {}
    common = {
        "dataset_path": str(data.resolve()),
        "test_split": "test",
        **({"validation_split": "validation"} if "validation" in manifest.splits else {}),
        **({"training_split": "train", "fewshot_split": "train"} if "train" in manifest.splits else {}),
        "num_fewshot": few_shot,
        "doc_to_text": "{{input}} =",
        "doc_to_target": "{{target}}",
        "target_delimiter": " ",
        "metadata": {"version": 1.0, "fingerprint": manifest.fingerprint},
    }
    if labels is not None and len(labels) <= _MOST_CHOICES:
        written[f"{manifest.name}.yaml"] = {
            "task": manifest.name,
            **common,
            "output_type": "multiple_choice",
            "doc_to_choice": list(labels),
            "metric_list": [{"metric": "acc", "aggregation": "mean", "higher_is_better": True}],
        }
    name = f"{manifest.name}_generate"
    written[f"{name}.yaml"] = {
        "task": name,
        **common,
        "output_type": "generate_until",
        "generation_kwargs": {"until": ["\n\n"], "do_sample": False, "max_gen_toks": 512},
        "filter_list": [
            {
                "name": "answer",
                "filter": [
                    {"function": "regex", "regex_pattern": r"(?s)(?:.*Final answer:\s*|^\s*)([^\n]*)"},
                    {"function": "take_first"},
                ],
            }
        ],
        "metric_list": [{"metric": "exact_match", "aggregation": "mean", "higher_is_better": True}],
    }
    out.mkdir(parents=True, exist_ok=True)
    for file, task in written.items():
        lines = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in task.items()]  # JSON is YAML
        try:
            write_file(out, file, ("\n".join(lines) + "\n").encode())
        except OSError as error:
            raise WorkError(f"{out / file}: {error.strerror}") from error
    return [out / file for file in written]
