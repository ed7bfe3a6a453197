"""Files that are written whole or not at all, and JSON in them."""

import json
import os
from pathlib import Path

__all__ = ["read_json", "write_json", "write_whole"]


def write_whole(path, content):
    """Write a file whole or not at all: whatever happens, an earlier one stands until then.

    Parameters
    ----------
    path : path
    content : bytes

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_whole(f"{folder}/a.txt", b"text")
    ...     print([path.name for path in Path(folder).iterdir()])
    ['a.txt']
    """
    path = Path(path)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.unfinished")
    try:
        with open(unfinished, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


def read_json(path, keys=None):
    """Read a dict from a file of a run.

    Parameters
    ----------
    path : path
    keys : set of str, optional
        What it must have, and nothing else; None: any.

    Returns
    -------
    dict

    Raises
    ------
    FileNotFoundError, ValueError
        If there is no such file, or it holds something else.

    Examples
    --------
    See `write_json`.
    """
    path = Path(path)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise FileNotFoundError(f"{path}: no such file, so {path.parent} is no run") from None
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    if not isinstance(content, dict):
        raise ValueError(f"{path}: begins with {str(content)[:20]!r}, expected an object")
    if keys is not None and set(content) != keys:
        raise ValueError(f"{path}: expected the keys {', '.join(sorted(keys))}")
    return content


def write_json(path, content):
    """Write a dict as JSON, whole or not at all.

    Parameters
    ----------
    path : path
    content : dict
        Of what JSON can hold; it has no nan and no infinity.

    Raises
    ------
    ValueError
        If a number is not finite.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_json(f"{folder}/report.json", {"auc": None})
    ...     print(read_json(f"{folder}/report.json"))
    {'auc': None}
    """
    write_whole(path, (json.dumps(content, indent=2, allow_nan=False) + "\n").encode())
