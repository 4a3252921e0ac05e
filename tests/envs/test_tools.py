from typing import Annotated, Literal

import jsonschema
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import Field

from tenure.envs.spaces import ToolCallSpace
from tenure.envs.tools import Fault, Mistake, Tool, Toolbox, ToolCall, tool


class Shop:
    @tool(minutes=5, writes=True)
    def set_price(
        self,
        slot: Annotated[str, Field(min_length=2, max_length=2)],
        price: Annotated[float, Field(ge=0, le=99)],
    ) -> str:
        """Set a price.

        In dollars.
        """
        return f"{slot}: {price}"

    @tool(minutes=25)
    def search(
        self,
        words: Annotated[list[str], Field(max_length=3)],
        kind: Literal["near", "far"] = "near",
        limit: Annotated[int, Field(ge=1, le=9)] | None = None,
    ) -> str:
        """Search."""
        return f"{words} {kind} {limit}"


class BiggerShop(Shop):
    @tool(minutes=1)
    def ring(self) -> str:
        """Ring the bell."""
        return "ding"


BOX = Toolbox.of(BiggerShop)


def parse(name, **arguments):
    return BOX.parse(ToolCall(name, arguments).to_json())


def test_a_toolbox_has_the_tools_of_the_class_and_its_bases_in_order():
    assert list(BOX.tools) == ["set_price", "search", "ring"]
    assert BOX.tools["set_price"].description == "Set a price.\n\nIn dollars."
    assert BOX.tools["set_price"].writes
    assert not BOX.tools["search"].writes


def test_the_schema_comes_from_the_annotations():
    assert BOX.tools["set_price"].schema == {
        "type": "object",
        "properties": {
            "slot": {"type": "string", "minLength": 2, "maxLength": 2},
            "price": {"type": "number", "minimum": 0, "maximum": 99},
        },
        "required": ["slot", "price"],
        "additionalProperties": False,
    }
    assert BOX.tools["search"].schema["required"] == ["words"]


def test_a_valid_call_is_read():
    found, arguments = parse("set_price", slot="A1", price=2)
    assert found.name == "set_price"
    assert arguments == {"slot": "A1", "price": 2}


def test_arguments_may_be_left_out_where_there_are_none():
    assert not isinstance(BOX.parse('{"name": "ring"}'), Mistake)


def test_a_whole_float_is_an_integer_as_in_json_schema():
    _, arguments = parse("search", words=[], limit=5.0)
    assert arguments["limit"] == 5


@pytest.mark.parametrize(
    ("action", "fault", "advice"),
    [
        ("hello", Fault.MALFORMED, "No tool was called"),
        ("[1]", Fault.MALFORMED, "not a tool call"),
        ('{"name": "ring", "id": 3}', Fault.MALFORMED, "Unexpected 'id'"),
        ('{"name": "rin", "arguments": {}}', Fault.UNKNOWN_TOOL, "Did you mean 'ring'?"),
        ('{"name": "ring", "arguments": []}', Fault.BAD_ARGUMENTS, "Expected arguments: none"),
        ('{"name": "set_price", "arguments": {}}', Fault.BAD_ARGUMENTS, "slot: field required"),
        ("x" * 100_001, Fault.MALFORMED, "100,001 characters; at most 100,000"),
    ],
)
def test_a_mistake_says_what_would_be_right(action, fault, advice):
    mistake = BOX.parse(action)
    assert mistake.fault == fault
    assert advice in mistake.advice


def test_bad_values_are_named_with_what_was_given_and_what_is_expected():
    mistake = parse("set_price", slot="A1", price="cheap")
    assert mistake.advice == (
        "set_price: price: input should be a valid number (got 'cheap'). "
        "Expected arguments: slot: string, price: number"
    )


def called_from(stack, function):
    return called_from(stack - 1, function) if stack else function()


def test_problems_are_told_by_place_and_there_are_none_where_the_call_is_taken():
    price = BOX.tools["set_price"]
    assert price.problems({"slot": "A1", "price": 2.5}) == {}
    assert price.problems({"slot": "A1", "price": "dear", "colour": 1}) == {
        ("price",): "input should be a valid number (got 'dear')",
        ("colour",): "extra inputs are not permitted",
    }
    assert price.problems({"slot": "A1"}) == {("price",): "field required"}


@pytest.mark.parametrize("depth", [30, 900, 1_022])
@pytest.mark.parametrize("stack", [0, 400])
def test_arguments_nested_beyond_reason_are_a_mistake_however_deep_the_caller(depth, stack):
    deep = f'{{"name": "search", "arguments": {"[" * depth}{"]" * depth}}}'
    assert called_from(stack, lambda: BOX.parse(deep)).fault == Fault.BAD_ARGUMENTS


def test_advice_is_short_however_much_was_wrong():
    many = parse("search", **{f"key{number}": number for number in range(5_000)})
    assert "and 4996 more" in many.advice  # the five told, and `words` is missing too
    assert len(many.advice) < 700
    long = BOX.parse(orjson.dumps({"name": "ring", "\ue000" * 90_000: 1}).decode())
    assert len(long.advice) < 200


def test_a_number_in_quotes_is_not_a_number():
    assert parse("set_price", slot="A1", price="2").fault == Fault.BAD_ARGUMENTS


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1e999"])
def test_numbers_beyond_numbers_are_refused(value):
    action = f'{{"name": "set_price", "arguments": {{"slot": "A1", "price": {value}}}}}'
    assert isinstance(BOX.parse(action), Mistake)


@given(st.text())
def test_no_text_makes_parsing_raise(text):
    assert BOX.parse(text) is not None


def test_sampled_calls_are_valid_seeded_and_reach_every_tool():
    space, twin = ToolCallSpace(BOX, seed=4), ToolCallSpace(BOX, seed=4)
    calls = [space.sample() for _ in range(200)]
    assert calls == [twin.sample() for _ in range(200)]
    assert all(space.contains(call) for call in calls)
    assert {orjson.loads(call)["name"] for call in calls} == set(BOX.tools)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 120) | st.sampled_from([2.0, 2.5, -1.0])
    | st.sampled_from(["", "A1", "near", "abc"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("ab"), inner),
    max_leaves=4,
)  # fmt: skip


@settings(max_examples=300)
@given(st.sampled_from(["set_price", "search", "ring"]), st.data())
def test_contains_accepts_exactly_what_the_json_schema_accepts(name, data):
    fields = [*BOX.tools[name].schema.get("properties", {}), "stray"]
    arguments = data.draw(st.dictionaries(st.sampled_from(fields), json_values))
    by_schema = jsonschema.Draft202012Validator(BOX.tools[name].schema).is_valid(arguments)
    assert ToolCallSpace(BOX).contains(ToolCall(name, arguments).to_json()) == by_schema


def test_a_space_is_no_home_for_other_things():
    space = ToolCallSpace(BOX)
    assert not space.contains(3)
    assert not space.contains({"name": "ring"})
    with pytest.raises(ValueError, match="neither a mask"):
        space.sample(mask=1)
    assert space == ToolCallSpace(Toolbox.of(BiggerShop))
    assert space != ToolCallSpace(Toolbox.of(Shop))


def counter(description, least=1, minutes=5, *, writes=False):
    """Return a toolbox with one tool."""

    def count(self, up_to: Annotated[int, Field(ge=least)]) -> str: ...

    count.__doc__ = description
    return Toolbox({"count": Tool(count, minutes, writes=writes)})


def test_the_digest_of_a_toolbox_follows_all_that_the_model_reads_and_what_calls_cost():
    alike = [counter("Count."), counter("Count.")]
    others = [
        counter("Count up."),
        counter("Count.", least=2),
        counter("Count.", minutes=6),
        counter("Count.", writes=True),
        Toolbox.of(Shop),
    ]
    assert len({box.digest for box in alike}) == 1
    assert len({box.digest for box in [*alike, *others]}) == 6
    tools = list(BOX.tools.items())
    assert Toolbox(dict(reversed(tools))).digest != BOX.digest
