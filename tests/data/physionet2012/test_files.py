import gzip
import os
import random
import re
import tarfile

import pytest
from helpers.raw_records import outcomes_text, record_text, write_archive, write_texts

from tinylstm.data.physionet2012.files import read_files

RECORDS = {"7.txt": record_text(7), "12.txt": record_text(12)}
OUTCOMES = outcomes_text({7: 0, 12: 1})


def inside(folder, texts):
    return {f"{folder}/{name}": text for name, text in texts.items()}


def read(raw):
    records, outcomes = read_files(raw)
    texts = {path.name: data.decode() for path, data in records.items()}
    return texts, outcomes and (outcomes[0].name, outcomes[1].decode())


def error(raw, kind=ValueError):
    with pytest.raises(kind) as caught:
        read_files(raw)
    return str(caught.value)


@pytest.mark.parametrize(
    ("raw", "outcomes"),
    [
        ("data/set-a", "data/set-a/Outcomes-a.txt"),
        ("data/set-a", "data/Outcomes-a.txt"),
        ("data", "data/set-a/Outcomes-a.txt"),
        ("data", "data/Outcomes-a.txt"),
        ("data", "Outcomes-a.txt"),
    ],
)
def test_a_folder_or_the_folder_above_with_outcomes_inside_or_beside(tmp_path, raw, outcomes):
    write_texts(tmp_path, {**inside("data/set-a", RECORDS), outcomes: OUTCOMES})
    assert read(tmp_path / raw) == (RECORDS, ("Outcomes-a.txt", OUTCOMES))


def test_the_current_folder(tmp_path, monkeypatch):
    write_texts(tmp_path, {**inside("set-a", RECORDS), "Outcomes-a.txt": OUTCOMES})
    monkeypatch.chdir(tmp_path / "set-a")
    assert read(".") == (RECORDS, ("Outcomes-a.txt", OUTCOMES))


@pytest.mark.parametrize("folder", ["set-a", "./set-a", "", "somewhere/set-a"])
@pytest.mark.parametrize("packed", [True, False])
def test_an_archive_with_outcomes_inside_or_beside(tmp_path, folder, packed):
    texts = inside(folder, RECORDS) if folder else RECORDS
    write_archive(
        tmp_path / "set-a.tar.gz", texts | ({"Outcomes-a.txt": OUTCOMES} if packed else {})
    )
    if not packed:
        write_texts(tmp_path, {"Outcomes-a.txt": OUTCOMES})
    assert read(tmp_path / "set-a.tar.gz") == (RECORDS, ("Outcomes-a.txt", OUTCOMES))


def test_nothing_is_unpacked(tmp_path):
    archive = write_archive(tmp_path / "set-a.tar.gz", inside("set-a", RECORDS))
    read_files(archive)
    assert list(tmp_path.iterdir()) == [archive]


def test_other_files_are_not_looked_at(tmp_path):
    others = {"README.txt": "x", "._7.txt": "x", "7.csv": "x", "set-a/LICENSE.txt": "x"}
    write_texts(tmp_path, RECORDS | others)
    assert read(tmp_path) == (RECORDS, None)
    assert read(write_archive(tmp_path / "x.tgz", RECORDS | others)) == (RECORDS, None)


def test_each_set_has_its_own_outcomes(tmp_path):
    other = outcomes_text({1: 0})
    write_texts(tmp_path, inside("set-b", RECORDS) | {"Outcomes-a.txt": other})
    archive = write_archive(tmp_path / "set-b.tar.gz", inside("set-b", RECORDS))
    renamed = write_archive(tmp_path / "mine.tar.gz", inside("set-b", RECORDS))
    for raw in tmp_path, tmp_path / "set-b", archive, renamed:
        assert read(raw) == (RECORDS, None)
    write_texts(tmp_path, {"Outcomes-b.txt": OUTCOMES})
    for raw in tmp_path, tmp_path / "set-b", archive, renamed:
        assert read(raw) == (RECORDS, ("Outcomes-b.txt", OUTCOMES))


def test_a_folder_of_another_name_has_the_only_outcomes_file(tmp_path):
    write_texts(tmp_path, inside("ward", RECORDS) | {"Outcomes-a.txt": OUTCOMES})
    assert read(tmp_path / "ward") == (RECORDS, ("Outcomes-a.txt", OUTCOMES))
    write_texts(tmp_path, {"Outcomes-b.txt": OUTCOMES})
    message = error(tmp_path / "ward")
    assert message.startswith("ward: which Outcomes file is its own?")
    assert "Outcomes-a.txt, " in message and message.endswith("Outcomes-b.txt")


def test_no_records(tmp_path):
    assert error(tmp_path / "set-a", FileNotFoundError).endswith("set-a: no such file or folder")
    expected = f"{tmp_path}: no records (132539.txt ...) in it or a folder in it"
    assert error(tmp_path, FileNotFoundError) == expected
    archive = write_archive(tmp_path / "set-a.tar.gz", {"Outcomes-a.txt": OUTCOMES})
    expected += "; it holds set-a.tar.gz: name one of them"
    assert error(tmp_path, FileNotFoundError) == expected
    expected = f"{archive}: no records (132539.txt ...) in this archive"
    assert error(archive, FileNotFoundError) == expected


def test_records_in_two_folders(tmp_path):
    texts = inside("set-a", RECORDS) | inside("set-b", RECORDS)
    message = error(write_texts(tmp_path / "data", texts))
    assert re.search("data: more than one folder with records.*set-a, .*set-b$", message)
    message = error(write_archive(tmp_path / "both.tar.gz", texts))
    assert re.search("both.tar.gz: more than one folder with records.*set-a.*set-b", message)


@pytest.mark.parametrize(
    "name", ["/etc/7.txt", "../7.txt", "set-a/../../7.txt", "..\\7.txt", "C:/7.txt", "\\7.txt"]
)
def test_a_member_that_would_leave_the_folder(tmp_path, name):
    archive = write_archive(tmp_path / "set-a.tar.gz", RECORDS | {name: "x"})
    assert error(archive) == f"{archive}: member {name!r} would leave the folder"


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE]
)
def test_a_member_that_is_no_file(tmp_path, kind):
    member = tarfile.TarInfo("set-a/9.txt")
    member.type, member.linkname = kind, "7.txt"
    archive = write_archive(tmp_path / "set-a.tar.gz", RECORDS, member)
    assert error(archive) == f"{archive}: member 'set-a/9.txt' is a link or a device, not a file"


def test_a_folder_in_an_archive_is_no_record(tmp_path):
    folder = tarfile.TarInfo("9.txt")
    folder.type = tarfile.DIRTYPE
    assert read(write_archive(tmp_path / "x.tar.gz", RECORDS, folder)) == (RECORDS, None)


def test_a_member_that_is_there_twice(tmp_path):
    again = tarfile.TarInfo("./set-a/7.txt")
    archive = write_archive(tmp_path / "set-a.tar.gz", inside("set-a", RECORDS), again)
    assert error(archive) == f"{archive / 'set-a' / '7.txt'}: is in the archive twice"


@pytest.mark.parametrize("share", [0.05, 0.5, 0.99])
def test_a_broken_archive(tmp_path, share):
    texts = {f"{n}.txt": record_text(n, f"00:{n % 60:02d},HR,{n}") for n in range(1, 500)}
    archive = write_archive(tmp_path / "set-a.tar.gz", texts)
    whole = archive.read_bytes()
    archive.write_bytes(whole[: int(share * len(whole))])
    assert error(archive).startswith(f"{archive}: not a whole tar archive (")
    changed = bytearray(whole)
    changed[int(share * len(whole))] ^= 255
    archive.write_bytes(changed)
    assert error(archive).startswith(f"{archive}: not a whole tar archive (")


def test_something_else_than_an_archive(tmp_path):
    write_texts(tmp_path, {"set-a.tar.gz": "<html>Not found</html>"})
    assert "set-a.tar.gz: not a whole tar archive (" in error(tmp_path / "set-a.tar.gz")


def test_an_archive_that_a_browser_has_gunzipped(tmp_path):
    archive = write_archive(tmp_path / "set-b.tar.gz", RECORDS | {"Outcomes-b.txt": OUTCOMES})
    (tmp_path / "set-b.tar").write_bytes(gzip.decompress(archive.read_bytes()))
    assert read(tmp_path / "set-b.tar") == (RECORDS, ("Outcomes-b.txt", OUTCOMES))


def plain_tar(folder, n_records=60):
    texts = {f"set-a/{n}.txt": record_text(n) for n in range(1, n_records + 1)}
    archive = write_archive(folder / "set-a.tar.gz", texts)
    path = folder / "set-a.tar"
    path.write_bytes(gzip.decompress(archive.read_bytes()))
    return path


@pytest.mark.parametrize("place", [0, 20, 29, 59])
def test_a_header_that_cannot_be_read_is_not_the_end(tmp_path, place):
    """tarfile takes it for the end, and gives a shorter set."""
    path = plain_tar(tmp_path)
    tar = bytearray(path.read_bytes())
    assert len(read_files(path)[0]) == 60
    header = tar.index(f"set-a/{place + 1}.txt".encode())
    tar[header + 3] ^= 1
    path.write_bytes(tar)
    assert error(path).startswith(f"{path}: not a whole tar archive (")


@pytest.mark.parametrize("keep", [1024, 1024 * 7 + 100, 59 * 1024 + 512, 60 * 1024])
def test_a_plain_archive_that_is_cut(tmp_path, keep):
    path = plain_tar(tmp_path)
    path.write_bytes(path.read_bytes()[:keep])
    assert error(path).startswith(f"{path}: not a whole tar archive (")


def test_something_after_the_end(tmp_path):
    path = plain_tar(tmp_path)
    path.write_bytes(path.read_bytes() + b"more")
    assert error(path) == f"{path}: not a whole tar archive (nothing readable after set-a/60.txt)"


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path):
    path = tmp_path / "set-a.tar.gz"
    path.write_bytes(gzip.compress(bytes(1 << 27), 9))
    assert error(path).startswith(f"{path}: not a whole tar archive (more than 67,108,864 bytes in")
    member = tarfile.TarInfo("7.txt")
    member.type = tarfile.GNUTYPE_SPARSE
    assert "set-b.tar.gz: not a whole tar archive (member '7.txt' has a size" in error(
        write_archive(tmp_path / "set-b.tar.gz", RECORDS, member)
    )


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no FIFOs here")
def test_a_fifo_is_refused_and_not_waited_for(tmp_path):
    write_texts(tmp_path / "set-a", RECORDS)
    os.mkfifo(tmp_path / "set-a" / "9.txt")
    assert error(tmp_path / "set-a").endswith(
        "9.txt: not a regular file but a FIFO, a device or the like"
    )
    os.mkfifo(tmp_path / "set-b.tar.gz")
    assert error(tmp_path / "set-b.tar.gz").endswith(
        "set-b.tar.gz: not a file or folder but a FIFO, a device or the like"
    )


def test_a_record_of_more_bytes_than_a_record_has(tmp_path):
    write_texts(tmp_path, RECORDS)
    with open(tmp_path / "9.txt", "wb") as stream:
        stream.truncate(1 << 25)
    assert "9.txt: 33,554,432 bytes, expected at most 16,777,216" in error(tmp_path)


def test_mutated_archives_are_whole_or_refused(tmp_path):
    """A changed .tar.gz has the same records or is an error; a .tar, without checksums, as many."""
    plain = plain_tar(tmp_path, 12)
    rng = random.Random(0)
    for path in (plain, tmp_path / "set-a.tar.gz"):
        whole = path.read_bytes()
        expected, refused = read_files(path), 0
        for _ in range(300):
            content = bytearray(whole)
            for _ in range(rng.choice((1, 1, 3))):
                content[rng.randrange(len(content))] = rng.randrange(256)
            if rng.random() < 0.2:
                del content[rng.randrange(len(content)) :]
            path.write_bytes(content)
            try:
                found = read_files(path)
            except (ValueError, FileNotFoundError) as caught:
                refused += 1
                assert str(path) in str(caught)
            else:
                assert len(found[0]) == 12
                assert path == plain or found == expected
        assert refused > 60
