"""``predict``: rows of CSV as samples, what the model says of them, and every cell that will not do."""

import io
from pathlib import Path

import numpy as np
import pytest

import tinygraph as tg
from tinygraph import nn
from tinygraph.cli import table
from tinygraph.cli.samples import columns_of

ROWS = np.arange(14.0).reshape(7, 2) / 10
WINDOWS = np.stack([ROWS[k : k + 4] for k in range(4)])


def csv(rows, names=None, delimiter=","):
    lines = [names] if names else []
    return "".join(delimiter.join(map(str, row)) + "\n" for row in [*lines, *rows])


def given(text, name="data.csv"):
    Path(name).write_text(text, encoding="utf-8")
    return name


def read(text):
    """Names and numbers of a CSV text."""
    names, *rows = [line.split(",") for line in text.splitlines()]
    return names, np.array(rows, float)


def says(run, *arguments):
    code, out, err = run("predict", "m.tiny", *arguments)
    assert (code, err) == (0, "")
    names, values = read(out)
    assert names == ["out"]
    return values.astype("float32")


@pytest.mark.parametrize(
    ("text", "options"),
    [
        (csv(ROWS, ["a", "b"]), []),
        (csv(ROWS), []),
        (csv(ROWS, ["2020", "2021"]), ["--header"]),
        ("\ufeff" + csv(ROWS, ["a", "b"]).replace("\n", "\r\n"), ["--columns", "a,b"]),
        (csv(ROWS, ["a", "b"]).replace("\n", "\n\n"), []),
        (csv(ROWS, ["a", "b"], ";"), ["--delimiter", ";"]),
        (csv(ROWS, ["a", "b"], "\t"), ["--delimiter", "tab"]),
        (csv([("day", b, a) for a, b in ROWS], ["when", "b", "a"]), ["--columns", "a, b"]),
        (csv([("day", b, a) for a, b in ROWS], ["when", "b", "a"]), ["--columns", "3,2"]),
        (csv([("day", b, a) for a, b in ROWS]), ["--columns", "3,2", "--no-header"]),
        (csv(ROWS, ["a", "b"]) + "   \n\n", []),
        (csv(ROWS, ["a", "b"], ";").replace(".", ","), ["--delimiter", ";", "--decimal", ","]),
        (csv(ROWS, ['"t, °C"', "b"]), ["--columns", '"t, °C",b']),
        (csv([(a, b, b) for a, b in ROWS], ["a", "b", "b"]), ["--columns", "a,3"]),
    ],
)
def test_rows_are_time_steps_and_windows_slide(run, model, text, options):
    np.testing.assert_array_equal(says(run, given(text), *options), model.predict(WINDOWS))


def test_windows_may_be_apart_or_only_the_last(run, model):
    path = given(csv(ROWS))
    np.testing.assert_array_equal(says(run, path, "--stride", "3"), model.predict(WINDOWS[::3]))
    np.testing.assert_array_equal(says(run, path, "--last"), model.predict(WINDOWS[-1:]))


def test_a_row_may_hold_all_steps(run, model):
    path = given(csv(WINDOWS.reshape(4, 8)))
    np.testing.assert_array_equal(says(run, path), model.predict(WINDOWS))
    np.testing.assert_array_equal(says(run, path, "--last"), model.predict(WINDOWS[-1:]))


def test_stdin_and_a_file_to_write(run, model, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("\ufeff" + csv(ROWS)))
    assert run("predict", "m.tiny", "-", "-o", "out.csv") == (0, "", "")
    monkeypatch.setattr("sys.stdin", io.StringIO("a,b\n1,\n"))
    assert run("predict", "m.tiny", "-")[2].startswith("tinygraph: stdin: line 2, column b: no value")
    names, values = read(Path("out.csv").read_text())
    assert names == ["out"]
    np.testing.assert_array_equal(values.astype("float32"), model.predict(WINDOWS))


def test_columns_that_the_model_was_trained_on_are_found_by_name(run, refused):
    pandas = pytest.importorskip("pandas")
    model = nn.Sequential([nn.Input((2,)), nn.Dense(1, name="out")])
    model.compile("sgd", "mse")
    frame = pandas.DataFrame(ROWS, columns=["a", "b"])
    model.fit(frame, np.ones(7), verbose=0)
    model.save("m.tiny")
    path = given(csv([("day", b, a) for a, b in ROWS], ["when", "b", "a"]))
    np.testing.assert_array_equal(says(run, path), model.predict(ROWS))
    np.testing.assert_array_equal(says(run, given(csv(ROWS))), model.predict(ROWS))
    wrong = given(csv(ROWS, ["a", "c"]))
    assert (
        refused("predict", "m.tiny", wrong) == "data.csv: there is no column 'b'; there are 2 columns: a, c."
    )


def test_several_inputs_outputs_and_ids(run, refused):
    ids, series = nn.Input((3,), name="ids", dtype="int64"), nn.Input((4, 2), name="series")
    words = nn.Flatten()(nn.Embedding(5, 2)(ids))
    steps = nn.LSTM(2, return_sequences=True)(series)
    both = nn.Concatenate()([words, nn.Flatten()(steps)])
    model = nn.Model([ids, series], {"p": nn.Dense(1)(both), "q": steps})
    model.save("m.tiny")
    rows = [[0, 1, 2], [4, 3, 2], [1, 1, 1], [0, 0, 4]]
    given(csv(rows, ["first", "second", "third"]), "ids.csv")
    given(csv(ROWS), "series.csv")
    code, out, err = run("predict", "m.tiny", "ids.csv", "series.csv")
    assert (code, err) == (0, "")
    names, values = read(out)
    assert names == ["p", *(f"q_{t}_{k}" for t in range(4) for k in range(2))]
    expected = model.predict([np.array(rows), WINDOWS])
    np.testing.assert_array_equal(values[:, :1].astype("float32"), expected["p"])
    np.testing.assert_array_equal(values[:, 1:].astype("float32"), expected["q"].reshape(4, 8))
    again = run("predict", "m.tiny", "ids.csv", "series.csv", "--columns", "1,2,third", "--columns", "1,2")
    assert again == (code, out, err)
    assert refused("predict", "m.tiny", "ids.csv") == (
        "m.tiny: expected a CSV file for each input, in the order ids, series; got 1."
    )
    assert refused("predict", "m.tiny", "ids.csv", "series.csv", "--columns", "1") == (
        "--columns: expected one for each of 2 CSV files, got 1."
    )
    assert "expected ids from 0 to 4" in refused(
        "predict", "m.tiny", given(csv([[9, 1, 1]] * 4)), "series.csv"
    )
    said = refused("predict", "m.tiny", given(csv(rows[:2])), "series.csv")
    assert said == "expected as many samples everywhere, but x['ids'] has 2, x['series'] has 4."
    assert "got 1.5 at index (0, 0)" in refused(
        "predict", "m.tiny", given(csv([[1.5, 1, 1]] * 4)), "series.csv"
    )


def test_float64_is_written_in_full(run):
    tg.set_floatx("float64")
    model = nn.Sequential([nn.Input((2,)), nn.Dense(1, name="out")])
    model.save("m.tiny")
    out = run("predict", "m.tiny", given(csv(ROWS)))[1]
    np.testing.assert_array_equal(read(out)[1], model.predict(ROWS))


def test_columns_are_named_by_what_they_are():
    shapes = {"a": (2,), "b": (2, 1), "c": (2, 3), "d": (2, 3, 1), "e": (2, 1, 1)}
    names = columns_of({name: np.zeros(shape) for name, shape in shapes.items()})
    assert [*names] == ["a", "b", "c_0", "c_1", "c_2", "d_0", "d_1", "d_2", "e"]


WRONG = {
    "empty": ("", [], "data.csv: expected rows of numbers, got none."),
    "header alone": ("a,b\n", [], "data.csv: expected rows of numbers, got none."),
    "missing": (
        "a,b\n1,2\n3,\n",
        [],
        "data.csv: line 3, column b: no value; fill it, or leave the row out.",
    ),
    "not a number": ("a,b\n1,NaN\n", [], "data.csv: line 2, column b: no value; fill it"),
    "all missing": ("NA,NA\n1,2\n", [], "data.csv: line 1, column 1: no value; fill it"),
    "text": (
        "1,2\n3,x\n",
        [],
        "data.csv: line 2, column 2: expected a number, got 'x'; choose columns with --columns, and say",
    ),
    "infinite": ("1,inf\n", [], "data.csv: line 1, column 2: expected a number, got 'inf'"),
    "mixed header": ("day,1\n3,4\n", [], "data.csv: line 1, column 1: expected a number, got 'day'"),
    "ragged": (
        "a,b\n1,2\n1,2,3\n",
        [],
        "data.csv: line 3 has 3 columns, the first one 2; make them as many, or say",
    ),
    "columns": (
        "a,b,c\n1,2,3\n",
        [],
        "data.csv: input 'x' of shape (4, 2) needs 2 columns (a row for each time step) or 8 columns (a row "
        "for each sample), got 3 columns: a, b, c. Choose with --columns, or say with --delimiter what "
        "separates columns.",
    ),
    "other delimiter": ("1;2\n3;4\n", [], "got 1 column: 1;2. Choose with --columns, or say"),
    "few rows": ("1,2\n3,4\n", [], "data.csv: input 'x' takes windows of 4 rows, got only 2."),
    "no such column": (
        "a,b\n1,2\n",
        ["--columns", "a,z"],
        "there is no column 'z'; there are 2 columns: a, b.",
    ),
    "no such number": ("1,2\n", ["--columns", "0,1"], "no column '0'; there are 2 columns, without names."),
    "useless stride": ("1,2,3,4,5,6,7,8\n", ["--stride", "2"], "data.csv: --stride is for windows of rows"),
    "stride": ("1,2\n", ["--stride", "0"], "--stride: expected a whole number of at least 1, got 0."),
    "delimiter": ("1,2\n", ["--delimiter", ",,"], "--delimiter: expected one character, or tab, got ',,'."),
    "end of line": ("1,2\n", ["--delimiter", "\n"], "--delimiter: expected one character, or tab, got"),
    "comma for both": ("1,2\n", ["--decimal", ","], "--decimal: ',' separates columns already; say"),
    "decimal comma": (
        "1,5;2\n",
        ["--delimiter", ";"],
        "got '1,5'; choose columns with --columns, and say "
        "--header if this is one, --delimiter if something else separates columns, or --decimal , if",
    ),
    "both marks": ("1.234,5;2\n", ["--delimiter", ";", "--decimal", ","], "expected a number, got '1.234,5'"),
    "columns of one name": ("a,b,b\n1,2,3\n", ["--columns", "a,b"], "several columns 'b'; choose one by its"),
    "quotes": ('1,"' + "2" * 140_000 + '"\n', [], "data.csv: no CSV: field larger than field limit"),
}


@pytest.mark.parametrize("case", WRONG.values(), ids=WRONG)
def test_what_is_refused(refused, model, case):
    text, options, message = case
    assert message in refused("predict", "m.tiny", given(text), *options)


def test_files_that_are_no_text(refused, model):
    Path("data.csv").write_bytes(b"1,\xff\n")
    assert refused("predict", "m.tiny", "data.csv").endswith("; save it as CSV UTF-8.")
    assert refused("predict", "m.tiny", "nothing.csv") == "nothing.csv: No such file or directory"


def test_numbers_of_one_feature_need_a_row_for_each_sample(refused):
    nn.Sequential([nn.Input((3,), name="x"), nn.Dense(1)]).save("m.tiny")
    said = refused("predict", "m.tiny", given("1\n2\n3\n"))
    assert said == (
        "data.csv: input 'x' of shape (3,) needs 3 columns (a row for each sample), got 1 column, without "
        "names. Choose with --columns, or say with --delimiter what separates columns."
    )


def test_the_line_of_a_cell_counts_those_in_quotes():
    path = given('a,b\n"1",2\n\n3,"x\ny"\n')
    with pytest.raises(ValueError, match="line 5, column b"):
        table.read(path).numbers()
