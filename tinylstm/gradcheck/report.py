"""Report: what a gradient check found, as a table, as a dict, as an assertion."""

import math
from collections import Counter
from dataclasses import asdict, dataclass, replace

COLUMNS = ("array", "shape", "worst", "analytic", "numeric", "error", "wrong", "floor", "verdict")
METHODS = {
    "complex": "complex step",
    "central": "central differences",
    "directional": "complex step along random directions",
}
PATTERNS_SHOWN = 8


@dataclass(frozen=True)
class Entry:
    """The worst entry of one array.

    `index` is where it stands, a tuple, None where arrays could not be compared; `analytic` and
    `numeric` are the two gradients there, `error` their relative difference, inf where there is
    none. `verdict` is "ok"; "floor" where every entry above the tolerance is below the absolute
    floor; or what is wrong. `n_entries` were compared (over all points of a grid), `n_wrong` of
    them are above tolerance and floor, `n_floored` above the tolerance alone: rounding. `point` of
    a grid is where the worst entry comes from; `pattern` says what the wrong entries look like.
    """

    name: str
    shape: tuple
    index: tuple
    analytic: float
    numeric: float
    error: float
    verdict: str
    n_entries: int = 0
    n_wrong: int = 0
    n_floored: int = 0
    point: str = ""
    pattern: str = ""

    @property
    def ok(self):
        """bool: whether the array passed."""
        return self.verdict in ("ok", "floor")


class Report:
    """What a gradient check found.

    Attributes
    ----------
    ok : bool
        Whether every array passed, and there is neither fault nor doubt.
    verdict : str
        "ok", "FAILED", or "NO VERDICT" where nothing but doubts stands against an "ok".
    method : str
        "complex", "central" or "directional".
    tolerance : float
        The largest error that passes.
    entries : list of Entry
        The worst entry of each array.
    worst : Entry
        The worst of all.
    faults : list of str
        What is wrong apart from an array's values: any of them fails the check.
    doubts : list of str
        Why the numeric gradients cannot judge, such as float32 in the loss, and what to do.
    patterns : list of str
        What the wrong values look like.
    points : dict
        For a report over a grid: point -> whether it passed.
    notes : list of str
        What else is to be known, such as what was not checked.

    Examples
    --------
    >>> wrong = Entry("b", (3,), (2,), 2.0, 1.0, 0.5, "wrong", 3, n_wrong=3)
    >>> report = Report("complex", 1e-12, [wrong], patterns=["b: analytic / numeric = 2"])
    >>> report.ok, report.worst.name
    (False, 'b')
    >>> print(report)
    FAILED: complex step, tolerance 1e-12: 1 of 1 arrays wrong, 3 entries compared
    array  shape  worst      analytic       numeric    error  wrong  floor  verdict
    b      (3,)   (2,)   2.000000e+00  1.000000e+00  5.0e-01    3/3      0  wrong
    pattern: b: analytic / numeric = 2
    """

    def __init__(
        self, method, tolerance, entries, faults=(), patterns=(), points=None, notes=(), doubts=()
    ):
        self.method, self.tolerance, self.entries = method, tolerance, list(entries)
        self.faults, self.general_patterns = list(faults), list(patterns)
        self.points, self.notes, self.doubts = dict(points or {}), list(notes), list(doubts)

    @property
    def ok(self):
        """bool: whether every array passed, and there is neither fault nor doubt."""
        return self.verdict == "ok"

    @property
    def verdict(self):
        """str: "ok", "FAILED", or "NO VERDICT" where only doubts stand against an "ok"."""
        if self.faults or not all(entry.ok for entry in self.entries):
            return "FAILED"
        return "NO VERDICT" if self.doubts else "ok"

    @property
    def patterns(self):
        """list of str: what the wrong values look like, the most general first."""
        names = {}
        for entry in self.entries:
            if entry.pattern:
                names.setdefault(entry.pattern, []).append(entry.name)
        of_arrays = [f"{', '.join(named)}: {pattern}" for pattern, named in names.items()]
        return self.general_patterns + of_arrays

    @property
    def worst(self):
        """Entry: the worst of all, wrong ones before right ones."""
        return max(self.entries, key=_badness)

    def assert_ok(self):
        """Raise an AssertionError with the printed report if the check did not pass."""
        if not self.ok:
            raise AssertionError(str(self))

    def to_dict(self):
        """The whole report as JSON takes it; None for a number that is not finite."""
        return {
            "ok": self.ok,
            "method": self.method,
            "tolerance": self.tolerance,
            "entries": [
                {key: _for_json(value) for key, value in asdict(entry).items()}
                for entry in self.entries
            ],
            "faults": self.faults,
            "doubts": self.doubts,
            "patterns": self.patterns,
            "points": self.points,
            "notes": self.notes,
        }

    def __repr__(self):
        n_wrong = sum(not entry.ok for entry in self.entries)
        return (
            f"Report({self.verdict}: {self.method}, {n_wrong} of {len(self.entries)} arrays wrong)"
        )

    def __str__(self):
        lines = [self._headline(), *_table([_row(entry) for entry in self.entries])]
        lines += [f"fault: {fault}" for fault in self.faults]
        lines += [f"no verdict: {doubt}" for doubt in self.doubts]
        lines += [f"pattern: {pattern}" for pattern in self.patterns[:PATTERNS_SHOWN]]
        left_out = len(self.patterns) - PATTERNS_SHOWN
        if left_out > 0:
            lines.append(f"pattern: and {left_out} more in report.patterns")
        lines += [f"note: {note}" for note in self.notes]
        if self.points:
            lines += [
                f"{entry.name} is worst at {entry.point}" for entry in self.entries if not entry.ok
            ]
        return "\n".join(lines)

    def _headline(self):
        method = METHODS.get(self.method, self.method)
        compared = f"{sum(entry.n_entries for entry in self.entries):,} entries compared"
        if self.points:
            n_failed = sum(not passed for passed in self.points.values())
            how = "not judged" if self.verdict == "NO VERDICT" else "failed"
            result = f"{n_failed} of {len(self.points)} points {how}"
        else:
            n_failed = sum(not entry.ok for entry in self.entries)
            result = f"{n_failed} of {len(self.entries)} arrays wrong"
        return f"{self.verdict}: {method}, tolerance {self.tolerance:g}: {result}, {compared}"


def merge(named_reports):
    """One report over a grid, from point -> Report: the worst entry of each array, and where.

    Equal faults and patterns are told once, the commonest first.
    """
    if not named_reports:
        raise ValueError("there is no report to merge")
    by_array = {}
    for point, report in named_reports.items():
        for entry in report.entries:
            by_array.setdefault(entry.name, []).append(replace(entry, point=point))
    first = next(iter(named_reports.values()))
    n_failed = sum(not report.ok for report in named_reports.values())
    return Report(
        first.method,
        first.tolerance,
        [_worst_of(entries) for entries in by_array.values()],
        _counted(report.faults for report in named_reports.values()),
        _counted((r.general_patterns for r in named_reports.values()), n_failed / 3),
        {point: report.ok for point, report in named_reports.items()},
        doubts=_counted(report.doubts for report in named_reports.values()),
    )


def _badness(entry):
    return not entry.ok, entry.verdict != "floor", entry.error


def _worst_of(entries):
    """The worst of an array's entries at several points, with the counts of all points."""
    counts = ("n_entries", "n_wrong", "n_floored")
    totals = {count: sum(getattr(entry, count) for entry in entries) for count in counts}
    pattern = _commonest_pattern([entry.pattern for entry in entries if not entry.ok])
    return replace(max(entries, key=_badness), pattern=pattern, **totals)


def _commonest_pattern(patterns):
    """What is said most often where an array fails; what is said seldom holds by accident."""
    counted = _counted(([pattern] for pattern in patterns if pattern), len(patterns) / 3)
    return counted[0] if counted else ""


def _counted(lists, least=0):
    """Every text once, the commonest first, with the number of points where there are several."""
    counts = Counter(text for texts in lists for text in texts)
    return [
        f"{text} (at {n} points)" if n > 1 else text
        for text, n in counts.most_common()
        if n >= least
    ]


def _row(entry):
    compared = entry.index is not None
    return (
        entry.name,
        str(entry.shape),
        str(entry.index) if compared else "",
        f"{entry.analytic:.6e}" if compared else "",
        f"{entry.numeric:.6e}" if compared else "",
        f"{entry.error:.1e}" if compared else "",
        f"{entry.n_wrong}/{entry.n_entries}" if compared else "",
        str(entry.n_floored) if compared else "",
        entry.verdict,
    )


def _table(rows):
    if not rows:
        return []
    rows = [COLUMNS, *rows]
    widths = [max(len(row[k]) for row in rows) for k in range(len(COLUMNS))]
    to_the_right = {"analytic", "numeric", "error", "wrong", "floor"}
    return [
        "  ".join(
            cell.rjust(width) if column in to_the_right else cell.ljust(width)
            for column, cell, width in zip(COLUMNS, row, widths, strict=True)
        ).rstrip()
        for row in rows
    ]


def _for_json(value):
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return list(value) if isinstance(value, tuple) else value
