"""lm-evaluation-harness reads the tasks that we write, and scores a model on them."""

import json

import pytest
import yaml

import synthkit
from synthkit.dataset.harness import write_harness_tasks
from synthkit.errors import InputError
from synthkit.models.language.tiny import save_tiny
from synthkit.recipe.load import load_recipe
from synthkit.run import build


@pytest.fixture(scope="module", params=["parquet", "jsonl"])
def root(request, tmp_path_factory):
    root = tmp_path_factory.mktemp("lists") / "d"
    build(load_recipe("listops_explained", ["design.limit=250", f"output.format={request.param}"]), root, workers=1)
    return root


def test_the_files_say_where_the_data_is(root, tmp_path, synthkit):
    done = synthkit("harness", root, "--out", tmp_path / "tasks", "--few-shot", 2)
    names = [line.split("/")[-1] for line in done.stdout.split("\n") if line]
    assert names == ["listops_explained.yaml", "listops_explained_generate.yaml"]
    task = yaml.safe_load((tmp_path / "tasks" / names[0]).read_text())
    assert task["dataset_path"] == str(root)
    assert task["doc_to_choice"] == [str(n) for n in range(10)]
    assert task["num_fewshot"] == 2
    assert task["metadata"]["fingerprint"] == json.loads((root / "manifest.json").read_text())["fingerprint"]


@pytest.mark.filterwarnings("ignore")
def test_the_harness_scores_a_model(root, tmp_path, monkeypatch):
    """Both tasks, on a tiny model with random weights; what it is asked is what the dataset holds."""
    import datasets
    from lm_eval import evaluator
    from lm_eval.tasks import TaskManager

    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    save_tiny("gpt2", tmp_path / "model")
    write_harness_tasks(root, tmp_path / "tasks")
    manager = TaskManager(include_path=str(tmp_path / "tasks"), include_defaults=False)
    found = evaluator.simple_evaluate(
        model="hf",
        model_args={"pretrained": str(tmp_path / "model"), "dtype": "float32"},
        tasks=["listops_explained", "listops_explained_generate"],
        task_manager=manager,
        limit=3,
        bootstrap_iters=0,
        log_samples=True,
        device="cpu",
        gen_kwargs="max_gen_toks=4",
    )
    examples = synthkit.load(root, split="test")
    for name in ("listops_explained", "listops_explained_generate"):
        samples = sorted(found["samples"][name], key=lambda sample: sample["doc_id"])
        assert [s["doc"]["input"] for s in samples] == [examples[i].input for i in range(3)]
        assert [str(s["target"]) for s in samples if name.endswith("generate")] in (
            [],
            [e.target for e in examples[:3]],
        )
    assert 0 <= found["results"]["listops_explained"]["acc,none"] <= 1
    assert 0 <= found["results"]["listops_explained_generate"]["exact_match,answer"] <= 1


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        (" 8", "8"),
        ("8\nand more", "8"),
        ("Min, smallest number of [7, 3] is 3\nFinal answer: 3", "3"),
        ("Final answer: 1\nFinal answer: 12\nmore", "12"),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_the_answer_that_the_harness_finds_in_a_text(root, tmp_path, said, answer):
    from lm_eval.filters.extraction import RegexFilter

    path = write_harness_tasks(root, tmp_path)[1]
    pattern = yaml.safe_load(path.read_text())["filter_list"][0]["filter"][0]["regex_pattern"]
    assert next(iter(RegexFilter(regex_pattern=pattern).apply([[said]], [{}])))[0] == answer
    task = synthkit.task(str(root / "recipe.json"))
    if "\nand" not in said and "\nmore" not in said:
        assert task.answer(said) == answer


def test_datasets_that_are_no_tasks_of_the_harness(tmp_path, tones):
    with pytest.raises(InputError, match="holds clips"):
        write_harness_tasks(tones, tmp_path)
    small = ["design.limit=20", 'splits={"train": 1.0}']
    build(load_recipe("bit_xor", small), tmp_path / "one", workers=1)
    with pytest.raises(InputError, match="has no split named 'test', only train"):
        write_harness_tasks(tmp_path / "one", tmp_path)
    for format, said in (("tsv", "named as in the Long Range Arena"), ("webdataset", "inside of tars")):
        build(load_recipe("bit_xor", ["design.limit=20", f"output.format={format}"]), tmp_path / format, workers=1)
        with pytest.raises(InputError, match=said):
            write_harness_tasks(tmp_path / format, tmp_path)
    build(load_recipe("bit_xor", ["design.limit=20"]), tmp_path / "xor", workers=1)
    assert [p.name for p in write_harness_tasks(tmp_path / "xor", tmp_path / "t")] == ["bit_xor_generate.yaml"]
