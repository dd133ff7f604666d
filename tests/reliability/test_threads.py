"""Threads that share a model get the bits that one alone gets, and see no update half made."""

import threading

import numpy as np
import pytest

import tinygraph as tg
from tinygraph import backends
from tinygraph.defaults import seeded
from tinygraph.nn import LSTM, BatchNormalization, Dense, Dropout, Input, Model, Sequential, Subtract
from tinygraph.saving.state import arrays_of

pytestmark = pytest.mark.usefixtures("restless")

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(80, 6, 3)), RNG.normal(size=(80, 1))
JIT = [False] + [True] * backends.compiles("numpy")


def at_once(works):
    """Run each function in a thread of its own, all from the same moment on; return what they return."""
    results, start = [None] * len(works), threading.Barrier(len(works))

    def run(place):
        start.wait()
        try:
            results[place] = works[place]()
        except BaseException as problem:
            results[place] = problem

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return results


def series(**first):
    """A model of every kind of layer that does something else in training."""
    return Sequential([LSTM(8, **first), Dropout(0.5), BatchNormalization(), Dense(1)])


def compiled(jit):
    model = series(input_shape=(6, 3))
    model.compile("adam", "mse", jit_compile=jit)
    return model


def trained(jit):
    model = compiled(jit)
    model.fit(X, Y, verbose=0)
    return model


MODELS = {
    "unbuilt": lambda jit: series(),
    "not compiled": lambda jit: series(input_shape=(6, 3)),
    "compiled": compiled,
    "trained": trained,
}


def predictions(model, thread, times):
    """What a thread asks for, again and again: batches of sizes of its own, and of those of all."""
    sizes = [1 + thread, 5, 8 + thread, 32]
    return [model.predict(X[k % 40 :][: 40 - thread], batch_size=sizes[k % 4]) for k in range(times)]


def check_predictions(make, jit, times):
    tg.set_seed(3)
    alone = make(jit)
    expected = [predictions(alone, thread, times) for thread in range(8)]
    tg.set_seed(3)
    shared = make(jit)
    found = at_once([lambda thread=thread: predictions(shared, thread, times) for thread in range(8)])
    for thread in range(8):
        assert len(found[thread]) == times
        for came, wanted in zip(found[thread], expected[thread], strict=True):
            assert came.tobytes() == wanted.tobytes()


@pytest.mark.parametrize("jit", JIT)
@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
def test_eight_threads_predict_as_one(make, jit):
    check_predictions(make, jit, times=12)


@pytest.mark.full
@pytest.mark.parametrize("jit", JIT)
@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
def test_eight_threads_predict_200_times_as_one(make, jit):
    check_predictions(make, jit, times=200)


def test_eight_threads_share_large_products():
    """Products of so many multiplications that a BLAS takes several threads, beside those of one."""
    model = Sequential([Dense(256, input_shape=(256,)), Dense(64)])
    x = RNG.normal(size=(768, 256))
    sizes = [768, 3, 64, 17, 768, 5, 128, 33]
    expected = [model.predict(x, batch_size=size) for size in sizes]
    found = at_once(
        [lambda size=size: [model.predict(x, batch_size=size) for _ in range(4)] for size in sizes]
    )
    for came, wanted in zip(found, expected, strict=True):
        assert {each.tobytes() for each in came} == {wanted.tobytes()}


def test_eight_threads_call_one_model():
    """A model or a layer called on arrays."""
    model, layer = series(), Dense(4)
    found = at_once([lambda: [model(X[:7]), layer(X[:7])]] * 8)
    for came in found:
        assert came[0].tobytes() == model(X[:7]).tobytes()
        assert came[1].tobytes() == layer(X[:7]).tobytes()


def numbers(model):
    """All numbers of a model's state."""
    return [array.tobytes() for array in arrays_of(model).values()]


def training(seed, jit, epochs):
    """Build and train a model, with all that is random its own."""
    with seeded(seed):
        model = series()
        model.compile("adam", "mse", jit_compile=jit)
        history = model.fit(X[seed:], Y[seed:], epochs=epochs, batch_size=16, validation_split=0.2, verbose=0)
    return history.history, numbers(model)


def check_trainings(jit, epochs):
    one_by_one = [training(seed, jit, epochs) for seed in (0, 1)]
    assert at_once([lambda seed=seed: training(seed, jit, epochs) for seed in (0, 1)]) == one_by_one


@pytest.mark.parametrize("jit", JIT)
def test_two_models_train_in_two_threads(jit):
    check_trainings(jit, epochs=4)


@pytest.mark.full
@pytest.mark.parametrize("jit", JIT)
def test_two_models_train_long_in_two_threads(jit):
    check_trainings(jit, epochs=200)


class Twins(Model):
    """Two layers whose weights are the same after each step: the difference of what they make is zero."""

    def train_step(self, data):
        y_pred = self(data.x, training=True)
        slopes = tg.gradients(tg.mean(y_pred * 0.0), self.trainable_weights)
        return tg.mean(y_pred), y_pred, [slope + 0.01 for slope in slopes]


def twins(jit):
    x = Input((200,))
    left, right = (Dense(300, kernel_initializer="ones", name=name)(x) for name in ("left", "right"))
    model = Twins(x, Subtract()([left, right]))
    model.compile("sgd", "mse", jit_compile=jit)
    return model


def check_twins(looks, jit, times):
    """While a model is trained, a look at it from another thread finds both layers equal."""
    model, x, y = twins(jit), RNG.normal(size=(8, 200)), np.zeros((8, 300))
    model.fit(x, y, verbose=0)
    before, seen = numbers(model), []

    def look():
        for _ in range(times):
            seen.append(looks(model, x))

    def train():
        while len(seen) < times and looking.is_alive():
            model.fit(x, y, epochs=10, verbose=0)

    looking = threading.Thread(target=look)
    looking.start()
    train()
    looking.join()
    assert seen == [True] * times
    assert numbers(model) != before  # it was trained


def predicts_zeros(model, x):
    return not model.predict(x).any()


def calls_to_zeros(model, x):
    return not np.asarray(model(x)).any()


def has_equal_weights(model, x):
    kernel, bias, other, same = model.get_weights()
    return bool((kernel == other).all() and (bias == same).all())


def sets_equal_weights(model, x):
    kernel, bias = RNG.normal(size=(200, 300)), RNG.normal(size=300)
    model.set_weights([kernel, bias] * 2)
    return has_equal_weights(model, x)


def saves_equal_weights(model, x):
    stored = arrays_of(model)
    kernel, bias, other, same = (stored[name] for name in sorted(stored) if name.startswith("weights/"))
    return bool((kernel == other).all() and (bias == same).all())


LOOKS = [predicts_zeros, calls_to_zeros, has_equal_weights, sets_equal_weights, saves_equal_weights]


@pytest.mark.parametrize("jit", JIT)
@pytest.mark.parametrize("looks", LOOKS)
def test_no_update_is_seen_half_made(looks, jit):
    check_twins(looks, jit, times=200)


@pytest.mark.full
@pytest.mark.parametrize("jit", JIT)
@pytest.mark.parametrize("looks", LOOKS)
def test_no_update_is_ever_seen_half_made(looks, jit):
    check_twins(looks, jit, times=5000)
