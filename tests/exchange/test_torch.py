"""State dicts of real PyTorch in and out: outputs of whole chains, names, shapes, and what is refused.

The numbers are PyTorch's, made by tests/data/make_torch_states.py; where PyTorch is installed it is
asked too.
"""

from types import SimpleNamespace

import numpy as np
import pytest
from nn.stored import Stored

import tinygraph as tg
from tinygraph import nn
from tinygraph.exchange import torch as exchange

STATES = Stored("torch_states.npz")
DTYPES = ("float32", "float64")
CLOSE = {"float32": 1e-6, "float64": 1e-12}


@pytest.fixture(autouse=True)
def _fresh_start():
    nn.clear_session()
    tg.set_seed(20)


def layers_of(kind, config):
    """The layers that one module of PyTorch is."""
    if kind in ("LSTM", "GRU", "RNN"):
        given = {"units": config["hidden_size"], "use_bias": config.get("bias", True)}
        if kind == "RNN":
            given["activation"] = config.get("nonlinearity", "tanh")
        layer_class = getattr(nn, "SimpleRNN" if kind == "RNN" else kind)
        for _ in range(config.get("num_layers", 1)):
            layer = layer_class(**given, return_sequences=True)
            yield nn.Bidirectional(layer) if config.get("bidirectional") else layer
    elif kind == "Linear":
        yield nn.Dense(config["out_features"], use_bias=config.get("bias", True))
    elif kind == "Embedding":
        yield nn.Embedding(config["num_embeddings"], config["embedding_dim"])
    elif kind == "LayerNorm":
        yield nn.LayerNormalization(epsilon=1e-5, center=config.get("bias", True))
    elif kind == "BatchNorm1d":
        yield nn.BatchNormalization(epsilon=1e-5, center=config["affine"], scale=config["affine"])
    else:
        yield nn.Conv1D(
            config["out_channels"],
            config["kernel_size"],
            dilation_rate=config.get("dilation", 1),
            groups=config.get("groups", 1),
            use_bias=config.get("bias", True),
        )


def model_of(case, x, dtype):
    """The chain of a case made of our layers, and the mapping from PyTorch's modules to them."""
    tg.set_floatx(dtype)
    chain, modules = [nn.Input(x.shape[1:], dtype="int64" if x.dtype.kind == "i" else dtype)], {}
    for name, kind, config in case["modules"]:
        made = list(layers_of(kind, config))
        modules[name] = [layer.name for layer in made]
        chain += made
    return nn.Sequential(chain), modules


def given(case, dtype):
    """What PyTorch says of a case: the state dict, x and y."""
    arrays = {n.removeprefix(f"{dtype}/"): a for n, a in STATES.arrays(case).items() if n.startswith(dtype)}
    state = {name[2:]: array for name, array in arrays.items() if name.startswith("p/")}
    return state, arrays["x"], arrays["y"]


CASES = pytest.mark.parametrize("case", STATES.cases, ids=lambda case: case["id"])


@CASES
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_chain_with_the_weights_of_torch_gives_its_outputs(case, dtype):
    state, x, y = given(case, dtype)
    model, _ = model_of(case, x, dtype)
    exchange.load_state_dict(model, state)
    np.testing.assert_allclose(model.predict(x), y, rtol=CLOSE[dtype], atol=CLOSE[dtype])


@CASES
@pytest.mark.parametrize("dtype", DTYPES)
def test_weights_go_back_by_the_names_and_shapes_of_torch(case, dtype):
    state, x, _ = given(case, dtype)
    model, modules = model_of(case, x, dtype)
    exchange.load_state_dict(model, state, modules)
    back = exchange.state_dict(model, modules)
    assert back.keys() == {name for name in state if not name.endswith("num_batches_tracked")}
    for name, array in back.items():
        assert array.dtype == dtype
        assert array.flags.c_contiguous
        start, _, parameter = name.rpartition(".")
        one_bias = (
            start in modules and "bias_" in parameter and (case["id"][:3] != "GRU" and start != "decoder")
        )
        if one_bias and "bias_hh" in parameter:
            assert not array.any()
        elif one_bias:
            np.testing.assert_array_equal(array, state[name] + state[name.replace("_ih_", "_hh_")])
        else:
            np.testing.assert_array_equal(array, state[name])


@CASES
def test_weights_go_to_torch_and_back_bit_for_bit(case):
    _, x, _ = given(case, "float32")
    model, _ = model_of(case, x, "float32")
    rng = np.random.default_rng(1)
    model.set_weights([rng.normal(size=weight.shape) for weight in model.weights])
    other, _ = model_of(case, x, "float32")
    exchange.load_state_dict(other, exchange.state_dict(model))
    for one, two in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)


@CASES
@pytest.mark.parametrize("dtype", DTYPES)
def test_real_torch_takes_the_weights_and_gives_our_outputs(case, dtype):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed: its numbers are those of the file")
    from data.make_torch_states import batch_of, call, chain_of

    kind = getattr(torch, dtype)
    chain, x = chain_of(case["modules"], kind), batch_of(case["modules"], kind)
    model, modules = model_of(case, x.numpy(), dtype)
    exchange.load_state_dict(model, chain.state_dict())
    np.testing.assert_allclose(model.predict(x.numpy()), call(chain, x).numpy(), rtol=0, atol=CLOSE[dtype])
    rng = np.random.default_rng(2)
    model.set_weights([abs(rng.normal(size=weight.shape)) for weight in model.weights])
    arrays = exchange.state_dict(model, modules)
    chain.load_state_dict({name: torch.from_numpy(array) for name, array in arrays.items()})
    y = call(chain, x).numpy()
    np.testing.assert_allclose(model.predict(x.numpy()), y, rtol=10 * CLOSE[dtype], atol=CLOSE[dtype])


def lstm(**options):
    return nn.Sequential([nn.Input((5, 3)), nn.LSTM(4, name="lstm", **options)], name="m")


def lstm_state(**changes):
    shapes = {"weight_ih_l0": (16, 3), "weight_hh_l0": (16, 4), "bias_ih_l0": (16,), "bias_hh_l0": (16,)}
    made = {f"lstm.{name}": np.ones(shape) for name, shape in shapes.items()}
    return {name: array for name, array in (made | changes).items() if array is not None}


REFUSED = {
    "missing": (
        lstm(),
        lstm_state(**{"lstm.weight_hh_l0": None}),
        "lstm.weight_hh_l0 missing. Modules were taken for layers so: lstm for ['lstm']; say with modules=",
    ),
    "left over": (lstm(), lstm_state(**{"lstm.gain": np.ones(4)}), "lstm.gain left over"),
    "shape": (
        lstm(),
        lstm_state(**{"lstm.weight_ih_l0": np.ones((16, 2))}),
        "expected lstm.weight_ih_l0 of shape (16, 3), got (16, 2). Modules were taken for layers so: lstm",
    ),
    "no bias": (
        lstm(use_bias=False),
        lstm_state(),
        "lstm.bias_ih_l0, lstm.bias_hh_l0 left over. Make the layer",
    ),
    "projection": (
        lstm(),
        lstm_state(**{"lstm.weight_hr_l0": np.ones((2, 4))}),
        "No layer here has the projection of proj_size.",
    ),
    "more modules": (
        lstm(),
        lstm_state(**{"fc.weight": np.ones((1, 4))}),
        "Sequential 'm' has weights in lstm; the state dict has the modules lstm, fc. Make them as many",
    ),
    "fewer modules": (
        nn.Sequential([nn.Input((3,)), nn.Dense(2), nn.Dense(2)]),
        {"weight": np.ones((2, 3))},
        "Make",
    ),
    "no numbers": (
        lstm(),
        lstm_state(**{"lstm.bias_ih_l0": ["a"] * 16}),
        "lstm.bias_ih_l0: expected numbers",
    ),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_a_state_dict_that_does_not_fit_is_refused_and_changes_nothing(case):
    model, state, message = case
    before = model.get_weights()
    with pytest.raises(ValueError) as error:  # noqa: PT011  (the message is looked at below)
        exchange.load_state_dict(model, state)
    assert message in str(error.value)
    for one, two in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)


def built(layer, shape=(5, 3)):
    layer.ensure_built(shape)
    return layer


NOT_IN_TORCH = {
    "reset_after": (nn.GRU(2, reset_after=False, name="g"), "GRU 'g': PyTorch has no reset_after False here"),
    "activation": (nn.LSTM(2, activation="relu"), "PyTorch has no activation relu here; it has tanh."),
    "gates": (nn.GRU(2, recurrent_activation="hard_sigmoid"), "no recurrent_activation hard_sigmoid"),
    "simple": (nn.SimpleRNN(2, activation=None), "PyTorch has no activation linear here"),
    "cell": (nn.ConvLSTM1D(2, 2), "PyTorch has no such cell"),
    "attention": (nn.PReLU(), "its weights have no form in PyTorch; there are LSTM, GRU"),
    "rms": (nn.LayerNormalization(rms_scaling=True), "PyTorch has no rms_scaling"),
    "shift alone": (nn.LayerNormalization(scale=False), "give scale and center alike"),
    "scale alone": (nn.BatchNormalization(center=False), "give scale and center alike"),
    "stack": (nn.RNN([nn.LSTMCell(2), nn.GRUCell(2)]), "layers of one kind, size and direction"),
    "two kinds": (
        nn.Bidirectional(nn.LSTM(2), backward_layer=nn.GRU(2, go_backwards=True)),
        "layers of one kind, size and direction",
    ),
    "two ways": (nn.Bidirectional(nn.RNN([nn.LSTMCell(2), nn.LSTMCell(2)])), "PyTorch has no such cell"),
}


@pytest.mark.parametrize("case", NOT_IN_TORCH.values(), ids=NOT_IN_TORCH)
def test_what_torch_does_not_have_is_refused(case):
    layer, message = case
    shape = (5, 4, 3) if isinstance(layer, nn.ConvLSTM1D) else (5, 3)
    for ask in (exchange.state_dict, lambda layer: exchange.load_state_dict(layer, {"weight": [1]})):
        with pytest.raises(ValueError, match=message):
            ask(built(layer, shape))


def test_modules_may_name_the_layers():
    x = nn.Input((5, 3), name="x")
    inner = nn.Sequential(
        [nn.Input((5, 3)), nn.TimeDistributed(nn.Dense(2, name="d"), name="each")], name="inner"
    )
    shared = nn.Dense(4, name="shared")
    y = nn.Concatenate()([shared(inner(x)), shared(inner(x)), nn.Dense(1, name="side")(x)])
    model = nn.Model(x, y, name="m")
    assert [*exchange.state_dict(model)] == [
        *("inner.each.weight", "inner.each.bias", "shared.weight", "shared.bias", "side.weight", "side.bias")
    ]
    modules = {"c": "side", "b": "shared", "a": "inner.each"}
    state = exchange.state_dict(model, modules)
    assert [*state] == ["c.weight", "c.bias", "b.weight", "b.bias", "a.weight", "a.bias"]
    before = model.get_weights()
    model.set_weights([np.zeros(weight.shape) for weight in model.weights])
    exchange.load_state_dict(model, state, modules)
    for one, two in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)
    with pytest.raises(ValueError, match="no layer with weights 'sides'; did you mean 'side'"):
        exchange.state_dict(model, modules | {"c": "sides"})
    with pytest.raises(ValueError, match="layer 'shared' of Model 'm' is in two modules; name it once"):
        exchange.state_dict(model, modules | {"d": "shared"})
    with pytest.raises(ValueError, match=r"inner\.each of Model 'm' is in no module"):
        exchange.state_dict(model, {"c": "side", "b": "shared"})
    for wrong in (["side"], {"c": []}, {"c": 3}, {"c": [3]}, {3: "side"}):
        with pytest.raises(TypeError, match="expected names of layers by names of modules, got"):
            exchange.state_dict(model, wrong)
    with pytest.raises(ValueError, match="only recurrent layers can be one module"):
        exchange.state_dict(model, {"c": ["side", "shared"], "a": "inner.each"})


def test_stacked_cells_and_bare_cells():
    stack = built(nn.RNN([nn.GRUCell(2), nn.GRUCell(2)]))
    assert [*exchange.state_dict(stack)][::4] == ["weight_ih_l0", "weight_ih_l1"]
    names = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"]
    assert [*exchange.state_dict(built(nn.LSTMCell(2), (3,)))] == names


def test_kernels_of_images_and_volumes():
    for layer, shape, there in (
        (nn.Conv2D(5, (2, 3)), (6, 7, 4), (5, 4, 2, 3)),
        (nn.Conv3D(5, 2), (3, 3, 3, 4), None),
    ):
        built(layer, shape)
        state = exchange.state_dict(layer)
        assert there in (None, state["weight"].shape)
        kernel = layer.get_weights()[0]
        layer.set_weights([0 * weight for weight in layer.get_weights()])
        exchange.load_state_dict(layer, state)
        np.testing.assert_array_equal(layer.get_weights()[0], kernel)


def test_tensors_are_taken_off_the_tape_and_the_device():
    class Tensor:
        """What a tensor that is trained, on a device, in bfloat16 lets one do."""

        dtype, steps = "torch.bfloat16", ()

        def step(self, name):
            made = Tensor()
            made.steps = (*self.steps, name)
            return made

        detach, cpu, float = (lambda self, name=name: self.step(name) for name in ("detach", "cpu", "float"))

        def __array__(self, dtype=None, copy=None):
            assert self.steps == ("detach", "cpu", "float")
            return np.array([[2.0, 3.0]], "float32")

    layer = built(nn.Dense(1), (2,))
    exchange.load_state_dict(layer, {"weight": Tensor(), "bias": [1.0]})
    assert layer.get_weights()[0].tolist() == [[2.0], [3.0]]


def test_other_things_than_models_and_state_dicts():
    with pytest.raises(TypeError, match="expected arrays by name, got list"):
        exchange.load_state_dict(lstm(), [1])
    with pytest.raises(TypeError, match="expected a model or a layer, got SimpleNamespace"):
        exchange.state_dict(SimpleNamespace())
    with pytest.raises(ValueError, match="Dense 'd' has no weights yet; give it an input_shape"):
        exchange.state_dict(nn.Dense(1, name="d"))
