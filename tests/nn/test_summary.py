"""summary: a table of the layers that says where the parameters come from."""

import pytest

from tinygraph.nn import LSTM, Add, Dense, Input, Model, Sequential
from tinygraph.nn.summary import in_bytes, summary
from tinygraph.plan import plan


def test_lstm_says_how_its_parameters_come_about():
    text = summary(Sequential([LSTM(64, input_shape=(10, 32), name="enc"), Dense(10, name="out")]))
    row = next(line for line in text.splitlines() if line.startswith("enc"))
    assert "(batch, 64)" in row
    assert "kernel 32 x 256 + recurrent_kernel 64 x 256 + bias 256 = 24,832" in row
    assert "25,482 parameters (101.9 KB), 25,482 of them trained" in text


def test_the_numbers_of_the_unrolled_graph_are_the_plans():
    model = Sequential([LSTM(4, input_shape=(3, 2))])
    planned = plan(model.trace(7))
    assert f"{len(planned.schedule)} nodes, {planned.calls} kernel calls" in summary(model, batch=7)


def test_a_frozen_layer_is_not_trained():
    text = summary(Sequential([Dense(2, input_shape=(3,), name="out", trainable=False)]))
    assert text.splitlines()[4].endswith("no")
    assert "8 parameters (32 bytes), 0 of them trained" in text


def test_a_model_that_branches_says_what_is_connected_to_what():
    left, right = Input((3,), name="left"), Input((3,), name="right")
    shared = Dense(3, name="shared")
    text = summary(Model([left, right], Add(name="both")([shared(left), shared(right)])))
    lines = {line.split()[0]: line for line in text.splitlines() if line and line[0] != "─"}
    assert lines["shared"].endswith("left and right")
    assert lines["both"].endswith("shared, shared")
    assert "(Input)" in lines["left"]


def test_a_model_that_is_not_built_says_how(capsys):
    Sequential([Dense(2)]).summary()
    assert "not built yet: call build(shape), or fit it" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("size", "text"), [(12, "12 bytes"), (1500, "1.5 KB"), (2.5e6, "2.5 MB"), (3e9, "3.0 GB")]
)
def test_bytes_are_written_as_people_read_them(size, text):
    assert in_bytes(size) == text
