import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.agents.wire import DEPTH_MARK, MAX_DEPTH, Secret, read

NO_SECRET = Secret("")
KEY = 'sk-/a"b\\c-0123456789'
PLAIN_KEY = "sk-abc-0123456789-xy"

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
values = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=30
)


def nested(levels):
    return b"[" * levels + b"]" * levels


def depth(value):
    return 1 + depth(value[0]) if isinstance(value, list) and value else isinstance(value, list)


@given(values)
def test_what_was_read_can_be_written_and_read_again_unchanged(value):
    once = read(json.dumps(value).encode(), NO_SECRET)
    written = orjson.dumps(once)
    assert orjson.loads(written) == once
    assert orjson.dumps(read(written, NO_SECRET)) == written


@given(st.text(alphabet="ab\\ud800\\"))
def test_half_characters_become_question_marks(text):
    assert read(json.dumps(text).encode(), NO_SECRET) == text.replace("\ud800", "?")


@pytest.mark.parametrize("levels", [1, 99, 100])
def test_a_hundred_levels_are_kept(levels):
    assert read(nested(levels), NO_SECRET) == orjson.loads(nested(levels))


@pytest.mark.parametrize("levels", [101, 300, 1_000])
def test_what_is_nested_deeper_is_marked(levels):
    kept = read(nested(levels), NO_SECRET)
    assert DEPTH_MARK in orjson.dumps(kept).decode()
    assert depth(kept) == MAX_DEPTH


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", nested(5_000), b"1" * 5_000])
def test_what_is_no_json_is_a_value_error(body):
    with pytest.raises(ValueError, match=r"."):
        read(body, NO_SECRET)


def test_numbers_that_json_cannot_hold_become_text():
    body = b"[NaN, -Infinity, 1e999, 1%s]" % (b"0" * 20)
    assert read(body, NO_SECRET) == ["nan", "-inf", "inf", "1" + "0" * 20]


@pytest.mark.parametrize("key", [KEY, PLAIN_KEY])
@given(st.lists(st.booleans(), min_size=20, max_size=20), st.integers(0, 3))
def test_a_key_is_hidden_in_every_spelling(key, escaped, wrappings):
    text = "".join(
        f"\\u{ord(character):04X}" if escape else json.dumps(character)[1:-1]
        for character, escape in zip(key, escaped, strict=False)
    )
    body = '{"' + text + '": 1}'
    for _ in range(wrappings):
        body = json.dumps(body)
    assert "[key]" in str(read(body.encode(), Secret(key)))


def test_a_key_is_hidden_in_names_and_deep_down():
    body = orjson.dumps({KEY: [{"a": [KEY, f"<{KEY}>"]}]})
    assert read(body, Secret(KEY)) == {"[key]": [{"a": ["[key]", "<[key]>"]}]}


def test_what_stands_beside_a_key_stays():
    key = "sk-0123456789abcdef"
    assert Secret(key).hidden(f"C:\\{key}\\n") == "C:\\[key]\\n"


class TestWhetherAKeyIsAbsentFromABody:
    def test_a_plain_key_that_does_not_stand_there_is(self):
        assert Secret(PLAIN_KEY).is_absent(rb'{"arguments": "{\"days\": 1}"}')

    def test_one_that_stands_there_is_not(self):
        assert not Secret(PLAIN_KEY).is_absent(b'{"a": "' + PLAIN_KEY.encode() + b'"}')

    def test_nobody_knows_where_characters_are_escaped_by_number(self):
        assert not Secret(PLAIN_KEY).is_absent(rb'{"a": "caf\u00e9"}')

    @pytest.mark.parametrize("odd", ["/", "\\", '"', "\u00e9", "\ud800"])
    def test_nobody_knows_of_a_key_that_can_be_escaped_otherwise(self, odd):
        assert not Secret(f"{odd}{PLAIN_KEY}").is_absent(b"{}")
