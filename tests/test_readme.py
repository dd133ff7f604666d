"""The code in README and docs runs as it stands, and the README's test command is the one that CI runs."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md"))]
PAGES = {str(path.relative_to(ROOT).with_suffix("")): path.read_text(encoding="utf-8") for path in FILES}
BLOCKS = [
    pytest.param(block, id=f"{name}{k}")
    for name, page in PAGES.items()
    for k, block in enumerate(re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL), 1)
]
COMMANDS = re.findall(r"```sh\n(.*?)```", PAGES["README"], flags=re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS)
def test_block_runs(block, tmp_path):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", block], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_files(page):
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", PAGES[page]):
        assert ((ROOT / page).parent / target).is_file(), target


def test_each_command_is_one_line_and_ci_runs_the_second():
    assert [command.count("\n") for command in COMMANDS] == [1, 1]
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert COMMANDS[1].strip() in ci.splitlines()
