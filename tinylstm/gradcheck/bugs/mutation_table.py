"""Which points of a gradient check find which planted bug: the proof that a check is worth it."""

from collections import namedtuple

from tinylstm.gradcheck.suite import EXAMPLE_POINT, network_case, suite_cases

from .mutations import MUTATIONS
from .planting import planted

Row = namedtuple("Row", "mutation n_points by_habit")
Row.__doc__ = """What finds one bug: the Mutation; the number of points of the suite that find it;
by_habit, a dict of habit -> whether its point finds it."""

CAREFUL_POINT = {**EXAMPLE_POINT, "T": 8, "H": 3, "layers": 2, "labels": "some"}


def habit_cases():
    """One point for each habit of checking gradients: habit -> Case.

    The first is a careful one: two layers, random parameters, sequences of different lengths, and
    labels at some of the steps. Each other one differs from it in one thing.
    """
    return {
        "random parameters, padding": network_case(CAREFUL_POINT),
        "right after initialisation": network_case(CAREFUL_POINT, initial=True),
        "no mask": network_case({**CAREFUL_POINT, "mask": "none"}),
        "one example": network_case({**CAREFUL_POINT, "N": 1}),
        "one step": network_case({**CAREFUL_POINT, "T": 1}),
    }


def mutation_table(mutations=MUTATIONS, cases=None, progress=None, habits=None):
    """Plant every bug, one at a time, and see which points find it.

    Parameters
    ----------
    mutations : list of Mutation
    cases : list of Case, optional
        The suite; by default `suite_cases()`.
    progress : callable, optional
        Called as ``progress(done, total)`` after each bug.
    habits : dict, optional
        Habit -> Case; by default `habit_cases()`.

    Returns
    -------
    list of Row
        The mutation, the number of points that find it, and habit -> whether its point does.

    Raises
    ------
    ValueError
        If a point fails without any bug, or a bug's place in the code has gone.

    Examples
    --------
    >>> case = network_case({**EXAMPLE_POINT, "N": 1, "T": 2, "H": 1})
    >>> row, = mutation_table(MUTATIONS[:1], cases=[case], habits={"two steps": case})
    >>> row.n_points, row.by_habit
    (1, {'two steps': True})
    """
    cases = suite_cases() if cases is None else cases
    habits = habit_cases() if habits is None else habits
    for case in [*cases, *habits.values()]:
        if not case.compare().ok:
            raise ValueError(f"the check fails at {case.name} without any planted bug")
    rows = []
    for mutation in mutations:
        with planted(mutation):
            n_points = sum(not case.compare().ok for case in cases)
            by_habit = {habit: not case.compare().ok for habit, case in habits.items()}
        rows.append(Row(mutation, n_points, by_habit))
        if progress is not None:
            progress(len(rows), len(mutations))
    return rows


def as_markdown(rows):
    """A table of the results in Markdown, from a list of Row.

    Examples
    --------
    >>> print(as_markdown([Row(MUTATIONS[0]._replace(name="a sign"), 30, {"no mask": True})]))
    | planted bug | points of the suite | no mask |
    |---|---|---|
    | a sign | 30 | found |
    | **found** | **1 of 1** | **1 of 1** |
    """
    habits = list(rows[0].by_habit)
    lines = [("planted bug", "points of the suite", *habits)]
    for row in rows:
        found = ["found" if row.by_habit[habit] else "**missed**" for habit in habits]
        lines.append((row.mutation.name, str(row.n_points or "**missed**"), *found))
    totals = [sum(row.n_points > 0 for row in rows)]
    totals += [sum(row.by_habit[habit] for row in rows) for habit in habits]
    lines.append(("**found**", *(f"**{total} of {len(rows)}**" for total in totals)))
    texts = [f"| {' | '.join(cells)} |" for cells in lines]
    return "\n".join([texts[0], "|---" * len(lines[0]) + "|", *texts[1:]])
