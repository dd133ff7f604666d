"""Training on a GPU, or on NumPy in its place: what stays on the device, and what is launched as one."""

from __future__ import annotations

import numpy as np
import pytest
from backends.fake_cupy import DeviceArray, FakeGraph, FakeKernel

import tinygraph as tg
from tinygraph import nn
from tinygraph.backends.cupy.capture import Replay
from tinygraph.backends.cupy.commit import DeviceCommit
from tinygraph.backends.cupy.feeder import Feeder
from tinygraph.nn.outcomes import Logs

RANDOM = np.random.default_rng(0)
X, Y = RANDOM.normal(size=(12, 5, 3)), RANDOM.normal(size=(12, 1))


def made(backend="cupy", **options):
    """A small LSTM; two of them have the same weights."""
    tg.set_seed(3)
    model = nn.Sequential([nn.Input((5, 3)), nn.LSTM(4), nn.Dense(1)])
    model.compile(nn.optimizers.Adam(0.01), "mse", metrics=["mae"], backend=backend, **options)
    return model


def trained(model, **options):
    history = model.fit(X, Y, batch_size=5, epochs=2, verbose=0, **options)
    return [*history.history.values(), *model.get_weights()]


def test_training_is_that_of_numpy(device):
    for found, expected in zip(trained(made()), trained(made("numpy")), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_a_replay_gives_the_bits_of_single_launches(device, monkeypatch):
    replayed = trained(made())

    def one_by_one(self):
        for launch in self.launches:
            launch()

    monkeypatch.setattr(Replay, "__call__", one_by_one)
    for found, expected in zip(replayed, trained(made()), strict=True):
        np.testing.assert_array_equal(found, expected)


def program_of(model):
    """The program of a training step on whole batches."""
    return next(iter(model.steps.latest.kept.values()))[0].program


def test_a_step_is_two_replays(device):
    model = made()
    model.fit(X[:5], Y[:5], batch_size=5, verbose=0)
    program = program_of(model)
    assert isinstance(program.commit, DeviceCommit)
    assert [type(call) for call in (*program.compute, *program.commit.calls)] == [Replay, Replay]


def test_what_is_not_ours_stands_between_the_stretches(device):
    x = tg.input("x", (4, 3))
    y = tg.tanh(tg.cumsum(tg.exp(x) @ tg.ones((3, 3)))) @ tg.ones((3, 2))
    f = tg.compile(y, backend="cupy")
    kinds = [isinstance(call, Replay) for call in f.program.compute]
    assert kinds == [True, False, True]
    value = RANDOM.normal(size=(4, 3))
    np.testing.assert_allclose(f(x=value), tg.compile(y)(x=value), rtol=1e-5)


def test_nothing_is_looked_at_in_a_step(fake):
    model = made()
    model.fit(X, Y, batch_size=4, verbose=0)
    looks = []
    for count in (1, 3):
        DeviceArray.looks = 0
        model.fit(X[: 4 * count], Y[: 4 * count], batch_size=4, verbose=0)
        looks.append(DeviceArray.looks)
    assert looks[0] == looks[1]  # of the sums and the guard, at the end


def test_launches_of_a_step(fake):
    model = made()
    model.fit(X, Y, batch_size=4, verbose=0)
    FakeGraph.launched = FakeKernel.launched = 0
    program = program_of(model)
    before = model.get_weights()
    program.start({name: np.ones(array.shape, array.dtype) for name, array in program.fed.items()})
    assert FakeGraph.launched == 2
    assert any((new != old).any() for new, old in zip(model.get_weights(), before, strict=True))


def test_the_loss_is_fetched_when_a_callback_looks(device):
    kept, seen = [], []

    class Look(nn.Callback):
        def on_train_batch_end(self, batch, logs):
            assert isinstance(logs, Logs)
            kept.append(logs)
            if batch == 1:
                seen.append(logs["loss"])

    made().fit(X, Y, batch_size=5, verbose=0, callbacks=[Look()])
    losses = []

    class Keep(nn.Callback):
        def on_train_batch_end(self, batch, logs):
            losses.append(dict(logs))

    made("numpy").fit(X, Y, batch_size=5, verbose=0, callbacks=[Keep()])
    assert seen == [pytest.approx(losses[1]["loss"], rel=1e-5)]
    assert [dict(logs) for logs in kept] == [pytest.approx(each, rel=1e-5) for each in losses]


def wrong(at):
    """Data with numbers in one sample that overflow."""
    x = X.copy()
    x[at] = 1e30
    return x


@pytest.mark.parametrize("jit_compile", [True, False])
@pytest.mark.parametrize("step", [1, 2, 3])
def test_a_step_that_goes_wrong_changes_nothing_nor_does_a_later_one(device, step, jit_compile):
    """Of steps of 5, 5 and 2 samples, the last of another program."""
    y = Y.copy()
    y[(step - 1) * 5] = 1e30
    model = made(jit_compile=jit_compile)
    with pytest.raises(nn.NonFiniteError, match=f"epoch 1, step {step}: the loss is inf; .* The weights are"):
        model.fit(X, y, batch_size=5, verbose=0, shuffle=False)
    before = made("numpy")
    for start in range(0, 5 * (step - 1), 5):
        before.train_on_batch(X[start : start + 5], Y[start : start + 5])
    for found, expected in zip(model.get_weights(), before.get_weights(), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)
    model.fit(X, Y, batch_size=5, verbose=0)
    assert any((w != v).any() for w, v in zip(model.get_weights(), before.get_weights(), strict=True))


def test_a_loss_that_is_looked_at_raises_at_once(device):
    y, batches = Y.copy(), []
    y[0] = 1e30

    class Look(nn.Callback):
        def on_train_batch_end(self, batch, logs):
            batches.append(batch)
            logs["loss"]

    with pytest.raises(nn.NonFiniteError, match="epoch 1, step 1: "):
        made().fit(X, y, batch_size=4, verbose=0, shuffle=False, callbacks=[Look()])
    assert batches == [0, 0]  # once more with NaN, for callbacks that would end training


def test_training_that_is_broken_off_leaves_nothing_behind(device):
    y = Y.copy()
    y[0] = 1e30

    class Stop(nn.Callback):
        def on_train_batch_end(self, batch, logs):
            raise KeyError("broken off")

    model = made()
    with pytest.raises(KeyError):
        model.fit(X, y, batch_size=4, verbose=0, shuffle=False, callbacks=[Stop()])
    model.fit(X, Y, batch_size=4, verbose=0)
    assert np.isfinite(model.history.history["loss"]).all()


def test_a_step_that_went_wrong_is_known_although_weights_were_elsewhere_since(device):
    y = Y.copy()
    y[4] = 1e30
    model = made()

    class Use(nn.Callback):
        def on_train_batch_end(self, batch, logs):
            model.layers[-1](np.ones((1, 4)))  # on the host, where its weights go for that

    with pytest.raises(nn.NonFiniteError, match="epoch 1, step 2: "):
        model.fit(X, y, batch_size=4, verbose=0, shuffle=False, callbacks=[Use()])


def test_a_guard_of_a_function_is_asked_in_every_call(device):
    w, x = tg.param("w", [1.0, 2.0]), tg.input("x", (2,))
    f = tg.compile({"y": w * x, "ok": tg.all_finite(x)}, {w: w + x}, guard="ok", backend="cupy")
    assert not f(x=[1.0, np.inf])["ok"]
    np.testing.assert_array_equal(w.value, [1.0, 2.0])
    assert f(x=[1.0, 1.0])["ok"]
    np.testing.assert_array_equal(w.value, [2.0, 3.0])


def test_batches_take_two_buffers_in_turn(device):
    fed = {"x": device.asarray(np.zeros((2, 3), "float32"))}
    feeder = Feeder(device.xp, fed)
    for number in range(5):
        feeder({"x": np.full((2, 3), number)})
        np.testing.assert_array_equal(device.to_host(fed["x"]), number)
        held = {float(buffer.host["x"][0, 0]) for buffer in feeder.buffers}
        assert held == {float(number), float(max(number - 1, 0))}


def test_memory_does_not_grow(gpu):
    model, pool = made(), gpu.xp.get_default_memory_pool()
    used = []
    for _ in range(4):
        model.fit(X, Y, batch_size=5, epochs=3, verbose=0)
        used.append(pool.used_bytes())
    assert used[1:] == used[1:2] * 3
