"""A folder that one process at a time writes into, and what a killed one left there.

The lock is the operating system's and goes with its process, however that ends; no file is left.
"""

import contextlib
import errno
import os
import shutil
import warnings
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

_held = set()  # the folders that this process has locked


@contextlib.contextmanager
def locked(folder, parts=()):
    """Make a folder if need be, and hold it for this process until the end.

    BlockingIOError where another process holds it. Unfinished files of a run that was killed are
    removed; so is a folder that was made here, if nothing came into it. Within another lock of the
    same folder by the same process it does nothing. `parts` are the names of what is moved there
    out of a folder ``.unfinished-...`` in it: where there is still one, they are not all there.
    """
    folder = Path(folder)
    key = os.path.realpath(folder)
    if key in _held:
        yield
        return
    if folder.exists() and not folder.is_dir():
        raise FileExistsError(f"{folder}: is there already; name a folder that is new or empty")
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    lock = _lock(folder)
    _held.add(key)
    try:
        _remove_unfinished(folder, parts)
        yield
    finally:
        _held.discard(key)
        if fcntl is None:
            os.close(lock)
        with contextlib.suppress(OSError):  # one of them is not empty
            for path in made:
                path.rmdir()
        if fcntl is not None:
            os.close(lock)


def _remove_unfinished(folder, parts):
    """Remove what `write_whole` and a conversion had not finished when they were killed."""
    left = [*folder.glob(".*.unfinished"), *folder.glob("*/.*.unfinished")]
    conversions = [*folder.glob(".unfinished-*")]
    if conversions:
        left += [*conversions, *(folder / part for part in parts)]
    for path in left:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _lock(folder):
    """The descriptor that holds the lock."""
    try:
        if fcntl is None:
            return _lock_on_windows(folder)
        while True:
            descriptor = os.open(folder, os.O_RDONLY)  # a folder can be locked as it is
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if os.path.samestat(os.fstat(descriptor), os.stat(folder)):
                    return descriptor
            except FileNotFoundError:
                folder.mkdir(parents=True, exist_ok=True)
            except BaseException:
                os.close(descriptor)
                raise
            os.close(descriptor)  # it was removed by the one who held it: once more
    except OSError as error:
        if error.errno in (errno.EAGAIN, errno.EACCES, errno.EDEADLK):
            raise BlockingIOError(
                f"{folder}: another process of tinylstm is at work there; wait until it ends"
            ) from None
        if error.errno in (errno.EBADF, errno.EINVAL, errno.ENOLCK, errno.ENOTSUP):
            warnings.warn(
                f"{folder}: its file system has no locks; let no other process write there",
                RuntimeWarning,
                stacklevel=4,
            )
            return os.open(os.devnull, os.O_RDONLY)
        raise


def _lock_on_windows(folder):
    """A folder cannot be opened there: the lock is on a file that goes when it is closed."""
    import msvcrt

    flags = os.O_CREAT | os.O_RDWR | os.O_TEMPORARY | os.O_NOINHERIT
    descriptor = os.open(folder / ".lock", flags)
    try:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
