"""Files that are read whole, and written whole or not at all."""

import errno
import glob
import os
import stat
from pathlib import Path

# To open a FIFO without O_NONBLOCK is to wait for its other end. Windows has no FIFOs, and
# without O_BINARY it would end a file at its first Ctrl-Z.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def read_whole(path, most=None):
    """The bytes of a regular file, of `most` bytes at most; every error names the file.

    A FIFO or a device, which may have no end, is a ValueError.
    """
    try:
        descriptor = os.open(path, _FLAGS)
    except ValueError as error:  # a null character in the name
        raise ValueError(f"{os.fspath(path)!r}: {error}") from None
    try:
        status = os.fstat(descriptor)
        if stat.S_ISDIR(status.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if not stat.S_ISREG(status.st_mode):
            raise ValueError(f"{path}: not a regular file but a FIFO, a device or the like")
        if most is not None and status.st_size > most:
            raise ValueError(f"{path}: {status.st_size:,} bytes, expected at most {most:,}")
        with open(descriptor, "rb", closefd=False) as stream:
            return stream.read(status.st_size)
    finally:
        os.close(descriptor)


def write_whole(path, content):
    """Write bytes to a file: whatever happens, an earlier one stands until the new one is whole."""
    path = Path(path)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.unfinished")
    try:
        with open(unfinished, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(unfinished, path)
        _remove_leftovers(path)
    except OSError as error:
        # "No space left on device" does not say where, and a user does not know the other name.
        raise OSError(error.errno, error.strerror or str(error), str(path)) from error
    finally:
        unfinished.unlink(missing_ok=True)


def _remove_leftovers(path):
    """Remove what processes that were killed had written of this file."""
    if os.name != "posix":  # os.kill would end the process there, where here it only asks
        return
    for leftover in path.parent.glob(f".{glob.escape(path.name)}.*.unfinished"):
        pid = leftover.name.split(".")[-2]
        try:
            os.kill(int(pid), 0)
        except ProcessLookupError:
            leftover.unlink(missing_ok=True)
        except (PermissionError, ValueError, OverflowError):
            pass  # it lives, or the name is another's
