"""Freezing: every policy on every architecture and head changes exactly the parameters that it names."""

import pytest
import torch
import transformers

from synthkit.models.language.freezing import POLICIES, apply_policy, check_policy
from synthkit.models.language.model import IGNORED, LanguageModel
from synthkit.models.language.parts import find_parts
from synthkit.models.language.tiny import TINY, save_tiny

HEADS = {
    "classification": transformers.AutoModelForSequenceClassification,
    "seq2seq": transformers.AutoModelForSeq2SeqLM,
    "causal": transformers.AutoModelForCausalLM,
    "masked": transformers.AutoModelForMaskedLM,
}
PAIRS = [
    ("bert", "classification"),
    ("bert", "masked"),
    ("gpt2", "classification"),
    ("gpt2", "causal"),
    ("t5", "classification"),
    ("t5", "seq2seq"),
    ("bart", "classification"),
    ("bart", "seq2seq"),
]
CONCRETE = {"layer:K": "layer:1", "last:N": "last:2", "fraction:P": "fraction:0.05"}
EVERY = [CONCRETE.get(name, name) for name in POLICIES] + ["head,layer:0", "head,lora:2", "norms+biases,embeddings"]
# What a model of hidden size 32 and three layers has in common with its big sister.
LAYERS = {"bert": 3, "gpt2": 3, "t5": 6, "bart": 6}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    root = tmp_path_factory.mktemp("tiny")
    for name in TINY:
        save_tiny(name, root / name)
    return root


def network(folders, architecture, head):
    config = transformers.AutoConfig.from_pretrained(folders / architecture)
    config.num_labels = 4
    config.pad_token_id = 0 if config.pad_token_id is None else config.pad_token_id
    torch.manual_seed(3)
    return HEADS[head].from_pretrained(folders / architecture, config=config)


def batch(network, head):
    torch.manual_seed(5)
    ids = torch.randint(5, 40, (6, 9))
    ids[:, -1] = network.config.eos_token_id if network.config.eos_token_id is not None else 4
    found = {"input_ids": ids, "attention_mask": torch.ones_like(ids), "scale": torch.tensor(0.05)}
    labels = {
        "classification": torch.tensor([0, 1, 2, 3, 0, 1]),
        "seq2seq": torch.randint(5, 40, (6, 4)),
        "causal": torch.where(torch.arange(9) > 4, ids, IGNORED),
        "masked": ids,
    }
    return {**found, "labels": labels[head]}


@pytest.mark.parametrize("policy", EVERY)
@pytest.mark.parametrize(("architecture", "head"), PAIRS)
def test_exactly_the_named_parameters_change_in_a_step(folders, architecture, head, policy):
    net = network(folders, architecture, head)
    parts = find_parts(net)
    if policy == "head" and parts.tied_head and not parts.head:
        with pytest.raises(ValueError, match="its output layer is its table of input embeddings"):
            apply_policy(net, policy)
        return
    trained = apply_policy(net, policy)
    model = LanguageModel(net, head, frozenset())
    before = {name: p.detach().clone() for name, p in net.named_parameters()}
    optimizer = torch.optim.AdamW(model.turn_parameters()["model"], lr=0.01, weight_decay=0.1)
    given = batch(net, head)
    model.train()
    for _ in range(3):  # the first factor of an adapter has no gradient while the second is zero
        optimizer.zero_grad()
        torch.manual_seed(1)
        model.terms(given, "model", 0)["loss"].backward()
        optimizer.step()
    changed = {name for name, p in net.named_parameters() if not torch.equal(p, before[name])}
    assert changed == set(trained.names)
    assert trained.trained == sum(p.numel() for n, p in net.named_parameters() if n in changed)
    assert trained.total == sum(p.numel() for p in net.parameters())


@pytest.mark.parametrize(("architecture", "head"), PAIRS)
def test_what_each_policy_names(folders, architecture, head):
    """By the rules in words, with the model's own modules and nothing of the code that finds the parts."""
    net = network(folders, architecture, head)
    everything = dict(net.named_parameters())

    def named(policy):
        return set(apply_policy(net, policy).names)

    assert named("full") == set(everything)
    stack = {
        "bert": ["bert.encoder.layer"],
        "gpt2": ["transformer.h"],
        "t5": ["encoder.block", "decoder.block"],
        "bart": ["encoder.layers", "decoder.layers"],
    }[architecture]
    layers = [
        {n for n in everything if f"{prefix}.{k}." in n}
        for prefix in stack
        for k in range(LAYERS[architecture] // len(stack))
    ]
    assert all(layers)
    for k, layer in enumerate(layers):
        assert named(f"layer:{k}") == layer
    assert named("last:2") == layers[-1] | layers[-2]
    norms = {
        f"{n}.{p}"
        for n, m in net.named_modules()
        if type(m).__name__ in ("LayerNorm", "T5LayerNorm")
        for p, _ in m.named_parameters(recurse=False)
    }
    assert norms
    assert named("norms+biases") == norms | {n for n in everything if n.endswith((".bias", "predictions.bias"))}
    table = net.get_input_embeddings().weight
    embeddings = named("embeddings")
    assert {n for n, p in everything.items() if p is table} <= embeddings
    assert not embeddings & set().union(*layers)
    assert named("frozen_transformer") == embeddings | norms | find_parts(net).head
    assert not any(word in n for n in named("frozen_transformer") - norms for word in ("attention", "attn", "mlp"))
    if head == "classification":
        assert any(word in n for n in named("head") for word in ("classifier", "classification_head", "score"))
        assert named("head,layer:0") == named("head") | layers[0]


@pytest.mark.parametrize("share", [0.02, 0.3, 1.0])
def test_a_fraction_is_never_exceeded_and_nearly_reached(folders, share):
    trained = apply_policy(network(folders, "bert", "classification"), f"fraction:{share}")
    assert share * 0.8 < trained.share <= share
    assert any("classifier" in name for name in trained.names)


def test_a_layer_is_told_in_both_ways_of_counting(folders):
    trained = apply_policy(network(folders, "bart", "seq2seq"), "layer:4")
    assert trained.layers == ("4 counted from 0, 5 counted from 1 (model.decoder.layers.1)",)
    assert trained.to_dict()["share"] == trained.share


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ("", "no policy is called ''"),
        ("layers:1", "no policy is called 'layers:1'; there are: full, head, layer:K"),
        ("layer:x", "no policy is called"),
        ("layer:-1", "no policy is called"),
        ("last:0", "last:0 trains nothing"),
        ("fraction:0", "a fraction lies above 0 and is at most 1, not 0"),
        ("fraction:1.5", "at most 1, not 1.5"),
        ("lora:0", "trains nothing"),
        ("head,", "no policy is called ''"),
    ],
)
def test_texts_that_are_no_policy(policy, message):
    with pytest.raises(ValueError, match=message):
        check_policy(policy)


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ("layer:3", "layer:3: the model has 3 layers, counted from 0"),
        ("last:9", "last:9: the model has 3 layers"),
        ("fraction:0.00001", "trains nothing of BertForSequenceClassification"),
    ],
)
def test_policies_that_do_not_fit_the_model(folders, policy, message):
    with pytest.raises(ValueError, match=message):
        apply_policy(network(folders, "bert", "classification"), policy)


def test_encoder_and_decoder_are_counted_one_after_the_other(folders):
    parts = find_parts(network(folders, "t5", "seq2seq"))
    assert parts.stacks == {"encoder": 3, "decoder": 3}
    assert parts.layers[2:4] == ("encoder.block.2", "decoder.block.0")


@pytest.mark.parametrize("kind", ["distilbert", "roberta", "electra", "opt", "llama", "gpt_neox"])
def test_other_models_of_transformers_fall_into_the_same_parts(kind):
    """Every parameter is in one of a layer, an embedding, a normalisation outside of layers, and the head."""
    small = {"vocab_size": 60, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
    config = transformers.AutoConfig.for_model(kind, **small)
    config.num_labels = 3
    if kind == "opt":
        config.word_embed_proj_dim = 16
    net = HEADS["classification"].from_config(config)
    parts = find_parts(net)
    assert parts.stacks == {"layers": 2}
    inside = set().union(*parts.of_layers)
    groups = [inside, parts.embeddings, parts.norms - inside, parts.head]
    names = [name for name, _ in net.named_parameters()]
    assert sorted(name for group in groups for name in group) == sorted(names)
    assert {id(p) for n, p in net.named_parameters() if n in parts.embeddings} >= {
        id(net.get_input_embeddings().weight)
    }
    assert parts.head
    assert not any(".layers." in name or ".layer." in name for name in parts.head)


def test_a_model_without_layers_is_refused():
    class Bare(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.one = torch.nn.Linear(2, 2)

    with pytest.raises(ValueError, match="Bare: has no list of layers"):
        find_parts(Bare())


@pytest.mark.parametrize("name", TINY)
def test_tiny_models_are_the_same_each_time_and_differ_by_seed(folders, tmp_path, name):
    save_tiny(name, tmp_path / "again")
    save_tiny(name, tmp_path / "other", seed=1)
    weights = [(p / "model.safetensors").read_bytes() for p in (folders / name, tmp_path / "again", tmp_path / "other")]
    assert weights[0] == weights[1] != weights[2]
    first, second = ((p / "tokenizer.json").read_text() for p in (folders / name, tmp_path / "again"))
    assert first == second


def test_tiny_models_that_there_are_not(tmp_path):
    with pytest.raises(ValueError, match="no tiny model is called 'rnn'"):
        save_tiny("rnn", tmp_path)
    with pytest.raises(ValueError, match="has no depth"):
        save_tiny("bert", tmp_path, depth=3)
