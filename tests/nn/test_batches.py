"""Batches that come from elsewhere: generators, iterables, datasets; against the same rows as arrays."""

import itertools
import signal
import warnings

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.nn import LSTM, Add, Callback, Dense, Input, Model, PyDataset, Sequential

pytestmark = pytest.mark.usefixtures("float64")

RNG = np.random.default_rng(0)
X, Y, W = RNG.normal(size=(10, 3)), RNG.normal(size=(10, 2)), RNG.uniform(size=10)
CUTS = [slice(start, start + 4) for start in range(0, 10, 4)]  # the last one has two rows
QUIET = {"verbose": 0}


def made(**kwargs):
    model = Sequential([Dense(2, input_shape=(3,), activation="tanh")])
    model.compile("sgd", "mse", metrics=["mae"], weighted_metrics=["mse"], **kwargs)
    model.set_weights([np.arange(6.0).reshape(3, 2) / 7, np.full(2, 0.1)])
    return model


def batch(rows, parts=2):
    return (X[rows], Y[rows], W[rows])[:parts]


class Data(PyDataset):
    """The three batches, by index; it writes down what it is asked for."""

    def __init__(self, parts=2):
        self.parts, self.asked = parts, []

    def __len__(self):
        return len(CUTS)

    def __getitem__(self, index):
        self.asked.append(index)
        return batch(CUTS[index], self.parts)

    def on_epoch_begin(self):
        self.asked.append("begin")

    def on_epoch_end(self):
        self.asked.append("end")


class Duck:
    """The same without the base."""

    def __init__(self, parts=2):
        self.parts = parts

    def __len__(self):
        return len(CUTS)

    def __getitem__(self, index):
        return batch(CUTS[index], self.parts)


class Again:
    """An iterable that can be gone through again, as a DataLoader can; its batches are lists."""

    def __init__(self, parts=2):
        self.parts = parts

    def __iter__(self):
        return (list(batch(rows, self.parts)) for rows in CUTS)


def endless(parts=2):
    for rows in itertools.cycle(CUTS):
        yield batch(rows, parts)


FORMS = {
    "generator": (endless, {"steps_per_epoch": 3}),
    "iterator": (lambda parts=2: iter(list(endless_part(parts))), {"steps_per_epoch": 3}),
    "iterable": (Again, {}),
    "PyDataset": (Data, {}),
    "any object with a length and items": (Duck, {}),
}


def endless_part(parts):
    return itertools.islice(endless(parts), 9)


@pytest.mark.parametrize("parts", [2, 3])
@pytest.mark.parametrize("form", FORMS)
def test_all_forms_train_as_the_same_rows_in_arrays(form, parts):
    """The partial batch included."""
    source, settings = FORMS[form]
    one, two = made(), made()
    weights = {"sample_weight": W} if parts == 3 else {}
    expected = one.fit(X, Y, batch_size=4, epochs=3, shuffle=False, **weights, **QUIET)
    found = two.fit(source(parts), epochs=3, shuffle=False, **settings, **QUIET)
    assert found.history == expected.history
    for a, b in zip(one.get_weights(), two.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("parts", [2, 3])
@pytest.mark.parametrize("form", FORMS)
def test_all_forms_are_judged_and_predicted_as_arrays(form, parts):
    source, settings = FORMS[form]
    steps = {"steps": 3} if settings else {}
    model = made()
    weights = {"sample_weight": W} if parts == 3 else {}
    expected = model.evaluate(X, Y, batch_size=4, **weights, **QUIET)
    assert model.evaluate(source(parts), **steps, **QUIET) == expected
    np.testing.assert_array_equal(model.predict(source(parts), **steps), model.predict(X, batch_size=4))
    alone = model.predict((rows[0] for rows in endless_part(parts)), **steps)
    np.testing.assert_array_equal(alone[:10], model.predict(X, batch_size=4))


@pytest.mark.parametrize("form", FORMS)
def test_all_forms_do_as_validation_data(form):
    source, settings = FORMS[form]
    steps = {"validation_steps": 3} if settings else {}
    one, two = made(), made()
    plain = {"batch_size": 4, "epochs": 3, "shuffle": False, **QUIET}
    expected = one.fit(X, Y, validation_data=(X, Y, W), validation_batch_size=4, **plain)
    found = two.fit(X, Y, validation_data=source(3), **steps, **plain)
    assert found.history == expected.history


def test_a_model_without_shapes_takes_them_from_the_first_batch():
    x, y = RNG.normal(size=(6, 4, 3)), RNG.normal(size=(6, 1))
    pairs = [(x[k : k + 3], y[k : k + 3]) for k in (0, 3)]
    histories = []
    for data in ((x, y), (iter(pairs), None)):
        tg.set_seed(1)
        model = Sequential([LSTM(2, name="rnn"), Dense(1, name="out")])
        model.compile("adam", "mse")
        sizes = {"batch_size": 3} if data[1] is not None else {}
        histories.append(model.fit(*data, shuffle=False, **sizes, **QUIET).history)
        assert model.output_shape(None) == (1,)
    assert histories[0] == histories[1]


def test_several_inputs_and_outputs_in_batches():
    a, b = Input((2,), name="a"), Input((3,), name="b")
    total = Add(name="total")([Dense(1)(a), Dense(1)(b)])
    model = Model([a, b], {"total": total, "half": Dense(1, name="half")(total)})
    model.compile("sgd", "mse")
    x = {"a": RNG.normal(size=(6, 2)), "b": RNG.normal(size=(6, 3))}
    y = {"total": RNG.normal(size=6), "half": RNG.normal(size=6)}
    expected = model.evaluate(x, y, batch_size=3, **QUIET)

    def part(data, rows):
        return {name: array[rows] for name, array in data.items()}

    cuts = [slice(0, 3), slice(3, 6)]
    assert model.evaluate(((part(x, rows), part(y, rows)) for rows in cuts), **QUIET) == expected
    as_lists = ((list(part(x, rows).values()), tuple(part(y, rows).values())) for rows in cuts)
    assert model.evaluate(as_lists, **QUIET) == expected


def test_class_weight_of_batches():
    labels = np.array([0, 1, 1, 0, 1, 0, 0, 1, 1, 1])
    models = []
    for _ in range(2):
        model = Sequential([Dense(2, input_shape=(3,), activation="softmax", kernel_initializer="ones")])
        model.compile("sgd", "sparse_categorical_crossentropy")
        models.append(model)
    settings = {"class_weight": {0: 0.3, 1: 2.0}, "shuffle": False, **QUIET}
    expected = models[0].fit(X, labels, batch_size=4, **settings)
    found = models[1].fit(((X[rows], labels[rows]) for rows in CUTS), **settings)
    assert found.history == expected.history


# Epochs and steps.


def first_features(model, monkeypatch, x, **kwargs):
    """The first feature of each row in the order in which steps take them, one list a step."""
    from tinygraph.nn.steps import Steps

    seen, start, name = [], Steps.start, model.inputs[0].name

    def spy(function, feeds):
        seen.append(feeds[name][:, 0].tolist())
        return start(function, feeds)

    with monkeypatch.context() as patch:
        patch.setattr(Steps, "start", staticmethod(spy))
        history = model.fit(x, **kwargs, **QUIET)
    return seen, history


def test_a_dataset_is_told_of_epochs():
    data = Data()
    made().fit(data, epochs=2, shuffle=False, **QUIET)
    assert data.asked == ["begin", 0, 1, 2, "end"] * 2
    data = Data()
    made().evaluate(data, **QUIET)
    assert data.asked == ["begin", 0, 1, 2, "end"]


def test_shuffle_takes_the_batches_of_a_dataset_in_another_order():
    class Many(Data):
        def __len__(self):
            return 50

        def __getitem__(self, index):
            self.asked.append(index)
            return X, Y

    runs = []
    for _ in range(2):
        tg.set_seed(4)
        data = Many()
        made().fit(data, epochs=2, **QUIET)
        orders = [[k for k in group if k != "begin"] for group in (data.asked[:51], data.asked[52:-1])]
        assert sorted(orders[0]) == sorted(orders[1]) == list(range(50))
        assert orders[0] != orders[1] != list(range(50))
        runs.append(orders)
    assert runs[0] == runs[1]


def test_a_run_that_begins_later_takes_the_batches_of_that_epoch():
    class Later(Callback):
        def on_train_begin(self, logs):
            self.model.begin_at(2)

    asked = []
    for callbacks in ([], [Later()]):
        tg.set_seed(3)
        data = Data()
        made().fit(data, epochs=4, callbacks=callbacks, **QUIET)
        asked.append([k for k in data.asked if isinstance(k, int)])
    assert asked[1][1:] == asked[0][6:]  # and the first one, which was read to be checked


def test_an_epoch_of_so_many_steps_goes_on_where_the_last_one_stopped(monkeypatch):
    """As in Keras: five batches, two an epoch; the third epoch finds one, and the fourth begins anew."""
    x = np.repeat(np.arange(10.0)[:, None], 3, axis=1)
    settings = {"y": Y, "batch_size": 2, "epochs": 4, "steps_per_epoch": 2, "shuffle": False}
    with pytest.warns(UserWarning, match="fit, epoch 3: the data ended after 1 of 2 batches"):
        seen, history = first_features(made(), monkeypatch, x, **settings)
    assert [rows[0] for rows in seen] == [0, 2, 4, 6, 8, 0, 2]
    assert history.params["steps"] == 2
    settings |= {"epochs": 2, "steps_per_epoch": 5}
    seen, history = first_features(made(), monkeypatch, x, **settings)  # no warning where they just suffice
    assert [rows[0] for rows in seen] == [0, 2, 4, 6, 8] * 2


def test_shuffled_steps_take_every_row_once_before_one_twice(monkeypatch):
    x = np.repeat(np.arange(10.0)[:, None], 3, axis=1)
    seen, _ = first_features(made(), monkeypatch, x, y=Y, batch_size=1, epochs=2, steps_per_epoch=5)
    assert sorted(itertools.chain(*seen)) == list(range(10))


def test_validation_of_so_many_steps_begins_anew():
    model = made()
    plain = {"batch_size": 4, "epochs": 3, "shuffle": False, **QUIET}
    history = model.fit(X, Y, validation_data=(X, Y), validation_steps=1, **plain)
    other = made()
    expected = other.fit(X, Y, validation_data=(X[:4], Y[:4]), **plain)
    assert history.history == expected.history
    split = made().fit(X, Y, validation_split=0.5, validation_batch_size=2, validation_steps=1, **plain)
    alone = made().fit(X[:5], Y[:5], validation_data=(X[5:7], Y[5:7]), **plain)
    assert split.history == alone.history


@pytest.mark.parametrize(("freq", "judged"), [(1, [1, 2, 3, 4, 5]), (2, [2, 4]), ([1, 5], [1, 5]), (7, [])])
def test_validation_freq(freq, judged):
    class Watch(Callback):
        def on_epoch_end(self, epoch, logs):
            if "val_loss" in logs:
                found.append(epoch + 1)

    found = []
    made().fit(X, Y, validation_split=0.2, epochs=5, validation_freq=freq, callbacks=[Watch()], **QUIET)
    assert found == judged


def test_a_generator_that_ends_too_soon_ends_training_with_what_it_gave():
    model = made()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        history = model.fit(itertools.islice(endless(), 5), epochs=4, steps_per_epoch=3, **QUIET)
    assert [str(w.message) for w in caught] == [
        "fit, epoch 2: the data ended after 2 of 3 batches.",
        "fit, epoch 3: no batch is left; training stops.",
    ]
    assert history.epoch == [0, 1]
    other = made()
    other.fit(X, Y, batch_size=4, shuffle=False, **QUIET)
    other.fit(X[:8], Y[:8], batch_size=4, shuffle=False, **QUIET)
    for a, b in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_generator_is_not_read_further_than_asked_nor_closed():
    source = endless()
    made().fit(source, steps_per_epoch=2, **QUIET)
    np.testing.assert_array_equal(next(source)[0], X[CUTS[2]])  # the third batch is next
    made().evaluate(source, steps=1, **QUIET)
    np.testing.assert_array_equal(next(source)[0], X[CUTS[1]])


def test_a_callback_that_stops_training_stops_reading():
    class Stop(Callback):
        def on_train_batch_end(self, batch, logs):
            self.model.stop_training = True

    source = endless()
    history = made().fit(source, steps_per_epoch=3, epochs=5, callbacks=[Stop()], **QUIET)
    assert history.epoch == [0]
    np.testing.assert_array_equal(next(source)[0], X[CUTS[1]])


# What the caller is told.


class Steps(Callback):
    def __init__(self):
        self.steps = []

    def on_epoch_begin(self, epoch, logs):
        self.steps.append(self.params["steps"])


@pytest.mark.parametrize(
    ("source", "settings", "steps"),
    [
        (Data, {}, [3, 3]),
        (Again, {}, [None, 3]),
        (endless, {"steps_per_epoch": 2}, [2, 2]),
    ],
)
def test_the_number_of_steps_is_known_where_there_is_one(source, settings, steps):
    watch = Steps()
    made().fit(source(), epochs=2, callbacks=[watch], **settings, **QUIET)
    assert watch.steps == steps


def test_progress_of_a_generator_counts_its_steps(capsys, monkeypatch):
    import sys

    from tinygraph.nn import progress

    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(progress, "INTERVAL", 0.0)
    made().fit((batch(rows) for rows in CUTS), verbose=1)
    assert "step 2  loss" in capsys.readouterr().out
    made().fit(Data(), verbose=1)
    assert "2/3" in capsys.readouterr().out


def test_the_rows_that_were_held_out_are_told():
    for shuffle in (False, True):
        history = made().fit(X, Y, validation_split=0.25, shuffle=shuffle, **QUIET)
        assert history.params["validation_rows"] == range(7, 10)
    rows = history.params["validation_rows"]
    split = made().fit(X, Y, validation_split=0.25, shuffle=False, **QUIET)
    alone = made().fit(X[:7], Y[:7], validation_data=(X[rows], Y[rows]), shuffle=False, **QUIET)
    assert split.history == alone.history
    assert "validation_rows" not in alone.params
    both = made().fit(X, Y, validation_split=0.25, validation_data=(X, Y), **QUIET)
    assert "validation_rows" not in both.params  # validation_data goes first, as in Keras


# Errors amid training: weights are those of the last whole step, and the history has all whole epochs.


def broken(at, error):
    for k, rows in enumerate(itertools.cycle(CUTS)):
        if k == at:
            raise error
        yield batch(rows)


@pytest.mark.parametrize("error", [ZeroDivisionError("nothing there"), KeyboardInterrupt(), OSError()])
def test_an_error_in_a_generator_leaves_weights_and_history_whole(error):
    model = made()
    kind = KeyboardInterrupt if isinstance(error, KeyboardInterrupt) else tg.nn.DataError
    with pytest.raises(kind) as caught:
        model.fit(broken(7, error), epochs=4, steps_per_epoch=3, **QUIET)
    if kind is KeyboardInterrupt:
        assert str(caught.value) == "fit, epoch 3, step 2: broken off while the batch was read"
    else:
        told = f"{type(error).__name__}{': nothing there' if str(error) else ''}"
        assert str(caught.value) == f"fit, epoch 3, step 2: the batch could not be read: {told}"
        assert caught.value.__cause__ is error
    other = made()
    expected = other.fit(X, Y, batch_size=4, epochs=2, shuffle=False, **QUIET)
    assert model.history.history == expected.history
    other.train_on_batch(X[CUTS[0]], Y[CUTS[0]])
    for a, b in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    model.fit(X, Y, **QUIET)  # and it can still be trained
    assert np.isfinite(model.get_weights()[0]).all()


def test_a_ctrl_c_that_comes_while_a_batch_is_read():
    def slow():
        yield batch(CUTS[0])
        signal.raise_signal(signal.SIGINT)
        yield batch(CUTS[1])

    model, other = made(), made()
    with pytest.raises(KeyboardInterrupt):
        model.fit(slow(), **QUIET)
    other.train_on_batch(X[CUTS[0]], Y[CUTS[0]])
    np.testing.assert_array_equal(model.get_weights()[0], other.get_weights()[0])


@pytest.mark.parametrize("read", [True, False])
def test_batches_that_were_read_do_not_pile_up_on_a_device(read):
    """Where nobody waits for a step, its batch is kept to say what was wrong with it: of read ones, 32."""

    class Watch(Callback):
        def on_train_batch_end(self, batch, logs):
            waiting.append(len(self.model.steps.training.unseen))

    waiting, model = [], made()
    model._steps("fit").immediate = False
    data = (
        {"x": itertools.islice(endless(), 100)} if read else {"x": np.ones((100, 3)), "y": np.ones((100, 2))}
    )
    sizes = {} if read else {"batch_size": 1}
    model.fit(**data, callbacks=[Watch()], **sizes, **QUIET)
    assert len(waiting) == 100
    assert (max(waiting) <= 32) == read
