"""Writing files whole or not at all, whatever happens meanwhile."""

from __future__ import annotations

import errno
import os
import stat
import uuid
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path


def write_whole(target: Path, *pieces: str | bytes | memoryview) -> None:
    """Put a file of these pieces in the target's place at once: who reads it finds the old or the new one.

    It is written beside the target as ``.tinygraph-`` and 32 hexadecimal digits, and reaches the disk before
    it takes the name: so it is when the process is killed or the power fails. All that can be left is a file
    of such a name, which may be removed. The target keeps its permissions; what a link points to is replaced,
    not the link; a device is just written to.

    Raises:
        OSError: it cannot be written; names the target, which is as it was, or new if all that failed was to
            tell the disk of the new name.
    """
    data = [piece.encode() if isinstance(piece, str) else piece for piece in pieces]
    try:
        if target.exists() and not target.is_file():  # a device; a folder raises
            target.write_bytes(b"".join(data))
        else:
            _replace(Path(os.path.realpath(target)), data)
    except OSError as problem:
        if problem.errno is None:  # none of the system's
            raise
        raise OSError(problem.errno, problem.strerror, str(target)) from None


def write_with_folder(target: Path, *pieces: str | bytes | memoryview) -> None:
    """`write_whole`, in a folder that is made if need be."""
    target.parent.mkdir(parents=True, exist_ok=True)
    write_whole(target, *pieces)


def _replace(place: Path, data: Sequence[bytes | memoryview]) -> None:
    """Write a file and let it take a place, where the old one may be written."""
    beside = place.with_name(f".tinygraph-{uuid.uuid4().hex}")
    try:
        with open(beside, "xb") as file:
            if place.exists():
                if not os.access(place, os.W_OK):
                    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
                os.chmod(beside, stat.S_IMODE(place.stat().st_mode))
            file.writelines(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, place)
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
    _settle(place.parent)


def _settle(folder: Path) -> None:
    """Let a folder's names reach the disk; Windows and some file systems do not have that."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except PermissionError:
        return
    try:
        os.fsync(handle)
    except OSError as problem:
        if problem.errno not in (errno.EBADF, errno.EINVAL):
            raise
    finally:
        os.close(handle)
