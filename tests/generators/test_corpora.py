"""Published corpora: what is read, what is left out and counted, and all that can be wrong, by file and line."""

import csv
import json
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from synthkit.errors import InputError
from synthkit.generators.corpora.base import WHOLE, Item
from synthkit.generators.corpora.source import SourceOptions, corpus_names, licensed, open_corpus

ALL = ("train", "validation", "test")
ESNLI_COLUMNS = ["pairID", "gold_label", "Sentence1", "Sentence2", "Explanation_1", "Sentence1_marked_1"]
ESNLI_COLUMNS += ["Sentence2_marked_1"]


def opened(name, source, splits=ALL, **options):
    return open_corpus(name, str(source), splits, SourceOptions(**options))


def refusal(name, source, splits=ALL, **options):
    with pytest.raises(InputError) as caught:
        opened(name, source, splits, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value).replace(f"{source}", "SOURCE")


def write_lines(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def anli_row(uid, premise="A man sleeps.", hypothesis="He rests.", label="e", **more):
    return {"uid": uid, "context": premise, "hypothesis": hypothesis, "label": label, **more}


@pytest.fixture
def anli(tmp_path):
    """A folder of ANLI: each round has one question a part."""
    folder = tmp_path / "anli_v1.0"
    for number in (1, 2, 3):
        for part in ("train", "dev", "test"):
            row = anli_row(f"{number}{part}", f"Premise {number} {part}.", label="enc"[number - 1])
            write_lines(folder / f"R{number}" / f"{part}.jsonl", [row])
    return folder


def nli_item(id, premise, hypothesis, target, origin, **more):
    return Item(id, (("premise", premise), ("hypothesis", hypothesis)), target, origin, **more)


def write_esnli(folder, train_1=(), train_2=(), dev=(), test=(), columns=ESNLI_COLUMNS):
    folder.mkdir(parents=True, exist_ok=True)
    filler = {name: [name, "neutral", f"Only in {name}.", "So.", "", "", ""] for name in ("1", "2", "dev", "test")}
    parts = {"train_1": (train_1, "1"), "train_2": (train_2, "2"), "dev": (dev, "dev"), "test": (test, "test")}
    for part, (rows, name) in parts.items():
        with (folder / f"esnli_{part}.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([columns, *(rows or [filler[name][: len(columns)]])])
    return folder


def qa_row(id, stem="Where is money?", texts=("bank", "library"), key="A"):
    choices = [{"label": "ABCDE"[k], "text": text} for k, text in enumerate(texts)]
    return {"answerKey": key, "id": id, "question": {"question_concept": "x", "choices": choices, "stem": stem}}


@pytest.fixture
def qa(tmp_path):
    """A folder of CommonsenseQA: one question a part."""
    write_lines(tmp_path / "train_rand_split.jsonl", [qa_row("t")])
    write_lines(tmp_path / "dev_rand_split.jsonl", [qa_row("d", "Where are books?", key="B")])
    unanswered = qa_row("u", "Where is a test?")
    del unanswered["answerKey"]
    write_lines(tmp_path / "test_rand_split_no_answers.jsonl", [unanswered])
    return tmp_path


def sum_row(id, body="Ann has 3 pens and 2 cups.", answer=5.0, **more):
    row = {"ID": id, "Body": body, "Question": "How many?", "Equation": "( 3.0 + 2.0 )", "Answer": answer}
    return row | {"Type": "Addition"} | more


def write_json(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value), encoding="utf-8")
    return path.parent


# What is read.


def test_names_and_licences():
    assert corpus_names() == ("anli", "esnli", "commonsense_qa", "svamp")
    assert [licensed(name).license for name in corpus_names()] == ["CC-BY-NC-4.0", "NOASSERTION", "MIT", "MIT"]
    assert all(licensed(name).url.startswith("https://") and "20" in licensed(name).citation for name in corpus_names())
    assert "CC BY-SA 4.0" in licensed("esnli").note


@pytest.mark.parametrize("place", ["itself", "parent"])
def test_anli(anli, place):
    rows = [
        anli_row("a", " A man\tsleeps \n", "He  rests.", "e", reason="Sleep is  rest.", model_label="n"),
        anli_row("b", hypothesis="He is tall.", label="n", reason=""),
        anli_row("c", hypothesis="He runs.", label="c"),
    ]
    write_lines(anli / "R1" / "train.jsonl", rows)
    corpus = opened("anli", anli if place == "itself" else anli.parent)
    assert corpus.name == "anli"
    assert corpus.labels == ("entailment", "neutral", "contradiction")
    assert corpus.licensed == licensed("anli")
    assert (corpus.kinds, corpus.notes) == ((), ())
    assert list(corpus.parts) == ["train", "validation", "test"]
    assert list(corpus.parts["train"]) == [
        nli_item("a", "A man sleeps", "He rests.", "entailment", "anli R1 train", human="Sleep is rest."),
        nli_item("b", "A man sleeps.", "He is tall.", "neutral", "anli R1 train"),
        nli_item("c", "A man sleeps.", "He runs.", "contradiction", "anli R1 train"),
        nli_item("2train", "Premise 2 train.", "He rests.", "neutral", "anli R2 train"),
        nli_item("3train", "Premise 3 train.", "He rests.", "contradiction", "anli R3 train"),
    ]
    assert [item.origin for item in corpus.parts["validation"]] == ["anli R1 dev", "anli R2 dev", "anli R3 dev"]
    assert [item.origin for item in corpus.parts["test"]] == ["anli R1 test", "anli R2 test", "anli R3 test"]


def test_anli_rounds(anli):
    taken = opened("anli", anli, rounds=(3, 1))
    assert [item.id for item in taken.parts["train"]] == ["1train", "3train"]
    (anli / "R2" / "train.jsonl").unlink()
    assert opened("anli", anli, rounds=(3, 1)) == taken
    whole = "SOURCE: the part 'train' is not whole: R2/train.jsonl is missing; add it"
    assert refusal("anli", anli, rounds=(1, 2, 3)) == whole
    there = opened("anli", anli)
    assert [item.origin for item in there.parts["train"]] == ["anli R1 train", "anli R3 train"]
    assert [item.origin for item in there.parts["test"]] == ["anli R1 test", "anli R2 test", "anli R3 test"]


@pytest.mark.parametrize("rounds", [(4,), (1, 1)], ids=["unknown", "twice"])
def test_anli_refuses_rounds(anli, rounds):
    assert refusal("anli", anli, rounds=rounds).startswith("rounds must be some of 1, 2 and 3, each once, not [")


@pytest.mark.parametrize("inner", [".", "dataset"], ids=["itself", "parent"])
def test_esnli(tmp_path, inner):
    marked = [
        "p1",
        "entailment",
        "A tall man,  asleep.",
        "He is\nnot up.",
        "Said, with\na break.",
        "A *tall* *man,*  asleep.",
    ]
    write_esnli(
        tmp_path / inner,
        train_1=[[*marked, "He is\n*not* *up.*"]],
        train_2=[["p2", "neutral", "A man.", "He, Bob, is tall.", "", "A man.", ""]],
        test=[["p3", "contradiction", "A man.", "No one.", "", "", ""]],
    )
    corpus = opened("esnli", tmp_path)
    assert list(corpus.parts["train"]) == [
        nli_item(
            "p1",
            "A tall man, asleep.",
            "He is not up.",
            "entailment",
            "esnli train",
            human="Said, with a break.",
            evidence=("tall", "man,", "not", "up."),
        ),
        nli_item("p2", "A man.", "He, Bob, is tall.", "neutral", "esnli train"),
    ]
    assert [item.origin for item in corpus.parts["validation"]] == ["esnli dev"]
    assert list(corpus.parts["test"]) == [nli_item("p3", "A man.", "No one.", "contradiction", "esnli test")]
    assert corpus.labels == ("entailment", "neutral", "contradiction")
    assert corpus.notes == ()


def test_esnli_without_marks(tmp_path):
    write_esnli(tmp_path, train_1=[["p", "neutral", "A man.", "He.", "Why."]], columns=ESNLI_COLUMNS[:5])
    assert opened("esnli", tmp_path).parts["train"][0] == nli_item(
        "p", "A man.", "He.", "neutral", "esnli train", human="Why."
    )


def test_esnli_counts_what_has_no_label(tmp_path):
    write_esnli(
        tmp_path, train_1=[["p", "-", "A man.", "He.", "", "", ""], ["q", "neutral", "A man.", "He.", "", "", ""]]
    )
    corpus = opened("esnli", tmp_path)
    assert [item.id for item in corpus.parts["train"]] == ["q", "2"]
    assert corpus.notes == ("train: questions left out, as annotators agreed on no label (-): 1",)


@pytest.mark.parametrize(
    ("sentence", "marked", "evidence"),
    [
        ("A big big man.", "A *big* *big* man.", ("big", "big")),
        ("A big man.", "A *big* *big* man.", ()),
        ("A big man.", "A *man.* *big*", ()),
        ("A big man.", "A *big man.*", ()),
        ("A big man.", "A *big man.", ()),
        ("A *big* man.", "A *big* man.", ()),
        ("A * man.", "A * *man.*", ()),
        ("A big man.", "A *bad* man.", ()),
    ],
    ids=["twice", "too often", "other order", "two words", "open", "own marks", "own mark", "another word"],
)
def test_esnli_marks_that_do_not_fit_are_counted(tmp_path, sentence, marked, evidence):
    write_esnli(tmp_path, train_1=[["p", "neutral", sentence, "He.", "", marked, "*He.*"]])
    corpus = opened("esnli", tmp_path)
    assert corpus.parts["train"][0].evidence == (*evidence, "He.")
    note = "train: sentences without their marked words, as these do not fit the sentence: 1"
    assert corpus.notes == (() if evidence else (note,))


def test_commonsense_qa(qa):
    corpus = opened("commonsense_qa", qa, ("validation", "train"))
    assert dict(corpus.parts) == {
        "validation": [
            Item(
                "d",
                (("question", "Where are books?"), ("choices", "(A) bank (B) library")),
                "library",
                "commonsense_qa dev",
                evidence=("library",),
            )
        ],
        "train": [
            Item(
                "t",
                (("question", "Where is money?"), ("choices", "(A) bank (B) library")),
                "bank",
                "commonsense_qa train",
                evidence=("bank",),
            )
        ],
    }
    assert list(corpus.parts) == ["validation", "train"]
    assert (corpus.labels, corpus.notes) == (None, ())


def test_commonsense_qa_takes_a_choice_that_stands_twice(qa):
    write_lines(qa / "train_rand_split.jsonl", [qa_row("t", texts=["cup", " cup", "mug"], key="B")])
    (item,) = opened("commonsense_qa", qa, ["train"]).parts["train"]
    assert (item.parts[1], item.target) == (("choices", "(A) cup (B) cup (C) mug"), "cup")


def test_commonsense_qa_has_no_answers_to_test_on(qa):
    test = "test on the split 'validation', which takes dev"
    assert refusal("commonsense_qa", qa) == (
        "SOURCE: the part 'test' of commonsense_qa has no answers; its test part is published without answers: " + test
    )
    (qa / "test_rand_split_no_answers.jsonl").unlink()
    assert refusal("commonsense_qa", qa) == (
        "SOURCE: commonsense_qa has no part for the split 'test'; it has: train, validation. Splits take the parts of "
        "their own names, and 'validation' takes dev; its test part is published without answers: " + test
    )


def test_commonsense_qa_keeps_unanswered_texts_out_of_train(qa):
    write_lines(qa / "train_rand_split.jsonl", [qa_row("t"), qa_row("s", "Where is a test?")])
    corpus = opened("commonsense_qa", qa, ["train"])
    assert [item.id for item in corpus.parts["train"]] == ["t"]
    assert corpus.notes == ("train: questions left out, as test has the same text: 1",)


def test_svamp_whole(tmp_path):
    rows = [
        sum_row("chal-1", " Ann has 3 pens\nand 2 cups."),
        sum_row("chal-2", "A half.", 0.5, Equation="", Type="Division"),
    ]
    corpus = opened("svamp", write_json(tmp_path / "SVAMP.json", rows), ("train", "whatever"))
    assert dict(corpus.parts) == {
        WHOLE: [
            Item(
                "chal-1",
                (("body", "Ann has 3 pens and 2 cups."), ("question", "How many?")),
                "5",
                "svamp",
                reasoning="( 3.0 + 2.0 )",
                kind="Addition",
            ),
            Item("chal-2", (("body", "A half."), ("question", "How many?")), "0.5", "svamp", kind="Division"),
        ]
    }
    assert (corpus.labels, corpus.kinds, corpus.notes) == (None, ("Addition", "Division"), ())


def test_svamp_in_parts(tmp_path):
    write_json(tmp_path / "train.json", [sum_row("a")])
    write_json(tmp_path / "test.json", [sum_row("b", "Another.")])
    corpus = opened("svamp", tmp_path, ["test", "train"])
    assert {part: [(i.id, i.origin) for i in items] for part, items in corpus.parts.items()} == {
        "test": [("b", "svamp test")],
        "train": [("a", "svamp train")],
    }
    assert refusal("svamp", tmp_path).startswith(
        "SOURCE: svamp has no part for the split 'validation'; it has: train, test."
    )
    write_json(tmp_path / "SVAMP.json", [sum_row("c")])
    assert (
        refusal("svamp", tmp_path)
        == "SOURCE: has SVAMP.json and train.json and test.json; leave SVAMP.json or the others"
    )


@pytest.mark.parametrize(
    ("answer", "target"),
    [
        (145.0, "145"),
        (145, "145"),
        ("145.0", "145"),
        (" 12 ", "12"),
        (2.5, "2.5"),
        (-3.0, "-3"),
        (1201565.0, "1201565"),
    ],
    ids=["float", "int", "text", "spaces", "fraction", "negative", "large"],
)
def test_svamp_answers(tmp_path, answer, target):
    corpus = opened("svamp", write_json(tmp_path / "SVAMP.json", [sum_row("a", answer=answer)]))
    assert corpus.parts[WHOLE][0].target == target


# What is kept apart.


def test_no_text_of_a_later_part_is_in_train(anli):
    shared, twice, all_three = "In train and dev.", "In dev and test.", "Everywhere."
    write_lines(
        anli / "R1" / "train.jsonl", [anli_row(k, k) for k in ("Mine.", shared, all_three, "In R2's test.", shared)]
    )
    write_lines(anli / "R1" / "dev.jsonl", [anli_row(k, f" {k}\n", label="c") for k in (shared, twice, all_three)])
    write_lines(anli / "R1" / "test.jsonl", [anli_row(k, k) for k in (twice, all_three)])
    write_lines(anli / "R2" / "test.jsonl", [anli_row("t", "In R2's test.")])
    corpus = opened("anli", anli)
    assert [item.id for item in corpus.parts["train"]] == ["Mine.", "2train", "3train"]
    assert [item.id for item in corpus.parts["validation"]] == [shared, "2dev", "3dev"]
    assert [item.id for item in corpus.parts["test"]] == [twice, all_three, "t", "3test"]
    assert corpus.notes == (
        "train: questions left out, as validation has the same text: 2",
        "train: questions left out, as test has the same text: 2",
        "validation: questions left out, as test has the same text: 2",
    )
    alone = opened("anli", anli, ["train"])
    assert dict(alone.parts) == {"train": corpus.parts["train"]}
    assert alone.notes == corpus.notes[:2]


def test_the_same_premise_may_be_in_two_parts(anli):
    write_lines(anli / "R1" / "train.jsonl", [anli_row("a", "Premise 1 test.", "Another.")])
    assert opened("anli", anli).notes == ()


def test_repeats_are_left_out_and_counted(anli):
    rows = [anli_row("a"), anli_row("b", "A man  sleeps."), anli_row("c", label="n"), anli_row("d", hypothesis="He.")]
    write_lines(anli / "R1" / "train.jsonl", rows)
    write_lines(anli / "R3" / "train.jsonl", [anli_row("e", label="c")])
    corpus = opened("anli", anli)
    assert [item.id for item in corpus.parts["train"]] == ["a", "d", "2train"]
    assert corpus.notes == (
        "train: questions left out, as they repeat an earlier text: 1",
        "train: questions left out, as they repeat an earlier text, with another answer: 2",
    )


def test_repeats_of_a_whole_are_left_out(tmp_path):
    corpus = opened("svamp", write_json(tmp_path / "SVAMP.json", [sum_row("a"), sum_row("b"), sum_row("c", answer=1)]))
    assert [item.id for item in corpus.parts[WHOLE]] == ["a"]
    assert corpus.notes == (
        "all: questions left out, as they repeat an earlier text: 1",
        "all: questions left out, as they repeat an earlier text, with another answer: 1",
    )


def test_ids_become_unique(anli):
    rows = [anli_row("a", "1."), anli_row("a/2", "2."), anli_row("a", "3."), anli_row("a", "4.")]
    write_lines(anli / "R1" / "train.jsonl", rows)
    corpus = opened("anli", anli, ["train"], rounds=(1,))
    assert [item.id for item in corpus.parts["train"]] == ["a", "a/2", "a/3", "a/4"]
    assert corpus.notes == ("train: ids with a number added, as another question has the same: 2",)


def test_a_part_of_which_nothing_is_left_is_refused(anli):
    write_lines(anli / "R1" / "train.jsonl", [anli_row("a", "Premise 1 test.")])
    assert refusal("anli", anli, rounds=(1,)) == (
        "SOURCE: no question of the part 'train' is left; train: questions left out, as test has the same text: 1"
    )


# What is refused.


def test_refuses_what_is_no_source(tmp_path, anli):
    assert refusal("snli", anli) == "no corpus has the name 'snli'; there are: anli, esnli, commonsense_qa, svamp"
    assert refusal("anli", tmp_path / "nothing") == "SOURCE: no such folder"
    assert refusal("anli", anli / "R1" / "dev.jsonl") == "SOURCE: is a file; give its folder"
    assert refusal("svamp", anli) == (
        "SOURCE: must have SVAMP.json, or train.json and test.json, from https://github.com/arkilpatel/SVAMP; it has "
        "none of them"
    )


@pytest.mark.parametrize("name", corpus_names())
def test_an_empty_source_says_what_to_give(name):
    with pytest.raises(InputError) as caught:
        opened(name, " ")
    said = str(caught.value)
    assert "--set params.source=DIR" in said
    assert licensed(name).url in said
    assert {"anli": "R1/train.jsonl", "esnli": "_train_2.csv", "svamp": "SVAMP.json"}.get(
        name, "dev_rand_split"
    ) in said
    assert "hf:" in said


def test_refuses_a_split_without_a_part(anli):
    splits = "Splits take the parts of their own names, and 'validation' takes dev"
    assert refusal("anli", anli, ["train", "hard"]) == (
        f"SOURCE: anli has no part for the split 'hard'; it has: train, validation, test. {splits}"
    )
    for number in (1, 2, 3):
        (anli / f"R{number}" / "dev.jsonl").unlink()
    assert (
        refusal("anli", anli) == f"SOURCE: anli has no part for the split 'validation'; it has: train, test. {splits}"
    )
    assert list(opened("anli", anli, ["train", "test"]).parts) == ["train", "test"]


def test_takes_other_names_of_dev_but_not_two(anli):
    (anli / "R1" / "dev.jsonl").rename(anli / "R1" / "valid.jsonl")
    assert [item.id for item in opened("anli", anli).parts["validation"]] == ["1dev", "2dev", "3dev"]
    write_lines(anli / "R1" / "dev.jsonl", [anli_row("x")])
    assert (
        refusal("anli", anli) == "SOURCE: has R1/dev.jsonl and R1/valid.jsonl, all of them for 'validation'; leave one"
    )


def test_refuses_half_of_esnli(tmp_path):
    (write_esnli(tmp_path) / "esnli_train_2.csv").unlink()
    assert refusal("esnli", tmp_path) == "SOURCE: the part 'train' is not whole: esnli_train_2.csv is missing; add it"


LABELS = "e, n, c, entailment, neutral, contradiction"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (json.dumps(anli_row("b", " \n")), "'context' is blank"),
        (json.dumps(anli_row("b", hypothesis="")), "'hypothesis' is blank"),
        (json.dumps(anli_row("b", premise=3)), "'context' must be a text, not 3"),
        (json.dumps(anli_row("b", reason=[1])), "'reason' must be a text, not [1]"),
        (json.dumps(anli_row("", label="e")), "'uid' is blank"),
        (json.dumps(anli_row("b", label="x")), f"'label' is 'x'; must be one of: {LABELS}"),
        (json.dumps(anli_row("b", label=0)), f"'label' is 0; must be one of: {LABELS}"),
        (
            '{"uid": "b", "hypothesis": "H.", "label": "e"}',
            "has no 'context' or 'premise'; it has: uid, hypothesis, label",
        ),
        ('{"uid": "b", "context": "P.", "hypothesis": "H."}', "has no 'label'; it has: uid, context, hypothesis"),
        (
            json.dumps(anli_row("b", "half \ud800")),
            "'context' holds half a character at place 5, which UTF-8 cannot hold",
        ),
        ('{"uid" "b"}', "is no JSON: Expecting ':' delimiter at column 8"),
        ('{"uid": "b", ', "is no JSON: "),
        ("[1]", "must be an object {...}, not [1]"),
        ('{"uid": ' + "9" * 5000 + "}", "is no JSON that can be read: Exceeds the limit"),
        (b"\xff\xfe", "is not UTF-8 text from byte 0 on"),
    ],
    ids=[
        "blank premise",
        "blank hypothesis",
        "number",
        "list",
        "no id",
        "label",
        "number label",
        "no premise",
        "no label",
        "surrogate",
        "colon",
        "cut off",
        "list line",
        "digits",
        "bytes",
    ],
)
def test_refuses_lines(anli, line, said):
    path = anli / "R1" / "train.jsonl"
    first = json.dumps(anli_row("a")).encode()
    path.write_bytes(first + b"\n\n" + (line if isinstance(line, bytes) else line.encode()) + b"\n")
    assert refusal("anli", anli).startswith(f"SOURCE/R1/train.jsonl: line 3: {said}")


def test_reads_a_byte_order_mark_and_odd_line_ends(anli):
    row = json.dumps(anli_row("a", "One\u2028line."), ensure_ascii=False)
    (anli / "R1" / "train.jsonl").write_bytes(b"\xef\xbb\xbf" + row.encode() + b"\r\n\r\n")
    assert opened("anli", anli).parts["train"][0].parts[0] == ("premise", "One line.")


@pytest.mark.parametrize(
    ("name", "file"),
    [("anli", "R1/test.jsonl"), ("esnli", "esnli_train_2.csv"), ("svamp", "SVAMP.json")],
)
def test_refuses_a_file_without_questions(tmp_path, anli, name, file):
    source = {"anli": anli, "esnli": tmp_path, "svamp": tmp_path}[name]
    write_esnli(tmp_path)
    (source / file).write_text({"anli": "\n", "esnli": ",".join(ESNLI_COLUMNS), "svamp": "[]"}[name])
    assert refusal(name, source) == f"SOURCE: {file} holds no question"


def test_refuses_what_cannot_be_opened(anli, monkeypatch):
    def refuse(path, *_):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("pathlib.Path.open", refuse)
    assert refusal("anli", anli) == "SOURCE/R1/test.jsonl: Permission denied"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "p,maybe,A.,B.,,,\n",
            "line 5: 'gold_label' is 'maybe'; must be one of: entailment, neutral, contradiction, -",
        ),
        ("p,neutral, ,B.,,,\n", "line 5: 'Sentence1' is blank"),
        ("p,neutral,A.,,,,\n", "line 5: 'Sentence2' is blank"),
        ("p,neutral,A.\n", "line 5: has 3 fields; line 1 names 7"),
        ('p,neutral,"A."x,B.,,,\n', "line 5: is no CSV: ',' expected after '\"'"),
        ('p,neutral,"A.,B.,,,\n\n\n', "line 5: is no CSV: unexpected end of data"),
        (b"p,neutral,\xe9,B.,,,\n", "line 5: is not UTF-8 text from byte 10 on"),
    ],
    ids=["label", "premise", "hypothesis", "fields", "quote", "open quote", "bytes"],
)
def test_refuses_csv(tmp_path, text, said):
    path = write_esnli(tmp_path, dev=[["a", "neutral", "A\nB.", "C\nD.", "", "", ""]]) / "esnli_dev.csv"
    path.write_bytes(path.read_bytes() + (text if isinstance(text, bytes) else text.encode()))
    assert refusal("esnli", tmp_path) == f"SOURCE/esnli_dev.csv: {said}"


def test_refuses_csv_without_a_column(tmp_path):
    write_esnli(tmp_path, columns=["pairID", "label_", "Sentence1", "Sentence2"])
    assert refusal("esnli", tmp_path) == (
        "SOURCE/esnli_test.csv: line 2: has no 'gold_label'; it has: pairID, label_, Sentence1, Sentence2"
    )


CHOICES = "'choices' must be two or more, each with a label of its own and a text"
PAIRS = "'choices' must be a list of objects with 'label' and 'text'"


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (qa_row("a", key="C"), "'answerKey' is 'C'; must be one of: A, B"),
        (qa_row("a", key=""), "has no 'answerKey'; must be one of: A, B"),
        (qa_row("a", stem=" "), "question: 'stem' is blank"),
        (qa_row("a", texts=["bank"]), f"question: {CHOICES}"),
        (qa_row("a", texts=["bank", " "]), f"question: {CHOICES}"),
        ({"id": "a", "question": "Q?", "choices": ["bank", "x"], "answerKey": "A"}, PAIRS),
        ({"id": "a", "question": "Q?", "choices": {"label": ["A"], "text": []}, "answerKey": "A"}, PAIRS),
        (
            {"id": "a", "question": "Q?", "choices": {"label": ["A", "A"], "text": ["x", "y"]}, "answerKey": "A"},
            CHOICES,
        ),
        ({"id": "a", "question": "Q?", "choices": {"label": [1], "text": ["x"]}}, "a choice must be a text, not 1"),
        ({"id": "a", "question": {"stem": "Q?"}, "answerKey": "A"}, "question: has no 'choices'; it has: stem"),
    ],
    ids=["key", "no key", "stem", "one", "blank", "texts", "lengths", "same label", "number", "no choices"],
)
def test_refuses_choices(qa, row, said):
    write_lines(qa / "dev_rand_split.jsonl", [qa_row("d"), row])
    assert refusal("commonsense_qa", qa, ["train"]) == f"SOURCE/dev_rand_split.jsonl: line 2: {said}"


@pytest.mark.parametrize("answer", ["x", "", None, True, "1e3", "nan", float("nan"), [5]])
def test_refuses_answers_that_are_no_numbers(tmp_path, answer):
    write_json(tmp_path / "SVAMP.json", [sum_row("a", "First."), sum_row("b", answer=answer)])
    said = f"'Answer' must be a number such as 145.0, not {answer!r}"
    assert refusal("svamp", tmp_path) == f"SOURCE/SVAMP.json: row 1: {said}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[\n {"ID": "a"\n x}]', "line 3: is no JSON: Expecting ',' delimiter at column 2"),
        ('{"ID": "a"}', "must be a list [...] of objects"),
        ("[1]", "row 0: must be an object {...}, not 1"),
        (json.dumps([sum_row("a", " ")]), "row 0: 'Body' is blank"),
        (json.dumps([sum_row("a", Question="")]), "row 0: 'Question' is blank"),
        ("[" * 100_000, "line 1: is no JSON that can be read: "),
        (b'[\n"\xff"]', "line 2: is not UTF-8 text from byte 1 on"),
    ],
    ids=["comma", "object", "number", "body", "question", "deep", "bytes"],
)
def test_refuses_lists(tmp_path, text, said):
    (tmp_path / "SVAMP.json").write_bytes(text if isinstance(text, bytes) else text.encode())
    assert refusal("svamp", tmp_path).startswith(f"SOURCE/SVAMP.json: {said}")


# What the library datasets reads.


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """The library, without a network, with a cache of its own; an empty folder for a dataset."""
    datasets = pytest.importorskip("datasets")
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


def write_parquet(folder, split, rows, ending="-00000-of-00001"):
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows), folder / f"{split}{ending}.parquet")


def hub_row(uid, premise, label=0, **more):
    return {"uid": uid, "premise": premise, "hypothesis": "He rests.", "label": label, "reason": "", **more}


def test_hub_anli(hub):
    for split in ("test_r1", "dev_r1", "train_r2", "train_r1"):
        write_parquet(hub / "plain_text", split, [hub_row(f"{split}{k}", f"P {split} {k}", k) for k in range(3)])
    for split in ("test_r2", "dev_r2"):
        write_parquet(hub / "plain_text", split, [hub_row(split, f"P {split}", reason="Why  so.")])
    corpus = opened("anli", f"hf:{hub}", rounds=(1, 2))
    assert [(item.id, item.target, item.origin) for item in corpus.parts["train"]] == [
        (f"train_r{number}{k}", target, f"anli R{number} train")
        for number in (1, 2)
        for k, target in enumerate(("entailment", "neutral", "contradiction"))
    ]
    assert corpus.parts["test"][-1] == nli_item(
        "test_r2", "P test_r2", "He rests.", "entailment", "anli R2 test", human="Why so."
    )
    assert [item.origin for item in corpus.parts["validation"]] == ["anli R1 dev"] * 3 + ["anli R2 dev"]
    whole = "SOURCE: the part 'train' is not whole: train_r3 is missing; add it"
    assert refusal("anli", f"hf:{hub}", rounds=(1, 2, 3)) == whole
    assert opened("anli", f"hf:{hub}") == corpus


def test_hub_shards_are_read_in_order_of_their_names(hub):
    write_parquet(hub, "test_r1", [hub_row("t", "Test.")], "")
    for shard in (1, 0):
        write_parquet(hub, "train_r1", [hub_row(f"{shard}{k}", f"P {shard} {k}") for k in range(2)], f"-0000{shard}")
    corpus = opened("anli", f"hf:{hub}", ["train"], rounds=(1,))
    assert [item.id for item in corpus.parts["train"]] == ["00", "01", "10", "11"]


def test_hub_takes_the_splits_that_a_readme_names(hub):
    write_parquet(hub, "some", [hub_row("a", "Test.")], "")
    write_parquet(hub, "other", [hub_row("b", "Train.")], "")
    files = "  - split: test_r1\n    path: some.parquet\n  - split: train_r1\n    path: other.parquet\n"
    (hub / "README.md").write_text(f"---\nconfigs:\n- config_name: default\n  data_files:\n{files}---\n")
    corpus = opened("anli", f"hf:{hub}", ["train", "test"], rounds=(1,))
    assert [item.id for part in corpus.parts.values() for item in part] == ["b", "a"]


def test_hub_esnli(hub):
    rows = [
        {"premise": "A man.", "hypothesis": f"H {k}.", "label": k, "explanation_1": f"Why {k}.", "explanation_2": ""}
        for k in range(3)
    ]
    write_parquet(hub, "train", [*rows, rows[0] | {"label": -1, "hypothesis": "No label."}])
    write_parquet(hub, "validation", [rows[0] | {"premise": "Dev."}])
    corpus = opened("esnli", f"hf:{hub}", ["train", "validation"])
    assert list(corpus.parts["train"]) == [
        nli_item(str(k), "A man.", f"H {k}.", target, "esnli train", human=f"Why {k}.")
        for k, target in enumerate(("entailment", "neutral", "contradiction"))
    ]
    assert corpus.notes == ("train: questions left out, as annotators agreed on no label (-): 1",)


def test_hub_takes_the_names_that_a_dataset_gives_to_its_labels(hub):
    import datasets

    names = datasets.ClassLabel(names=["contradiction", "entailment", "neutral"])
    rows = datasets.Dataset.from_list([hub_row("a", "P.", 0), hub_row("b", "Q.", 2)]).cast_column("label", names)
    rows.to_parquet(hub / "train.parquet")
    corpus = opened("esnli", f"hf:{hub}", ["train"])
    assert [item.target for item in corpus.parts["train"]] == ["contradiction", "neutral"]


def test_hub_commonsense_qa(hub):
    rows = [
        {
            "id": key,
            "question": f"Q {key}?",
            "question_concept": "x",
            "choices": {"label": ["A", "B"], "text": ["bank", "old library"]},
            "answerKey": key,
        }
        for key in ("A", "B")
    ]
    write_parquet(hub, "train", rows)
    write_parquet(hub, "validation", [rows[0] | {"question": "Dev?"}])
    write_parquet(hub, "test", [rows[0] | {"question": "Test?", "answerKey": ""}])
    corpus = opened("commonsense_qa", f"hf:{hub}", ["train", "validation"])
    assert corpus.parts["train"][1] == Item(
        "B",
        (("question", "Q B?"), ("choices", "(A) bank (B) old library")),
        "old library",
        "commonsense_qa train",
        evidence=("old library",),
    )
    assert refusal("commonsense_qa", f"hf:{hub}").startswith(
        "SOURCE: the part 'test' of commonsense_qa has no answers; "
    )


def test_hub_svamp_as_json(hub):
    write_lines(hub / "train.json", [sum_row("a", answer="5.0"), sum_row("b", "Another.", "7")])
    write_lines(hub / "test.json", [sum_row("c", "Third.", "0.5")])
    corpus = opened("svamp", f"hf:{hub}", ["train", "test"])
    assert [(item.id, item.target) for part in corpus.parts.values() for item in part] == [
        ("a", "5"),
        ("b", "7"),
        ("c", "0.5"),
    ]
    assert corpus.kinds == ("Addition",)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (hub_row("b", "P.", 3), "'label' is 3; must be one of: 0 (entailment), 1 (neutral), 2 (contradiction)"),
        (hub_row("b", "P.", -1), f"'label' is '-'; must be one of: {LABELS}"),
        (hub_row("b", "P.", None), f"'label' is None; must be one of: {LABELS}"),
        (hub_row("b", " "), "'premise' is blank"),
        (hub_row("b", None), "'premise' must be a text, not None"),
    ],
    ids=["label", "no gold label", "null label", "blank", "null"],
)
def test_hub_refuses_rows(hub, row, said):
    write_parquet(hub, "train_r1", [hub_row("a", "First."), row])
    assert refusal("anli", f"hf:{hub}", ["train"], rounds=(1,)) == f"SOURCE [train_r1]: row 1: {said}"


def test_hub_refuses_other_columns_and_splits(hub):
    write_parquet(hub, "train_r1", [{"uid": "a", "text": "T."}])
    assert refusal("anli", f"hf:{hub}", ["train"], rounds=(1,)) == (
        "SOURCE [train_r1]: row 0: has no 'context' or 'premise'; it has: uid, text"
    )
    assert refusal("svamp", f"hf:{hub}", ["train"]) == (
        # the library takes train_r1 for train
        "SOURCE [train]: row 0: has no 'ID'; it has: uid, text"
    )
    assert refusal("anli", f"hf:{hub}", ["test"], rounds=(1,)).startswith(
        "SOURCE: anli has no part for the split 'test'; it has: train."
    )


def test_hub_takes_folders_whose_names_hold_signs(hub):
    write_parquet(hub / "a [1] *", "train", [sum_row("a")])
    assert opened("svamp", f"hf:{hub / 'a [1] *'}", ["train"]).parts["train"][0].id == "a"


def test_hub_reads_anew_what_has_changed(hub):
    for id in ("a", "b"):
        write_parquet(hub, "train", [sum_row(id, f"Body {id}.")])
        assert [item.id for item in opened("svamp", f"hf:{hub}", ["train"]).parts["train"]] == [id]


def test_hub_refuses_damaged_files(hub):
    (hub / "train_r1.parquet").write_bytes(b"no parquet")
    said = refusal("anli", f"hf:{hub}", ["train"])
    assert said.startswith("SOURCE: datasets cannot read it: ")
    assert said.endswith(
        "; check the name and the network, or give a folder with R1/train.jsonl, R1/dev.jsonl, R1/test.jsonl, and so "
        "R2 and R3 (anli_v1.0) from https://github.com/facebookresearch/anli"
    )


def test_hub_refuses_what_it_cannot_reach(hub):
    said = refusal("svamp", "hf:ChilleD/SVAMP")
    assert said.startswith("SOURCE: datasets cannot read it: ")
    assert said.endswith("SVAMP.json, or train.json and test.json from https://github.com/arkilpatel/SVAMP")


@pytest.mark.parametrize("error", [ConnectionError("No way to it.\nTry later."), RuntimeError(), KeyError("x")])
def test_hub_says_what_failed_in_one_line(hub, monkeypatch, error):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr("datasets.load_dataset", fail)
    first = {"ConnectionError": "No way to it.", "RuntimeError": "RuntimeError", "KeyError": "'x'"}[
        type(error).__name__
    ]
    assert refusal("esnli", "hf:esnli").startswith(f"SOURCE: datasets cannot read it: {first}; check the name")


def test_hub_needs_a_name_and_the_library(monkeypatch):
    assert refusal("esnli", "hf: ") == "SOURCE: must name a dataset, e.g. hf:esnli, or a folder"
    monkeypatch.setitem(sys.modules, "datasets", None)
    assert refusal("esnli", "hf:esnli") == (
        "the package datasets is needed and not installed: pip install 'synthkit[text]'"
    )
