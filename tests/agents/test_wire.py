import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.agents.wire import DEPTH_MARK, MAX_DEPTH, Secret, read

NO_SECRET = Secret("")
KEY = 'sk-/a"b\\c-0123456789'

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


@given(st.lists(st.booleans(), min_size=len(KEY), max_size=len(KEY)), st.integers(0, 3))
def test_a_key_is_hidden_in_every_spelling(escaped, wrappings):
    text = "".join(
        f"\\u{ord(character):04X}" if escape else json.dumps(character)[1:-1]
        for character, escape in zip(KEY, escaped, strict=True)
    )
    body = '{"' + text + '": 1}'
    for _ in range(wrappings):
        body = json.dumps(body)
    assert "[key]" in str(read(body.encode(), Secret(KEY)))


def test_a_key_is_hidden_in_names_and_deep_down():
    body = orjson.dumps({KEY: [{"a": [KEY, f"<{KEY}>"]}]})
    assert read(body, Secret(KEY)) == {"[key]": [{"a": ["[key]", "<[key]>"]}]}


def test_what_stands_beside_a_key_stays():
    key = "sk-0123456789abcdef"
    assert Secret(key).hidden(f"C:\\{key}\\n") == "C:\\[key]\\n"
