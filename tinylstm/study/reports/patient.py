"""One patient: why a run's models see this risk, as a page, figures and their numbers."""

import dataclasses
import math
from pathlib import Path

import numpy as np

from tinylstm.data.physionet2012 import hourly_cells
from tinylstm.data.physionet2012.cleaning import clean_series
from tinylstm.data.physionet2012.variables import SERIES, STAND_INS
from tinylstm.small.whole_files import write_whole

from ..explanation import explain, together, unit_states
from ..models import seeds_by_part
from ..targets import TARGETS
from .outputs import SEXES, groups_of
from .page import Picture, page
from .tables import Table, as_text, signed

SHOWN = 12  # variables in tables and figures; the CSV files hold all
PANELS = 8  # measured variables beside the risk


def explain_record(run, record, out, units=None):
    """Explain the risk of one record after its last step, as the mean of a run's models sees it.

    The risk and its course are the run's, recalibrated; log-odds and what moves them are those of
    the models' mean, which recalibration but stretches. `out` is the folder for ``patient.html``,
    its figures and their numbers as CSV; `units` of the first model are shown (None: the three that
    move the log-odds most). Returns the tables, for a terminal.
    """
    explanations, hours = [], []
    for part in seeds_by_part(run.models):
        model = part[0]
        # The seeds have the statistics of the same training records: one set of features will do.
        x, reference = model.layout.features([record, _unmeasured(record)])
        networks = [each.network for each in part]
        risk = TARGETS[model.recipe.targets].risk
        explanations.append(explain(networks, x, reference, model.layout.sources, risk))
        hours.append(model.layout.hours(record))
        if model is run.models[0]:
            states = unit_states(model.network, x, units, risk=risk)
    explanation, every_hour = together(explanations, hours)
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    _write_numbers(out, run, record, explanation, states, (every_hour, hours[0]))
    risk = float(run.recalibration(explanation.risks[-1]))
    title = f"Record {record.record_id}: risk of death {risk:.3f}"
    about = _about(run, record, explanation)
    table = _table(record, explanation, run.models[0].recipe.layout)
    pictures = _pictures(out, run, record, explanation, states, (every_hour, hours[0]))
    write_whole(out / "patient.html", page(title, about, [table, *pictures]).encode())
    lines = [title, *(f"  {name}: {text}" for name, text in about)]
    return "\n".join(lines) + "\n\n" + as_text([table])


def _unmeasured(record):
    """The same record with the same time stamps, had nothing been measured at them."""
    nothing = dict.fromkeys(("age", "gender", "height", "icu_type", "weight"), math.nan)
    return dataclasses.replace(record, **nothing, values=np.full(len(record.values), math.nan))


def _about(run, record, explanation):
    """Who the patient is, and what the models say: names and texts."""
    group = {name: str(of[0]) for name, of in groups_of([record]).items()}
    age = "age unknown" if math.isnan(record.age) else f"{record.age:.0f} years"
    sex = group["sex"] if group["sex"] in SEXES.values() else "sex unknown"
    icu = f"{group['ICU type'].lstrip('1234 ')} ICU"
    outcome = {0: "survived", 1: "died", None: "not known"}[record.died]
    seeds = ", ".join(f"{risk[-1]:.3f}" for risk in explanation.network_risks)
    n_differ, threshold = np.count_nonzero(explanation.differs), run.training["threshold"]
    difference = explanation.log_odds - explanation.reference_log_odds
    risk, mean = run.recalibration(explanation.risks[-1]), explanation.risks[-1]
    predicted = "death" if risk >= threshold else "survival"
    return [
        ("Patient", f"{age}, {sex}, {icu}"),
        ("Outcome", outcome),
        ("Predicted", f"{predicted} (the threshold is {threshold:.3f})"),
        (
            "Before recalibration",
            f"{mean:.3f}, the mean of the seeds' {seeds}; log-odds are of this mean",
        ),
        (
            "Log-odds",
            f"{signed(explanation.log_odds)} against {signed(explanation.reference_log_odds)} had "
            f"nothing been measured; of the difference of {signed(difference)}, gradient times "
            f"input adds up to {signed(explanation.totals.sum())}",
        ),
        (
            "Agreement",
            f"rank correlation of the two explanations {explanation.agreement:.2f}, over "
            f"{n_differ} variables",
        ),
    ]


def _table(record, explanation, layout):
    """What moved the risk, variable by variable."""
    count = _counts(record)
    rows = []
    for v in explanation.order[:SHOWN]:
        name, total = explanation.variables[v], explanation.totals[v]
        occlusion = explanation.occlusions[v]
        word = "disagree" if total * occlusion < 0 else ""
        rows.append((name, str(count.get(name, "")), signed(occlusion), signed(total), word))
    note = (
        "Change of the log-odds of death after the last step, above 0 towards death. Occlusion: "
        "had the variable never been measured, the others as they are. Gradient times input: the "
        "same by a straight line, all hours together. Where the two disagree, trust neither."
    )
    if layout != "rows":
        names = ", ".join(f"{stand_in.name} of {stand_in.source}" for stand_in in STAND_INS)
        note += f" In hours without own values a pressure has those of its stand-in: {names}."
    header = "", "values", "occlusion", "gradient × input", ""
    return Table("What moved the risk", header, rows, note)


def _counts(record):
    """How many values of each variable there are, by its name."""
    numbers = np.bincount(record.variables[~np.isnan(record.values)], minlength=len(SERIES))
    return {variable.name: int(n) for variable, n in zip(SERIES, numbers, strict=True) if n}


def _write_numbers(out, run, record, explanation, states, hours):
    """The numbers of every figure as CSV; the risk is recalibrated, the seeds' are not."""
    hours, unit_hours = hours
    seeds = [f"seed_{seed}" for seed in range(len(explanation.network_risks))]
    risks = [run.recalibration(explanation.risks), *explanation.network_risks]
    _write_csv(out / "risk.csv", ["hours", "risk", *seeds], zip(hours, *risks, strict=True))
    columns = explanation.variables, explanation.occlusions, explanation.totals
    header = ["variable", "occlusion", "gradient_times_input"]
    _write_csv(out / "contributions.csv", header, zip(*columns, strict=True))
    steps = ((hour, *row) for hour, row in zip(hours, explanation.contributions, strict=True))
    _write_csv(out / "contributions_by_step.csv", ["hours", *explanation.variables], steps)
    names = ["input_gate", "forget_gate", "output_gate", "cell", "h"]
    rows = (
        (hour, unit, *(getattr(states, name)[t, k] for name in names))
        for k, unit in enumerate(states.units)
        for t, hour in enumerate(unit_hours)
    )
    _write_csv(out / "units.csv", ["hours", "unit", *names], rows)
    plausible = clean_series(record.variables, record.values)
    rows = (
        (minute / 60, SERIES[v].name, SERIES[v].unit, value, clean)
        for minute, v, value, clean in zip(
            record.minutes, record.variables, record.values, plausible, strict=True
        )
    )
    header = ["hours", "variable", "unit", "value", "value_cleaned"]
    _write_csv(out / "measurements.csv", header, rows)


def _write_csv(path, header, rows):
    """Rows of numbers and texts under a header."""
    lines = [",".join(header)]
    for row in rows:
        cells = (cell.item() if isinstance(cell, np.generic) else cell for cell in row)
        # A missing value is an empty cell.
        lines.append(",".join("" if cell != cell else str(cell) for cell in cells))
    write_whole(path, ("\n".join(lines) + "\n").encode())


def _pictures(out, run, record, explanation, states, hours):
    """Draw the figures into the folder, and give them for the page."""
    from tinylstm import plots  # not at the top: matplotlib takes half a second to import

    hours, unit_hours = hours
    order = explanation.order[:SHOWN]
    variables = [explanation.variables[v] for v in order]
    # An hourly step begins an hour before it is known; a time stamp's lasts until the next.
    hourly = run.models[0].recipe.layout != "rows"
    edges = np.append(0.0, hours) if hourly else np.append(hours, max(48.0, hours[-1] + 1e-3))
    threshold = run.training["threshold"]
    draw = {
        "course.png": (
            "Risk after every step, recalibrated, and the measurements of the variables that move "
            "it most, on the same axis. Grey: hours in which the variable was not measured.",
            lambda path: plots.course_plot(
                hours,
                run.recalibration(explanation.risks),
                run.recalibration(explanation.network_risks),
                threshold,
                _series(record, explanation),
                path,
            ),
        ),
    }
    if variables:  # something was measured
        draw |= {
            "contributions.png": (
                "What moved the risk, in two ways.",
                lambda path: plots.contribution_plot(
                    variables, explanation.totals[order], explanation.occlusions[order], path
                ),
            ),
            "contributions_by_step.png": (
                "Gradient times input, step by step: when each variable moved the risk.",
                lambda path: plots.contribution_map(
                    variables, edges, explanation.contributions[:, order], path
                ),
            ),
        }
    draw["units.png"] = (
        "Gates, cell and h of some units of the first model.",
        lambda path: plots.unit_plot(unit_hours, states, path),
    )
    pictures = []
    for name, (caption, drawing) in draw.items():
        drawing(out / name)
        broad = name != "contributions.png"
        pictures.append(Picture(caption, (out / name).read_bytes(), broad))
    return pictures


def _series(record, explanation):
    """The measurements of the variables that move the risk most, as ``course_plot`` takes them."""
    index_of = {variable.name: index for index, variable in enumerate(SERIES)}
    values = clean_series(record.variables, record.values)
    cells = hourly_cells([record])[0]
    series = []
    for v in explanation.order:
        index = index_of.get(explanation.variables[v])
        if index is None or np.isnan(cells[:, index]).all():
            continue
        own = (record.variables == index) & ~np.isnan(values)
        label = f"{SERIES[index].name}\n{SERIES[index].unit}"
        missing = np.flatnonzero(np.isnan(cells[:, index]))
        series.append((label, record.minutes[own] / 60, values[own], missing))
    return series[:PANELS]
