"""The Challenge's sets, from physionet.org: gone on with after a break, and checked.

A file is called ``set-a.tar.gz.part`` until its set has been checked, so a file that has its own
name is whole.
"""

import hashlib
import http.client
import re
import time
import urllib.error
import urllib.request
import warnings
from pathlib import Path
from typing import NamedTuple

from tinylstm.small.whole_files import read_whole

from .files import read_files
from .records import parse_outcomes

BASE_URL = "https://physionet.org/files/challenge-2012/1.0.0"

CITATION = """\
The records of the PhysioNet/CinC Challenge 2012 are under the Open Data Commons Attribution
License v1.0 (opendatacommons.org/licenses/by/1-0): whoever uses them names their source. Cite
  Silva I, Moody G, Scott DJ, Celi LA, Mark RG. Predicting in-hospital mortality of ICU patients:
  the PhysioNet/Computing in Cardiology Challenge 2012. Computing in Cardiology 2012; 39: 245-248.
  Goldberger AL, Amaral LAN, Glass L, Hausdorff JM, Ivanov PC, Mark RG, Mietus JE, Moody GB,
  Peng CK, Stanley HE. PhysioBank, PhysioToolkit, and PhysioNet: components of a new research
  resource for complex physiologic signals. Circulation 2000; 101(23): e215-e220.
The files: physionet.org/content/challenge-2012/1.0.0"""

CHUNK = 1 << 16  # bytes, at most, that are read at a time
# Of the Outcomes file and of the archive; the Challenge's have 92 kB and 6.6 MB.
MOST_BYTES = (1 << 22, 1 << 26)


class Contents(NamedTuple):
    """What a set has: records, deaths, the least and greatest RecordID; its archive's SHA-256 sum.

    >>> SETS["a"].deaths
    554
    """

    records: int
    deaths: int
    first: int = 0
    last: int = 10**18
    sha256: str = None


# RecordIDs ascend from set to set. The sums are those of PhysioNet's own archives, as others give
# them.
SETS = {
    "a": Contents(
        *(4000, 554, 132539, 142673),
        "8cb250f179cd0952b4b9ebcf8954b63d70383131670fac1cfee13deaa13ca920",
    ),
    "b": Contents(
        *(4000, 568, 142675, 152864),
        "b1637a2a423a8e76f8f087896cfc5fdf28f88519e1f4e874fbda69b2a64dac30",
    ),
    "c": Contents(
        *(4000, 585, 152865, 199999),
        "a4a56b95bcee4d50a3874fe298bf2998f2ed0dd98a676579573dc10419329ee1",
    ),
}


class Patience(NamedTuple):
    """How often a file is asked for, and how long is waited.

    `pause` seconds before the second attempt, doubled each time; `timeout` seconds without a byte;
    `slowest` bytes a second, on average, from `window` seconds on.
    """

    attempts: int = 5
    pause: float = 1
    timeout: float = 30
    slowest: float = 1000
    window: float = 60


class _Interrupted(Exception):
    """Something went wrong on the way that may go well the next time."""


def download(
    directory,
    sets=("a",),
    base_url=BASE_URL,
    progress=None,
    *,
    contents=SETS,
    patience=Patience(),  # noqa: B008 (it cannot be changed)
):
    """Download sets of the Challenge, or check those that are there already.

    For each set ``Outcomes-a.txt`` and ``set-a.tar.gz`` come into the directory. After a break, of
    this call or an earlier one, the download goes on where it was. Each set is checked: the archive
    is whole, it has 4,000 records with the RecordIDs of this set, 554 (a), 568 (b) or 585 (c) of
    them died, and the outcomes are those of its records. ``CITATION`` says how to cite the records
    and what their licence is.

    Parameters
    ----------
    directory : path
        Made where it is not there yet.
    sets : sequence of str
        Of ``"a"``, ``"b"`` and ``"c"``.
    base_url : str
        The address of a folder with the files.
    progress : callable, optional
        Called as ``progress(done, total)`` with the bytes of the file that is coming, an earlier
        call's included; total is None where the server does not say it. Two files a set: the
        outcomes, then the archive.
    contents : dict of Contents
        Letter -> what that set has to be.
    patience : Patience
        How often a file is asked for, and how long is waited.

    Returns
    -------
    list of Path
        The archive of each set, as ``read_records`` takes it.

    Raises
    ------
    ConnectionError
        The server does not have a file or does not give it, or five times the connection broke or
        hardly anything came.
    ValueError
        There is no such set; a web page, something else or more bytes than a set has came instead
        of a file; a set is not what it has to be. What came is deleted then, and what was there
        before is left.

    Warns
    -----
    UserWarning
        If an archive is right but not PhysioNet's own file, by its SHA-256 sum: packed anew.

    Examples
    --------
    >>> download("data", sets="d")
    Traceback (most recent call last):
    ValueError: no set 'd', expected some of a, b, c
    """
    for letter in sets:
        if letter not in contents:
            raise ValueError(f"no set {letter!r}, expected some of {', '.join(contents)}")
    directory = Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    base_url = base_url.rstrip("/")
    return [
        _download_set(directory, letter, contents[letter], base_url, progress, patience)
        for letter in sets
    ]


def _download_set(directory, letter, expected, base_url, progress, patience):
    """The path of one set's archive, checked."""
    outcomes, archive = directory / f"Outcomes-{letter}.txt", directory / f"set-{letter}.tar.gz"
    kinds = (outcomes, b"RecordID", MOST_BYTES[0]), (archive, b"\x1f\x8b", MOST_BYTES[1])
    parts = {}
    for path, beginning, most in kinds:
        if not path.exists():
            part = parts[path] = path.with_name(f"{path.name}.part")
            if part.is_symlink() or (part.exists() and not part.is_file()):
                raise ValueError(f"{part}: is no file but a link or the like; delete it")
            _fetch(f"{base_url}/{path.name}", part, beginning, most, progress, patience)
    try:
        digest = _check(expected, parts.get(outcomes, outcomes), parts.get(archive, archive))
    except (ValueError, FileNotFoundError) as error:
        for part in parts.values():
            part.unlink(missing_ok=True)
        old = ", ".join(path.name for path in (outcomes, archive) if path not in parts)
        advice = "; what came is deleted" if parts else ""
        if old:
            advice += f"; there before, to be deleted if it is to be downloaded again: {old}"
        raise ValueError(f"{error}{advice}") from error
    for path, part in parts.items():
        part.rename(path)
    if expected.sha256 not in (None, digest):
        warnings.warn(
            f"{archive}: the records are this set's, but it is not PhysioNet's own archive: its "
            f"SHA-256 sum is {digest}, expected {expected.sha256}",
            stacklevel=3,
        )
    return archive


def _check(expected, outcomes, archive):
    """Demand a whole set; the archive's SHA-256 sum."""
    records, _ = read_files(archive)
    ids = {int(path.stem) for path in records}
    died = parse_outcomes(outcomes, read_whole(outcomes, MOST_BYTES[0]))
    if len(ids) != expected.records:
        raise ValueError(f"{archive}: {len(ids):,} records, expected {expected.records:,}")
    for name, found in ((archive, ids), (outcomes, died)):
        if min(found, default=0) < expected.first or max(found, default=0) > expected.last:
            raise ValueError(
                f"{name}: RecordIDs {min(found, default=0)} to {max(found, default=0)}, expected "
                f"{expected.first} to {expected.last}: the file of another set?"
            )
    if set(died) != ids:
        stray = min(set(died) ^ ids)
        raise ValueError(f"{outcomes}: not of the records in {archive.name}, see {stray}")
    if sum(died.values()) != expected.deaths:
        raise ValueError(f"{outcomes}: {sum(died.values()):,} deaths, expected {expected.deaths:,}")
    return hashlib.sha256(read_whole(archive)).hexdigest()


def _fetch(url, part, beginning, most, progress, patience):
    """Bring ``part`` to its whole length, in a few attempts."""
    for attempt in range(patience.attempts):
        if attempt:
            time.sleep(patience.pause * 2 ** (attempt - 1))
        try:
            return _attempt(url, part, beginning, most, progress, patience)
        except _Interrupted as error:
            problem = error
    kept = f"; the next call goes on with {part}" if _size(part) else ""
    raise ConnectionError(f"{url}: {problem}, in the last of {patience.attempts} attempts{kept}")


def _attempt(url, part, beginning, most, progress, patience):
    """Ask for what ``part`` lacks and write it there as it comes."""
    have = _size(part)
    request = urllib.request.Request(url, headers={"User-Agent": "tinylstm"})
    if have:
        request.add_header("Range", f"bytes={have}-")
    try:
        response = urllib.request.urlopen(request, timeout=patience.timeout)
    except urllib.error.HTTPError as error:
        with error:
            return _refused(error, url, part, have)
    except (OSError, http.client.HTTPException) as error:
        raise _Interrupted(getattr(error, "reason", error)) from error
    with response:
        start, total = _extent(response)
        if start not in (0, have):
            part.unlink(missing_ok=True)
            raise _Interrupted(f"the server began at byte {start:,} instead of {have:,}")
        if total is not None and total > most:
            raise ValueError(f"{url}: {total:,} bytes announced, expected at most {most:,}")
        begun = time.monotonic()
        chunk = _read(response)
        if start == 0 and chunk:
            _check_beginning(url, chunk, beginning)
        done = start
        with part.open("ab" if start else "wb") as file:
            while chunk:
                file.write(chunk)
                done += len(chunk)
                if done > most:
                    break
                if progress is not None:
                    progress(done, total)
                seconds = time.monotonic() - begun
                if seconds > patience.window and done - start < patience.slowest * seconds:
                    raise _Interrupted(f"{done - start:,} bytes came in {seconds:.0f} s")
                chunk = _read(response)
    if done > most:
        part.unlink()
        raise ValueError(f"{url}: more than {most:,} bytes came; they are deleted")
    if total is not None and done != total:
        if done > total:
            part.unlink()
        raise _Interrupted(f"{done:,} of {total:,} bytes came")


def _refused(error, url, part, have):
    """Return if the server says that ``part`` is whole; raise otherwise."""
    if error.code == 416 and have:  # there is nothing from byte `have` on
        if error.headers.get("Content-Range") == f"bytes */{have}":
            return
        part.unlink()
    elif error.code not in (408, 429) and error.code < 500:
        raise ConnectionError(f"{url}: the server says {error.code} {error.reason}") from error
    raise _Interrupted(f"the server says {error.code} {error.reason}") from error


def _extent(response):
    """At which byte of the file the response begins, and the file's length or None."""
    if response.status == 206:
        extent = response.headers.get("Content-Range", "")
        match = re.fullmatch(r"bytes ([0-9]{1,18})-[0-9]{1,18}/([0-9]{1,18}|\*)", extent)
        if not match:
            raise _Interrupted(f"the server's Content-Range is {extent!r}")
        return int(match[1]), None if match[2] == "*" else int(match[2])
    length = response.headers.get("Content-Length", "")
    return 0, int(length) if re.fullmatch("[0-9]{1,18}", length) else None


def _read(response):
    try:
        # read would wait for as many bytes, be they one a second; read1 gives what is there.
        return response.read1(CHUNK)
    except (OSError, http.client.HTTPException) as error:
        raise _Interrupted(f"the connection broke ({error!r})") from error


def _check_beginning(url, chunk, beginning):
    text = chunk.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"<"):
        raise ValueError(f"{url}: a web page came instead of the file, it begins {text[:60]!r}")
    if not text.startswith(beginning):
        raise ValueError(f"{url}: begins with {text[:20]!r}, expected {beginning!r}")


def _size(part):
    return part.stat().st_size if part.exists() else 0
