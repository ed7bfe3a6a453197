"""The tables of a report: the same cells for the terminal and for a page."""

import math
import textwrap
from typing import NamedTuple

WIDTH = 100  # of notes on a terminal
HOURS_SHOWN = (1, 3, 6, 12, 18, 24, 30, 36, 42, 48)


class Table(NamedTuple):
    """A table of texts: the first cell of each row is a name, the others are numbers.

    An empty header: the rows speak for themselves. The note may be empty too.
    """

    title: str
    header: tuple
    rows: list
    note: str


def as_text(tables):
    """Tables for a terminal, one below the other."""
    parts = []
    for table in tables:
        grid = [table.header, *table.rows] if table.header else table.rows
        widths = [max(map(len, column)) for column in zip(*grid, strict=True)]
        lines = [table.title]
        for first, *rest in grid:
            cells = [first.ljust(widths[0])]
            cells += [cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True)]
            lines.append("  ".join(cells).rstrip())
        lines += textwrap.wrap(table.note, WIDTH)
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def report_tables(report):
    """All that a report says, table by table; the first is the most important one."""
    tables = [_overview(report), _comparison(report), _counts(report), _calibration(report)]
    if report.by_hour:
        tables.append(_hours(report))
    return [*tables, *(_group(name, groups) for name, groups in report.groups.items())]


def behind_in_words(report):
    """Which rivals have a greater AUC than the model, and by how much."""
    rivals = "; ".join(
        f"{name}, AUC {number(report.rivals[name].roc.auc)}, AUC gained "
        f"{signed(report.differences[name].difference)} "
        f"({_interval(report.differences[name].interval, True)})"
        for name in report.behind
    )
    return f"This model, AUC {number(report.scores.roc.auc)}, is behind: {rivals}"


def number(value, digits=3):
    """A number for a table; a dash for nan."""
    if math.isnan(value):
        return "–"
    return "∞" if math.isinf(value) else f"{value:,.{digits}f}"


def signed(value):
    """A number with its sign and three digits; a dash for nan."""
    return number(value) if math.isnan(value) else f"{value:+.3f}".replace("-", "−")


def _overview(report):
    scores, bootstrap = report.scores, report.bootstrap
    precision = scores.precision_recall.average_precision
    rows = [
        ("AUC", number(scores.roc.auc), _interval(scores.auc_interval)),
        ("AUC, by bootstrap", "", _interval(bootstrap["auc"])),
        ("average precision", number(precision), _interval(bootstrap["average_precision"])),
        ("event 1", number(scores.event1), _interval(bootstrap["event1"])),
        ("event 2", number(scores.event2, 1), ""),
        ("Brier score", number(scores.brier, 4), ""),
    ]
    share = report.deaths / report.n
    return Table(
        f"{report.n:,} records, {report.deaths:,} deaths ({100 * share:.1f} %)",
        ("", "value", "95 % interval"),
        rows,
        "Event 1 is the smaller of sensitivity and positive predictive value; event 2 is the "
        "Hosmer-Lemeshow H over the range of risk (0 is best, and it grows with n). Intervals: "
        "DeLong's, and percentiles of resampled patients; they say nothing of other seeds.",
    )


def _comparison(report):
    rows = [_compared("this model", report.scores)]
    for name, scores in {**report.rivals, **report.averages}.items():
        difference, interval, _ = report.differences[name]
        rows.append(
            (*_compared(name, scores)[:-1], f"{signed(difference)} ({_interval(interval, True)})")
        )
    rows += [(name, why, *[""] * 6) for name, why in report.missing.items()]
    return Table(
        "Rivals",
        ("", "AUC", "95 % interval", "av. prec.", "event 1", "event 2", "Brier", "AUC gained"),
        rows,
        "AUC gained: this model's less the other's on the same records, with DeLong's interval.",
    )


def _compared(name, scores):
    return (
        name,
        number(scores.roc.auc),
        _interval(scores.auc_interval),
        number(scores.precision_recall.average_precision),
        number(scores.event1),
        number(scores.event2, 1),
        number(scores.brier, 4),
        "",
    )


def _counts(report):
    counts, thresholds = report.scores.counts, report.scores.thresholds
    where = " / ".join(number(threshold) for threshold in thresholds)
    numbers = report.scores.to_dict()
    chosen = "one for each fold, chosen on the others" if thresholds[1:] else "from training folds"
    return Table(
        "Who is predicted to die",
        ("", "predicted death", "predicted survival"),
        [
            ("died", f"{counts.tp:,}", f"{counts.fn:,}"),
            ("survived", f"{counts.fp:,}", f"{counts.tn:,}"),
        ],
        f"From a probability of {where} on, {chosen}. Sensitivity "
        f"{number(numbers['sensitivity'])}, specificity {number(numbers['specificity'])}, "
        f"positive predictive value {number(numbers['positive_predictive_value'])}.",
    )


def _calibration(report):
    curve = report.calibration
    columns = curve.counts, curve.predicted, curve.observed, curve.low, curve.high
    rows = [
        (f"{bin_number}", f"{n:,}", number(predicted), number(observed), _interval((low, high)))
        for bin_number, (n, predicted, observed, low, high) in enumerate(
            zip(*columns, strict=True), start=1
        )
    ]
    return Table(
        "Do the probabilities mean what they say?",
        ("bin", "records", "predicted", "died", "95 % interval"),
        rows,
        "Bins of rising probability. The interval of the share that died is Wilson's.",
    )


def _hours(report):
    first, last = min(report.by_hour), max(report.by_hour)
    rows = [
        (f"{hour}", number(area.auc), _interval(area.interval))
        for hour, area in report.by_hour.items()
        if hour in HOURS_SHOWN or hour in (first, last)
    ]
    return Table(
        "How early does it know?",
        ("hours of stay", "AUC", "95 % interval"),
        rows,
        "The probability as known after so many hours, against the same outcomes. The network was "
        "trained to be right after the last hour.",
    )


def _group(name, groups):
    rows = [
        (group, f"{a.n:,}", f"{a.n_positive:,}", number(a.auc), _interval(a.interval))
        for group, a in groups.items()
    ]
    return Table(
        f"By {name}",
        (name, "records", "deaths", "AUC", "95 % interval"),
        rows,
        "No interval where there are fewer than 10 deaths or 10 survivals."
        if any(math.isnan(a.interval[0]) for a in groups.values())
        else "",
    )


def _interval(interval, with_sign=False):
    if any(map(math.isnan, interval)):
        return "–"
    return " to ".join(map(signed if with_sign else number, interval))
