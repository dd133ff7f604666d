"""The ``.keras`` file: a zip of config.json, metadata.json and model.weights.h5, read as a stranger's."""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from tinygraph.files import write_with_folder
from tinygraph.saving.container import HDF5, ZIP, parsed
from tinygraph.saving.errors import ModelFormatError

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
#: how much larger than the file all that is in it may be: weights hardly shrink
EXPANSION, SLACK = 2, 2**22
#: the version of Keras whose files these are
KERAS_VERSION = "3.15.1"


class Archive(NamedTuple):
    """What a ``.keras`` file holds."""

    config: dict[str, Any]
    weights: bytes


@contextmanager
def as_format_errors(path: str | os.PathLike[str], what: str) -> Iterator[None]:
    """Raise `ModelFormatError` for whatever goes wrong with what anyone may have written."""
    try:
        yield
    except (ModelFormatError, ImportError) as problem:
        if isinstance(problem, ImportError) or str(problem).startswith(os.fspath(path)):
            raise
        raise ModelFormatError(f"{os.fspath(path)}: {problem}") from problem
    except Exception as problem:
        told = (
            f"{type(problem).__name__}: {problem}" if isinstance(problem, (LookupError, OSError)) else problem
        )
        raise ModelFormatError(f"{os.fspath(path)}: {what}: {told}") from problem


def read_archive(path: str | os.PathLike[str]) -> Archive:
    """Return the parts of a ``.keras`` file; nothing is unpacked to disk.

    Raises:
        FileNotFoundError: there is no such file.
        ModelFormatError: it is no whole file of Keras 3, or larger unpacked than a model can be.
    """
    with open(path, "rb") as file, as_format_errors(path, "no whole .keras file"):
        start, size = file.read(4), os.fstat(file.fileno()).st_size
        if start == HDF5:
            raise ModelFormatError("a model in one HDF5 file; open it in Keras 3 and save it as .keras.")
        if start != ZIP:
            raise ModelFormatError("no .keras file: it does not begin as a zip does.")
        with zipfile.ZipFile(file) as archive:
            _check_members(archive.infolist(), size)
            config = parsed(path, CONFIG, _member(archive, CONFIG).decode())
            if not isinstance(config, dict):
                raise ModelFormatError(f"{CONFIG} must describe an object, got {type(config).__name__}.")
            return Archive(config, _member(archive, WEIGHTS))


def write_archive(path: str | os.PathLike[str], config: Mapping[str, Any], weights: bytes) -> None:
    """Write a ``.keras`` file, whole or not at all; make its folder if need be."""
    described = {
        METADATA: {"keras_version": KERAS_VERSION, "date_saved": "1980-01-01@00:00:00"},
        CONFIG: config,
    }
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:  # members have no dates: equal models make equal files
        for name, value in described.items():
            archive.writestr(zipfile.ZipInfo(name), json.dumps(value, allow_nan=False))
        archive.writestr(zipfile.ZipInfo(WEIGHTS), weights)
    write_with_folder(Path(path), whole.getvalue())


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    """Return a member, of which no more is unpacked than it says that it has."""
    with archive.open(name) as member:
        return member.read(archive.getinfo(name).file_size)


def _check_members(members: list[zipfile.ZipInfo], size: int) -> None:
    """Raise `ModelFormatError` unless these are the members of a model that a file of this size can hold."""
    names = [member.filename for member in members if not member.filename.startswith("assets/")]
    if len(set(names)) != len(names):
        raise ModelFormatError("a member of the zip is in it twice.")
    for name in (CONFIG, WEIGHTS):
        if name not in names:
            raise ModelFormatError(f"the zip has no {name}; open it in Keras 3 and save it as .keras.")
    if extra := set(names) - {CONFIG, METADATA, WEIGHTS}:
        raise ModelFormatError(f"the zip has a member that Keras does not write: {min(extra)!r}.")
    if (unpacked := sum(member.file_size for member in members)) > EXPANSION * size + SLACK:
        raise ModelFormatError(f"{size} bytes that unpack to {unpacked}, more than weights shrink.")
