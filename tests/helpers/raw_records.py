"""Write small sets in the Challenge's raw layout, for the tests that read them."""

import io
import tarfile

DESCRIPTORS = ["00:00,Age,54", "00:00,Gender,0", "00:00,Height,-1", "00:00,ICUType,4"]


def record_text(record_id, *lines, descriptors=(*DESCRIPTORS, "00:00,Weight,70.5")):
    rows = ["Time,Parameter,Value", f"00:00,RecordID,{record_id}", *descriptors, *lines]
    return "\n".join(rows) + "\n"


def outcomes_text(died):
    header = "RecordID,SAPS-I,SOFA,Length_of_stay,Survival,In-hospital_death"
    return "\n".join([header, *(f"{n},6,1,5,-1,{d}" for n, d in died.items())]) + "\n"


def write_texts(folder, texts):
    """Write {name: text} into a folder; a name may go through folders of its own."""
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8", newline="")
    return folder


def write_archive(path, texts, *members):
    """Write {name: text} into a .tar.gz, and members (TarInfo) without content after them."""
    with tarfile.open(path, "w:gz") as archive:
        for name, text in texts.items():
            member = tarfile.TarInfo(name)
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
        for member in members:
            archive.addfile(member)
    return path
