"""Which files a set consists of: its records and its Outcomes file, in a folder or an archive."""

import gzip
import io
import re
import tarfile
from pathlib import Path

from tinylstm.small.text_lines import quoted
from tinylstm.small.whole_files import read_whole

_RECORD_FILE = re.compile(r"[0-9]{1,18}\.txt")
_OUTCOMES_FILE = re.compile(r"Outcomes-(\w+)\.txt")
_SET_NAME = re.compile(r"set-(\w+)(\.tar\.gz|\.tgz|\.tar)?")

# A set is 31 MB in 6.6 MB, its largest record 24 kB.
MOST_OF_AN_ARCHIVE = 1 << 28  # bytes, packed
MOST_OF_A_FILE = 1 << 24
LARGEST_RATIO = 20  # of unpacked to packed, beyond
SMALLEST_LIMIT = 1 << 26  # bytes that any archive may hold, however much they shrank


def read_files(raw):
    """A set's records, {path: bytes}, and its Outcomes file, (path, bytes) or None.

    `raw` is a set's ``.tar.gz`` (or ``.tar``; nothing is unpacked), or a folder that holds the
    records or one folder of records. The Outcomes file is looked for where the records are, then in
    the folder above them, then beside `raw`. Records in ``set-b`` belong to ``Outcomes-b.txt``
    alone; under another name there may be only one Outcomes file. Other files are not looked at.
    """
    raw = Path(raw)
    if raw.is_dir():
        return _folder_files(raw)
    if raw.is_file():
        return _archive_files(raw)
    if raw.exists():
        raise ValueError(f"{raw}: not a file or folder but a FIFO, a device or the like")
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
    files = {path: read_whole(path, MOST_OF_A_FILE) for path in files_of[folder]}
    return files, found and (found, read_whole(found, MOST_OF_A_FILE))


def _record_files(folder):
    return [path for path in folder.iterdir() if _RECORD_FILE.fullmatch(path.name)]


def _archive_files(raw):
    files, outcomes = {}, {}
    packed = read_whole(raw, MOST_OF_AN_ARCHIVE)
    # tarfile raises much more than its own errors where a header's fields are damaged.
    try:
        members = _unpack(packed)
    except Exception as error:
        what = str(error)[:200] or type(error).__name__
        raise ValueError(f"{raw}: not a whole tar archive ({what})") from error
    for name, is_file, content in members:
        parts = re.split(r"[/\\]", name)
        if ".." in parts or parts[0] == "" or ":" in parts[0]:
            raise ValueError(f"{raw}: member {quoted(name)} would leave the folder")
        if not is_file and content is None:
            raise ValueError(f"{raw}: member {quoted(name)} is a link or a device, not a file")
        path = raw / name
        if path in files:
            raise ValueError(f"{path}: is in the archive twice")
        if is_file and _RECORD_FILE.fullmatch(path.name):
            files[path] = content
        elif is_file and _OUTCOMES_FILE.fullmatch(path.name):
            outcomes[path] = content
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
    return files, found and (found, read_whole(found, MOST_OF_A_FILE))


def _unpack(packed):
    """The members of an archive, whole or an error: (name, whether a file, bytes).

    A folder has b"" for its bytes, a link or a device None.
    """
    tar = packed
    if packed.startswith(b"\x1f\x8b"):
        most = max(SMALLEST_LIMIT, LARGEST_RATIO * len(packed))
        with gzip.GzipFile(fileobj=io.BytesIO(packed)) as stream:
            tar = stream.read(most + 1)  # to the end, where the checksum is
        if len(tar) > most:
            raise ValueError(f"more than {most:,} bytes in {len(packed):,}")
    members = []
    with tarfile.open(fileobj=io.BytesIO(tar), mode="r:") as archive:
        for member in archive:
            if member.size < 0 or member.issparse():
                raise ValueError(f"member {quoted(member.name)} has a size that no record has")
            content = b"" if member.isdir() else None
            if member.isfile():
                content = archive.extractfile(member).read()
            members.append((member.name, member.isfile(), content))
        # tarfile takes a header that it cannot read for the end, which is two blocks of zeros.
        rest = tar[archive.offset :]
    if len(rest) < 512 or rest.strip(b"\0"):
        raise ValueError(f"nothing readable after {members[-1][0][:60] if members else 'nothing'}")
    return members


def _own_outcomes(paths, *set_names):
    """The path of the Outcomes file of the set of that name (the first that is one), or None."""
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
