"""What tests of the command line share: a folder with a trained model, and a way to run a command."""

import numpy as np
import pytest

import tinygraph as tg
from tinygraph import nn
from tinygraph.cli.main import main


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    nn.clear_session()
    tg.set_seed(20)


@pytest.fixture
def run(capsys):
    """Runs a command: its exit code, what it prints, and what it says of errors."""

    def run(*arguments):
        code = main([str(each) for each in arguments])
        out, err = capsys.readouterr()
        return code, out, err

    return run


@pytest.fixture
def refused(run):
    """Runs a command that fails: what it says, which is one line."""

    def refused(*arguments):
        code, out, err = run(*arguments)
        assert (code, out) == (1, "")
        assert err.startswith("tinygraph: ")
        assert err.count("\n") == 1
        return err.removeprefix("tinygraph: ").rstrip()

    return refused


@pytest.fixture
def model():
    """A model of (4, 2), trained for three epochs and saved as m.tiny."""
    layers = [nn.Input((4, 2), name="x"), nn.LSTM(3, name="lstm"), nn.Dense(1, name="out")]
    made = nn.Sequential(layers, name="weather")
    made.compile("adam", "mse", metrics=["mae"])
    rng = np.random.default_rng(0)
    made.fit(rng.normal(size=(40, 4, 2)), rng.normal(size=40), epochs=3, verbose=0)
    made.save("m.tiny")
    return made
