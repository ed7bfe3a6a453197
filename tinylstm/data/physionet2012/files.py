"""Which files a set consists of: its records and its Outcomes file, in a folder or an archive."""

import gzip
import io
import re
import tarfile
import zlib
from pathlib import Path

_RECORD_FILE = re.compile(r"[0-9]+\.txt")
_OUTCOMES_FILE = re.compile(r"Outcomes-(\w+)\.txt")
_SET_NAME = re.compile(r"set-(\w+)(\.tar\.gz|\.tgz|\.tar)?")


def read_files(raw):
    """Read the bytes of a set's records and of its Outcomes file.

    The Outcomes file is looked for where the records are, then in the folder above them, then
    beside ``raw``. Records in ``set-b`` belong to ``Outcomes-b.txt`` alone; under another name
    there may be only one Outcomes file. Other files than these two kinds are not looked at.

    Parameters
    ----------
    raw : path
        A set's ``.tar.gz`` (or ``.tar``), or a folder that holds the records or one folder of
        records. An archive is read in memory; nothing is unpacked.

    Returns
    -------
    records : dict
        Path -> bytes. A path inside an archive starts with the archive's own.
    outcomes : (path, bytes) or None
        None where there is no Outcomes file of this set.

    Raises
    ------
    FileNotFoundError
        There is no such file or folder, or no records in it.
    ValueError
        More than one folder of records, or more than one Outcomes file that might be theirs; an
        archive that is broken, or has members that are links or would leave the folder.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "7.txt").write_bytes(b"Time,Parameter,Value")
    ...     records, outcomes = read_files(folder)
    >>> print(list(records.values()), outcomes)
    [b'Time,Parameter,Value'] None
    """
    raw = Path(raw)
    if raw.is_dir():
        return _folder_files(raw)
    if raw.is_file():
        return _archive_files(raw)
    raise FileNotFoundError(f"{raw}: no such file or folder")


def _folder_files(raw):
    files_of = {raw: _record_files(raw)}
    files_of |= {p: _record_files(p) for p in sorted(raw.iterdir()) if p.is_dir()}
    folders = [folder for folder, files in files_of.items() if files]
    if not folders:
        archives = [path.name for path in sorted(raw.glob("*.tar.gz"))]
        hint = f"; it holds {', '.join(archives)}: name one of them" if archives else ""
        raise FileNotFoundError(f"{raw}: no records (132539.txt ...) in it or a folder in it{hint}")
    if len(folders) > 1:
        names = ", ".join(map(str, folders))
        raise ValueError(f"{raw}: more than one folder with records, name one of them: {names}")
    (folder,) = folders
    found = None
    for place in (folder, raw, raw.resolve().parent):
        found = found or _own_outcomes(place.iterdir(), folder.resolve().name)
    files = {path: path.read_bytes() for path in files_of[folder]}
    return files, found and (found, found.read_bytes())


def _record_files(folder):
    return [path for path in folder.iterdir() if _RECORD_FILE.fullmatch(path.name)]


def _archive_files(raw):
    files, outcomes = {}, {}
    try:
        packed = raw.read_bytes()
        # Unpacked as a whole first: tarfile would stop at a damaged place as at the archive's end.
        tar = gzip.decompress(packed) if packed.startswith(b"\x1f\x8b") else packed
        with tarfile.open(fileobj=io.BytesIO(tar), mode="r:") as archive:
            for member in archive:
                _refuse_unsafe(raw, member)
                path = raw / member.name
                if path in files:
                    raise ValueError(f"{path}: is in the archive twice")
                if member.isdir():
                    continue
                if _RECORD_FILE.fullmatch(path.name):
                    files[path] = archive.extractfile(member).read()
                elif _OUTCOMES_FILE.fullmatch(path.name):
                    outcomes[path] = archive.extractfile(member).read()
    except (tarfile.TarError, EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"{raw}: not a whole tar archive ({error})") from error
    folders = {path.parent for path in files}
    if not folders:
        raise FileNotFoundError(f"{raw}: no records (132539.txt ...) in this archive")
    if len(folders) > 1:
        raise ValueError(f"{raw}: more than one folder with records: {sorted(map(str, folders))}")
    (folder,) = folders
    found = _own_outcomes(outcomes, folder.name, raw.name)
    if found:
        return files, (found, outcomes[found])
    found = _own_outcomes(raw.resolve().parent.iterdir(), folder.name, raw.name)
    return files, found and (found, found.read_bytes())


def _refuse_unsafe(raw, member):
    parts = re.split(r"[/\\]", member.name)
    if ".." in parts or parts[0] == "" or ":" in parts[0]:
        raise ValueError(f"{raw}: member {member.name!r} would leave the folder")
    if not (member.isfile() or member.isdir()):
        raise ValueError(f"{raw}: member {member.name!r} is a link or a device, not a file")


def _own_outcomes(paths, *set_names):
    """Return the path of the Outcomes file of the set of that name (the first that is one)."""
    found = {path: match[1] for path in paths if (match := _OUTCOMES_FILE.fullmatch(path.name))}
    letters = [match[1] for name in set_names if (match := _SET_NAME.fullmatch(name))]
    own = [path for path, letter in found.items() if not letters or letter == letters[0]]
    if len(own) > 1:
        names = ", ".join(sorted(map(str, own)))
        raise ValueError(
            f"{set_names[0]}: which Outcomes file is its own? (a folder named set-a has "
            f"Outcomes-a.txt, one of another name must have one Outcomes file alone): {names}"
        )
    return own[0] if own else None
