"""Keys, prices, budgets, answers as JSON, prompts, secrets, and how many calls are in flight."""

import asyncio
import json
from decimal import Decimal
from types import SimpleNamespace

import pytest
from pydantic import BaseModel, ConfigDict

from synthkit.errors import InputError
from synthkit.generators.rationale.kinds import Extraction
from synthkit.llm.budget import Budget, Ledger, Prices, parse_budget
from synthkit.llm.gate import Gate
from synthkit.llm.keys import NO_KEY, hide, read_key
from synthkit.llm.options import ModelOptions, ServiceOptions, prices_of
from synthkit.llm.prompt import load_prompt, prompt_names
from synthkit.llm.request import Usage, canonical, chat_request
from synthkit.llm.service import Service
from synthkit.llm.structured import answer_format, parse_answer

MESSAGES = (("system", "Mark."), ("user", "Größe: 3"))


def test_the_key_of_a_request_by_hand():
    request = chat_request("m", MESSAGES, {"temperature": 0.0, "seed": None, "max_tokens": 9})
    assert request.body == (
        '{"max_tokens":9,"messages":[{"content":"Mark.","role":"system"},{"content":"Größe: 3","role":"user"}],'
        '"model":"m","temperature":0}'
    )
    assert request.key == "b996bfa6f962897955814c62965d8810a98d62d6b75cbac247dd0c23df30673e"  # sha256sum of that line
    assert request.bound == Usage(5 + 10 + 2 * 16 + 64, 9)


def test_keys_do_not_depend_on_how_it_is_said():
    one = chat_request("m", MESSAGES, {"temperature": 0, "top_p": 0.5, "max_tokens": 9})
    other = chat_request("m", list(MESSAGES), {"max_tokens": 9.0, "top_p": 0.5, "temperature": 0.0, "seed": None})
    assert one.key == other.key
    for changed in ({"temperature": 0.1}, {"top_p": 0.6}, {"max_tokens": 8}, {"seed": 1}):
        assert chat_request("m", MESSAGES, {"temperature": 0, "top_p": 0.5, "max_tokens": 9, **changed}).key != one.key
    assert chat_request("n", MESSAGES, {"temperature": 0, "top_p": 0.5, "max_tokens": 9}).key != one.key


def test_canonical_refuses_what_json_has_not():
    with pytest.raises(ValueError, match="JSON"):
        canonical({"a": float("nan")})


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("5usd", Budget(Decimal(5), "usd")),
        ("0.50 EUR", Budget(Decimal("0.50"), "eur")),
        ("200_000tokens", Budget(Decimal(200_000), "tokens")),
        ("7 token", Budget(Decimal(7), "tokens")),
    ],
)
def test_budgets(text, found):
    assert parse_budget(text) == found


@pytest.mark.parametrize("text", ["", "5", "usd", "-5usd", "5 dollars", "1.5tokens", "1e3usd", "nanusd"])
def test_no_budgets(text):
    with pytest.raises(InputError, match="--budget"):
        parse_budget(text)


def test_costs_by_hand():
    prices = Prices(prompt=0.5, completion=1.5, batch_prompt=0.25)
    assert prices.cost(Usage(1_000_000, 2_000_000)) == Decimal("3.5")
    assert prices.cost(Usage(1_000_000, 2_000_000), batch=True) == Decimal("3.25")


def test_money_without_prices_is_refused():
    with pytest.raises(InputError, match="prices of the model are not known"):
        Ledger(Budget(Decimal(5), "usd"), None)
    with pytest.raises(InputError, match="prices are in usd"):
        Ledger(Budget(Decimal(5), "eur"), Prices(prompt=1, completion=1))


def test_a_ledger_by_hand():
    ledger = Ledger(Budget(Decimal(100), "tokens"), None, spent=Usage(10, 5), doubtful=Usage(3, 2))
    bound = Usage(20, 20)
    first = ledger.wanted(bound)
    assert ledger.reserve(bound)  # 20 + 40 = 60
    assert ledger.reserve(bound)  # 100: exactly the budget
    assert not ledger.reserve(Usage(1, 0))
    ledger.answered(bound, first, Usage(5, 5))  # 70
    ledger.failed(first, maybe_paid=False)  # 30
    assert ledger.idle
    assert ledger.spent == Usage(15, 10)
    assert ledger.reserve(Usage(40, 30))
    ledger.failed(Usage(40, 30), maybe_paid=True)  # may be paid: 100
    assert not ledger.reserve(Usage(1, 0))
    assert ledger.describe() == "25 tokens; calls without an answer may have cost up to 75 tokens more"


def test_a_template_that_adds_tokens_raises_what_is_set_aside():
    ledger = Ledger(Budget(Decimal(100), "tokens"), None)
    bound = Usage(10, 10)
    assert ledger.reserve(bound)
    ledger.answered(bound, bound, Usage(30, 10))
    assert ledger.wanted(bound) == Usage(30, 10)


def test_prices_from_a_file(tmp_path):
    path = tmp_path / "prices.toml"
    path.write_text('currency = "usd"\nprompt = 0.5\ncompletion = 1.5\n')
    assert prices_of(ServiceOptions(prices=str(path))) == Prices(prompt=0.5, completion=1.5)
    path.write_text("prompt = -1\ncompletion = 1\n")
    with pytest.raises(InputError, match="prompt: must be >= 0"):
        prices_of(ServiceOptions(prices=str(path)))
    with pytest.raises(InputError, match=r"must be a \.toml or \.json"):
        prices_of(ServiceOptions(prices="prices.txt"))


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")
    spans: list[str]


@pytest.mark.parametrize(
    ("text", "spans", "mended"),
    [
        ('{"spans": ["a", "b"]}', ["a", "b"], False),
        ('Here:\n```json\n{"spans": ["a"]}\n```\nDone.', ["a"], True),
        ('I say {"spans": ["a",],} so', ["a"], True),
        (' {"spans": []} ', [], False),
    ],
)
def test_answers_are_found(text, spans, mended):
    found = parse_answer(text, Shape)
    assert (found.answer.spans, found.mended, found.problem) == (spans, mended, "")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the answer is empty"),
        ("no idea", "not valid JSON: 'no idea'"),
        ('{"spans": ["a", "b', "not valid JSON"),
        ('{"spans": "a"}', "spans: Input should be a valid list"),
        ('{"spans": [1]}', "spans.0: Input should be a valid string"),
        ("{}", "spans: Field required"),
        ('{"spans": [], "more": 1}', "more: Extra inputs are not permitted"),
        ('["a"]', "not valid JSON"),
        ("{" * 100_000, "not valid JSON"),
    ],
)
def test_answers_are_refused(text, said):
    found = parse_answer(text, Shape)
    assert found.answer is None
    assert said in found.problem


def test_schemas_are_strict():
    schema = answer_format(Extraction, "json_schema")["json_schema"]
    assert schema["strict"]
    assert schema["schema"]["additionalProperties"] is False
    assert schema["schema"]["required"] == ["spans"]
    assert answer_format(Extraction, "json_object") == {"type": "json_object"}
    assert answer_format(Extraction, "none") is None


def test_prompts_that_are_shipped():
    for name in prompt_names():
        prompt = load_prompt(name, ("input", "label", "choices"))
        said = prompt.messages({"input": "premise: $5 {x}", "label": "neutral", "choices": ""})
        assert "premise: $5 {x}" in said[1][1]
        assert prompt.kind == name
        assert len(prompt.sha256) == 64
    assert prompt_names() == ["free", "information_extraction", "informed_reasoning"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("$input", "$inptu"), r"user: \$inptu is not known"),
        (("$input", "5$ more"), "a \\$ that begins no name"),
        (("{problem}", "it"), "again: must hold"),
        (('version = "1.0.0"', 'version = "1"'), "version"),
        (('kind = "free"', 'kind = "free"\nmodel = "x"'), "model: unknown field"),
    ],
)
def test_prompts_are_checked(tmp_path, change, said):
    path = tmp_path / "mine.toml"
    path.write_text(load_prompt("free", ("input", "label", "choices")).text.replace(*change))
    with pytest.raises(InputError, match=said):
        load_prompt(str(path), ("input", "label", "choices"))


def test_keys_come_from_the_environment(monkeypatch):
    monkeypatch.delenv("MY_KEY", raising=False)
    assert read_key("MY_KEY", needed=False) == NO_KEY
    with pytest.raises(InputError, match="the environment has no MY_KEY"):
        read_key("MY_KEY", needed=True)
    monkeypatch.setenv("MY_KEY", " abc-123456 ")
    assert read_key("MY_KEY", needed=True) == "abc-123456"


def test_keys_are_hidden():
    assert hide("Incorrect API key abc-123456, or sk-proj-AAAABBBBCCCC", "abc-123456") == (
        "Incorrect API key ***, or ***"
    )


def test_a_key_is_no_name_of_a_variable_and_is_not_shown(command):
    key = "sk-verysecret123456"
    for field in ("params.service.key_variable", "params.service.base_url"):
        value = key if field.endswith("variable") else f"http://me:{key}@host/v1"
        done = command("plan", "anli_informed_reasoning", "--smoke", "--set", f"{field}={value}", check=False)
        assert done.returncode == 2
        assert field in done.stderr
        assert "environment" in done.stderr
        assert "verysecret" not in done.stderr + done.stdout


def test_options_that_are_ours_are_refused():
    with pytest.raises(ValueError, match="extra: model is set by synthkit"):
        ModelOptions(extra={"model": "x"})
    assert ModelOptions(max_tokens_field="max_completion_tokens", max_tokens=7).settings["max_completion_tokens"] == 7


def test_the_gate_halves_once_a_burst_and_opens_again():
    async def go():
        gate = Gate(16)
        epochs = [await gate.enter() for _ in range(16)]
        waiting = asyncio.create_task(gate.enter())
        await asyncio.sleep(0)
        assert not waiting.done()
        for epoch in epochs[:10]:  # one burst
            gate.throttled(epoch, 0.0)
            gate.leave()
        assert gate.limit == 8
        await asyncio.sleep(0.01)
        assert waiting.done()  # 6 in flight, 8 allowed
        later = waiting.result()
        assert later == epochs[0] + 1
        gate.throttled(later, 0.0)
        assert gate.limit == 4
        for _ in range(200):
            gate.succeeded()
        assert gate.limit == 16

    asyncio.run(go())


def test_the_gate_keeps_everybody_out_for_as_long_as_it_is_told():
    async def go():
        gate = Gate(4)
        loop = asyncio.get_running_loop()
        gate.throttled(await gate.enter(), 0.1)
        gate.leave()
        begun = loop.time()
        await gate.enter()
        assert loop.time() - begun >= 0.09

    asyncio.run(go())


def test_bodies_are_json():
    request = chat_request("m", MESSAGES, {"response_format": answer_format(Extraction, "json_schema")})
    assert json.loads(request.body) == request.data


def test_behind_which_errors_an_answer_may_be_lost():
    request = chat_request("m", [("user", "what?")], {"max_tokens": 10})

    async def lost(statuses):
        service = Service(ServiceOptions(base_url="http://127.0.0.1:9/v1"))
        response = SimpleNamespace(headers={})
        errors = [SimpleNamespace(status_code=status, body=None, response=response) for status in statuses]
        found = [service.status(request, error) for error in errors]
        await service.close()
        assert {outcome.kind for outcome in found} == {"again"}
        return [error.status_code for error, outcome in zip(errors, found, strict=True) if outcome.maybe_paid]

    assert asyncio.run(lost([408, 409, 425, 429, 500, 502, 503, 504, 524, 529])) == [408, 500, 502, 504, 524]
