"""Object code on disk: what one process has compiled, the next one loads.

A file is a line that says what it is, the key of the kernel, the checksum of the code, and the code. Code
is loaded only where all of these are as expected; any other file is as good as none.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from contextlib import suppress
from pathlib import Path

MAGIC = b"tinygraph kernel 1\n"
HEAD = len(MAGIC) + 2 * hashlib.sha256().digest_size
MOST_FILES = 2000  # of about 5 kB each


def folder() -> Path:
    """Where code is kept: ``$XDG_CACHE_HOME/tinygraph``, by default ``~/.cache/tinygraph``."""
    given = os.environ.get("XDG_CACHE_HOME", "")
    base = Path(given) if os.path.isabs(given) else Path.home() / ".cache"
    return base / "tinygraph" / "kernels"


def read(key: bytes) -> bytes | None:
    """Return the code that was stored under ``key``, or None: none, damaged, or another kernel's."""
    try:
        content = (folder() / key.hex()).read_bytes()
    except (OSError, RuntimeError):  # RuntimeError: there is no home
        return None
    code = content[HEAD:]
    return code if code and content[:HEAD] == _head(key, code) else None


def write(key: bytes, code: bytes) -> None:
    """Store ``code``, whole or not at all; where that cannot be, the next process compiles again."""
    with suppress(OSError, RuntimeError):
        folder().mkdir(mode=0o700, parents=True, exist_ok=True)
        _remove_oldest()
        handle, temporary = tempfile.mkstemp(dir=folder())
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(_head(key, code) + code)
            os.replace(temporary, folder() / key.hex())
        except BaseException:
            os.unlink(temporary)
            raise


def _head(key: bytes, code: bytes) -> bytes:
    return MAGIC + key + hashlib.sha256(key + code).digest()


def _remove_oldest() -> None:
    """Keep the number of files bounded: kernels of earlier versions are never asked for again."""
    files = list(folder().iterdir())
    if len(files) >= MOST_FILES:
        for file in sorted(files, key=lambda file: file.stat().st_mtime)[: MOST_FILES // 2]:
            file.unlink(missing_ok=True)
