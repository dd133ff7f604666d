"""summary: a table of the layers that says where the parameters come from."""

import io
import sys

import pytest

from tinygraph.nn import LSTM, Add, Dense, Input, Model, Sequential
from tinygraph.nn.summary import in_bytes, summary
from tinygraph.plan import plan


def lines_of(model):
    """The lines of a summary by their first word, without the rails before it."""
    lines = (line.lstrip("*|+- ") for line in summary(model).splitlines())
    return {line.split()[0]: line for line in lines if line}


def test_golden_of_an_lstm():
    model = Sequential(
        [Input((10, 32), name="series"), LSTM(64, name="enc"), Dense(10, name="out")], name="net"
    )
    *table, totals, _ = summary(model).splitlines()
    assert table == [
        "Sequential 'net'",
        "-----------------------------------------------------------------",
        "Layer (type)    Output shape     Parameters  Trainable",
        "-----------------------------------------------------------------",
        "series (Input)  (batch, 10, 32)",
        "enc (LSTM)      (batch, 64)          24,832  yes",
        "  kernel 32 x 256 + recurrent_kernel 64 x 256 + bias 256 = 24,832",
        "out (Dense)     (batch, 10)             650  yes",
        "  kernel 64 x 10 + bias 10 = 650",
        "-----------------------------------------------------------------",
    ]
    assert totals == "Parameters: 25,482, of which 25,482 trainable and 0 not; 101.9 KB."


def test_golden_of_a_skip_connection():
    x = Input((3,), name="x")
    first = Dense(3, name="first")(x)
    added = Add(name="add")([first, Dense(3, name="second")(first)])
    *table, _, _ = summary(Model(x, Dense(1, name="out")(added), name="net")).splitlines()
    assert table == [
        "Model 'net'",
        "----------------------------------------------------------------------",
        "    Layer (type)    Output shape  Parameters  Trainable  Connected to",
        "----------------------------------------------------------------------",
        "*   x (Input)       (batch, 3)",
        "*   first (Dense)   (batch, 3)            12  yes        x",
        "|     kernel 3 x 3 + bias 3 = 12",
        "+-* second (Dense)  (batch, 3)            12  yes        first",
        "| |   kernel 3 x 3 + bias 3 = 12",
        "*-+ add (Add)       (batch, 3)                           first, second",
        "*   out (Dense)     (batch, 1)             4  yes        add",
        "      kernel 3 x 1 + bias 1 = 4",
        "----------------------------------------------------------------------",
    ]


def test_the_numbers_of_the_graph_are_the_plans():
    model = Sequential([LSTM(4, input_shape=(3, 2))])
    graph = model.trace(7)
    planned = plan(graph)
    operations = sum(bool(node.inputs) for node in graph.nodes)
    assert summary(model, batch=7).splitlines()[-1] == (
        f"Graph for a batch of 7: {operations} operations, {planned.calls} kernel calls, "
        f"{in_bytes(planned.arena)} of buffers."
    )


def test_a_frozen_layer_is_not_trained():
    model = Sequential([Dense(2, input_shape=(3,), name="out", trainable=False)])
    assert lines_of(model)["out"].endswith("no")
    assert "8, of which 0 trainable and 8 not" in summary(model)


def test_a_frozen_model_and_a_nested_one_that_is_trained_in_part():
    inner = Sequential([Input((3,)), Dense(3), Dense(2, trainable=False)], name="inner")
    model = Sequential([Input((3,)), inner, Dense(1, name="out")])
    lines = lines_of(model)
    assert lines["inner"].split()[-1] == "partly"
    assert lines["inner"].split()[1] == "(Sequential)"
    assert lines["out"].split()[-1] == "yes"
    model.trainable = False
    assert {line.split()[-1] for name, line in lines_of(model).items() if name in ("inner", "out")} == {"no"}


def test_a_model_that_branches_says_what_is_connected_to_what():
    left, right = Input((3,), name="left"), Input((3,), name="right")
    shared = Dense(3, name="shared")
    lines = lines_of(Model([left, right], Add(name="both")([shared(left), shared(right)])))
    assert lines["shared"].split()[-2:] == ["yes", "left"]
    assert lines["shared:1"].split()[-2:] == ["shared", "right"]
    assert lines["both"].endswith("shared, shared:1")
    assert "Connected to" in lines["Layer"]


def test_a_chain_does_not_say_what_is_connected_to_what():
    assert "Connected to" not in summary(Sequential([Dense(2, input_shape=(3,)), Dense(1)]))


def test_widths_follow_the_content_and_a_long_formula_goes_on_below():
    inner = Sequential([Input((3,)), *(Dense(3) for _ in range(9))], name="deep")
    text = summary(Sequential([Input((3,)), inner, Dense(1, name="a_name_that_is_not_short_at_all")]))
    table = text.splitlines()[:-2]
    assert max(map(len, table)) == len(table[1]) <= 100
    starts = {line.index("(batch") for line in table if "(batch" in line}
    assert starts == {len("a_name_that_is_not_short_at_all (Dense)  ")}


def test_a_name_that_cannot_be_seen_is_written_out():
    text = summary(Sequential([Input((3,), name="a\nb"), Dense(2, name="c\x1b[31m")]))
    assert "a\\nb (Input)" in text
    assert "c\\x1b[31m (Dense)" in text


def test_a_model_that_is_not_built_says_how(capsys):
    Sequential([LSTM(2, name="enc"), Dense(2, name="out")], name="net").summary()
    assert capsys.readouterr().out.splitlines() == [
        "Sequential 'net' is not built, so its shapes and parameters are not known yet.",
        "Layers: enc (LSTM), out (Dense)",
        "Give the first layer input_shape=(time, features), or call build((time, features)); "
        "fit builds it too.",
    ]
    assert summary(Sequential(name="net")) == "Sequential 'net' has no layers: add one."


@pytest.mark.parametrize(
    ("size", "text"), [(12, "12 bytes"), (1500, "1.5 KB"), (2.5e6, "2.5 MB"), (3e9, "3.0 GB")]
)
def test_bytes_are_written_as_people_read_them(size, text):
    assert in_bytes(size) == text


def test_a_terminal_without_the_characters_gets_others(monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(), encoding="cp1252")
    monkeypatch.setattr(sys, "stdout", stream)
    Sequential([Dense(2, input_shape=(3,))]).summary()
    stream.flush()
    assert b"Dense" in stream.buffer.getvalue()
