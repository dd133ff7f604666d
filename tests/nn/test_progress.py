"""What fit and evaluate print: nothing, one line an epoch, or one line that updates on a terminal."""

import io

import numpy as np
import pytest

from tinygraph.nn import Callback, Dense, Sequential, progress
from tinygraph.nn.progress import Progress

X, Y = np.ones((6, 2)), np.ones((6, 1))


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    encoding = "utf-8"

    def isatty(self):
        return True


class AsciiTerminal(Terminal):
    encoding = "ascii"

    def write(self, text):
        text.encode("ascii")
        return super().write(text)


@pytest.fixture
def terminal(monkeypatch):
    """Standard output as a terminal of 100 columns that is updated at every step."""
    monkeypatch.setattr(progress, "INTERVAL", 0.0)
    monkeypatch.setenv("COLUMNS", "100")

    def use(stream):
        monkeypatch.setattr("sys.stdout", stream)
        return stream

    return use


def made():
    model = Sequential([Dense(1, input_shape=(2,))])
    model.compile("sgd", "mse", metrics=["mae"])
    return model


@pytest.mark.parametrize("verbose", [0, False])
def test_quiet(verbose, capsys):
    model = made()
    model.fit(X, Y, epochs=3, verbose=verbose)
    model.evaluate(X, Y, verbose=verbose)
    model.predict(X)
    model.train_on_batch(X, Y)
    model.test_on_batch(X, Y)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("verbose", [1, 2, "auto", True])
def test_one_line_an_epoch_where_there_is_no_terminal(verbose, capsys):
    history = made().fit(X, Y, epochs=11, batch_size=2, validation_split=0.5, verbose=verbose).history
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert (len(lines), err) == (11, "")
    assert lines[0].startswith("epoch  1/11  ")
    assert lines[-1].startswith("epoch 11/11  ")
    assert lines[-1].endswith(
        "  ".join(f"{name} {history[name][-1]:.4g}" for name in ("loss", "mae", "val_loss", "val_mae"))
    )
    assert "\r" not in out


def test_evaluate_and_predict_say_what_they_did(capsys):
    model = made()
    loss, mae = model.evaluate(X, Y)
    assert capsys.readouterr().out == f"evaluated 6 samples: loss {loss:.4g}  mae {mae:.4g}\n"
    model.predict(X, verbose=1)
    assert capsys.readouterr().out == "predicted 6 samples\n"


def test_one_line_that_updates_on_a_terminal(terminal):
    stream = terminal(Terminal())
    made().fit(X, Y, epochs=2, batch_size=2, verbose=1)
    text = stream.getvalue()
    assert text.count("\n") == 2
    first, second, rest = text.split("\n")
    assert rest == ""
    for line, epoch in ((first, 1), (second, 2)):
        updates = line.split("\r")[1:]
        assert len(updates) == 4  # three steps, and the epoch's own
        assert all(update.startswith(f"epoch {epoch}/2 ") for update in updates)
        assert [update.split()[3] for update in updates[:3]] == ["1/3", "2/3", "3/3"]
        assert "━" * progress.WIDTH in updates[2]
        assert "mae" in updates[3]
        assert "━" not in updates[3]
        # What is left of the longer line is written over.
        assert len(updates[3]) >= len(updates[2].rstrip())


def test_verbose_2_is_one_line_an_epoch_on_a_terminal_too(terminal):
    stream = terminal(Terminal())
    made().fit(X, Y, epochs=2, batch_size=2, verbose=2)
    assert len(stream.getvalue().splitlines()) == 2
    assert "\r" not in stream.getvalue()


def test_a_terminal_that_cannot_show_the_bar_gets_a_plain_one(terminal):
    stream = terminal(AsciiTerminal())
    made().fit(X, Y, batch_size=2, verbose=1)
    assert "=" * progress.WIDTH in stream.getvalue()


def test_a_line_is_no_wider_than_the_terminal(terminal, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    stream = terminal(Terminal())
    made().fit(X, Y, batch_size=2, validation_split=0.5, verbose=1)
    assert all(len(part) < 40 for part in stream.getvalue().replace("\n", "\r").split("\r"))


def test_updates_are_few(terminal, monkeypatch):
    monkeypatch.setattr(progress, "INTERVAL", 3600.0)
    monkeypatch.setattr(progress.time, "perf_counter", lambda: 7200.0)
    stream = terminal(Terminal())
    made().fit(np.ones((500, 2)), np.ones(500), batch_size=1, verbose=1)
    assert stream.getvalue().count("\r") == 2  # the first step and the epoch


def test_an_open_line_is_ended_by_an_error(terminal):
    class Fails(Callback):
        def on_train_batch_end(self, batch, logs):
            if batch == 1:
                raise RuntimeError

    stream = terminal(Terminal())
    with pytest.raises(RuntimeError):
        made().fit(X, Y, batch_size=2, callbacks=[Fails()], verbose=1)
    assert stream.getvalue().endswith("\n")


def test_other_values_in_logs_are_shown_as_they_are():
    assert progress.described({"loss": 1.23456, "rates": np.array([1.0, 2.0]), "note": "x"}) == (
        "loss 1.235  rates [1. 2.]  note x"
    )


@pytest.mark.parametrize("verbose", [3, "yes", None, -1])
def test_verbose_that_is_refused(verbose):
    for method in ("fit", "evaluate"):
        with pytest.raises(ValueError, match="verbose: expected 0, 1, 2 or 'auto', got"):
            getattr(made(), method)(X, Y, verbose=verbose)


@pytest.mark.parametrize("metrics", [["mae"], ["mae", "mse", "mape", "msle", "logcosh", "cosine_similarity"]])
def test_a_thousand_epochs_stay_under_100_kilobytes(metrics, capsys):
    model = Sequential([Dense(1, input_shape=(2,))])
    model.compile("sgd", "mse", metrics=metrics)
    history = model.fit(X, Y, epochs=1000, validation_split=0.5)
    out = capsys.readouterr().out
    lines = out.splitlines()
    assert len(out.encode()) < 100_000
    assert len(lines) == 1000 == len(history.epoch)
    assert all(line.startswith(f"epoch {k + 1:>4}/1000  ") for k, line in enumerate(lines))
    assert lines[0].endswith("...") == (len(metrics) > 1)


def test_the_more_epochs_the_shorter_the_lines():
    stream = io.StringIO()
    shown = Progress(stream)
    shown.set_params({"epochs": 10**6, "verbose": 1})
    shown.on_epoch_begin(0, {})
    shown.on_epoch_end(0, {f"loss{k}": 1.0 for k in range(20)})
    assert len(stream.getvalue()) == progress.SHORTEST


def test_a_stream_may_be_given():
    stream = io.StringIO()
    made().fit(X, Y, epochs=2, callbacks=[Progress(stream)], verbose=0)
    assert len(stream.getvalue().splitlines()) == 2
