"""The Challenge's sets, from physionet.org: gone on with after a break, and checked.

A file is called ``set-a.tar.gz.part`` until its set has been checked, so a file that has its own
name is whole.
"""

import http.client
import re
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import NamedTuple

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

ATTEMPTS = 5
SECONDS_BEFORE_RETRY = 1  # doubled each time
TIMEOUT = 30  # seconds without a byte
CHUNK = 1 << 16  # bytes


class Contents(NamedTuple):
    """How many records a set has, and how many of them died.

    >>> SETS["a"].deaths
    554
    """

    records: int
    deaths: int


SETS = {"a": Contents(4000, 554), "b": Contents(4000, 568), "c": Contents(4000, 585)}


class _Interrupted(Exception):
    """Something went wrong on the way that may go well the next time."""


def download(directory, sets=("a",), base_url=BASE_URL, progress=None):
    """Download sets of the Challenge, or check those that are there already.

    For each set ``Outcomes-a.txt`` and ``set-a.tar.gz`` come into the directory. After a break, of
    this call or an earlier one, the download goes on where it was. Each set is checked: the archive
    is whole, it has 4,000 records, 554 (a), 568 (b) or 585 (c) of them died, and the outcomes are
    those of its records. ``CITATION`` says how to cite the records and what their licence is.

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

    Returns
    -------
    list of Path
        The archive of each set, as ``read_records`` takes it.

    Raises
    ------
    ConnectionError
        The server does not have a file or does not give it, or the connection broke five times.
    ValueError
        There is no such set; a web page or something else came instead of a file; a set is not
        what it has to be. What came is deleted then, and what was there before is left.

    Examples
    --------
    >>> download("data", sets="d")
    Traceback (most recent call last):
    ValueError: no set 'd', expected some of a, b, c
    """
    for letter in sets:
        if letter not in SETS:
            raise ValueError(f"no set {letter!r}, expected some of {', '.join(SETS)}")
    directory = Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    return [_download_set(directory, letter, base_url.rstrip("/"), progress) for letter in sets]


def _download_set(directory, letter, base_url, progress):
    outcomes, archive = directory / f"Outcomes-{letter}.txt", directory / f"set-{letter}.tar.gz"
    parts = {}
    for path, beginning in (outcomes, b"RecordID"), (archive, b"\x1f\x8b"):
        if not path.exists():
            parts[path] = path.with_name(f"{path.name}.part")
            _fetch(f"{base_url}/{path.name}", parts[path], beginning, progress)
    try:
        _check(letter, parts.get(outcomes, outcomes), parts.get(archive, archive))
    except (ValueError, FileNotFoundError) as error:
        for part in parts.values():
            part.unlink()
        old = ", ".join(path.name for path in (outcomes, archive) if path not in parts)
        advice = "; what came is deleted" if parts else ""
        if old:
            advice += f"; there before, to be deleted if it is to be downloaded again: {old}"
        raise ValueError(f"{error}{advice}") from error
    for path, part in parts.items():
        part.rename(path)
    return archive


def _check(letter, outcomes, archive):
    expected = SETS[letter]
    records, _ = read_files(archive)
    ids = {int(path.stem) for path in records}
    died = parse_outcomes(outcomes, outcomes.read_bytes())
    if len(ids) != expected.records:
        raise ValueError(f"{archive}: {len(ids):,} records, expected {expected.records:,}")
    if set(died) != ids:
        stray = min(set(died) ^ ids)
        raise ValueError(f"{outcomes}: not of the records in {archive.name}, see {stray}")
    if sum(died.values()) != expected.deaths:
        raise ValueError(f"{outcomes}: {sum(died.values()):,} deaths, expected {expected.deaths:,}")


def _fetch(url, part, beginning, progress):
    """Bring ``part`` to its whole length, in a few attempts."""
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(SECONDS_BEFORE_RETRY * 2 ** (attempt - 1))
        try:
            return _attempt(url, part, beginning, progress)
        except _Interrupted as error:
            problem = error
    kept = f"; the next call goes on with {part}" if _size(part) else ""
    raise ConnectionError(f"{url}: {problem}, in the last of {ATTEMPTS} attempts{kept}")


def _attempt(url, part, beginning, progress):
    """Ask for what ``part`` lacks and write it there as it comes."""
    have = _size(part)
    request = urllib.request.Request(url, headers={"User-Agent": "tinylstm"})
    if have:
        request.add_header("Range", f"bytes={have}-")
    try:
        response = urllib.request.urlopen(request, timeout=TIMEOUT)
    except urllib.error.HTTPError as error:
        with error:
            return _refused(error, url, part, have)
    except (OSError, http.client.HTTPException) as error:
        raise _Interrupted(getattr(error, "reason", error)) from error
    with response:
        start, total = _extent(response)
        if start not in (0, have):
            part.unlink()
            raise _Interrupted(f"the server began at byte {start:,} instead of {have:,}")
        chunk = _read(response)
        if start == 0 and chunk:
            _check_beginning(url, chunk, beginning)
        done = start
        with part.open("ab" if start else "wb") as file:
            while chunk:
                file.write(chunk)
                done += len(chunk)
                if progress is not None:
                    progress(done, total)
                chunk = _read(response)
    if total is not None and done != total:
        raise _Interrupted(f"{done:,} of {total:,} bytes came")


def _refused(error, url, part, have):
    """Return if the server says that ``part`` is whole; raise what is to be done otherwise."""
    if error.code == 416:  # there is nothing from byte `have` on
        if error.headers.get("Content-Range") == f"bytes */{have}":
            return
        part.unlink()
    elif error.code not in (408, 429) and error.code < 500:
        raise ConnectionError(f"{url}: the server says {error.code} {error.reason}") from error
    raise _Interrupted(f"the server says {error.code} {error.reason}") from error


def _extent(response):
    """Return at which byte of the file the response begins, and the file's length or None."""
    if response.status == 206:
        extent = response.headers.get("Content-Range", "")
        match = re.fullmatch(r"bytes ([0-9]+)-[0-9]+/([0-9]+|\*)", extent)
        if not match:
            raise _Interrupted(f"the server's Content-Range is {extent!r}")
        return int(match[1]), None if match[2] == "*" else int(match[2])
    length = response.headers.get("Content-Length", "")
    return 0, int(length) if length.isdecimal() else None


def _read(response):
    try:
        return response.read(CHUNK)
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
