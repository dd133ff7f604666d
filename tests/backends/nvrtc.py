"""NVIDIA's runtime compiler, which needs no GPU: what it accepts, a GPU can run."""

from __future__ import annotations

import ctypes
import ctypes.util
import importlib.util
from functools import cache
from pathlib import Path

import pytest


@cache
def library() -> ctypes.CDLL | None:
    """The compiler, of CUDA or of the package nvidia-cuda-nvrtc-cu12; None where there is neither."""
    names = [ctypes.util.find_library("nvrtc")]
    if importlib.util.find_spec("nvidia") and (found := importlib.util.find_spec("nvidia.cuda_nvrtc")):
        for folder in found.submodule_search_locations or ():
            names += [str(path) for path in Path(folder, "lib").glob("libnvrtc.so.*")]
    for name in filter(None, names):
        return ctypes.CDLL(name)
    return None


def compile(text: str, architecture: str) -> str:
    """Return the PTX of a text, or fail with what the compiler says."""
    nvrtc, program, size = library(), ctypes.c_void_p(), ctypes.c_size_t()
    assert nvrtc.nvrtcCreateProgram(ctypes.byref(program), text.encode(), b"kernel.cu", 0, None, None) == 0
    options = (ctypes.c_char_p * 2)(b"-std=c++14", f"-arch={architecture}".encode())
    failed = nvrtc.nvrtcCompileProgram(program, len(options), options)
    nvrtc.nvrtcGetProgramLogSize(program, ctypes.byref(size))
    log = ctypes.create_string_buffer(size.value)
    nvrtc.nvrtcGetProgramLog(program, log)
    if failed or log.value:
        pytest.fail(f"{architecture}: {log.value.decode()}\n{text}")
    nvrtc.nvrtcGetPTXSize(program, ctypes.byref(size))
    ptx = ctypes.create_string_buffer(size.value)
    nvrtc.nvrtcGetPTX(program, ptx)
    nvrtc.nvrtcDestroyProgram(ctypes.byref(program))
    return ptx.value.decode()
