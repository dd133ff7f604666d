"""LLVM: text -> object code -> a function to call."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import llvmlite.binding as llvm

from tinygraph.backends.fast.kernel import NAME, Host
from tinygraph.backends.fast.mathematics import LIBRARY

_Function = ctypes.CFUNCTYPE(None, ctypes.c_void_p)


class Function(NamedTuple):
    """A machine function of the address of its block of arguments. Other threads may run during ``call``."""

    address: int
    call: Callable[[int], None]


class Machine:
    """This computer's processor as LLVM knows it."""

    def __init__(self) -> None:
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        self.cpu = llvm.get_host_cpu_name()
        features = llvm.get_host_cpu_features()
        self.features = features.flatten()
        target = llvm.Target.from_default_triple()
        self.triple = target.triple
        self.target = target.create_target_machine(cpu=self.cpu, features=self.features, opt=2, jit=True)
        self.linker = llvm.create_lljit_compiler(self.target)
        arm = self.triple.startswith(("aarch64", "arm64"))
        self.host = Host(
            64 if features.get("avx512f") else 32 if features.get("avx2") else 16,
            bool(features.get("fma")) or arm,
            bool(features.get("avx512vl") and features.get("avx512bw")),
            32 if features.get("avx512f") or arm else 16,
        )
        library = ctypes.CDLL(None if os.name == "posix" else "ucrtbase")
        for symbol in ("memcpy", *sorted(LIBRARY), *(f"{name}f" for name in sorted(LIBRARY))):
            llvm.add_symbol(symbol, ctypes.cast(getattr(library, symbol), ctypes.c_void_p).value)

    def compile(self, text: str) -> bytes:
        """Return the object code of a module."""
        module = llvm.parse_assembly(text)
        module.verify()
        code: bytes = self.target.emit_object(module)
        return code

    def load(self, code: bytes, name: str) -> tuple[Function, Any]:
        """Return the function in object code, and what must be kept as long as it is called."""
        builder = llvm.JITLibraryBuilder().add_object_img(code).export_symbol(NAME)
        library = builder.add_current_process().link(self.linker, name)
        return Function(library[NAME], _Function(library[NAME])), library


@cache
def machine() -> Machine:
    """This computer."""
    return Machine()
