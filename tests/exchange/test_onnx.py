"""`model.export` to ONNX: whole models, their inputs and outputs, open sizes, and what is refused."""

import builtins
from pathlib import Path

import numpy as np
import onnx
import pytest
from exchange.ran import difference, kinds, predicted, run

import tinygraph as tg
from tinygraph import nn
from tinygraph.exchange.onnx import export as module
from tinygraph.exchange.onnx.export import model_proto

LIMIT = 1e-5


def drawn(*shape, seed=1):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def dims(value):
    """The declared sizes of an input or output."""
    return [d.dim_param or d.dim_value for d in value.type.tensor_type.shape.dim]


def worst(model, arrays):
    return difference(run(model_proto(model), arrays), predicted(model, arrays))


def small():
    return nn.Sequential([nn.LSTM(4, input_shape=(6, 3)), nn.Dense(2)], name="small")


def test_the_file_says_what_made_it(tmp_path):
    small().export(tmp_path / "m.onnx")
    proto = onnx.load(tmp_path / "m.onnx")
    onnx.checker.check_model(proto, full_check=True)
    assert (proto.producer_name, proto.producer_version) == ("tinygraph", tg.__version__)
    assert (proto.graph.name, proto.ir_version, proto.opset_import[0].version) == ("small", 8, 17)
    assert [n.op_type for n in proto.graph.node] == ["Transpose", "LSTM", "Gather", "MatMul", "Add"]
    assert [path.name for path in tmp_path.iterdir()] == ["m.onnx"]


def test_sizes_of_batch_and_time_are_open():
    proto = model_proto(nn.Sequential([nn.GRU(4, return_sequences=True, input_shape=(6, 3))]))
    assert (dims(proto.graph.input[0]), dims(proto.graph.output[0])) == (
        ["batch", "time", 3],
        ["batch", "time", 4],
    )


def test_time_is_a_number_where_a_layer_was_made_for_it():
    model = nn.Sequential([nn.LSTM(4, return_sequences=True, input_shape=(6, 3)), nn.Flatten(), nn.Dense(1)])
    assert dims(model_proto(model).graph.input[0]) == ["batch", 6, 3]
    assert worst(model, [drawn(4, 6, 3)]) < LIMIT


def test_a_batch_size_of_the_input_is_kept():
    x = nn.Input((6, 3), batch_size=4)
    model = nn.Model(x, nn.LSTM(2)(x))
    assert dims(model_proto(model).graph.input[0]) == [4, "time", 3]
    assert worst(model, [drawn(4, 6, 3)]) < LIMIT


def test_series_of_different_lengths_each_have_an_open_time():
    a, b = nn.Input((6, 3), name="a"), nn.Input((4, 3), name="b")
    model = nn.Model([a, b], nn.Attention()([a, b]))
    proto = model_proto(model)
    assert [dims(each) for each in proto.graph.input] == [["batch", "time_a", 3], ["batch", "time_b", 3]]
    other = [drawn(2, 9, 3), drawn(2, 5, 3)]
    a, b = nn.Input((9, 3)), nn.Input((5, 3))
    assert difference(run(proto, other), predicted(nn.Model([a, b], nn.Attention()([a, b])), other)) < LIMIT


def test_only_axes_that_may_be_time_are_open():
    for shape, sizes in (((5,), [5]), ((4, 5, 2), [4, 5, 2]), ((4, 5), ["time", 5])):
        model = nn.Sequential([nn.Activation("tanh", input_shape=shape)])
        assert dims(model_proto(model).graph.output[0]) == ["batch", *sizes]


def last(x):
    return x[:, -1]


def first_half(x):
    return x[:, : x.shape[1] // 2]


def by_length(x):
    a = tg.tanh(x)
    b = tg.tanh(a)
    return a - b if x.shape[1] == 6 else b - a


def test_the_last_step_is_that_of_any_length():
    x = nn.Input((6, 4))
    proto = model_proto(nn.Model(x, nn.Lambda(last)(x)))
    for length in (1, 6, 9):
        assert difference(run(proto, [array := drawn(2, length, 4)]), [array[:, -1]]) == 0.0


def middle(x):
    return x[:, x.shape[1] // 2]


def one_more(x):
    size, length, width = x.shape
    return tg.concat([x, x[:, :1]], axis=1) + tg.ones((size, length + 1, width))


@pytest.mark.parametrize("function", [first_half, by_length, middle, one_more])
def test_time_is_a_number_where_what_is_computed_depends_on_it(function):
    x = nn.Input((6, 4))
    model = nn.Model(x, nn.Lambda(function)(x))
    assert dims(model_proto(model).graph.input[0]) == ["batch", 6, 4]
    assert worst(model, [drawn(3, 6, 4)]) < LIMIT


def test_a_size_that_is_no_multiple_of_an_open_one_is_not_declared():
    how = {"kernel_initializer": "ones", "bias_initializer": "ones"}
    model, other = (nn.Sequential([nn.Conv1D(2, 3, input_shape=(size, 4), **how)]) for size in (6, 9))
    proto = model_proto(model)
    assert dims(proto.graph.output[0]) == ["batch", 0, 2]
    assert difference(run(proto, [drawn(2, 9, 4)]), predicted(other, [drawn(2, 9, 4)])) < LIMIT


def test_orders_of_axes_in_a_row_are_one():
    model = nn.Sequential([nn.Permute((2, 3, 1), input_shape=(2, 3, 4)), nn.Permute((1, 3, 2))])
    assert kinds(model) == ["Transpose"]
    assert worst(model, [drawn(3, 2, 3, 4)]) == 0.0


@pytest.mark.parametrize(
    "layer", [nn.Conv2D(2, (2, 5), padding="same"), nn.AveragePooling2D((2, 5), 1, "same")]
)
def test_padding_stands_where_it_stands_here(layer):
    model = nn.Sequential([nn.Input((5, 6, 3)), layer])
    assert worst(model, [drawn(3, 5, 6, 3)]) < LIMIT


def test_encoder_and_decoder_with_states_attention_and_a_shared_layer():
    source, target = (
        nn.Input((7,), dtype="int64", name="source"),
        nn.Input((5,), dtype="int64", name="target"),
    )
    embedding = nn.Embedding(9, 4, mask_zero=True)
    encoded, h, c = nn.LSTM(6, return_sequences=True, return_state=True)(embedding(source))
    decoded = nn.LSTM(6, return_sequences=True)(embedding(target), initial_state=[h, c])
    attended = nn.Attention()([decoded, encoded])
    out = nn.Dense(9, activation="softmax", name="words")(nn.Concatenate()([decoded, attended]))
    model = nn.Model([source, target], {"words": out, "state": c})
    rng = np.random.default_rng(0)
    arrays = [rng.integers(0, 9, (3, 7)), rng.integers(0, 9, (3, 5))]
    proto = model_proto(model)
    assert worst(model, arrays) < LIMIT
    assert [each.name for each in proto.graph.input] == ["source", "target"]
    assert [each.name for each in proto.graph.output] == ["words", "state"]
    assert sum(each.name.startswith(embedding.name + "/embeddings") for each in proto.graph.initializer) == 1
    assert kinds(model).count("LSTM") == 2


def test_a_layer_used_twice_has_its_weights_once():
    a, b, lstm = nn.Input((6, 3)), nn.Input((6, 3)), nn.LSTM(4)
    model = nn.Model([a, b], nn.Subtract()([lstm(a), lstm(b)]))
    names = [each.name for each in model_proto(model).graph.initializer]
    assert kinds(model).count("LSTM") == 2
    assert sum("/W" in name for name in names) == 1
    assert worst(model, [drawn(4, 6, 3), drawn(4, 6, 3, seed=2)]) < LIMIT


def test_models_in_models():
    inner = nn.Sequential([nn.Dense(4, "tanh", input_shape=(6, 3)), nn.GRU(3, return_sequences=True)])
    x = nn.Input((6, 3))
    model = nn.Model(x, nn.LSTM(2)(nn.Add()([inner(x), inner(nn.Dense(3)(x))])))
    assert kinds(model).count("GRU") == 2
    assert worst(model, [drawn(4, 6, 3)]) < LIMIT


def test_an_output_may_be_an_input_or_stand_twice():
    x = nn.Input((3,), name="x")
    y = nn.Dense(2, name="y")(x)
    model = nn.Model(x, {"x": nn.Activation("linear")(x), "one": y, "two": nn.Activation("linear")(y)})
    proto = model_proto(model)
    assert len({each.name for each in [*proto.graph.input, *proto.graph.output]}) == 4
    assert worst(model, [drawn(4, 3)]) < LIMIT


def test_rows_that_are_merged_and_parted_again_ask_for_the_sizes():
    def rows(x):
        return tg.reshape(tg.tanh(tg.reshape(x, (-1, x.shape[2]))), x.shape)

    def halves(x):
        return tg.reshape(tg.tanh(tg.reshape(x, (-1, 4))), (x.shape[0], x.shape[1] * 2, 2))

    def twice(x):
        return tg.reshape(x, (x.shape[0], x.shape[1] * 2, 2))

    open_ = ["batch", "2*time", 2]
    for function, shape in ((rows, ["batch", "time", 4]), (halves, open_), (twice, open_)):
        x = nn.Input((6, 4))
        model = nn.Model(x, nn.Lambda(function)(x))
        proto = model_proto(model)
        assert dims(proto.graph.output[0]) == shape
        for size, length in ((1, 6), (3, 2)):
            array = drawn(size, length, 4)
            wanted = tg.compile(function(tg.constant(array)))()
            assert difference(run(proto, [array]), [wanted]) < LIMIT


def test_trained_normalization_and_dropout_predict_as_they_do_here():
    layers = [nn.LSTM(8, dropout=0.5, recurrent_dropout=0.2, return_sequences=True, input_shape=(5, 2))]
    layers += [nn.BatchNormalization(), nn.Dropout(0.5), nn.GaussianNoise(0.1), nn.LayerNormalization()]
    model = nn.Sequential([*layers, nn.GlobalAveragePooling1D(), nn.Dense(1)])
    model.compile("adam", "mse")
    model.fit(drawn(32, 5, 2), drawn(32, 1), epochs=2, verbose=0)
    assert worst(model, [drawn(4, 5, 2)]) < LIMIT


def test_a_layer_of_ones_own_is_written_operation_by_operation():
    class Scale(nn.Layer):
        def build(self, shape):
            self.scale = self.add_weight("scale", shape[-1:], "ones")

        def call(self, x, training):
            return tg.sin(x) * self.scale + tg.cumsum(x, axis=1)

    class Peephole(nn.LSTM):
        def call(self, x, **given):
            return 2.0 * super().call(x, **given)

    model = nn.Sequential([Scale(input_shape=(5, 3)), Peephole(3)])
    assert "LSTM" not in kinds(model)
    assert worst(model, [drawn(4, 5, 3)]) < LIMIT


def test_two_exports_are_one_file():
    model = small()
    assert model_proto(model).SerializeToString() == model_proto(model).SerializeToString()


def refused(model, *words):
    with pytest.raises(ValueError, match="export") as caught:
        model_proto(model)
    for word in words:
        assert word in str(caught.value)


def test_stateful_layers_are_refused():
    model = nn.Sequential([nn.LSTM(2, stateful=True, batch_input_shape=(4, 6, 3), name="memory")])
    refused(model, "LSTM 'memory' is stateful", "stateful=False", "initial_state")


def test_a_layer_that_keeps_something_is_refused():
    class Count(nn.Layer):
        def build(self, shape):
            self.total = self.add_weight("total", (), "zeros", trainable=False)

        def call(self, x, training):
            from tinygraph.nn.tracing import current_trace

            current_trace().updates[self.total] = self.total + 1.0
            return x + self.total

    refused(nn.Sequential([Count(input_shape=(3,), name="count")]), "count/total", "from run to run")


def test_random_numbers_are_refused():
    step = tg.counter("step")
    noise = nn.Lambda(lambda x: x + tg.uniform(step, (3,), 1), name="noise")
    refused(nn.Sequential([nn.Dense(3, input_shape=(3,)), noise]), "noise", "uniform")


def test_one_more_than_the_batch_is_refused():
    x = nn.Input((3,))
    model = nn.Model(x, nn.Lambda(lambda x: x + tg.sum(tg.ones((x.shape[0] + 1, 3)), axis=0))(x))
    refused(model, "Give its Input a batch_size")


def test_arrays_are_written_with_the_graph():
    model = nn.Sequential([nn.Lambda(lambda x: x * np.arange(4.0), input_shape=(6, 4))])
    assert worst(model, [drawn(2, 6, 4)]) < LIMIT


def test_what_depends_on_the_batch_needs_one():
    def mixed(x):
        return x * float(len(x))

    x = nn.Input((3,))
    refused(nn.Model(x, nn.Lambda(mixed)(x)), "depends on the size of the batch", "batch_size")
    x = nn.Input((3,), batch_size=4)
    assert worst(nn.Model(x, nn.Lambda(mixed)(x)), [drawn(4, 3)]) < LIMIT


def test_a_model_without_shapes_is_refused():
    with pytest.raises(ValueError, match="not known yet"):
        model_proto(nn.Sequential([nn.Dense(2)]))


def test_more_than_a_file_holds_is_refused(monkeypatch):
    monkeypatch.setattr(module, "LARGEST", 100)
    refused(small(), "one ONNX file holds 2 GiB")


def test_formats_go_by_the_ending_or_by_name(tmp_path, capsys):
    small().export(tmp_path / "graph.ONNX")
    small().export(str(tmp_path / "graph.bin"), format="onnx", verbose=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["graph.ONNX", "graph.bin"]
    assert "graph.bin" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"filepath": "m.onx"}, ValueError, "a name that ends in .onnx or .gguf"),
        ({"filepath": "m"}, ValueError, "or a format, got 'm'"),
        ({"filepath": "m.onnx", "format": "tf_saved_model"}, ValueError, "format 'tf_saved_model'"),
        ({"filepath": "m.onnx", "opset_version": 18}, TypeError, "opset_version"),
        ({"filepath": 3}, ValueError, "must be the name of a file, got 3"),
    ],
)
def test_wrong_arguments_are_refused(given, error, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=words):
        small().export(**given)
    assert not list(tmp_path.iterdir())


def test_without_onnx_it_says_what_to_install(monkeypatch, tmp_path):
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name.split(".")[0] == "onnx":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImportError, match=r"pip install 'tinygraph\[onnx\]'"):
        small().export(tmp_path / "m.onnx")
    assert not list(Path(tmp_path).iterdir())
