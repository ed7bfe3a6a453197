"""What happens to files: seeded changes of bytes, and of what is packed inside them."""

import gzip
import io
import re
import zipfile

# Bytes that readers stumble over: line ends of all kinds, a byte order mark, ends of texts, signs.
PIECES = [b"\x00", b"\x0b", b"\x0c", b"\x1a", b"\x85", b"\r", b"\n\n", b"\xff", b"\xef\xbb\xbf"]
PIECES += [text.encode() for text in ("\u2028", "\u0663", "\uff11", '"', "'", ",", ";", "\t", "%d")]
PIECES += [b"[" * 3000, b"{", b"}", b"null", b"true", b"PK\x05\x06", b"(" * 200, b"__import__"]
NUMBERS = ["nan", "inf", "-inf", "1e999", "-1", "0", "2", "2.5", "1_0", "0x10", "1e300", "1e-320"]
NUMBERS += ["9" * 400, "1." + "0" * 5000, "4294967296", "-9223372036854775809", "1e5", "", "1 2"]


def mutated(data, rng):
    """Bytes with one to four changes, drawn from a random.Random."""
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        data = rng.choice(CHANGES)(data, rng)
    return data


def repacked(name, data, rng):
    """The bytes of an archive whose content is changed, checksums put right; None for another file.

    A .npz or .zip has a member changed, taken out, renamed or twice; a .tar.gz its tar.
    """
    try:
        if name.endswith((".npz", ".zip")):
            return _zip_repacked(data, rng)
        if name.endswith(".tar.gz"):
            return gzip.compress(mutated(gzip.decompress(data), rng), 1)
    except (OSError, EOFError, zipfile.BadZipFile):
        return None
    return None


def _zip_repacked(data, rng):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = [(info.filename, archive.read(info)) for info in archive.infolist()]
    index = rng.randrange(len(members))
    name, content = members[index]
    kind = rng.choice(("change", "change", "change", "drop", "rename", "swap", "compress"))
    if kind == "change":
        members[index] = name, mutated(content, rng)
    elif kind == "drop":
        del members[index]
    elif kind == "rename":
        members[index] = (
            mutated(name.encode(), rng).decode("latin-1").replace("\0", "")[:900],
            content,
        )
    elif kind == "swap":
        other = rng.randrange(len(members))
        members[index], members[other] = (name, members[other][1]), (members[other][0], content)
    method = zipfile.ZIP_DEFLATED if kind == "compress" else zipfile.ZIP_STORED
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in members:
            archive.writestr(name or "x", content)
    return stream.getvalue()


def _place(data, rng, length=1):
    return rng.randrange(max(1, len(data) - length + 1))


def _flip(data, rng):
    at = _place(data, rng)
    return data[:at] + bytes(b ^ 1 << rng.randrange(8) for b in data[at : at + 1]) + data[at + 1 :]


def _set(data, rng):
    at = _place(data, rng)
    return (
        data[:at] + bytes([rng.choice((0, 1, 127, 128, 255, rng.randrange(256)))]) + data[at + 1 :]
    )


def _cut(data, rng):
    at = _place(data, rng)
    return data[:at] + data[at + rng.choice((1, 2, 16, 512, len(data))) :]


def _truncate(data, rng):
    return data[: _place(data, rng)]


def _insert(data, rng):
    at = _place(data, rng)
    return data[:at] + rng.choice(PIECES) + data[at:]


def _repeat(data, rng):
    at, length = _place(data, rng), rng.choice((1, 4, 30, 512))
    return data[:at] + data[at : at + length] * rng.choice((2, 2, 20)) + data[at + length :]


def _move(data, rng):
    one, two = sorted((_place(data, rng), _place(data, rng)))
    length = min(rng.choice((1, 4, 30)), two - one)
    swapped = data[two : two + length], data[one + length : two], data[one : one + length]
    return data[:one] + b"".join(swapped) + data[two + length :]


def _number(data, rng):
    found = list(re.finditer(rb"-?[0-9]+(?:\.[0-9]+)?", data[:100_000]))
    if not found:
        return _set(data, rng)
    start, end = rng.choice(found).span()
    return data[:start] + rng.choice(NUMBERS).encode() + data[end:]


def _line(data, rng):
    lines = data.split(b"\n")
    at = rng.randrange(len(lines))
    change = rng.choice(("drop", "twice", "move"))
    line = lines.pop(at) if change != "twice" else lines[at]
    if change != "drop":
        lines.insert(rng.randrange(len(lines) + 1), line)
    return b"\n".join(lines)


CHANGES = [_flip, _set, _cut, _truncate, _insert, _repeat, _move, _number, _number, _line]
