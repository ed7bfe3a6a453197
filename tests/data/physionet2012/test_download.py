import hashlib
import os
import threading
from pathlib import Path

import pytest
from helpers.raw_records import outcomes_text, record_text, write_archive
from helpers.small_server import Server

from tinylstm.data.physionet2012 import CITATION, download, read_records
from tinylstm.data.physionet2012.download import CHUNK, MOST_BYTES, SETS, Contents, Patience

SMALL = {"a": Contents(40, 10, 101, 140), "b": Contents(2, 1, 1, 2)}
DIED = {n: int(n % 4 == 0) for n in range(101, 141)}
ARCHIVE, OUTCOMES = "set-a.tar.gz", "Outcomes-a.txt"


@pytest.fixture
def server(tmp_path, monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with Server() as server:
        texts = {f"set-a/{n}.txt": record_text(n, f"01:00,HR,{n}") for n in DIED}
        server.files[ARCHIVE] = write_archive(tmp_path / "served.tar.gz", texts).read_bytes()
        server.files[OUTCOMES] = outcomes_text(DIED).encode()
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def fetch(server, folder, contents=SMALL, patience=Patience(pause=0), **options):  # noqa: B008
    return download(folder, base_url=server.url, contents=contents, patience=patience, **options)


def content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def error(server, folder, kind=ValueError, **options):
    with pytest.raises(kind) as caught:
        fetch(server, folder, **options)
    return str(caught.value).replace(f"{folder}{os.sep}", "").replace(f"{server.url}/", "")


def asked_for(server, name):
    return [asked for requested, asked in server.requests if requested == name]


def test_a_set(server, tmp_path):
    folder = tmp_path / "new" / "data"
    assert fetch(server, folder) == [folder / ARCHIVE]
    assert content(folder) == server.files
    assert server.requests == [(OUTCOMES, None), (ARCHIVE, None)]
    records = read_records(folder / ARCHIVE)
    assert {record.record_id: record.died for record in records} == DIED


def test_several_sets(server, tmp_path):
    texts = {f"set-b/{n}.txt": record_text(n) for n in (1, 2)}
    server.files["set-b.tar.gz"] = write_archive(tmp_path / "b.tar.gz", texts).read_bytes()
    server.files["Outcomes-b.txt"] = outcomes_text({1: 1, 2: 0}).encode()
    folder = tmp_path / "data"
    archives = download(folder, sets="ab", base_url=f"{server.url}/", contents=SMALL)
    assert archives == [folder / ARCHIVE, folder / "set-b.tar.gz"]
    assert content(folder) == server.files


def test_what_is_there_is_checked_and_not_asked_for_again(server, tmp_path):
    folder = tmp_path / "data"
    fetch(server, folder)
    server.requests.clear()
    assert fetch(server, folder) == [folder / ARCHIVE]
    assert server.requests == []
    (folder / OUTCOMES).unlink()
    fetch(server, folder)
    assert server.requests == [(OUTCOMES, None)]
    assert content(folder) == server.files


def test_progress_counts_the_bytes_of_each_file(server, tmp_path):
    server.faults[ARCHIVE] = ["break"]
    calls = []
    fetch(server, tmp_path / "data", progress=lambda *call: calls.append(call))
    sizes = [len(server.files[name]) for name in (OUTCOMES, ARCHIVE)]
    dones = {size: [done for done, total in calls if total == size] for size in sizes}
    assert {total for _, total in calls} == set(sizes)
    for size, done in dones.items():
        assert done == sorted(done) and done[-1] == size
        assert max(b - a for a, b in zip([0, *done], done, strict=False)) <= CHUNK


def test_after_a_break_it_goes_on_where_it_was(server, tmp_path):
    server.faults[ARCHIVE] = ["break", "break", "hang up"]
    fetch(server, tmp_path / "data")
    size = len(server.files[ARCHIVE])
    half = size // 2
    last = half + (size - half) // 2
    assert asked_for(server, ARCHIVE) == [None, *(f"bytes={n}-" for n in (half, last, last))]
    assert content(tmp_path / "data") == server.files


def test_a_later_call_goes_on_where_an_earlier_one_was(server, tmp_path):
    folder = tmp_path / "data"
    server.faults[ARCHIVE] = ["break", *["hang up"] * 4]
    half = len(server.files[ARCHIVE]) // 2
    message = error(server, folder, ConnectionError)
    assert message.startswith(f"{ARCHIVE}: ")
    assert message.endswith(f"in the last of 5 attempts; the next call goes on with {ARCHIVE}.part")
    whole = server.files[OUTCOMES]
    begun = server.files[ARCHIVE][:half]
    assert content(folder) == {f"{OUTCOMES}.part": whole, f"{ARCHIVE}.part": begun}
    server.requests.clear()
    fetch(server, folder)
    assert server.requests == [(OUTCOMES, f"bytes={len(whole)}-"), (ARCHIVE, f"bytes={half}-")]
    assert content(folder) == server.files


@pytest.mark.parametrize("fault", ["no ranges", 416, "other range", "bad range", "no length"])
def test_a_server_that_cannot_go_on(server, tmp_path, fault):
    server.faults[ARCHIVE] = ["break", fault]
    fetch(server, tmp_path / "data")
    assert content(tmp_path / "data") == server.files


def test_a_server_that_begins_anew_and_breaks(server, tmp_path):
    server.faults[ARCHIVE] = ["break", "no ranges, break", "no ranges"]
    fetch(server, tmp_path / "data")
    assert content(tmp_path / "data") == server.files


@pytest.mark.parametrize("fault", ["no length", "odd length"])
def test_a_server_that_does_not_say_how_long_a_file_is(server, tmp_path, fault):
    server.faults[ARCHIVE] = [fault]
    calls = []
    fetch(server, tmp_path / "data", progress=lambda *call: calls.append(call))
    assert calls[-1] == (len(server.files[ARCHIVE]), None)
    assert content(tmp_path / "data") == server.files


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_server_is_asked_again_but_not_for_ever(server, tmp_path, status):
    server.faults[ARCHIVE] = [status] * 4
    fetch(server, tmp_path / "a")
    assert content(tmp_path / "a") == server.files
    server.faults[OUTCOMES] = [status] * 9
    message = error(server, tmp_path / "b", ConnectionError)
    assert message.startswith(f"{OUTCOMES}: the server says {status} ")
    assert message.endswith(", in the last of 5 attempts")
    assert len(server.faults[OUTCOMES]) == 4


@pytest.mark.parametrize("status", [403, 404])
def test_a_file_that_the_server_does_not_give_is_asked_for_once(server, tmp_path, status):
    server.faults[ARCHIVE] = [status]
    message = error(server, tmp_path / "data", ConnectionError)
    assert message.startswith(f"{ARCHIVE}: the server says {status} ")
    assert len(asked_for(server, ARCHIVE)) == 1


def test_no_server(server, tmp_path):
    server.shutdown()
    server.server_close()
    message = error(server, tmp_path / "data", ConnectionError)
    assert message.startswith(f"{OUTCOMES}: ") and "refused" in message


@pytest.mark.parametrize("name", [ARCHIVE, OUTCOMES])
def test_a_web_page_instead_of_a_file(server, tmp_path, name):
    server.faults[name] = ["web page"]
    message = error(server, tmp_path / "data")
    assert message.startswith(f"{name}: a web page came instead of the file, it begins")
    assert "Sign in" in message
    assert not (tmp_path / "data" / f"{name}.part").exists()


def test_a_web_page_does_not_take_the_place_of_what_came(server, tmp_path):
    server.faults[ARCHIVE] = ["break", "web page"]
    error(server, tmp_path / "data")
    half = len(server.files[ARCHIVE]) // 2
    assert (tmp_path / "data" / f"{ARCHIVE}.part").read_bytes() == server.files[ARCHIVE][:half]
    fetch(server, tmp_path / "data")
    assert content(tmp_path / "data") == server.files


def test_something_else_instead_of_a_file(server, tmp_path):
    server.files[ARCHIVE] = b"PK\x03\x04 and so on"
    expected = f"{ARCHIVE}: begins with b'PK\\x03\\x04 and so on', expected b'\\x1f\\x8b'"
    assert error(server, tmp_path / "data") == expected


@pytest.mark.parametrize("fault", ["too short", "no length, break"])
def test_an_archive_that_is_not_whole(server, tmp_path, fault):
    server.faults[ARCHIVE] = [fault]
    message = error(server, tmp_path / "data")
    assert message.startswith(f"{ARCHIVE}.part: not a whole tar archive (")
    assert message.endswith("; what came is deleted")
    assert content(tmp_path / "data") == {}


def test_outcomes_that_are_not_whole(server, tmp_path):
    server.faults[OUTCOMES] = ["too short"]
    message = error(server, tmp_path / "data")
    assert message.startswith(f"{OUTCOMES}.part") and message.endswith("; what came is deleted")
    assert content(tmp_path / "data") == {}


def test_an_empty_file(server, tmp_path):
    server.files[OUTCOMES] = b""
    message = error(server, tmp_path / "data")
    assert message.startswith(f"{OUTCOMES}.part, line 1: no column RecordID")


def test_a_part_of_another_file(server, tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / f"{ARCHIVE}.part").write_bytes(b"\x1f\x8b" + bytes(500))
    assert "not a whole tar archive" in error(server, folder)
    fetch(server, folder)
    assert content(folder) == server.files


def test_a_part_that_is_longer_than_the_file(server, tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / f"{ARCHIVE}.part").write_bytes(server.files[ARCHIVE] + b"more")
    fetch(server, folder)
    assert content(folder) == server.files


def test_a_broken_file_that_was_there_is_left_and_named(server, tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / ARCHIVE).write_bytes(server.files[ARCHIVE][:300])
    message = error(server, folder)
    assert message.startswith(f"{ARCHIVE}: not a whole tar archive (")
    advice = "; there before, to be deleted if it is to be downloaded again: "
    assert message.endswith(f"; what came is deleted{advice}{ARCHIVE}")
    assert content(folder) == {ARCHIVE: server.files[ARCHIVE][:300]}
    (folder / OUTCOMES).write_bytes(server.files[OUTCOMES])
    assert error(server, folder).endswith(f"){advice}{OUTCOMES}, {ARCHIVE}")
    assert len(content(folder)) == 2


@pytest.mark.parametrize(
    ("expected", "died", "message"),
    [
        (
            Contents(41, 10, 101, 141),
            DIED,
            f"{ARCHIVE}.part: 40 records, expected 41; what came is deleted",
        ),
        (
            Contents(40, 11, 101, 140),
            DIED,
            f"{OUTCOMES}.part: 10 deaths, expected 11; what came is deleted",
        ),
        (
            Contents(40, 10, 99, 140),
            {**DIED, 99: 0},
            f"{OUTCOMES}.part: not of the records in {ARCHIVE}.part, see 99; what came is deleted",
        ),
        (
            Contents(40, 10, 99, 140),
            {n: died for n, died in DIED.items() if n != 101},
            f"{OUTCOMES}.part: not of the records in {ARCHIVE}.part, see 101; what came is deleted",
        ),
    ],
)
def test_a_set_that_is_not_what_it_has_to_be(server, tmp_path, expected, died, message):
    server.files[OUTCOMES] = outcomes_text(died).encode()
    assert error(server, tmp_path / "data", contents={"a": expected}) == message
    assert content(tmp_path / "data") == {}


def test_an_unknown_set_is_said_before_anything_is_done(server, tmp_path):
    with pytest.raises(ValueError, match=r"^no set 'd', expected some of a, b$"):
        fetch(server, tmp_path / "data", sets=("a", "d"))
    assert server.requests == [] and not (tmp_path / "data").exists()


def test_the_sets_of_the_challenge_and_their_source():
    counts = {letter: contents[:2] for letter, contents in SETS.items()}
    assert counts == {"a": (4000, 554), "b": (4000, 568), "c": (4000, 585)}
    assert SETS["a"].last < SETS["b"].first <= SETS["b"].last < SETS["c"].first
    assert len({contents.sha256 for contents in SETS.values()}) == 3
    for words in "Open Data Commons Attribution", "Silva", "Goldberger", "e215-e220", "245-248":
        assert words in CITATION


def test_the_files_of_another_set(server, tmp_path):
    """Whole and of one set, but not of this one; nothing but the RecordIDs tells."""
    moved = {"a": Contents(40, 10, 1, 100)}
    message = f"{ARCHIVE}.part: RecordIDs 101 to 140, expected 1 to 100: the file of another set?"
    assert error(server, tmp_path / "data", contents=moved).startswith(message)
    assert content(tmp_path / "data") == {}


def test_another_sum_is_said_and_not_refused(server, tmp_path):
    digest = hashlib.sha256(server.files[ARCHIVE]).hexdigest()
    own = {"a": SMALL["a"]._replace(sha256=digest)}
    fetch(server, tmp_path / "own", contents=own)  # a warning would be an error
    other = {"a": SMALL["a"]._replace(sha256="0" * 64)}
    with pytest.warns(UserWarning, match=f"SHA-256 sum is {digest}, expected 000"):
        fetch(server, tmp_path / "other", contents=other)
    assert content(tmp_path / "other") == server.files


@pytest.mark.parametrize("name", [ARCHIVE, OUTCOMES])
def test_a_body_without_end(server, tmp_path, name):
    server.faults[name] = ["no end"]
    most = MOST_BYTES[name == ARCHIVE]
    expected = f"{name}: more than {most:,} bytes came; they are deleted"
    assert error(server, tmp_path / "data") == expected
    assert f"{name}.part" not in content(tmp_path / "data")


def test_more_bytes_announced_than_a_set_has(server, tmp_path):
    server.faults[ARCHIVE] = ["huge length"]
    message = error(server, tmp_path / "data")
    assert message == f"{ARCHIVE}: 1,000,000,000 bytes announced, expected at most 67,108,864"


def test_a_byte_now_and_then(server, tmp_path):
    server.faults[ARCHIVE] = ["a byte now and then"] * 2
    patience = Patience(attempts=2, pause=0, slowest=10_000, window=0.05)
    message = error(server, tmp_path / "data", ConnectionError, patience=patience)
    assert " bytes came in 0 s, in the last of 2 attempts; the next call goes on" in message


@pytest.mark.parametrize("fault", ["416 of nothing", 416])
def test_nothing_from_the_first_byte_on(server, tmp_path, fault):
    server.faults[ARCHIVE] = [fault]
    message = error(server, tmp_path / "data", ConnectionError)
    assert message.startswith(f"{ARCHIVE}: the server says 416 ")


def test_a_part_that_is_a_link(server, tmp_path):
    elsewhere, folder = tmp_path / "elsewhere", tmp_path / "data"
    elsewhere.write_bytes(b"mine")
    folder.mkdir()
    (folder / f"{ARCHIVE}.part").symlink_to(elsewhere)
    message = error(server, folder)
    assert message == f"{ARCHIVE}.part: is no file but a link or the like; delete it"
    assert elsewhere.read_bytes() == b"mine"


@pytest.mark.skipif("TINYLSTM_PHYSIONET2012" not in os.environ, reason="needs the real records")
def test_set_a(server, tmp_path):
    for name in OUTCOMES, ARCHIVE:
        server.files[name] = Path(os.environ["TINYLSTM_PHYSIONET2012"], name).read_bytes()
    server.faults[ARCHIVE] = ["break", "break"]
    own = {"a": SETS["a"]._replace(sha256=None)}  # the file may have been packed anew
    fetch(server, tmp_path / "data", contents=own)
    assert content(tmp_path / "data") == server.files
