"""Losses: the numbers of Keras, reductions, weights, masks, and what is refused."""

import json
from pathlib import Path

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.nn import DataError, Dense, Sequential, losses, registry, signatures

FILE = np.load(Path(__file__).parents[1] / "data" / "keras_losses.npz")
CASES = [case for case in json.loads(str(FILE["cases"])) if case["kind"] == "loss"]
CLASSES = sorted(set(registry.KINDS["loss"].values()), key=lambda cls: cls.__name__)
CLASSES.remove(losses.LossFunctionWrapper)


def arrays_of(case):
    """The arrays of a case by name."""
    start = case["id"] + "/"
    return {name.removeprefix(start): FILE[name] for name in FILE.files if name.startswith(start)}


def evaluate(loss, **arrays):
    """The value of a loss of y_true, y_pred and more, and its gradient by y_pred."""
    nodes = {name: tg.input(name, array.shape, dtype=array.dtype) for name, array in arrays.items()}
    value = loss(**nodes)
    (gradient,) = tg.gradients(tg.sum(value), [nodes["y_pred"]])
    return tg.compile([value, gradient])(**arrays)


def value_of(loss, **arrays):
    return evaluate(loss, **{name: np.asarray(array) for name, array in arrays.items()})[0]


def test_there_are_cases():
    assert len(CASES) > 130


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_equals_keras(case):
    arrays = arrays_of(case)
    expected = {name: arrays.pop(name) for name in ("value", "values", "dy_pred")}
    config = {"class_name": case["class_name"], "config": case["config"]}
    value, gradient = evaluate(losses.get(config), **arrays)
    np.testing.assert_allclose(value, expected["value"], rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(gradient, expected["dy_pred"], rtol=1e-10, atol=1e-10)
    config["config"] = case["config"] | {"reduction": "none"}
    values, _ = evaluate(losses.get(config), **arrays)
    # Weights (6, 1) of losses (6,) give (6, 1) in Keras; here values keep the shape of the losses.
    np.testing.assert_allclose(values, expected["values"].reshape(values.shape), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_every_loss_comes_back_from_its_config(cls):
    arguments = {"reduction": "sum", "name": "mine"}
    for name, value in (
        ("delta", 0.5),
        ("from_logits", True),
        ("label_smoothing", 0.1),
        ("axis", 1),
        ("ignore_class", 1),
    ):
        if name in signatures.argument_names(cls):
            arguments[name] = value
    assert registry.deserialize(registry.serialize(cls(**arguments))).get_config() == arguments


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_every_loss_has_a_slope_of_floats_of_its_own_type(cls):
    """The gradient is the change of the loss, in float64; in float32 both stay float32."""
    y_pred = np.random.default_rng(3).uniform(0.1, 0.9, (4, 3))
    y_true = np.array([0, 2, 1, 1]) if cls.target_kind == "classes" else 0.1 + 0.7 * np.eye(3)[[0, 2, 1, 1]]
    loss, gradient = evaluate(cls(), y_true=y_true, y_pred=y_pred)
    for index in np.ndindex(y_pred.shape):
        near = y_pred.copy()
        near[index] += 1e-6
        far = y_pred.copy()
        far[index] -= 1e-6
        slope = (
            value_of(cls(), y_true=y_true, y_pred=near) - value_of(cls(), y_true=y_true, y_pred=far)
        ) / 2e-6
        assert gradient[index] == pytest.approx(slope, abs=1e-7)
    narrow = evaluate(cls(), y_true=y_true, y_pred=y_pred.astype("float32"))
    assert [array.dtype.name for array in narrow] == ["float32", "float32"]
    assert narrow[0] == pytest.approx(loss, rel=1e-4)


NAMES = [
    ("mse", losses.MeanSquaredError),
    ("mean_squared_error", losses.MeanSquaredError),
    ("MAE", losses.MeanAbsoluteError),
    ("bce", losses.BinaryCrossentropy),
    ("kld", losses.KLDivergence),
    ("kl_divergence", losses.KLDivergence),
    ("log_cosh", losses.LogCosh),
    ("sparse_categorical_crossentropy", losses.SparseCategoricalCrossentropy),
    (losses.Huber, losses.Huber),
]


@pytest.mark.parametrize(("name", "cls"), NAMES)
def test_names(name, cls):
    assert type(losses.get(name)) is cls


ERROR = {"y_true": [[0.0], [0.0], [0.0]], "y_pred": [[1.0], [2.0], [3.0]]}
WEIGHTS = [1.0, 0.0, 0.5]
REDUCED = [
    ("sum_over_batch_size", 5.5 / 3),
    ("mean", 5.5 / 3),
    ("sum", 5.5),
    ("mean_with_sample_weight", 5.5 / 1.5),
    ("none", [1.0, 0.0, 4.5]),
    (None, [1.0, 0.0, 4.5]),
]


@pytest.mark.parametrize(("reduction", "expected"), REDUCED)
def test_reductions_of_weighted_values(reduction, expected):
    value = value_of(losses.MeanSquaredError(reduction), **ERROR, sample_weight=WEIGHTS)
    np.testing.assert_allclose(value, expected)


def test_a_weighted_mean_of_no_weight_is_zero():
    loss = losses.MeanSquaredError("mean_with_sample_weight")
    assert value_of(loss, **ERROR, sample_weight=[0.0, 0.0, 0.0]) == 0.0
    true, predicted, weight = (tg.input(name, (3, 1)) for name in ("true", "predicted", "weight"))
    (slope,) = tg.gradients(loss(true, predicted, weight), [predicted])
    zeros = np.zeros((3, 1))
    assert not tg.compile(slope)(true=zeros, predicted=zeros + 1, weight=zeros).any()  # nor NaN


def test_a_mean_under_a_mask_is_over_what_counts():
    """Keras: the mask becomes a weight total / valid."""
    mask = np.array([True, False, True])
    assert value_of(losses.MeanSquaredError(), **ERROR, mask=mask) == pytest.approx((1 + 9) / 2)
    assert value_of(losses.MeanSquaredError("sum"), **ERROR, mask=mask) == pytest.approx(1 + 9)
    assert value_of(losses.MeanSquaredError(), **ERROR, mask=mask & False) == 0.0
    weighted = value_of(losses.MeanSquaredError(), **ERROR, mask=mask, sample_weight=WEIGHTS)
    assert weighted == pytest.approx((1 + 4.5) / 2)


def test_weights_of_samples_reach_every_step_even_where_the_sizes_would_broadcast():
    """(3,) beside (3, 3) would weigh the steps, by NumPy's rule; Keras does just that."""
    y_pred = np.arange(9.0).reshape(3, 3, 1)
    arrays = {"y_true": np.zeros((3, 3, 1)), "y_pred": y_pred}
    values = value_of(losses.MeanSquaredError("none"), **arrays, sample_weight=[1.0, 0.0, 2.0])
    np.testing.assert_allclose(values, y_pred[..., 0] ** 2 * [[1.0], [0.0], [2.0]])


@pytest.mark.parametrize("true_shape", [(4,), (4, 1)])
@pytest.mark.parametrize("pred_shape", [(4,), (4, 1)])
def test_rows_and_columns_do_not_broadcast(true_shape, pred_shape):
    y = np.arange(4.0)
    arrays = {"y_true": y.reshape(true_shape), "y_pred": (y + 1).reshape(pred_shape)}
    assert value_of(losses.MeanSquaredError(), **arrays) == 1.0
    difference = losses.get(lambda y_true, y_pred: abs(y_true - y_pred))
    assert value_of(difference, **arrays) == 1.0
    values = value_of(losses.MeanSquaredError("none"), **arrays, sample_weight=y)
    np.testing.assert_allclose(values, y)


def test_a_function_is_a_loss():
    def quartic(y_true, y_pred):
        return tg.mean((y_true - y_pred) ** 4, axis=-1)

    loss = losses.get(quartic)
    assert (loss.name, loss.target_kind) == ("quartic", None)
    assert value_of(loss, **ERROR, sample_weight=WEIGHTS) == pytest.approx((1 + 0.5 * 81) / 3)
    again = registry.deserialize(registry.serialize(loss), custom_objects={"quartic": quartic})
    assert again.fn is quartic


def test_what_targets_a_loss_wants():
    assert losses.get("mse").target_kind == "same"
    assert losses.get("sparse_categorical_crossentropy").target_kind == "classes"
    assert losses.get("mse").target_range is None
    assert losses.get("bce").target_range == (0.0, 1.0)


def test_cross_entropies_from_large_logits_are_finite():
    arrays = {"y_true": [[0.0, 1.0]], "y_pred": [[1e4, -1e4]]}
    assert value_of(losses.CategoricalCrossentropy(from_logits=True), **arrays) == 2e4
    assert value_of(losses.BinaryCrossentropy(from_logits=True), **arrays) == 1e4
    arrays["y_true"] = [1]
    assert value_of(losses.SparseCategoricalCrossentropy(from_logits=True), **arrays) == 2e4


def test_cosine_of_vectors_of_no_length_is_zero():
    """Keras divides by no less than 1e-7, so that half of that counts half."""
    arrays = {"y_true": np.array([[1.0, 0.0]]), "y_pred": np.zeros((1, 2))}
    value, gradient = evaluate(losses.CosineSimilarity(), **arrays)
    assert (value, gradient.tolist()) == (0.0, [[pytest.approx(-1e7), 0.0]])
    arrays["y_pred"] = [[0.5e-7, 0.0]]
    assert value_of(losses.CosineSimilarity(), **arrays) == pytest.approx(-0.5)


def test_nodes_stand_in_a_scope_of_the_name():
    y = tg.input("y", (2, 1))
    assert losses.Huber(name="first")(y, y).scope == "first"


def nodes(*shapes):
    return [tg.input(f"x{k}", shape) for k, shape in enumerate(shapes)]


REFUSED = [
    (lambda: losses.get("msee"), ValueError, "unknown loss 'msee'; did you mean 'mse'?"),
    (lambda: losses.get(3), ValueError, "loss: expected a name, a config or an object, got 3."),
    (
        lambda: losses.Huber(reduction="avg"),
        ValueError,
        "Huber: unknown reduction 'avg'; there are None, mean, mean_with_sample_weight, none, sum, "
        "sum_over_batch_size.",
    ),
    (lambda: losses.Huber(0), ValueError, "Huber: delta must be a number in (0, inf), got 0."),
    (
        lambda: losses.BinaryCrossentropy(label_smoothing=1.5),
        ValueError,
        "BinaryCrossentropy: label_smoothing must be a number in [0, 1], got 1.5.",
    ),
    (
        lambda: losses.get("mse")(*nodes((6, 2), (6, 5))),
        tg.GraphError,
        "MeanSquaredError: expected y_true of y_pred's shape (6, 5), got (6, 2).",
    ),
    (
        lambda: losses.SparseCategoricalCrossentropy()(*nodes((6, 5), (6, 5))),
        tg.GraphError,
        "SparseCategoricalCrossentropy: expected y_true of shape (6,), a class for each row of y_pred "
        "(6, 5), got (6, 5). One-hot rows need the form without 'Sparse'.",
    ),
    (
        lambda: losses.get("mse")(*nodes((6, 5), (6, 5), (5,))),
        tg.GraphError,
        "MeanSquaredError: expected sample weights of shape (6,), or one that broadcasts to the values (6,), "
        "got (5,).",
    ),
    (
        lambda: losses.get("mse")(np.zeros(3), np.zeros(3)),
        tg.GraphError,
        "MeanSquaredError: expected nodes, got ndarray; see tg.constant.",
    ),
    (
        lambda: losses.Loss()(*nodes((1, 1), (1, 1))),
        NotImplementedError,
        "Loss must define call(self, y_true, y_pred).",
    ),
]


@pytest.mark.parametrize(("call", "error", "message"), REFUSED)
def test_refusals_say_what_to_do(call, error, message):
    with pytest.raises(error) as caught:
        call()
    assert str(caught.value) == message


@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "sum", "mean_with_sample_weight", "none"])
@pytest.mark.parametrize("weighted", [False, True])
def test_an_ignored_class_counts_as_if_its_rows_were_left_out(reduction, weighted):
    random = np.random.default_rng(0)
    labels, logits = np.array([0, -1, 2, 4, -1, 3]), random.normal(size=(6, 5))
    weights = random.uniform(0.5, 2.0, 6)
    how = {"from_logits": True, "reduction": reduction}

    def of(loss, rows):
        given = [tg.constant(labels[rows]), tg.constant(logits[rows], "float64")]
        given += [tg.constant(weights[rows], "float64")] if weighted else []
        return tg.compile(loss(*given))()

    found = of(losses.SparseCategoricalCrossentropy(ignore_class=-1, **how), np.arange(6))
    expected = of(losses.SparseCategoricalCrossentropy(**how), np.flatnonzero(labels >= 0))
    if reduction == "none":
        assert found[labels < 0].tolist() == [0.0, 0.0]
        found = found[labels >= 0]
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_a_label_that_is_ignored_need_not_be_one_of_the_classes():
    model = Sequential([Dense(3, input_shape=(2,))])
    model.compile("sgd", losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=255))
    x = np.ones((4, 2))
    model.fit(x, [0, 255, 2, 1], verbose=0)
    with pytest.raises(DataError, match="expected labels from 0 to 2"):
        model.fit(x, [0, 254, 2, 1], verbose=0)
