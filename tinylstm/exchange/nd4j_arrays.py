"""Arrays as ND4J 0.9 writes them: two buffers, of the shape and of the numbers, big-endian.

A buffer is a Java text with the kind of memory that held it, the number of its elements (int32), a
Java text with their type, and the elements. A Java text is its length in bytes (uint16) and UTF-8.
The shape buffer holds rank, shape, strides, offset, element stride and order of a matrix.
"""

import struct

import numpy as np

TYPES = {"INT": ">i4", "HALF": ">f2", "FLOAT": ">f4", "DOUBLE": ">f8"}
NAMES = {"float32": "FLOAT", "float64": "DOUBLE"}
MEMORY = "JAVACPP"  # what 0.9.1 itself writes; no reader looks at it


def row_bytes(row):
    """The bytes of a row matrix (1, P); `row` is an ndarray (P,) float32 or float64."""
    shape = [2, 1, len(row), 1, 1, 0, 1, ord("c")]
    return _buffer("INT", shape) + _buffer(NAMES[row.dtype.name], row)


def parse_row(data):
    """The row matrix that such bytes hold, as ndarray (P,) float32 or float64.

    Half precision becomes float32, exactly. A ValueError says what is not so in other bytes.
    """
    kind, shape, start = _parse_buffer(data, 0)
    if kind != "INT" or len(shape) != 8 or shape[0] != 2 or shape[1] != 1:
        raise ValueError(f"a shape of {kind} {shape[:8].tolist()}, expected that of a row, INT")
    kind, row, end = _parse_buffer(data, start)
    if kind == "INT" or len(row) != shape[2]:
        raise ValueError(f"{len(row)} numbers of type {kind}, expected {shape[2]} that are floats")
    if end != len(data):
        raise ValueError(f"{len(data) - end} bytes follow the last number")
    if not np.isfinite(row).all():
        raise ValueError(f"number {np.flatnonzero(~np.isfinite(row))[0]} is not finite")
    return row.astype(np.float64 if kind == "DOUBLE" else np.float32)


def _buffer(kind, values):
    values = np.asarray(values).astype(TYPES[kind])
    return _text(MEMORY) + struct.pack(">i", values.size) + _text(kind) + values.tobytes()


def _parse_buffer(data, start):
    """Type and elements of the buffer that begins at `start`, and where it ends."""
    _, start = _parse_text(data, start)
    if len(data) < start + 4:
        raise ValueError("it ends before the number of elements")
    (count,) = struct.unpack_from(">i", data, start)
    kind, start = _parse_text(data, start + 4)
    if kind not in TYPES:
        raise ValueError(f"elements of type {kind[:20]!r}, expected {', '.join(TYPES)}")
    end = start + count * np.dtype(TYPES[kind]).itemsize
    if count < 0 or end > len(data):
        raise ValueError(f"{count} elements of type {kind} announced, {len(data) - start} bytes")
    return kind, np.frombuffer(data, TYPES[kind], count, start), end


def _text(text):
    return struct.pack(">H", len(text)) + text.encode()


def _parse_text(data, start):
    if len(data) < start + 2:
        raise ValueError("it ends before a text")
    (length,) = struct.unpack_from(">H", data, start)
    text = data[start + 2 : start + 2 + length]
    return text.decode("utf-8", "backslashreplace"), start + 2 + length
