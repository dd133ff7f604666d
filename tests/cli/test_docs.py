"""The commands in docs/files/cli.md run as they stand."""

import re
import shlex
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "files" / "cli.md").read_text(encoding="utf-8")
SETUP = re.search(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)[1]
COMMANDS = [
    line for block in re.findall(r"```sh\n(.*?)```", PAGE, flags=re.DOTALL) for line in block.splitlines()
]


@pytest.mark.parametrize("line", COMMANDS)
def test_it_runs(run, line):
    exec(SETUP, {})
    name, *arguments = shlex.split(line)
    assert name == "tinygraph"
    code, out, err = run(*arguments)
    assert (code, err) == (0, "")
    if arguments[0] == "info":
        shown = re.search(r"written by tinygraph.*?\n\n", PAGE, flags=re.DOTALL)[0]
        for line in re.findall(r"    ((?:Optimizer|Loss|Metrics|Epochs: 2)\b)", shown):
            assert line in out


def test_there_are_some_of_each():
    assert {line.split()[1] for line in COMMANDS} == {"info", "draw", "predict", "convert"}
