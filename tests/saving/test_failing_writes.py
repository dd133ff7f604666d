"""Writing that fails, at each of its calls: an error that names the file, and the file before is whole."""

import errno
import io
import itertools
import os
import stat
from pathlib import Path

import pytest
import safetensors
from saving.savers import SAVERS, made

from tinygraph import files
from tinygraph.files import write_whole

CODES = [errno.EIO, errno.ENOSPC, errno.EACCES, errno.EROFS, errno.EFBIG]
SAFETENSORS = (".tiny", ".safetensors")
POSIX = pytest.mark.skipif(os.name != "posix", reason="permissions, links and devices of POSIX")


class Disk:
    """The calls by which files are written, noted by name; the one at the place ``fails`` does so."""

    def __init__(self, monkeypatch):
        self.calls, self.fails, self.code = [], None, None
        for name in ("fsync", "replace", "chmod", "open"):
            monkeypatch.setattr(os, name, self.noted(name, getattr(os, name)))
        disk = self

        class File(io.FileIO):
            """A file that is half written when writing fails."""

            def write(self, data):
                half = len(data) // 2
                return super().write(data[:half]) + disk.noted("write", super().write)(data[half:])

        monkeypatch.setattr(files, "open", self.noted("create", File), raising=False)

    def noted(self, name, function):
        """The function, which is noted before it is called."""

        def call(*arguments, **options):
            self.calls.append(name)
            if len(self.calls) - 1 == self.fails:
                raise OSError(self.code, os.strerror(self.code))
            return function(*arguments, **options)

        return call

    def begin(self, fails=None, code=None):
        """Note from now on, and fail at a place."""
        self.calls, self.fails, self.code = [], fails, code


@pytest.fixture
def disk(monkeypatch):
    return Disk(monkeypatch)


ORDER = ["create", "chmod", "write", "fsync", "replace", "open", "fsync"]


@POSIX
def test_it_reaches_the_disk_before_it_takes_the_name(tmp_path, disk):
    write_whole(tmp_path / "f", "old")
    assert disk.calls == [name for name in ORDER if name != "chmod"]  # nothing's permissions are to be kept
    disk.begin()
    write_whole(tmp_path / "f", "new")
    assert disk.calls == ORDER


@POSIX
@pytest.mark.parametrize("saver", SAVERS)
def test_each_call_that_fails(saver, tmp_path, disk):
    """The error names the file; before the name is taken the old model is there, and else the new one."""
    folder, (old, new) = str(tmp_path), (made(0), made(1))
    way, target = SAVERS[saver], str(tmp_path / SAVERS[saver].file)
    way.save(new, folder)
    way.save(old, folder)
    there = sorted(os.listdir(folder))
    disk.begin()
    way.save(old, folder)
    calls = disk.calls
    assert [name for name, _ in itertools.groupby(calls)][-len(ORDER) :] == ORDER  # a piece is a write
    taken = len(calls) - 2  # the last call but two takes the name
    for place, name in enumerate(calls):
        for code in CODES:
            if (name, code) == ("open", errno.EACCES):
                continue  # a folder that may not be read: its names cannot be told to reach the disk
            disk.begin(place, code)
            with pytest.raises(OSError) as failure:  # noqa: PT011  (its parts are looked at)
                way.save(new, folder)
            disk.begin()
            assert failure.value.errno == code
            assert failure.value.filename.startswith(target)  # or a file beside it that is named after it
            assert sorted(os.listdir(folder)) == there
            assert way.state(way.load(folder)) == way.state(old if place < taken else new)
            way.save(old, folder)


@POSIX
@pytest.mark.parametrize("saver", [name for name, way in SAVERS.items() if way.file.endswith(SAFETENSORS)])
def test_a_file_that_is_replaced_while_it_is_read(saver, tmp_path, monkeypatch):
    """Who loads while another process saves gets the one model or the other."""
    way, folder, (old, new) = SAVERS[saver], str(tmp_path), (made(0), made(1))
    way.save(old, folder)
    opens, waiting = safetensors.safe_open, [new, old]

    def replaced_first(*arguments, **options):
        if waiting:
            way.save(waiting.pop(0), folder)
        return opens(*arguments, **options)

    monkeypatch.setattr(safetensors, "safe_open", replaced_first)
    assert way.state(way.load(folder)) == way.state(old)
    assert not waiting


@POSIX
@pytest.mark.parametrize(("name", "code"), [("open", errno.EACCES), ("fsync", errno.EINVAL)])
def test_folders_that_have_no_fsync(name, code, tmp_path, disk):
    disk.begin(ORDER.index("open") - 1 + (name == "fsync"), code)  # it is new: no chmod
    write_whole(tmp_path / "f", "new")
    assert (tmp_path / "f").read_text() == "new"


def test_what_cannot_be_removed_hides_no_error(tmp_path, monkeypatch, disk):
    def refused(*_, **__):
        raise PermissionError(errno.EPERM, "no")

    monkeypatch.setattr(Path, "unlink", refused)
    disk.begin(1, errno.ENOSPC)
    with pytest.raises(OSError, match="No space left on device") as failure:
        write_whole(tmp_path / "f", b"new")
    assert failure.value.filename == str(tmp_path / "f")
    (left,) = os.listdir(tmp_path)  # which hurts nobody
    assert left.startswith(".tinygraph-")
    disk.begin()
    monkeypatch.undo()
    write_whole(tmp_path / "f", b"new")
    assert (tmp_path / "f").read_bytes() == b"new"


@pytest.mark.parametrize("kind", [KeyboardInterrupt, MemoryError])
def test_what_comes_between_leaves_no_file(kind, tmp_path, monkeypatch):
    def interrupted(*_):
        raise kind

    monkeypatch.setattr(os, "fsync", interrupted)
    (tmp_path / "f").write_text("old")
    with pytest.raises(kind):
        write_whole(tmp_path / "f", "new")
    assert os.listdir(tmp_path) == ["f"]
    assert (tmp_path / "f").read_text() == "old"


def test_a_folder_that_is_missing_is_named_by_the_target(tmp_path):
    with pytest.raises(FileNotFoundError) as failure:
        write_whole(tmp_path / "none" / "f.svg", "new")
    assert failure.value.filename == str(tmp_path / "none" / "f.svg")
    assert ".tinygraph-" not in str(failure.value)


def test_a_folder_in_the_place_stays(tmp_path):
    with pytest.raises(OSError, match=r"directory|denied") as failure:
        write_whole(tmp_path, "new")
    assert failure.value.filename == str(tmp_path)


def test_a_name_as_long_as_names_may_be(tmp_path):
    name = "n" * 251 + ".svg"
    write_whole(tmp_path / name, "new")
    assert os.listdir(tmp_path) == [name]


@POSIX
def test_permissions(tmp_path):
    """A new file has those that open() gives, an old one keeps its own."""
    before = os.umask(0o027)
    try:
        write_whole(tmp_path / "f", "new")
        assert stat.S_IMODE((tmp_path / "f").stat().st_mode) == 0o640
        (tmp_path / "f").chmod(0o604)
        write_whole(tmp_path / "f", "newer")
        assert stat.S_IMODE((tmp_path / "f").stat().st_mode) == 0o604
    finally:
        os.umask(before)


@POSIX
def test_a_file_that_may_not_be_written_stays(tmp_path, monkeypatch):
    (tmp_path / "f").write_text("old")
    (tmp_path / "f").chmod(0o400)
    if os.access(tmp_path / "f", os.W_OK):  # as root, who may write everything
        monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(PermissionError) as failure:
        write_whole(tmp_path / "f", "new")
    assert failure.value.filename == str(tmp_path / "f")
    assert (tmp_path / "f").read_text() == "old"
    assert os.listdir(tmp_path) == ["f"]


@POSIX
@pytest.mark.parametrize("there", [True, False])
def test_what_a_link_points_to_is_replaced(there, tmp_path):
    (tmp_path / "runs").mkdir()
    if there:
        (tmp_path / "runs" / "7").write_text("old")
    (tmp_path / "latest").symlink_to("runs/7")
    write_whole(tmp_path / "latest", "new")
    assert (tmp_path / "latest").is_symlink()
    assert (tmp_path / "runs" / "7").read_text() == "new"


@POSIX
def test_devices_are_written_to(tmp_path):
    """And never replaced, even by root."""
    write_whole(Path("/dev/null"), "new")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    if Path("/dev/full").exists():
        with pytest.raises(OSError, match="No space left on device") as failure:
            write_whole(Path("/dev/full"), "new")
        assert failure.value.filename == "/dev/full"
