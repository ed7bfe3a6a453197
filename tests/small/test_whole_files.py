import errno
import os
import subprocess
import sys

import pytest

from tinylstm.small.whole_files import read_whole, write_whole


def test_there_and_back(tmp_path):
    content = bytes(range(256)) * 3
    write_whole(tmp_path / "a", b"earlier")
    write_whole(tmp_path / "a", content)
    assert read_whole(tmp_path / "a") == content
    assert os.listdir(tmp_path) == ["a"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no FIFOs here")
def test_a_fifo_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a")
    with pytest.raises(ValueError, match=r"a: not a regular file but a FIFO, a device or the like"):
        read_whole(tmp_path / "a")


@pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="there are no devices here")
def test_a_device_is_refused():
    with pytest.raises(ValueError, match="/dev/zero: not a regular file"):
        read_whole("/dev/zero")


def test_every_error_names_the_file(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"No such file or directory: '.*missing'"):
        read_whole(tmp_path / "missing")
    with pytest.raises(IsADirectoryError) as caught:
        read_whole(tmp_path)
    assert caught.value.filename == str(tmp_path)
    with pytest.raises(ValueError, match=r"^'a\\x00b': embedded null"):
        read_whole("a\0b")
    (tmp_path / "a").write_bytes(b"12345")
    assert read_whole(tmp_path / "a", most=5) == b"12345"
    with pytest.raises(ValueError, match=r"a: 5 bytes, expected at most 4"):
        read_whole(tmp_path / "a", most=4)


def test_a_full_disk_is_said_of_the_file(tmp_path, monkeypatch):
    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    write_whole(tmp_path / "a", b"earlier")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match=r"No space left on device: '.*a'") as caught:
        write_whole(tmp_path / "a", b"later")
    assert caught.value.filename == str(tmp_path / "a")
    assert os.listdir(tmp_path) == ["a"] and read_whole(tmp_path / "a") == b"earlier"


@pytest.mark.skipif(os.name != "posix", reason="processes are not asked for elsewhere")
def test_what_killed_processes_had_written_is_removed(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    dead, alive = process.pid, os.getppid()
    names = [
        f".a.{dead}.unfinished",
        f".a.{alive}.unfinished",
        f".b.{dead}.unfinished",
        ".a.x.unfinished",
    ]
    for name in names:
        (tmp_path / name).touch()
    write_whole(tmp_path / "a", b"1")
    assert sorted(os.listdir(tmp_path)) == sorted([*names[1:], "a"])
