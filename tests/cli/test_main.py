"""The command line as such: help, exit codes, one line for each error, pipes and terminals."""

import io
import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

import tinygraph as tg
from tinygraph import nn
from tinygraph.cli import info
from tinygraph.cli.main import COMMANDS, main

NAMES = [command.__name__.rpartition(".")[2] for command in COMMANDS]


def test_there_are_four_commands_with_help_and_examples(run):
    assert NAMES == ["info", "draw", "predict", "convert"]
    code, out, _ = run("--help")
    assert code == 0
    assert all(f"\n    {name} " in out for name in NAMES)
    for name in NAMES:
        code, out, err = run(name, "--help")
        assert (code, err) == (0, "")
        assert f"examples:\n  tinygraph {name} m." in out
        assert max(map(len, out.splitlines())) <= 110


def test_version(run):
    assert run("--version") == (0, f"tinygraph {tg.__version__}\n", "")


@pytest.mark.parametrize(
    "arguments", [[], ["inform"], ["info"], ["info", "m.tiny", "--batch", "x"], ["draw", "m.tiny", "--depth"]]
)
def test_wrong_usage_is_two(run, arguments):
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert "tinygraph" in err.splitlines()[-1]
    assert "error: " in err


@pytest.mark.parametrize("command", NAMES)
def test_files_that_are_no_models_are_one(refused, command):
    more = {"predict": ["data.csv"], "convert": ["other.gguf"]}.get(command, [])
    assert refused(command, "nothing.tiny", *more) == "nothing.tiny: No such file or directory"
    Path("text.tiny").write_text("text")
    assert refused(command, "text.tiny", *more).startswith("text.tiny: no whole safetensors file")
    nn.Sequential([nn.Input((2,)), nn.Dense(1)]).save_weights("w.safetensors")
    assert refused(command, "w.safetensors", *more).startswith("w.safetensors: it has weights and no model")
    assert sorted(os.listdir()) == ["text.tiny", "w.safetensors"]


class Twice(nn.Dense):
    """A layer of the user's own."""


def doubled(y_true, y_pred):
    return 2.0 * tg.mean((y_true - y_pred) ** 2)


def test_layers_of_the_users_own_are_refused(refused):
    nn.Sequential([nn.Input((2,)), Twice(1)]).save("m.tiny")
    said = refused("info", "m.tiny")
    assert "'Twice'" in said
    assert said.endswith("The command line runs no code of yours: call tinygraph.load in Python.")


def test_a_loss_of_the_users_own_is_left_out_with_a_warning(run):
    model = nn.Sequential([nn.Input((2,)), nn.Dense(1)])
    model.compile("sgd", doubled)
    model.save("m.tiny")
    code, out, err = run("info", "m.tiny")
    assert code == 0
    assert "Not compiled." in out
    assert err.startswith("tinygraph: warning: read without what it is trained by: m.tiny: ")
    assert err.count("\n") == 1


def test_what_goes_wrong_is_told_in_one_line(refused, monkeypatch):
    for problem, said in (
        (ImportError("pip install\n  it"), "pip install it"),
        (MemoryError(), "MemoryError"),
        (OSError("no room"), "no room"),
    ):

        def fail(path, problem=problem):
            raise problem

        monkeypatch.setattr(info, "opened", fail)
        assert refused("info", "m.tiny") == said


def test_a_fault_of_ours_is_not_hidden(monkeypatch):
    def fail(path):
        raise TypeError("ours")

    monkeypatch.setattr(info, "opened", fail)
    with pytest.raises(TypeError, match="ours"):
        main(["info", "m.tiny"])


def test_ctrl_c_ends_without_words(run, monkeypatch):
    def interrupted(path):
        raise KeyboardInterrupt

    monkeypatch.setattr(info, "opened", interrupted)
    assert run("info", "m.tiny") == (130, "", "")


def test_warnings_are_told_afterwards_as_before(run, model, monkeypatch):
    before = warnings.showwarning
    monkeypatch.setattr(info, "opened", lambda path: warnings.warn("look\nout", stacklevel=1) or model)
    code, _, err = run("info", "m.tiny")
    assert (code, err) == (0, "tinygraph: warning: look out\n")
    assert warnings.showwarning is before


def in_a_process(*arguments, **how):
    environment = {**os.environ, "PYTHONPATH": str(Path(tg.__file__).parents[1]), **how.pop("env", {})}
    command = [sys.executable, "-W", "error", "-m", "tinygraph", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, **how)


def test_a_process_of_its_own(model, run):
    done = in_a_process("info", "m.tiny")
    out, err = done.communicate()
    assert (done.returncode, err) == (0, b"")
    assert out.decode() == run("info", "m.tiny")[1]
    done = in_a_process("info", "nothing.tiny")
    assert done.communicate() == (b"", b"tinygraph: nothing.tiny: No such file or directory\n")
    assert done.returncode == 1


def test_a_pipe_that_is_closed_ends_it_quietly(model):
    rows = "\n".join("1,2" for _ in range(40_000))
    Path("data.csv").write_text(f"a,b\n{rows}\n")
    done = in_a_process("predict", "m.tiny", "data.csv")
    assert done.stdout.read(4) == b"out\n"
    done.stdout.close()
    assert done.stderr.read() == b""
    done.stderr.close()
    assert done.wait() == 1


def test_nothing_is_left_to_write_to_a_closed_pipe(model, monkeypatch):
    class Closed(io.StringIO):
        """What stdout is once nobody reads it."""

        def flush(self):
            raise BrokenPipeError

    with open("out", "w") as file:
        closed = Closed()
        closed.fileno = file.fileno
        with monkeypatch.context() as patch:
            patch.setattr("sys.stdout", closed)
            assert main(["info", "m.tiny"]) == 1
        file.write("late")
    assert Path("out").read_text() == ""


def test_an_ascii_terminal_shows_what_it_can():
    model = nn.Sequential([nn.Input((2,), name="x"), nn.Dense(1, name="größe", kernel_initializer="ones")])
    model.save("m.tiny")
    Path("data.csv").write_text("1,2\n")
    ascii_only = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    out, err = in_a_process("info", "m.tiny", env=ascii_only).communicate()
    assert (b"gr??e (Dense)" in out, err) == (True, b"")
    out, err = in_a_process("predict", "m.tiny", "data.csv", env=ascii_only).communicate()
    assert (out, err) == (b"gr\\xf6\\xdfe\n3.0\n", b"")
    out, err = in_a_process("info", "ü.tiny", env=ascii_only).communicate()
    assert (out, err) == (b"", b"tinygraph: \\xfc.tiny: No such file or directory\n")


def test_the_script_is_declared():
    tomllib = pytest.importorskip("tomllib", reason="Python 3.10 has no tomllib")
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    assert project["scripts"] == {"tinygraph": "tinygraph.__main__:main"}
    from tinygraph import __main__

    assert __main__.main is main
