"""Machine code on disk: found by the next process, and never run unless it is what it should be."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import numpy as np
import pytest

pytest.importorskip("llvmlite", reason="the extra 'fast' is not installed")

import tinygraph as tg
from tinygraph.backends.fast import cache, library

SCRIPT = """
import numpy as np, tinygraph as tg
from tinygraph.backends.fast.machine import Machine
compiled = []
compile = Machine.compile
Machine.compile = lambda self, text: compiled.append(text) or compile(self, text)
y = tg.compile(tg.tanh(tg.input("x", (3, 5)) * 2.0), jit_compile=True)(x=np.ones((3, 5)))
assert abs(y - np.tanh(2.0)).max() < 1e-6
print(len(compiled))
"""
KEY = b"k" * 32


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(library, "_loaded", {})
    return tmp_path / "tinygraph" / "kernels"


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    """The file of the kernel of `SCRIPT`: its name, and its bytes."""
    place = tmp_path_factory.mktemp("kernel")
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("XDG_CACHE_HOME", str(place))
        assert compiled_in_a_new_process() == 1
    (file,) = (place / "tinygraph" / "kernels").iterdir()
    return file.name, file.read_bytes()


def compiled_in_a_new_process():
    """How many kernels another process has to compile."""
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    return int(done.stdout)


def test_a_second_process_compiles_nothing(folder):
    assert compiled_in_a_new_process() == 1
    assert compiled_in_a_new_process() == 0


def truncated(content, other):
    return content[: len(content) // 2]


def changed(content, other):
    return content[:-20] + bytes(byte ^ 1 for byte in content[-20:])


def of_another_kernel(content, other):
    return other


def without_head(content, other):
    return content[cache.HEAD :]


def empty(content, other):
    return b""


def only_head(content, other):
    return content[: cache.HEAD]


def text(content, other):
    return b"not a kernel at all\n" * 100


@pytest.mark.parametrize(
    "damage",
    [truncated, changed, of_another_kernel, without_head, empty, only_head, text],
    ids=lambda f: f.__name__,
)
def test_a_damaged_or_foreign_file_is_compiled_again(damage, folder, kernel):
    name, content = kernel
    cache.write(KEY, content[cache.HEAD :])
    other = (folder / KEY.hex()).read_bytes()
    (folder / KEY.hex()).unlink()
    (folder / name).write_bytes(damage(content, other))
    assert compiled_in_a_new_process() == 1
    assert compiled_in_a_new_process() == 0


def test_a_folder_that_cannot_be_made_is_done_without(folder, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert compiled_in_a_new_process() == 1
    assert compiled_in_a_new_process() == 1


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_done_without(folder):
    folder.mkdir(parents=True)
    folder.chmod(0o500)
    assert compiled_in_a_new_process() == 1
    assert list(folder.iterdir()) == []


def test_a_disk_that_is_full_leaves_nothing_behind(folder, monkeypatch):
    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    cache.write(KEY, b"code")
    assert cache.read(KEY) is None
    assert list(folder.iterdir()) == []


def test_no_home_is_done_without(monkeypatch):
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)

    def nowhere():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(cache.Path, "home", nowhere)
    cache.write(KEY, b"code")
    assert cache.read(KEY) is None


def test_a_relative_folder_is_not_used(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", "here")
    monkeypatch.setattr(cache.Path, "home", lambda: tmp_path)
    assert cache.folder() == tmp_path / ".cache" / "tinygraph" / "kernels"


def test_the_number_of_files_is_bounded(folder, monkeypatch):
    monkeypatch.setattr(cache, "MOST_FILES", 10)
    for number in range(25):
        cache.write(bytes([number]) * 32, b"code")
        os.utime(folder / (bytes([number]) * 32).hex(), (number, number))
    assert len(list(folder.iterdir())) <= 10
    assert cache.read(bytes([24]) * 32) == b"code"
    assert cache.read(bytes([0]) * 32) is None


def test_another_compiler_or_processor_has_another_key(folder, monkeypatch):
    first = library.key_of("text")
    monkeypatch.setattr(library.machine(), "cpu", "another")
    assert library.key_of("text") != first
    monkeypatch.undo()
    monkeypatch.setattr(library.llvmlite, "__version__", "0")
    assert library.key_of("text") != first


def test_many_threads_compile_a_kernel_once(folder, monkeypatch):
    compiled = []
    real = library.machine().compile
    monkeypatch.setattr(library.machine(), "compile", lambda text: compiled.append(text) or real(text))
    x = tg.input("x", (3, 7))
    graph = tg.sin(x) * 0.123
    results = []

    def work():
        results.append(tg.compile(graph, jit_compile=True)(x=np.ones((3, 7))))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 8
    assert len(compiled) == 1
