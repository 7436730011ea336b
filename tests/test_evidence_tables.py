"""What numpy and pandas return, as evidence, and what the judge says of it."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograder import evidence as ev
from autograder.checks.check import observe
from autograder.evidence import Evidence, EvidenceError
from autograder.judge.compare import agrees, compare
from autograder.judge.verdicts import judge
from autograder.live.card import Said, draw


def evidence_of(value, **options):
    outcome, tensors = ev.reduce(value)
    return Evidence("exercise/what", outcome, (), tensors, **options)


def said(answer, expected):
    """The judge's sentence, after both have been on their journey; the card can be drawn."""
    mine, want = (Evidence.from_bytes(evidence_of(v).to_bytes()) for v in (answer, expected))
    finding = compare(mine, want)
    assert (finding is None) == agrees(mine, want)
    draw(judge(mine, want), mine, want, Said(None, None, None, None))
    return finding.sentence if finding else None


# ------------------------------------------------------------------------------------------ numpy


@given(hnp.from_dtype(np.dtype("float64")) | hnp.from_dtype(np.dtype("float32")))
def test_a_float_of_numpys_is_a_float(value):
    assert ev.reduce(value) == ev.reduce(float(value))


@given(st.sampled_from([np.int8, np.uint64, np.int64]), st.integers(0, 100))
def test_an_integer_of_numpys_is_an_int(kind, value):
    assert ev.reduce(kind(value)) == ev.reduce(value)


@given(st.booleans())
def test_a_truth_value_of_numpys_is_a_bool(value):
    assert ev.reduce(np.bool_(value)) == ev.reduce(value)


def test_tolerances_hold_for_numpys_floats():
    assert said(np.float64(0.1) + np.float64(0.2), 0.3) is None
    assert said(np.mean([1.0, 2.0]), 1.5) is None
    assert said(np.float64(0.5), 0.3) == "Your answer is 0.5; expected 0.3."
    assert said(np.int64(1), True) == "Your answer is an int (1), but a bool is expected."


arrays = hnp.arrays(
    st.sampled_from(
        ["f2", "f4", "f8", "i1", "i8", "u1", "?", "c8", "c16", "U3", "S2", "M8[D]", "m8[s]"]
    ),
    hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3),
)


@given(arrays)
@settings(max_examples=200, deadline=None)
def test_every_array_survives_the_journey_and_equals_itself(array):
    before = evidence_of(array)
    after = Evidence.from_bytes(before.to_bytes())
    assert after.outcome["kind"] == "array" and after.outcome["shape"] == list(array.shape)
    assert after.outcome == before.outcome
    assert compare(after, before) is None and agrees(after, before)


@given(arrays, st.data())
@settings(max_examples=200, deadline=None)
def test_an_element_that_differs_is_found(array, data):
    if array.size == 0:
        return
    other = array.copy()
    place = data.draw(st.integers(0, array.size - 1))
    kind = array.dtype.kind
    new = {"U": "~", "S": b"~", "M": np.datetime64("2999-01-01"), "m": np.timedelta64(12345, "s")}
    other.reshape(-1)[place] = new.get(kind, not array.reshape(-1)[place] if kind == "b" else 77)
    same = evidence_of(array).outcome == evidence_of(other).outcome
    if not same or kind not in "USMm":
        equal = bool(array.reshape(-1)[place] == other.reshape(-1)[place])
        assert (said(other, array) is None) == equal


def test_arrays_of_text_and_dates_are_spoken_of():
    assert said(np.array(["a", "bcd"]), np.array(["a", "b"])) == ("At [1]: 'bcd', expected 'b'.")
    days = np.array(["2024-01-01", "2024-02-01"], dtype="datetime64[D]")
    assert "2024-01-02" in said(days + np.timedelta64(1, "D"), days)
    assert said(np.array([["a"]]), np.array(["a"])).startswith("Your answer has shape (1, 1)")
    assert said(np.array(["1"]), np.array([1])) == (
        "Your answer has dtype str, but int64 is expected."
    )
    assert said(np.array(2.0), 2.0).endswith("`.item()` takes the number out of an array.")
    assert said(["a"], np.array(["a"])).startswith("Your answer is a list of 1 element")
    assert said(np.array([1, "a", None], dtype=object), np.array([1, "a", 2.0], dtype=object))
    assert said(np.array([1.0 + 1e-9], dtype=object), np.array([1.0], dtype=object)) is None


@pytest.mark.parametrize(
    "outcome",
    [
        {"kind": "array", "dtype": "str", "shape": [2], "data": None, "items": []},
        {"kind": "array", "dtype": "str", "shape": [1], "data": "0", "items": [{"kind": "none"}]},
        {"kind": "tensor", "dtype": "str", "shape": [], "data": None, "items": [{"kind": "none"}]},
        {"kind": "frame", "keys": ["a"], "items": [], "index": None, "rows": 0},
        {"kind": "frame", "keys": ["a"], "items": [{"kind": "none"}], "index": None, "rows": 0},
        {"kind": "frame", "keys": [], "items": [], "index": {"kind": "none"}, "rows": 0},
        {"kind": "frame", "keys": [], "items": [], "index": None, "rows": "2"},
        {"kind": "frame", "keys": [["a"]], "items": [{}], "index": None, "rows": 2},
        {"kind": "series", "item": {"kind": "str", "value": "a"}, "index": None},
        {"kind": "series"},
    ],
)
def test_malformed_tables_are_refused(outcome):
    data = Evidence("exercise/what", outcome, (), {"0": np.zeros(1)}).to_bytes()
    with pytest.raises(EvidenceError):
        Evidence.from_bytes(data)


def test_an_array_recorded_in_another_way_than_the_reference_is_a_finding_and_no_crash():
    forged = {"kind": "array", "dtype": "int64", "shape": [1], "data": None}
    forged["items"] = [{"kind": "int", "value": "1"}]
    want = evidence_of(np.array([1]))
    for pair in ((Evidence(want.name, forged), want), (want, Evidence(want.name, forged))):
        assert compare(*pair) is not None and not agrees(*pair)


def test_reading_evidence_imports_neither_torch_nor_pandas():
    program = (
        "import sys, numpy; from autograder import check, hint, progress, evidence\n"
        "evidence.reduce({'a': numpy.array(['x']), 'b': numpy.float64(1)})\n"
        "check('a/b', lambda x: x, numpy.ones(2))\n"
        "assert not {'torch', 'pandas'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert "AssertionError" not in done.stderr


# ----------------------------------------------------------------------------------------- pandas


@pytest.fixture(scope="module")
def pd():
    return pytest.importorskip("pandas")


@pytest.fixture
def frame(pd):
    return pd.DataFrame(
        {"name": ["ada", "bob", "cy"], "points": [1.5, 2.0, np.nan], "n": [1, 2, 3]}
    )


def test_a_frame_equals_itself_within_tolerance(frame):
    assert said(frame, frame) is None
    close = frame.assign(points=frame["points"] * (1 + 1e-9))
    assert said(close, frame) is None


def test_frames_are_spoken_of_by_their_columns(pd, frame):
    assert said(frame[["name", "n"]], frame) == "Your answer lacks the column 'points'."
    assert said(frame.assign(x=1), frame) == "Your answer has the unexpected column 'x'."
    assert "in the order 'n', 'name', 'points'" in said(frame[["n", "name", "points"]], frame)
    assert said(frame.head(2), frame) == "Your answer has 2 rows; 3 expected."
    wrong = frame.assign(n=[1, 5, 3])
    assert said(wrong, frame).startswith("In “n”: 5 at [1], expected 2.")
    assert said(frame.assign(n=[1.0, 2, 3]), frame) == (
        "In “n”: dtype float64, but int64 is expected. The values are right."
    )
    assert "In “name” at [1]: 'bo', expected 'bob'." in said(
        frame.assign(name=["ada", "bo", "cy"]), frame
    )
    assert said(None, frame) == (
        "Your answer is None, but a DataFrame with columns 'name', 'points', 'n' and 3 rows is "
        "expected. Is a `return` missing?"
    )
    assert said(frame["n"], frame[["n"]]).endswith("`.to_frame()` makes a DataFrame of a Series.")
    assert "a Series of 3 values" in said(frame["n"].to_numpy(), frame["n"])


def test_row_labels_count_where_they_are_not_the_default(pd, frame):
    named = frame.set_index("name")
    assert said(named, named) is None
    assert said(named.reset_index(drop=True), named) == (
        "Your answer is labelled 0, 1, 2, …; "
        "a DataFrame that has row labels of its own is expected."
    )
    assert "In the row labels at [1]: 'bob', expected 'eve'" in said(
        named, named.rename(index={"bob": "eve"})
    )
    assert said(frame.iloc[1:], frame.iloc[1:].reset_index(drop=True)).startswith(
        "Your answer has row labels of its own"
    )
    assert said(frame.set_index(pd.Index([0, 1, 2])), frame) is None
    deep = frame.set_index(["name", "n"])
    assert said(deep, deep) is None
    assert said(deep.swaplevel(), deep) is not None


def test_a_series_counts_by_its_values_and_labels_not_by_its_name(pd, frame):
    assert said(frame["n"].rename("other"), frame["n"]) is None
    assert said(frame["n"] + 1, frame["n"]).startswith("Your answer is 2 at [0]; expected 1.")
    means = frame.groupby("name")["n"].mean()
    assert said(means, means) is None
    assert said(means.reset_index(drop=True), means) is not None
    assert said(frame["n"].sum(), 6) is None  # a numpy.int64


@pytest.mark.parametrize(
    "make",
    [
        lambda pd: pd.DataFrame(),
        lambda pd: pd.DataFrame(index=["a", "b"]),
        lambda pd: pd.DataFrame([[1, 2]], columns=["a", "a"]),
        lambda pd: pd.DataFrame({0: [1], (1, 2): [2]}),
        lambda pd: pd.Series([1, None, 3], dtype="Int64"),
        lambda pd: pd.Series(["a", "b", "a"], dtype="category"),
        lambda pd: pd.Series(["a", None], dtype="string"),
        lambda pd: pd.Series(pd.date_range("2024-01-01", periods=3)),
        lambda pd: pd.Series(pd.date_range("2024-01-01", periods=2, tz="UTC")),
        lambda pd: pd.Series(pd.to_timedelta([1, 2], unit="h")),
        lambda pd: pd.Series([[1], {"a": 2}, object]),
        lambda pd: pd.Series([], dtype=float),
        lambda pd: pd.Index(["x"]),
        lambda pd: pd.array([1, None]),
        lambda pd: {"when": pd.Timestamp("2024-05-06"), "missing": pd.NA, "never": pd.NaT},
        lambda pd: pd.DataFrame({"a": [1, 2], "t": pd.date_range("2024", periods=2)}).describe(),
    ],
)
def test_tables_of_every_kind_survive_the_journey(pd, make):
    assert ev.reduce(make(pd))[0]["kind"] != "object"
    assert said(make(pd), make(pd)) is None


def test_text_and_dates_do_not_depend_on_the_version_of_pandas(pd):
    old = pd.Series(np.array(["a", "b"], dtype=object), dtype=object)
    assert said(old, pd.Series(["a", "b"])) is None
    fine = pd.Series(np.array(["2024-01-01"], dtype="M8[ns]"))
    assert said(fine, pd.Series(np.array(["2024-01-01"], dtype="M8[s]"))) is None


cells = st.integers(-3, 3) | st.floats(-3, 3, width=16)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_a_cell_that_differs_is_found_wherever_it_is(pd, data):
    rows, columns = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 3))
    values = np.arange(rows * columns, dtype=float).reshape(rows, columns)
    table = pd.DataFrame(values, columns=list("abc")[:columns])
    i, j = data.draw(st.integers(0, rows - 1)), data.draw(st.integers(0, columns - 1))
    other = table.copy()
    other.iloc[i, j] += data.draw(st.sampled_from([-1.0, 0.5, np.nan]))
    place = f"In “{'abc'[j]}”: {other.iloc[i, j]:g} at [{i}], expected"
    assert place in said(other, table)
    assert said(table, table) is None


def changed(answer, *args):
    recorded, _ = observe("a/b", answer, args, {}, rtol=1e-4, atol=1e-5, forbid=())
    return recorded.changed


def test_a_table_changed_in_place_is_noticed(pd, frame):
    assert changed(lambda t: t.copy(), frame) == ()
    assert changed(lambda t: t.__setitem__("n", 0), frame.copy()) == ("argument 1",)
    assert changed(lambda t: t.drop(columns="n", inplace=True), frame.copy()) == ("argument 1",)
    assert changed(lambda t: t.sort_values(ascending=False, inplace=True), frame["n"].copy())
    assert changed(lambda t: setattr(t, "name", "x"), frame["n"].copy()) == ("argument 1",)
    assert changed(lambda t: t[0].drop(0, inplace=True), [frame.copy()]) == ("argument 1",)


def test_an_array_of_objects_changed_in_place_is_noticed():
    names = np.array(["a", "b"], dtype=object)
    assert changed(lambda a: a.copy(), names) == ()
    assert changed(lambda a: a.__setitem__(0, "c"), names) == ("argument 1",)
    days = np.array(["2024-01-01", "NaT"], dtype="M8[D]")
    assert changed(lambda a: a.copy(), days) == ()
