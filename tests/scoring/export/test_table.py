"""Parquet: a row a step, typed, opened by those who use it."""

import json

import pytest

from tenure.scoring.export.table import ROWS_A_GROUP, rows, write
from tenure.scoring.records import action_of

pa = pytest.importorskip("pyarrow", reason="needs the extra `parquet`")
pq = pytest.importorskip("pyarrow.parquet")


@pytest.fixture
def table(modelled, tmp_path):
    write([modelled], tmp_path / "steps.parquet")
    return pq.read_table(tmp_path / "steps.parquet")


def test_there_is_a_row_for_each_step_of_all_episodes(any_episode, modelled, tmp_path):
    path = tmp_path / "steps.parquet"
    write([any_episode, modelled], path)
    found = pq.read_table(path)
    assert found.num_rows == len(any_episode.steps) + len(modelled.steps)
    names = [any_episode.agent_name] * len(any_episode.steps)
    assert found["agent"].to_pylist() == names + ["acme/small-1"] * len(modelled.steps)


def test_figures_that_an_episodes_job_does_not_have_are_null(contest, modelled, tmp_path):
    path = tmp_path / "steps.parquet"
    write([contest, modelled], path)
    found = pq.read_table(path)
    assert found["figure_cups"].null_count == len(contest.steps)
    assert found["figure_bank_cents"].null_count == len(modelled.steps)


def test_columns_are_typed_and_figures_say_what_they_mean(table):
    kinds = {name: str(table.schema.field(name).type) for name in table.column_names}
    assert kinds["seed"] == "uint64"
    assert kinds["cost_usd"] == "double"
    assert {kinds[name] for name in ("n", "day", "minute", "reward", "input_tokens")} == {"int64"}
    assert {kinds[name] for name in ("tool", "arguments", "answer", "events")} == {"string"}
    about = table.schema.field("figure_cups").metadata
    assert about == {b"meaning": b"cups ready to sell", b"hidden": b"false"}


def test_a_row_tells_what_was_done_what_came_of_it_and_what_it_cost(table):
    first, second, third, *_ = table.to_pylist()
    shown = ("n", "day", "began", "minute", "tool", "answer", "fault", "reward")
    assert [first[name] for name in shown] == [
        *(0, 1, 480, 510),
        *("make_pitchers", "4 cups are ready.\n[day 1]", None, -100),
    ]
    assert json.loads(first["arguments"]) == {"count": 1}
    assert [row["figure_cups"] for row in (first, second, third)] == [4, 1, 1]
    spent = ("input_tokens", "cached_tokens", "output_tokens", "reasoning_tokens", "cost_usd")
    assert [first[name] for name in spent] == [1200, 1000, 30, 10, 0.0012]
    assert [third[name] for name in spent] == [None] * 5
    assert json.loads(second["events"]) == [{"kind": "day", "day": 0, "sold": 3}]
    assert json.loads(first["other"]) == {"mood": ["fine"]}
    assert (third["tool"], third["fault"]) == (None, "malformed")
    assert third["final_score"] == 1100


def test_every_action_comes_back(modelled, table):
    for row, step in zip(table.to_pylist(), modelled.steps, strict=True):
        others = json.loads(row["other"] or "{}")
        again = {"action": row["action"], **others}
        assert action_of(again) == action_of(step)


def test_an_episode_that_is_not_over_has_no_final_score(tmp_path, modelled):
    cut = type(modelled)(modelled.header, modelled.steps[:2], None, modelled.head)
    write([cut], tmp_path / "steps.parquet")
    (row, _) = pq.read_table(tmp_path / "steps.parquet").to_pylist()
    assert (row["complete"], row["reason"], row["final_score"]) == (False, None, None)


def test_many_steps_are_written_in_groups(modelled, tmp_path):
    write([modelled] * (ROWS_A_GROUP // 5), tmp_path / "steps.parquet")
    found = pq.ParquetFile(tmp_path / "steps.parquet")
    assert found.metadata.num_rows == 2 * ROWS_A_GROUP
    assert found.num_row_groups == 2
    assert len(list(rows(modelled))) == 10


@pytest.mark.frameworks
def test_duckdb_and_pandas_open_it(modelled, tmp_path):
    duckdb = pytest.importorskip("duckdb", reason="needs duckdb")
    pandas = pytest.importorskip("pandas", reason="needs pandas")
    path = tmp_path / "steps.parquet"
    write([modelled], path)
    query = f"select count(*), sum(reward), max(figure_cups) from '{path}'"  # noqa: S608  our path
    assert duckdb.sql(query).fetchall() == [(10, 100, 4)]
    frame = pandas.read_parquet(path)
    assert frame.groupby("tool", dropna=False).size().sum() == 10
