"""Writing that fails, at each of its calls: an error that names the file, and the file before is whole."""

import errno
import os
import stat
from pathlib import Path

import pytest

from saving.savers import SAVERS, made, state
from tinygraph import files

CODES = [errno.ENOSPC, errno.EIO, errno.EACCES, errno.EROFS, errno.EDQUOT]
POSIX = pytest.mark.skipif(os.name != "posix", reason="permissions and links of POSIX")


class Disk:
    """The calls by which files are written, noted, of which one fails."""

    def __init__(self, monkeypatch):
        self.calls, self.fails, self.code = [], None, None
        self.opened = {}
        for name in ("open", "fsync", "replace", "chmod", "close"):
            monkeypatch.setattr(os, name, self.noted(name, getattr(os, name)))
        monkeypatch.setattr(files, "open", self.noted("create", self.file), raising=False)

    def noted(self, name, function):
        def call(*arguments, **options):
            self.calls.append((name, arguments))
            if len(self.calls) - 1 == self.fails:
                raise OSError(self.code, os.strerror(self.code))
            return function(*arguments, **options)

        return call

    def file(self, *arguments):
        """A file whose writing, too, is noted: half of it is done when it fails."""
        opened = open(*arguments, buffering=0)  # noqa: SIM115
        write = opened.write

        class File:
            def __enter__(file):
                return file

            def __exit__(file, *raised):
                opened.close()

            def __getattr__(file, name):
                return getattr(opened, name)

            def write(file, data):
                write(data[: len(data) // 2])
                self.noted("write", write)(data[len(data) // 2 :])

        return File()


@pytest.fixture(scope="module")
def models():
    return made(0), made(1)


def test_each_call_that_fails(models, saver_name, tmp_path, monkeypatch, code=errno.EIO):
    fail_each(SAVERS[saver_name], models, str(tmp_path), monkeypatch, [code])
