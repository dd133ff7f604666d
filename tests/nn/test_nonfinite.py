"""A step that is not finite: fit stops, names the step and the first node, and changes nothing."""

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.nn import LSTM, Activation, Dense, Dropout, NonFiniteError, Sequential, optimizers

OPTIMIZERS = ["sgd", "adam", "rmsprop", "adagrad", "adadelta", "adamax", "nadam", "adamw"]


def everything(model):
    """The bits of weights, optimizer state and the steps of random numbers."""
    counters = [layer.step for layer in model.layers if isinstance(layer, Dropout)]
    parameters = [*model.weights, *model.optimizer.variables, *counters]
    return [p.value.tobytes() for p in parameters]


def exploding(rate=0.0):
    """exp(x w) overflows float32 where x w > 88; the sample with x = 1000 is the seventh."""
    model = Sequential([Dropout(rate, input_shape=(1,)), Dense(1, activation="exponential", name="boom")])
    model.compile("adam", "mse")
    model.set_weights([[[0.5]], [0.0]])
    x = np.full((10, 1), 0.01)
    x[6] = 1000.0
    return model, x, np.ones((10, 1))


def test_the_message_names_step_and_node():
    model, x, y = exploding()
    with pytest.raises(NonFiniteError) as caught:
        model.fit(x, y, batch_size=2, shuffle=False, verbose=0)
    assert str(caught.value) == (
        "fit, epoch 1, step 4: the loss is inf; the first node that is not finite is boom/exp. "
        "The weights are those before this step. "
        "A smaller learning rate, clipnorm or scaled inputs usually help."
    )
    with pytest.raises(
        NonFiniteError, match=r"^train_on_batch: the loss is inf; the first node .* is boom/exp"
    ):
        model.train_on_batch(x, y)


def test_the_node_is_named_by_its_time_step():
    model = Sequential([LSTM(2, activation="exponential", input_shape=(4, 1)), Dense(1)])
    model.compile("adam", "mse")
    model.set_weights([np.ones(w.shape) for w in model.weights])
    with pytest.raises(NonFiniteError, match=r"the first node that is not finite is lstm/t1/g/exp"):
        model.fit(np.ones((2, 4, 1)) * 2.5, np.ones(2), verbose=0)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_loss_leaves_the_last_finite_state(name):
    """What was before the bad step is found by training without its sample."""
    model, x, y = exploding()
    model.compile(name, "mse")
    model.fit(x[:6], y[:6], batch_size=2, epochs=1, shuffle=False, verbose=0)
    expected = everything(model)
    model.set_weights([[[0.5]], [0.0]])
    model.compile(name, "mse")
    with pytest.raises(NonFiniteError, match="fit, epoch 1, step 4"):
        model.fit(x, y, batch_size=2, epochs=1, shuffle=False, verbose=0)
    assert everything(model) == expected
    assert np.isfinite(model.predict(x[:6])).all()


def root(name="adam"):
    """sqrt(x w) at 0: the value is finite, its slope is not."""
    model = Sequential(
        [Dense(1, use_bias=False, kernel_initializer="zeros", input_shape=(1,)), Activation(tg.sqrt)]
    )
    model.compile(name, "mse")
    return model


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_gradient_alone_is_enough(name):
    model = root(name)
    model.optimizer.build(model.trainable_weights)
    before = everything(model)
    with pytest.raises(NonFiniteError) as caught:
        model.fit(np.ones((4, 1)), np.ones(4), verbose=0)
    assert "fit, epoch 1, step 1: the loss is 1, but its step is not finite; the first node" in str(
        caught.value
    )
    assert "is backward/activation/divide." in str(caught.value)
    assert everything(model) == before


@pytest.mark.parametrize("clip", [{"clipvalue": 1.0}, {"clipnorm": 1.0}, {"global_clipnorm": 1.0}])
def test_clipping_does_not_hide_it(clip):
    model = root(optimizers.SGD(0.1, **clip))
    with pytest.raises(NonFiniteError, match="its step is not finite"):
        model.fit(np.ones((4, 1)), np.ones(4), verbose=0)
    assert model.get_weights()[0].tolist() == [[0.0]]


@pytest.mark.parametrize(
    ("optimizer", "scale"),
    [
        (optimizers.SGD(3e38), 100.0),  # the new weight overflows
        (optimizers.SGD(3e38, momentum=0.9), 100.0),
        (optimizers.Adam(0.1), 1e12),  # the square of the gradient overflows
        (optimizers.RMSprop(0.1), 1e12),
    ],
    ids=["sgd", "momentum", "adam", "rmsprop"],
)
def test_an_update_that_overflows_is_not_made(optimizer, scale):
    """Loss and gradient are finite, but what the step would make of the weights or of the state is not."""
    model = Sequential([Dense(1, use_bias=False, kernel_initializer="ones", input_shape=(1,))])
    model.compile(optimizer, "mae" if scale == 100.0 else "mse")
    optimizer.build(model.trainable_weights)
    before = everything(model)
    with pytest.raises(NonFiniteError) as caught:
        model.fit(np.full((4, 1), scale), np.zeros(4), verbose=0)
    assert "its step is not finite; the first node that is not finite is update/" in str(caught.value)
    assert everything(model) == before


def test_random_numbers_are_those_of_the_step_before():
    """The masks of the steps after a failed one are those that they would have been."""
    tg.set_seed(3)
    model, x, y = exploding(rate=0.5)
    x = np.delete(x, 6, axis=0)
    seed = model.layers[0].seed
    model.fit(x, y[:9], batch_size=3, shuffle=False, verbose=0)
    model.fit(x, y[:9], batch_size=3, shuffle=False, verbose=0)
    expected = model.get_weights()
    other, _, _ = exploding(rate=0.5)
    other.layers[0].seed = seed
    other.fit(x, y[:9], batch_size=3, shuffle=False, verbose=0)
    with pytest.raises(NonFiniteError):
        other.train_on_batch(np.full((64, 1), 1e4), np.ones(64))
    other.fit(x, y[:9], batch_size=3, shuffle=False, verbose=0)
    for a, b in zip(other.get_weights(), expected, strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_history_has_the_epochs_that_ended():
    model, x, y = exploding()
    first = model.fit(x[:6], y[:6], epochs=2, verbose=0)
    with pytest.raises(NonFiniteError):
        model.fit(x, y, epochs=2, shuffle=False, verbose=0)
    assert model.history is first
    assert len(first.history["loss"]) == 2

    # A learning rate that grows beyond all bounds after the first epoch.
    model = Sequential([Dense(1, input_shape=(1,))])
    rate = {"class_name": "PiecewiseConstantDecay", "config": {"boundaries": [4], "values": [1e-3, 1e30]}}
    model.compile({"class_name": "SGD", "config": {"learning_rate": rate}}, "mse")
    with pytest.raises(NonFiniteError, match="fit, epoch 2, step"):
        model.fit(np.ones((10, 1)), np.zeros(10), batch_size=2, epochs=9, verbose=0)
    assert model.history is not None
    assert len(model.history.history["loss"]) == 1
    assert np.isfinite(model.history.history["loss"]).all()


def test_it_can_be_trained_on():
    model, x, y = exploding()
    with pytest.raises(NonFiniteError):
        model.fit(x, y, verbose=0, shuffle=False)
    losses = model.fit(x[:6], y[:6], epochs=20, verbose=0).history["loss"]
    assert losses[-1] < losses[0]


def test_bad_weights_are_named():
    model = Sequential([Dense(1, input_shape=(1,))])
    model.compile("sgd", "mse")
    model.set_weights([[[np.nan]], [0.0]])
    with pytest.raises(NonFiniteError, match="the first node that is not finite is dense/kernel"):
        model.fit(np.ones((2, 1)), np.ones(2), verbose=0)
