import gzip
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
