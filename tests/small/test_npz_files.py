import io
import os
import random
import struct
import zipfile

import numpy as np
import pytest

from tinylstm.small.npz_files import npz_bytes, read_npz, write_npz

RNG = np.random.default_rng(0)
ARRAYS = {
    "parameters/lstm.W": RNG.normal(size=(40, 60)).astype(np.float32),
    "optimizer/n_steps": np.array(7),
    "names": np.array(["a", "ß"]),
    "columns": np.asfortranarray(RNG.normal(size=(3, 5))),
    "none": np.zeros((0, 2), dtype=bool),
}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.npz"


def assert_same(arrays, expected=ARRAYS):
    assert list(arrays) == list(expected)
    for name, array in expected.items():
        np.testing.assert_array_equal(arrays[name], array, strict=True)
        assert arrays[name].flags.f_contiguous == array.flags.f_contiguous


def message(path):
    with pytest.raises(ValueError) as caught:
        read_npz(path)
    assert str(path) in str(caught.value)
    return str(caught.value).removeprefix(f"{path}: ")


def test_there_and_back(path):
    write_npz(path, ARRAYS)
    assert_same(read_npz(path))
    with np.load(path) as archive:
        np.testing.assert_array_equal(archive["names"], ARRAYS["names"])


@pytest.mark.parametrize("write", [np.savez, np.savez_compressed])
def test_files_without_a_list(path, write):
    write(path, **ARRAYS)
    assert_same(read_npz(path))


def test_a_header_byte_that_numpy_alone_takes(path):
    """'<f4' made '<f2': NumPy reads half as many bytes, and stops before the checksum."""
    write_npz(path, ARRAYS)
    content = path.read_bytes()
    path.write_bytes(content.replace(b"'<f4'", b"'<f2'", 1))
    with np.load(path) as archive:
        assert archive["parameters/lstm.W"].dtype == np.float16
    assert "entry parameters/lstm.W: Bad CRC-32" in message(path)


@pytest.mark.parametrize("write", [write_npz, lambda path, arrays: np.savez(path, **arrays)])
def test_a_directory_that_hides_an_entry(path, write):
    """The length of an entry's comment made so that it swallows the next entry."""
    write(path, ARRAYS)
    content = bytearray(path.read_bytes())
    at = content.index(b"PK\1\2", content.index(b"PK\1\2") + 1)
    follows = content.index(b"PK\1\2", at + 1)
    length = content.index(b"PK\1\2", follows + 1) - follows
    content[at + 32 : at + 34] = struct.pack("<H", length)
    path.write_bytes(content)
    with np.load(path) as archive:
        assert "names" not in archive
    assert "entries can be read, expected" in message(path)


def other_archive(path, change):
    """The file packed anew, so that every checksum holds."""
    with zipfile.ZipFile(path) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    change(contents)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in contents.items():
            archive.writestr(name, content)


def npy(array):
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"names.npy": None}, "entry names is missing"),
        ({"more.npy": npy(np.ones(2))}, "entry more is not in the file's list"),
        ({"names.npy": npy(np.ones(2))}, "entry names: ['<f8', [2]], expected ['<U1', [2]]"),
        ({"names.npy": npy(np.ones(2)) + b"x"}, "entry names is not an array, or damaged: bytes f"),
        ({"names.npy": npy(np.ones(2))[:-1]}, "entry names is not an array, or damaged: EOF"),
        ({"names.npy": b""}, "entry names is not an array, or damaged: "),
        ({"names.npy": npy(np.ones(2)).replace(b"(2,)", b"(2**")}, "entry names is not an array"),
        ({"names.npy": npy(np.ones(2)).replace(b"(2,)", b"(-2)")}, "entry names is not an array"),
        ({"names.npy": npy(np.ones(2)).replace(b"(2,)", b"(9)*")}, "entry names is not an array"),
        ({"names.npy": npy(np.ones(2)).replace(b"<f8", b"|O8")}, "entry names is not an array"),
        ({"members.npy": npy(np.array("[" * 99999))}, "brackets within brackets"),
        ({"members.npy": npy(np.array("[1]"))}, "entry members: expected an object"),
        ({"readme.txt": b"?"}, "not an .npz file, or damaged: entry 'readme.txt' is no array"),
    ],
)
def test_entries_that_are_not_what_was_written(path, change, expected):
    write_npz(path, ARRAYS)

    def changed(contents):
        contents.update(change)
        for name in [name for name, content in contents.items() if content is None]:
            del contents[name]

    other_archive(path, changed)
    assert message(path).startswith(expected)


def test_an_entry_that_is_there_twice(path):
    write_npz(path, ARRAYS)
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("names.npy", npy(np.array(["b", "c"])))
    assert message(path) == "not an .npz file, or damaged: entry names is there twice"


def test_a_bomb_is_refused_before_it_is_unpacked(path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.npy", npy(np.zeros(1 << 24)))
    assert path.stat().st_size < 1 << 18
    assert "the entries claim 134,217,856 bytes, in a file of 130," in message(path)


def test_what_is_no_archive(path):
    for content in (b"", b"epoch,loss\n", npy(np.ones(3)), npz_bytes(ARRAYS)[:-100], b"PK\5\6"):
        path.write_bytes(content)
        assert message(path).startswith("not an .npz file, or damaged: ")
    path.write_bytes(npz_bytes(ARRAYS) + b"\n")
    assert message(path).endswith("something follows the archive's end")
    os.remove(path)
    with pytest.raises(FileNotFoundError, match=r"a\.npz"):
        read_npz(path)


@pytest.mark.parametrize("write", [write_npz, lambda path, arrays: np.savez(path, **arrays)])
def test_mutated_files_give_the_same_arrays_or_an_error(path, write):
    write(path, ARRAYS)
    whole, rng, refused = path.read_bytes(), random.Random(1), 0
    end = whole.index(b"PK\1\2")
    for case in range(400):
        content = bytearray(whole)
        for _ in range(rng.choice((1, 1, 2, 8))):
            # A third each: anywhere, the directory, the headers.
            start, stop = ((0, len(whole)), (end, len(whole)), (0, 200))[case % 3]
            content[rng.randrange(start, stop)] = rng.randrange(256)
        if case % 7 == 0:
            del content[rng.randrange(len(content)) :]
        path.write_bytes(content)
        try:
            arrays = read_npz(path)
        except ValueError as error:
            assert str(path) in str(error)
            refused += 1
        else:
            assert_same(arrays)
    assert refused > 250
