"""Dropout: off at inference, scaled in training, another mask for every step, layer and use."""

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.graph import GraphError
from tinygraph.nn import Concatenate, Dense, Dropout, Input, Model, Sequential

ONES = np.ones((8, 400), "float32")


def masks_of(model, steps):
    """What a model makes of ones in training, at each of several steps."""
    run = tg.compile(model.trace(batch=8, training=True).outputs)
    return [next(iter(run(x=ONES).values())) for _ in range(steps)]


def one_layer(**kwargs):
    return Sequential([Input((400,), name="x"), Dropout(0.25, **kwargs)])


def test_it_is_off_at_inference():
    model = one_layer()
    assert model.predict(ONES).tolist() == ONES.tolist()
    assert Dropout(0.25)(ONES).tolist() == ONES.tolist()
    assert "uniform" not in model.trace(batch=8).count()


def test_it_keeps_the_mean_in_training():
    (y,) = masks_of(one_layer(seed=3), 1)
    assert set(np.unique(y).tolist()) == {0.0, float(np.float32(1 / 0.75))}
    assert abs((y == 0).mean() - 0.25) < 0.03  # of 3,200 draws: four standard deviations


def test_the_gradient_goes_through_the_same_mask():
    x = tg.input("x", (8, 400))
    y = Dropout(0.25, seed=3)(x, training=True)
    (slope,) = tg.gradients(tg.sum(y), [x])
    values, slopes = tg.compile([y, slope])(x=ONES)
    np.testing.assert_array_equal(values, slopes)


def test_the_mask_changes_with_the_step():
    first, second, third = masks_of(one_layer(), 3)
    assert (first != second).any()
    assert (second != third).any()


def test_the_mask_follows_from_seed_and_step():
    for a, b in zip(masks_of(one_layer(seed=3), 3), masks_of(one_layer(seed=3), 3), strict=True):
        np.testing.assert_array_equal(a, b)
    assert (masks_of(one_layer(seed=3), 1)[0] != masks_of(one_layer(seed=4), 1)[0]).any()


def test_two_layers_have_two_masks():
    x = Input((400,), name="x")
    model = Model(x, Concatenate()([Dropout(0.25)(x), Dropout(0.25)(x)]))
    (y,) = masks_of(model, 1)
    assert (y[:, :400] != y[:, 400:]).any()


def test_two_uses_of_one_layer_have_two_masks():
    x, layer = Input((400,), name="x"), Dropout(0.25, seed=3)
    model = Model(x, Concatenate()([layer(x), layer(x)]))
    (y,) = masks_of(model, 1)
    assert (y[:, :400] != y[:, 400:]).any()


def test_two_uses_on_nodes_have_two_masks():
    x, layer = tg.input("x", (8, 400)), Dropout(0.25, seed=3)
    a, b = tg.compile([layer(x, training=True), layer(x, training=True)])(x=ONES)
    assert (a != b).any()


def test_a_rate_of_zero_does_nothing():
    assert Dropout(0.0)(ONES, training=True).tolist() == ONES.tolist()


def test_a_rate_of_one_leaves_zeros():
    x = tg.input("x", (8, 400))
    y = Dropout(1)(x, training=True)
    for value in tg.compile([y, *tg.gradients(tg.sum(y), [x])])(x=ONES):
        assert value.shape == ONES.shape
        assert not value.any()
    np.testing.assert_array_equal(Dropout(1)(ONES), ONES)


def test_one_draw_may_be_shared_along_axes():
    x = np.ones((6, 5, 40), "float32")
    for noise, axis in (((None, 1, None), 1), ((1, 5, 40), 0), ((None, None, 1), 2)):
        y = Dropout(0.5, noise_shape=noise, seed=1)(x, training=True)
        assert (y == y.take([0], axis=axis)).all()
        others = [a for a in range(3) if a != axis]
        assert all((y != y.take([0], axis=a)).any() for a in others)


def test_fit_draws_anew_in_every_step_also_in_a_partial_batch():
    """With weights frozen by a rate of 0, the loss of a step differs only by its mask."""
    model = Sequential([Dropout(0.5, input_shape=(400,)), Dense(1, kernel_initializer="ones")])
    model.compile({"class_name": "SGD", "config": {"learning_rate": 0.0}}, "mse")
    history = model.fit(np.ones((10, 400)), np.ones(10), batch_size=8, epochs=6, shuffle=False, verbose=0)
    losses = history.history["loss"]
    assert len(set(losses)) == 6
    plain = (400.0 - 1.0) ** 2
    assert model.evaluate(np.ones((10, 400)), np.ones(10), verbose=0) == pytest.approx(plain, rel=1e-5)


@pytest.mark.parametrize("rate", [1.5, 2, -0.1, "0.5", None, True, float("nan")])
def test_rates_that_are_refused(rate):
    with pytest.raises(
        ValueError, match=rf"Dropout 'dropout': rate must be a number in \[0, 1\], got {rate!r}"
    ):
        Dropout(rate)


def test_noise_shapes_that_are_refused():
    for noise in ((8, 1), (), 3):
        with pytest.raises(ValueError, match="noise_shape must begin with None or 1"):
            Dropout(0.5, noise_shape=noise)
    with pytest.raises(ValueError, match="noise_shape must be a whole number"):
        Dropout(0.5, noise_shape=(None, 0))
    for shape in ((4,), (2, 3, 4), (4, 3)):
        with pytest.raises(GraphError, match=r"noise_shape \(None, 1, 4\) does not fit"):
            Dropout(0.5, noise_shape=(None, 1, 4))(Input(shape))
    with pytest.raises(ValueError, match="seed must be a whole number of at least 0, got -1"):
        Dropout(0.5, seed=-1)
