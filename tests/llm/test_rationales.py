"""Explained questions: what is accepted, what is measured of it, whose licence it has."""

import json

import numpy as np
import pytest
from server import Oracle

from synthkit.dataset import load, task
from synthkit.dataset.rationales import rationale_report
from synthkit.errors import InputError
from synthkit.generators.corpora.base import Item
from synthkit.generators.rationale.kinds import KINDS, Extraction, Reasoned, same_answer
from synthkit.generators.rationale.words import evidence_mask, share_in, words_of
from synthkit.recipe.load import load_recipe
from synthkit.run import build

ITEM = Item(
    "x",
    (("premise", "Most of the cats are asleep. The door  is open."), ("hypothesis", "Some of the cats are asleep.")),
    "entailment",
    "here",
    evidence=("Most of the cats", "Some of the cats"),
)


@pytest.mark.parametrize(
    ("spans", "problem"),
    [
        (["Most of the cats", "Some"], ""),
        (["most of the CATS"], ""),
        (['"Most of the cats"'], ""),
        (["The door is open"], ""),
        ([], "spans is empty"),
        ([" "], "a span is empty"),
        (["all of the cats"], "the span 'all of the cats' is not in the input"),
        (["Most of the cats are asleep. The door is open.", "Some of the cats are asleep."], ""),
    ],
)
def test_spans_are_looked_for_in_the_input(spans, problem):
    found = KINDS["information_extraction"].problem(ITEM, Extraction(spans=spans))
    assert problem in found
    assert bool(problem) == bool(found)


def test_a_copy_of_a_long_input_is_no_choice():
    text = " ".join(f"word{k}" for k in range(40))
    item = Item("x", (("premise", text), ("hypothesis", "word3 is there.")), "entailment", "here")
    problem = KINDS["information_extraction"].problem
    assert "all of the input" in problem(item, Extraction(spans=[text]))
    assert problem(item, Extraction(spans=["word3 word4", "word3 is there"])) == ""


def test_spans_become_the_letters_of_the_input():
    kind = KINDS["information_extraction"]
    assert kind.text(ITEM, Extraction(spans=["most of THE cats", "The door is open"])) == (
        "Most of the cats ; The door  is open"
    )


@pytest.mark.parametrize(
    ("kind", "reasoning", "answer", "problem"),
    [
        ("informed_reasoning", "If more than half are asleep, at least one is.", "Entailment.", ""),
        ("informed_reasoning", "If more than half are asleep, at least one is.", "neutral", "it leads to 'neutral'"),
        ("informed_reasoning", "The answer is entailment.", "entailment", "merely repeats the answer"),
        ("informed_reasoning", "Therefore the label is entailment, this is correct.", "entailment", "merely repeats"),
        ("informed_reasoning", "  ", "entailment", "reasoning is empty"),
        ("informed_reasoning", "Some of the cats are asleep", "entailment", "merely repeats the input"),
        ("free", "If more than half are asleep, at least one is.", "neutral", ""),
        ("free", "If more than half are asleep, at least one is.", " ", "answer is empty"),
    ],
)
def test_reasonings_are_checked(kind, reasoning, answer, problem):
    found = KINDS[kind].problem(ITEM, Reasoned(reasoning=reasoning, answer=answer))
    assert problem in found
    assert bool(problem) == bool(found)


def test_same_answer():
    assert same_answer(" Entailment. ", "entailment")
    assert not same_answer("entailments", "entailment")


def test_words_and_evidence_by_hand():
    assert words_of("It's 3 o’clock, he-she!") == ["it's", "3", "o’clock", "he", "she"]
    assert share_in(["a", "b", "a"], ["a"]) == pytest.approx(2 / 3)
    assert share_in([], ["a"]) == -1
    text = "premise: cats cat a cat. hypothesis: cat"
    assert evidence_mask(text, ["cat", "cat"]).tolist() == [False, False, True, False, True, False, False]
    assert evidence_mask(text, ["a cat.", "cat", "cat"]).tolist() == [False, False, True, True, True, False, True]
    with pytest.raises(ValueError, match="is not in the text"):
        evidence_mask(text, ["at"])


def test_evidence_of_an_oracle_is_all_verified(serve, explained, oracle, tmp_path):
    server = serve(oracle(300))
    build(explained(server, items=300, kind="information_extraction"), tmp_path / "a")
    train = load(tmp_path / "a", "train")
    for example in train:
        beside = example.annotations
        assert beside["status"] == "accepted"
        assert example.rationale == " ; ".join(beside["evidence"])
        assert (beside["evidence_precision"], beside["evidence_recall"], beside["turns"]) == (1, 1, 1)
        assert all(span in beside["premise"] or span in beside["hypothesis"] for span in beside["evidence"])
    assert len(train) == 240
    assert all(e.annotations["status"] == "not asked" and not e.rationale for e in load(tmp_path / "a", "test"))


def test_labels_that_a_model_finds_itself(serve, explained, oracle, tmp_path):
    """Half of the answers are wrong: the rationales stay, and how many agree is told."""
    good = oracle(100)

    def answer(body):
        found = json.loads(good(body))
        wrong = {"entailment": "neutral", "neutral": "contradiction", "contradiction": "entailment"}
        if len(found["reasoning"]) % 2:
            found["answer"] = wrong[found["answer"]]
        return json.dumps(found)

    server = serve(answer)
    build(explained(server, items=100, kind="free"), tmp_path / "a")
    report = rationale_report(tmp_path / "a")
    agree = [e.annotations["answer_agrees"] for e in load(tmp_path / "a", "train")]
    assert report.agrees == pytest.approx(np.mean(agree))
    assert 0.2 < report.agrees < 0.8
    assert report.status["train"] == {"accepted": 80, "rejected": 0, "not asked": 0}


def test_the_report_and_the_card(serve, explained, oracle, tmp_path, command):
    good = oracle()
    server = serve(lambda body: good(body) if "premise: The" not in body["messages"][1]["content"] else "no")
    build(explained(server), tmp_path / "a")
    report = rationale_report(tmp_path / "a")
    train = list(load(tmp_path / "a", "train"))
    rejected = [e for e in train if e.annotations["status"] == "rejected"]
    assert report.status["train"] == {"accepted": 32 - len(rejected), "rejected": len(rejected), "not asked": 0}
    assert 0 < len(rejected) < 20
    assert report.rejections == {"the answer is not valid JSON: ...": len(rejected)}
    assert report.turns == server.calls
    assert report.prompt_tokens + report.completion_tokens == server.tokens
    assert report.models == ["gpt-3.5-turbo-2026"]
    assert report.prompts == ["informed_reasoning 1.0.0"]
    card = (tmp_path / "a" / "README.md").read_text()
    assert f"{server.calls:,} requests" in card
    assert 'license: "cc0-1.0"' in card
    assert "from the request log beside the data" in card
    manifest = json.loads((tmp_path / "a" / "manifest.json").read_text())
    assert manifest["reproducible"] == "replay"
    assert len(manifest["engine"]["details"]["prompt_sha256"]) == 64
    shown = command("rationales", "show", "a").stdout
    assert "rejected" in shown
    assert "gpt-3.5-turbo-2026, prompt informed_reasoning 1.0.0" in shown
    assert "train-0" in shown
    assert "not valid JSON" in command("rationales", "show", "a", "--rejected").stdout
    assert json.loads(command("rationales", "show", "a", "--json").stdout)["turns"] == server.calls
    command("generate", "nli_grammar", "--smoke", "--out", "n")
    done = command("rationales", "show", "n", check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("synthkit: n: holds no rationales")


def test_known_rationales_need_no_service(explained, tmp_path):
    made = build(explained(None, kind="known"), tmp_path / "a")
    assert made.num_examples == 40
    example = load(tmp_path / "a", "train")[0]
    assert example.annotations["status"] == "accepted"
    assert "model" not in example.annotations
    found = task(str(tmp_path / "a" / "recipe.json"))
    assert found.explain(example) == example.rationale
    assert found.check(example.rationale, example).ok
    assert found.check(f"{example.rationale}\nFinal answer: {example.target}", example).ok
    assert found.check(f"{example.rationale}\nFinal answer: none", example).step == 2
    assert not found.check("because", example).ok


def test_texts_alone_need_no_service(explained):
    found = task(explained(None))
    example = found.example(0)
    assert example.rationale is None
    assert example.annotations["status"] == "not asked"


def anli(folder, rows):
    """A folder as ANLI is published."""
    for part, count in rows.items():
        path = folder / "R1" / f"{part}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = [
            {
                "uid": f"{part}{k}",
                "context": f"In {1900 + k} the town of {part} had {k} bridges over its river.",
                "hypothesis": f"The town had {k} bridges.",
                "label": "enc"[k % 3],
                "reason": f"It says {k}.",
            }
            for k in range(count)
        ]
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder


def test_anli_keeps_its_licence_and_its_parts(serve, tmp_path, command):
    source = anli(tmp_path / "anli", {"train": 30, "dev": 6, "test": 9})
    server = serve(Oracle())
    arguments = ["generate", "anli_information_extraction", "--set", f"source={source}", "--out", "a"]
    command(*arguments, env={"OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": "k"})
    train, test = load(tmp_path / "a", "train"), load(tmp_path / "a", "test")
    assert (len(train), len(test), len(server.paid)) == (30, 9, 30)
    assert {e.annotations["source"] for e in train} == {"anli R1 train"}
    assert {e.annotations["license"] for e in [*train, *test]} == {"CC-BY-NC-4.0"}
    assert all("Adversarial NLI" in e.annotations["citation"] for e in train)
    assert {e.annotations["human_rationale"] for e in train} == {f"It says {k}." for k in range(30)}
    assert 'license: "cc-by-nc-4.0"' in (tmp_path / "a" / "README.md").read_text()


def test_human_explanations(tmp_path):
    source = anli(tmp_path / "anli", {"train": 12, "dev": 3, "test": 3})
    recipe = load_recipe("anli_informed_reasoning", [("source", str(source)), ("params.kind", "human")])
    build(recipe, tmp_path / "a")
    assert {e.rationale for e in load(tmp_path / "a", "train")} == {f"It says {k}." for k in range(12)}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ([("license", "MIT")], "license: must be 'CC-BY-NC-4.0', the licence of the source anli, not 'MIT'"),
        ([("citation", "me")], "citation: must name the source"),
        ([("params.rationale_splits", ["dev"])], "params.rationale_splits: no split is named 'dev'"),
        ([("params.prompt", "free")], "params.prompt: asks for free, but params.kind is 'informed_reasoning'"),
        ([("params.prompt", "nothing")], "params.prompt: no prompt is named 'nothing'"),
        ([("params.corpus", "grammar")], "source: the grammar needs none"),
        ([("params.kind", "known")], "params.kind: anli has no explanations of the kind 'known'"),
        ([("source", "nowhere")], "params.source: nowhere: no such folder"),
        ([("params.llm.max_tokens", 0)], "params.llm.max_tokens"),
        ([("params.service.in_flight", 0)], "params.service.in_flight"),
    ],
)
def test_refused(tmp_path, changes, said):
    source = anli(tmp_path / "anli", {"train": 12, "dev": 3, "test": 3})
    with pytest.raises(InputError, match=said.replace("(", r"\(")):
        build(load_recipe("anli_informed_reasoning", [("source", str(source)), *changes]), tmp_path / "a")
    assert not (tmp_path / "a").exists()
