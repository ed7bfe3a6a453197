"""What a study writes: report.json, report.html, figures and probabilities.csv."""

import dataclasses
import platform
from pathlib import Path

import numpy as np

from tinylstm import __version__
from tinylstm.data.physionet2012 import clean_descriptors, report_cleaning
from tinylstm.small.json_files import write_json
from tinylstm.small.whole_files import write_whole

from .page import Details, Picture, page
from .tables import as_text, behind_in_words, report_tables

ICU_TYPES = {1: "1 coronary", 2: "2 cardiac surgery", 3: "3 medical", 4: "4 surgical"}
SEXES = {0: "female", 1: "male"}
AGES = {0: "0 to 44", 45: "45 to 64", 65: "65 to 79", 80: "80 and over"}  # by the least age


def groups_of(records):
    """The groups that a report tells apart: "ICU type", "sex", "age" -> each record's, (N,) str."""
    age, sex, _, _ = clean_descriptors(records).T
    bands = list(AGES.values())
    band_of = np.searchsorted(list(AGES), age, side="right") - 1
    return {
        "ICU type": np.array([ICU_TYPES.get(r.icu_type, "unknown") for r in records]),
        "sex": np.array([SEXES.get(code, "unknown") for code in sex]),
        "age": np.array(
            ["unknown" if np.isnan(a) else bands[b] for a, b in zip(age, band_of, strict=True)]
        ),
    }


def probabilities_csv(records, probabilities, seed_probabilities):
    """A text with a line for each record: id, outcome (empty if unknown), probability, each seed's.

    Of `probabilities` (N,) and `seed_probabilities` (S, N), from which they are made.
    """
    seeds = [f"seed_{seed}" for seed in range(len(seed_probabilities))]
    lines = [",".join(["record_id", "died", "probability", *seeds])]
    columns = [probabilities.tolist(), *seed_probabilities.tolist()]
    for record, *numbers in zip(records, *columns, strict=True):
        died = "" if record.died is None else str(record.died)
        lines.append(",".join([str(record.record_id), died, *map(repr, numbers)]))
    return "\n".join(lines) + "\n"


def write_report(out, report, records, title, about, numbers):
    """Write a report as JSON and as a page, with its figures, and return it for a terminal.

    `out` is the folder, made where it is not there; None: nothing is written. `about` are names and
    texts, `numbers` what ``report.json`` is to hold beside the report's own.
    """
    cleaning = report_cleaning(records)
    versions = {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "tinylstm": __version__,
    }
    made_with = f"tinylstm {__version__}, NumPy {np.__version__}, Python {versions['python']}"
    behind = [("Behind", behind_in_words(report))] if report.behind else []
    about = [*behind, *about, ("Made with", made_with)]
    tables = report_tables(report)
    if out is not None:
        out = Path(out)
        out.mkdir(parents=True, exist_ok=True)
        details = Details("What the cleaning rules did to these records", str(cleaning))
        blocks = [tables[0], *_pictures(out, report), *tables[1:], details]
        write_whole(out / "report.html", page(title, about, blocks).encode())
        everything = {**report.to_dict(), **numbers}
        everything |= {"cleaning": dataclasses.asdict(cleaning), "versions": versions}
        write_json(out / "report.json", everything)
    lines = [title, *(f"  {name}: {text}" for name, text in about)]
    return "\n".join(lines) + "\n\n" + as_text(tables)


def _pictures(out, report):
    """Draw the figures into the folder, and give them for the page."""
    from tinylstm import plots  # not at the top: matplotlib takes half a second to import

    # Prevalence, which says the same of everybody or of everybody in a fold, is the line of chance.
    others = {name: s for name, s in report.rivals.items() if name != "prevalence"}
    curves = {"this model": report.scores, **others}
    draw = {
        "roc.png": (
            "ROC curves: a score that ranks everybody rightly goes through the upper left corner.",
            lambda path: plots.roc_plot({name: s.roc for name, s in curves.items()}, path),
        ),
        "precision_recall.png": (
            "Precision and recall: of those predicted to die, who did, and of those who did, who "
            "was found.",
            lambda path: plots.precision_recall_plot(
                {name: s.precision_recall for name, s in curves.items()}, path
            ),
        ),
        "calibration.png": (
            "Calibration: bins of equal numbers of records, on the line where the probabilities "
            "mean what they say.",
            lambda path: plots.calibration_plot(report.calibration, path),
        ),
    }
    if report.by_hour:
        draw["auc_by_hour.png"] = (
            "How early does it know? The probability after each hour, against the outcome.",
            lambda path: plots.hour_plot(report.by_hour, path),
        )
    groups = {
        name: {group: area for group, area in areas.items() if not np.isnan(area.interval[0])}
        for name, areas in report.groups.items()
    }
    groups = {name: areas for name, areas in groups.items() if areas}
    if groups:
        draw["auc_by_group.png"] = (
            "Groups of patients of whom at least 10 died and 10 survived, with 95 % intervals.",
            lambda path: plots.group_plot(groups, report.scores.roc.auc, path),
        )
    pictures = []
    for name, (caption, drawing) in draw.items():
        drawing(out / name)
        pictures.append(Picture(caption, (out / name).read_bytes()))
    return pictures
