"""Data of other libraries, and by name: frames, arrays by DLPack, folds, weights of time steps."""

import numpy as np
import pandas as pd
import pytest

from tinygraph.nn import GRU, Concatenate, Dense, Input, Model, Sequential

RNG = np.random.default_rng(0)
FRAME = pd.DataFrame(RNG.normal(size=(20, 3)), columns=["wind", "rain", "sun"])
FRAME["level"] = FRAME["wind"] - FRAME["sun"]


def several(names, shape=(1,)):
    inputs = [Input(shape, name=name) for name in names]
    hidden = Concatenate()(inputs)
    outputs = {"level": Dense(1, name="level")(hidden), "rain": Dense(1, name="rain")(hidden)}
    model = Model(inputs, outputs)
    model.compile("sgd", "mse")
    return model


def test_a_frame_has_a_column_for_each_input_and_output():
    model = several(["wind", "sun"])
    by_hand = {name: FRAME[[name]].to_numpy() for name in FRAME}
    x = {name: by_hand[name] for name in ("wind", "sun")}
    y = {name: by_hand[name] for name in ("level", "rain")}
    expected = model.evaluate(x, y, verbose=0)
    assert model.evaluate(FRAME, FRAME, verbose=0) == expected
    assert model.evaluate({name: FRAME[name] for name in x}, FRAME, verbose=0) == expected  # Series
    found = model.predict(FRAME)
    assert set(found) == {"level", "rain"}
    for name, array in model.predict(x).items():
        assert type(found[name]) is np.ndarray
        np.testing.assert_array_equal(found[name], array)
    model.fit(FRAME, FRAME, epochs=2, validation_split=0.2, verbose=0)


def test_frames_come_as_batches():
    model = Sequential([Dense(1, input_shape=(3,))])
    model.compile("sgd", "mse")
    x, y = FRAME[["wind", "rain", "sun"]], FRAME["level"]
    expected = model.evaluate(x, y, batch_size=8, verbose=0)
    assert model.evaluate(((x[k : k + 8], y[k : k + 8]) for k in (0, 8, 16)), verbose=0) == expected
    np.testing.assert_array_equal(
        model.predict(x[k : k + 8] for k in (0, 8, 16)), model.predict(x, batch_size=8)
    )


def test_columns_may_come_in_another_order_after_training_on_arrays():
    model = Sequential([Dense(1, input_shape=(3,))])
    model.compile("sgd", "mse")
    x, y = FRAME[["wind", "rain", "sun"]], FRAME["level"]
    model.fit(x, y, verbose=0)
    model.fit(x.to_numpy(), y, verbose=0)  # no names, none to keep
    assert model.predict(x[["sun", "rain", "wind"]]).shape == (20, 1)
    model.fit(x[["sun", "rain", "wind"]], y, verbose=0)
    model.predict(x[["sun", "rain", "wind"]])
    model.predict(x.to_numpy())


@pytest.mark.parametrize("shape", [(1,), (4, 1)])
def test_a_last_axis_of_one_may_be_missing(shape):
    """As in Keras."""
    model = several(["a", "b"], shape)
    x = {name: RNG.normal(size=(5, *shape)) for name in ("a", "b")}
    for name, array in model.predict({name: array[..., 0] for name, array in x.items()}).items():
        np.testing.assert_array_equal(array, model.predict(x)[name])


class Exported:
    """An array of a library that has only DLPack, on a device that this machine can copy from, or its own."""

    def __init__(self, array, device=(1, 0)):
        self.array, self.device = array, device

    def __dlpack_device__(self):
        return self.device

    def __dlpack__(self, *, stream=None, max_version=None, dl_device=None, copy=None):
        if self.device != (1, 0) and dl_device != (1, 0):
            raise BufferError("the consumer must ask for the host")
        return self.array.__dlpack__()


class Awkward(Exported):
    """CuPy's way: NumPy may not convert it by itself."""

    def __array__(self, *args, **kwargs):
        raise TypeError("Implicit conversion to a NumPy array is not allowed.")


@pytest.mark.parametrize("kind", [Exported, Awkward])
@pytest.mark.parametrize("device", [(1, 0), (2, 0)])
def test_arrays_of_other_libraries_come_by_dlpack(kind, device):
    if device != (1, 0) and np.lib.NumpyVersion(np.__version__) < "2.1.0":
        pytest.skip("NumPy before 2.1 does not ask for the host")
    x, y = RNG.normal(size=(6, 3)).astype("float32"), RNG.normal(size=(6, 1)).astype("float32")
    one, two = (Sequential([Dense(1, input_shape=(3,), kernel_initializer="ones")]) for _ in range(2))
    for model in (one, two):
        model.compile("sgd", "mse")
    expected = one.fit(x, y, sample_weight=y[:, 0] ** 2, shuffle=False, verbose=0).history
    weights = kind(y[:, 0] ** 2, device)
    found = two.fit(kind(x, device), kind(y, device), sample_weight=weights, shuffle=False, verbose=0)
    assert found.history == expected
    np.testing.assert_array_equal(two.predict(kind(x, device)), one.predict(x))


@pytest.mark.parametrize("library", ["torch", "jax.numpy", "cupy", "array_api_strict"])
def test_arrays_of_the_libraries_themselves(library):
    xp = pytest.importorskip(library, exc_type=ImportError)
    model = Sequential([Dense(1, input_shape=(2,))])
    x = xp.reshape(xp.arange(8, dtype=xp.float32), (4, 2))
    expected = np.arange(8.0, dtype="float32").reshape(4, 2)
    np.testing.assert_array_equal(model.predict(x), model.predict(expected))


def test_folds_in_time():
    """scikit-learn's TimeSeriesSplit: its indices choose rows of arrays and of frames."""
    model_selection = pytest.importorskip("sklearn.model_selection")
    x = pd.DataFrame(RNG.normal(size=(100, 3)), columns=["wind", "rain", "sun"])
    y = x["wind"] - x["sun"]
    scores = []
    for past, future in model_selection.TimeSeriesSplit(n_splits=3).split(x):
        assert past.max() < future.min()
        model = Sequential([Dense(1, input_shape=(3,), kernel_initializer="ones")])
        model.compile("sgd", "mse")
        arrays = model.evaluate(x.to_numpy()[future], y.to_numpy()[future], verbose=0)
        assert model.evaluate(x.iloc[future], y.iloc[future], verbose=0) == arrays
        validation = (x.iloc[future], y.iloc[future])
        history = model.fit(
            x.iloc[past], y.iloc[past], epochs=20, batch_size=4, validation_data=validation, verbose=0
        )
        scores.append(history.history["val_loss"][-1] / arrays)
    assert max(scores) < 0.1


def test_weights_of_time_steps_in_batches():
    x, y = RNG.normal(size=(7, 5, 2)), RNG.normal(size=(7, 5, 1))
    for weight in (RNG.uniform(size=(7, 5)), RNG.uniform(size=7)):
        inputs = Input((5, 2))
        model = Model(inputs, Dense(1)(GRU(3, return_sequences=True)(inputs)))
        model.compile("sgd", "mse", weighted_metrics=["mae"])
        expected = model.evaluate(x, y, sample_weight=weight, batch_size=4, verbose=0)
        batches = ((x[k : k + 4], y[k : k + 4], weight[k : k + 4]) for k in (0, 4))
        assert model.evaluate(batches, verbose=0) == expected
        error = (model.predict(x) - y)[..., 0] ** 2
        by_row = weight if weight.ndim == 2 else weight[:, None]
        assert expected[0] == pytest.approx((error * by_row).mean(), rel=1e-5)


def test_a_mapped_file_is_not_copied(tmp_path):
    """An array that is mapped from a file and has the model's dtype is fed from where it is."""
    from tinygraph.nn.data import inputs_of

    path = tmp_path / "x.dat"
    RNG.normal(size=(50, 3)).astype("float32").tofile(path)
    x = np.memmap(path, dtype="float32", mode="r", shape=(50, 3))
    model = Sequential([Dense(1, input_shape=(3,))])
    (found,) = inputs_of(model, x).arrays.values()
    assert np.shares_memory(found, x)
    np.testing.assert_array_equal(model.predict(x), model.predict(np.array(x)))
