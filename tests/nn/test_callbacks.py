"""Callbacks: every hook, in order, in fit, evaluate and predict; stopping; what may be passed."""

import numpy as np
import pytest

from tinygraph.nn import Callback, Dense, Sequential
from tinygraph.nn.callbacks import History

X, Y = np.ones((5, 2)), np.ones((5, 1))


def made(**kwargs):
    model = Sequential([Dense(1, input_shape=(2,))])
    model.compile("sgd", "mse", **kwargs)
    return model


HOOKS = [name for name in vars(Callback) if name.startswith("on_")]


class Recorder(Callback):
    """Writes down every hook with its number and the names of its logs."""

    def __init__(self):
        self.told = []


def record(hook):
    def told(self, *arguments):
        *number, logs = arguments
        self.told.append((hook.removeprefix("on_"), *number, *logs))

    return told


for each in HOOKS:
    setattr(Recorder, each, record(each))


def test_every_hook_is_in_the_test():
    assert len(HOOKS) == 16
    heard = set()
    recorder, model = Recorder(), made()
    model.fit(X, Y, validation_split=0.4, callbacks=[recorder], verbose=0)
    model.predict(X, callbacks=[recorder])
    heard |= {f"on_{told[0]}" for told in recorder.told}
    older = {"on_batch_begin", "on_batch_end"}  # called by the hooks of today, which are overridden here
    assert heard == set(HOOKS) - older


def test_the_older_names_of_hooks():
    told = []

    class Older(Callback):
        def on_batch_begin(self, batch, logs=None):
            told.append(("begin", batch))

        def on_batch_end(self, batch, logs=None):
            told.append(("end", batch, *logs))

    made().fit(X, Y, batch_size=3, callbacks=[Older()], verbose=0)
    assert told == [("begin", 0), ("end", 0, "loss"), ("begin", 1), ("end", 1, "loss")]


def test_hooks_of_fit_in_order():
    recorder = Recorder()
    made(metrics=["mae"]).fit(X, Y, batch_size=2, epochs=2, callbacks=[recorder], verbose=0)
    steps = [
        told
        for batch in range(3)
        for told in (("train_batch_begin", batch), ("train_batch_end", batch, "loss", "mae"))
    ]
    expected = [("train_begin",)]
    for epoch in range(2):
        expected += [("epoch_begin", epoch), *steps, ("epoch_end", epoch, "loss", "mae")]
    assert recorder.told == [*expected, ("train_end", "loss", "mae")]


def test_hooks_of_validation_stand_before_the_end_of_the_epoch():
    recorder = Recorder()
    made().fit(X, Y, batch_size=2, validation_data=(X[:3], Y[:3]), callbacks=[recorder], verbose=0)
    assert recorder.told[-9:] == [
        ("train_batch_end", 2, "loss"),
        ("test_begin",),
        ("test_batch_begin", 0),
        ("test_batch_end", 0, "loss"),
        ("test_batch_begin", 1),
        ("test_batch_end", 1, "loss"),
        ("test_end", "loss"),
        ("epoch_end", 0, "loss", "val_loss"),
        ("train_end", "loss", "val_loss"),
    ]


def test_hooks_of_evaluate_and_predict():
    recorder, model = Recorder(), made()
    model.evaluate(X, Y, batch_size=4, callbacks=[recorder], verbose=0)
    batches = [f for b in range(2) for f in (("test_batch_begin", b), ("test_batch_end", b, "loss"))]
    assert recorder.told == [("test_begin",), *batches, ("test_end", "loss")]
    recorder.told.clear()
    model.predict(X, batch_size=4, callbacks=[recorder])
    batches = [f for b in range(2) for f in (("predict_batch_begin", b), ("predict_batch_end", b, "outputs"))]
    assert recorder.told == [("predict_begin",), *batches, ("predict_end",)]


def test_a_callback_knows_the_model_and_the_parameters():
    recorder, model = Recorder(), made()
    model.fit(X, Y, batch_size=2, epochs=3, callbacks=[recorder], verbose=0)
    assert recorder.model is model
    assert recorder.params == {"epochs": 3, "steps": 3, "verbose": 0}


class StopAt(Callback):
    def __init__(self, hook, number):
        setattr(self, f"on_{hook}", lambda at, logs: self.stop(at == number))

    def stop(self, now):
        if now:
            self.model.stop_training = True


def test_stopping_after_an_epoch():
    model = made()
    history = model.fit(X, Y, epochs=9, callbacks=[StopAt("epoch_end", 1)], verbose=0)
    assert history.epoch == [0, 1]
    assert len(model.fit(X, Y, epochs=2, verbose=0).epoch) == 2  # it was for that fit


def test_stopping_after_a_batch():
    recorder, model = Recorder(), made()
    callbacks = [StopAt("train_batch_end", 1), recorder]
    history = model.fit(X, Y, batch_size=1, epochs=9, callbacks=callbacks, verbose=0)
    assert [told for told in recorder.told if told[0] == "train_batch_end"][-1][1] == 1
    assert recorder.told[-2:] == [("epoch_end", 0, "loss"), ("train_end", "loss")]
    assert history.epoch == [0]
    assert int(model.optimizer.iterations.value) == 0 + 2


def test_logs_are_shared_and_reach_the_history():
    class Adds(Callback):
        def on_epoch_end(self, epoch, logs):
            logs["extra"] = epoch * 2.0

        def on_train_end(self, logs):
            ended.append(list(logs))

    ended = []
    assert made().fit(X, Y, epochs=2, callbacks=[Adds()], verbose=0).history["extra"] == [0.0, 2.0]
    assert ended == [["loss"]]  # as in Keras


def test_the_logs_of_a_batch_are_those_of_the_epoch_so_far():
    """As in Keras: the loss and the metrics of all samples until now, also of those who keep the logs."""
    kept, seen = [], []

    class Keeps(Callback):
        def on_train_batch_end(self, batch, logs):
            kept.append(logs)

    class Looks(Callback):
        def on_train_batch_end(self, batch, logs):
            seen.append(dict(logs))

    y = Y * [[1], [1], [5], [5], [9]]
    quiet = {"batch_size": 2, "shuffle": False, "verbose": 0}
    model, twin, third = (made(metrics=["mae"]) for _ in range(3))
    for other in (twin, third):
        other.set_weights(model.get_weights())
    history = model.fit(X, y, callbacks=[Looks()], **quiet).history
    third.fit(X, y, callbacks=[Keeps()], **quiet)  # and nobody looks until the end
    alone = []
    for rows in (slice(0, 2), slice(2, 4), slice(4, 5)):
        alone.append(twin.train_on_batch(X[rows], y[rows]))
    for k, sizes in enumerate([[2], [2, 2], [2, 2, 1]]):
        expected = np.average(alone[: k + 1], axis=0, weights=sizes)
        assert list(seen[k].values()) == pytest.approx(list(expected), rel=1e-6)
    assert [dict(logs) for logs in kept] == seen
    assert {name: [value] for name, value in seen[-1].items()} == history


def test_outputs_are_told_and_a_prediction_or_an_evaluation_can_be_ended():
    outputs, model = [], made(metrics=["mae"])

    class Ends(Callback):
        def on_predict_batch_end(self, batch, logs):
            outputs.append(logs["outputs"])
            self.model.stop_predicting = batch == 1

        def on_test_batch_end(self, batch, logs):
            self.model.stop_evaluating = True

    whole = model.predict(X)
    part = model.predict(X, batch_size=2, callbacks=[Ends()])
    np.testing.assert_allclose(np.concatenate(outputs), whole[:4])
    np.testing.assert_array_equal(np.concatenate(outputs), part)
    y = Y * [[1], [1], [5], [5], [9]]
    first = model.evaluate(X, y, batch_size=2, callbacks=[Ends()], verbose=0)
    assert first == pytest.approx(model.evaluate(X[:2], y[:2], verbose=0))
    assert len(model.predict(X)) == 5


def test_evaluating_in_a_hook_does_not_disturb_the_epoch():
    class Judges(Callback):
        def on_train_batch_end(self, batch, logs):
            self.model.evaluate(X * 100, Y, verbose=0)
            self.model.predict(X)

    plain, judged = made(metrics=["mae"]), made(metrics=["mae"])
    judged.set_weights(plain.get_weights())
    first = plain.fit(X, Y, batch_size=2, shuffle=False, verbose=0).history
    second = judged.fit(X, Y, batch_size=2, shuffle=False, callbacks=[Judges()], verbose=0).history
    assert first == second


def test_what_may_be_passed():
    recorder, model = Recorder(), made()
    model.fit(X, Y, callbacks=None, verbose=0)
    model.fit(X, Y, callbacks=recorder, verbose=0)
    model.fit(X, Y, callbacks=(recorder,), verbose=0)
    assert [told for told in recorder.told if told[0] == "train_begin"] == [("train_begin",)] * 2


def test_what_is_refused():
    for callbacks, got in (([3], "got 3"), ([Recorder], "got <class"), (["x"], "got 'x'")):
        with pytest.raises(TypeError, match=f"callbacks: expected Callback objects, {got}"):
            made().fit(X, Y, callbacks=callbacks, verbose=0)


def test_an_error_in_a_hook_is_raised_and_the_model_stays_usable():
    class Fails(Callback):
        def on_train_batch_begin(self, batch, logs):
            if batch == 2:
                raise RuntimeError("stop here")

    model = made()
    with pytest.raises(RuntimeError, match="stop here"):
        model.fit(X, Y, batch_size=1, callbacks=[Fails()], verbose=0)
    assert int(model.optimizer.iterations.value) == 2
    assert model.fit(X, Y, batch_size=1, verbose=0).epoch == [0]


def test_a_history_may_be_passed_as_a_callback():
    mine = History()
    history = made().fit(X, Y, epochs=2, callbacks=[mine], verbose=0)
    assert history is mine
    assert len(mine.history["loss"]) == 2
