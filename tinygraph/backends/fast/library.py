"""The kernels of this process: compiled or read from disk once, called by any program."""

from __future__ import annotations

import hashlib
import threading
from typing import Any

import llvmlite
import llvmlite.binding as llvm

from tinygraph.backends.fast import cache
from tinygraph.backends.fast.machine import Function, machine
from tinygraph.version import __version__

_loaded: dict[str, tuple[Function, Any]] = {}
_lock = threading.Lock()


def key_of(text: str) -> bytes:
    """What machine code depends on: the kernel, who compiles it, and for which processor."""
    here = machine()
    parts = [text, __version__, llvmlite.__version__, str(llvm.llvm_version_info)]
    parts += [here.triple, here.cpu, here.features]
    return hashlib.sha256("\0".join(parts).encode()).digest()


def function(text: str) -> Function:
    """Return the machine function of a kernel, compiled unless it was before, here or in another process."""
    with _lock:
        if text not in _loaded:
            key = key_of(text)
            code = cache.read(key)
            if code is None:
                code = machine().compile(text)
                cache.write(key, code)
            _loaded[text] = machine().load(code, key.hex())
        return _loaded[text][0]
