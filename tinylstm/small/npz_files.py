"""Arrays by name in ``.npz`` files, which `numpy.load` opens anywhere, read so that damage shows.

NumPy stops reading a member at its array's end, and so never compares the checksum of a large one;
and a damaged directory may hide a member. Here every member is read to its end, the directory is
held against the file, and new files carry the list of what was written.
"""

import io
import json
import struct
import warnings
import zipfile

import numpy as np

from .json_files import parse_json
from .whole_files import read_whole, write_whole

MEMBERS = "members"  # the entry that lists the others
# What NumPy writes is not compressed. In a file that somebody packed anew it may be, so many times:
LARGEST_RATIO = 20
SMALLEST_LIMIT = 1 << 26  # bytes of arrays that any file may hold, however much they shrank


def npz_bytes(arrays):
    """The bytes of an ``.npz`` file of these arrays by name, and of the list of them."""
    listed = {name: [array.dtype.str, list(array.shape)] for name, array in arrays.items()}
    stream = io.BytesIO()
    np.savez(stream, **arrays, **{MEMBERS: np.array(json.dumps(listed))})
    return stream.getvalue()


def write_npz(path, arrays):
    """Write arrays by name, the file whole or not at all."""
    write_whole(path, npz_bytes({name: np.asarray(array) for name, array in arrays.items()}))


def read_npz(path):
    """Read what `write_npz` wrote, or ``numpy.savez``: a dict of arrays by name, in their order.

    A ValueError that names the file, and the entry where there is one, for anything that was not
    written so: a checksum, a name or a size that does not hold, an entry that is missing or there
    twice, arrays of objects, more than so many bytes.
    """
    data = read_whole(path)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = _members(data, archive)
            contents = {}
            for name, info in members.items():
                try:
                    contents[name] = archive.read(info)  # to its end, so that the CRC is compared
                except Exception as error:
                    raise ValueError(f"entry {name}: {error}") from error
    # zipfile raises whatever its parts do: NotImplementedError, RuntimeError, zlib.error, ...
    except Exception as error:
        raise ValueError(f"{path}: not an .npz file, or damaged: {error}") from error
    arrays = {}
    for name, content in contents.items():
        try:
            arrays[name] = _parse_array(content)
        except Exception as error:
            what = f"{path}: entry {name} is not an array, or damaged: {str(error)[:200]}"
            raise ValueError(what) from error
    try:
        _check_list(arrays)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    return arrays


def _members(data, archive):
    """Name of an array -> its entry, all of them, of a size that can be."""
    entries = archive.infolist()
    # The end record says how many there are; a wrong length in one entry swallows the next.
    signature, *_, count, _, _, comment = struct.unpack("<4s4H2LH", data[-22:])
    if signature != b"PK\5\6" or comment:
        raise ValueError("something follows the archive's end")
    if count != len(entries):
        raise ValueError(f"{len(entries)} entries can be read, expected {count}")
    members = {}
    for entry in entries:
        name = entry.filename.removesuffix(".npy")
        if name == entry.filename:
            raise ValueError(f"entry {name[:60]!r} is no array")
        if name in members:
            raise ValueError(f"entry {name[:60]} is there twice")
        members[name] = entry
    total = sum(entry.file_size for entry in entries)
    if total > max(SMALLEST_LIMIT, LARGEST_RATIO * len(data)):
        raise ValueError(f"the entries claim {total:,} bytes, in a file of {len(data):,}")
    return members


def _parse_array(content):
    stream = io.BytesIO(content)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # of headers that NumPy can read and does not write
        array = np.lib.format.read_array(stream, allow_pickle=False)
    if stream.read(1):
        raise ValueError("bytes follow the array's end")
    return array


def _check_list(arrays):
    """Take the list of entries out, and demand that it holds; an older file has none."""
    if MEMBERS not in arrays:
        return
    listed = parse_json(str(arrays.pop(MEMBERS)))
    if not isinstance(listed, dict):
        raise ValueError(f"entry {MEMBERS}: expected an object")
    for name in [*listed, *arrays]:
        if name not in arrays or name not in listed:
            fault = "is missing" if name in listed else "is not in the file's list"
            raise ValueError(f"entry {name[:60]} {fault}")
        found = [arrays[name].dtype.str, list(arrays[name].shape)]
        if found != listed[name]:
            raise ValueError(f"entry {name[:60]}: {found}, expected {listed[name]}")
