"""Find the bug: a wrong backward pass, not named, to be found by checking."""

import numpy as np

from tinylstm.gradcheck.grid import describe
from tinylstm.gradcheck.networks import check_network, network_problem
from tinylstm.gradcheck.suite import EXAMPLE_POINT, network_and_batch, network_case

from .mutations import LATER, MUTATIONS
from .planting import planted

# What to change about the example's point: at some of these a bug hides, at others it shows.
CHANGES = (
    {},
    {"T": 1},
    {"N": 1},
    {"H": 1},
    {"mask": "none"},
    {"mask": "holes"},
    {"labels": "some"},
    {"peepholes": False},
    {"layers": 2},
    {"activation": "identity"},
    {"activation": "tanh"},
    {"activation": "relu"},
    {"bidirectional": "sum"},
    {"bidirectional": "concat"},
    {"T": 300, "mask": "none", "H": 1},
)


def quiz(number):
    """Hand out a wrong backward pass.

    Parameters
    ----------
    number : int
        From 1 to the number of planted bugs; the order is not that of their list.

    Returns
    -------
    Quiz

    Raises
    ------
    ValueError
        If there is no quiz of that number.

    Examples
    --------
    >>> quiz(7).check().ok
    False
    """
    if number not in range(1, len(MUTATIONS) + 1):
        raise ValueError(f"there is no quiz {number!r}, expected 1 to {len(MUTATIONS)}")
    rng, first = np.random.default_rng(1997), len(MUTATIONS) - len(LATER)
    # In two parts: a quiz keeps the number that it had before the later bugs came.
    order = [*rng.permutation(first), *(first + rng.permutation(len(LATER)))]
    return Quiz(number, MUTATIONS[order[number - 1]])


class Quiz:
    """A wrong backward pass, hints, and the answer.

    Examples
    --------
    >>> quiz(7).guess("no bug at all")
    False
    """

    def __init__(self, number, mutation):
        self.number = number
        self._mutation = mutation

    def __repr__(self):
        return f"Quiz({self.number})"

    @property
    def choices(self):
        """list of str: the names of all planted bugs, one of which it is; numbered from 1."""
        return sorted(mutation.name for mutation in MUTATIONS)

    @property
    def n_hints(self):
        """int: how many hints there are; the last is the answer."""
        return len(self._hints())

    def check(self, method="complex", **changes):
        """Check the wrong backward pass on a small network: a Report.

        `changes` of the point, such as ``N=1, T=2, mask="none", layers=2``: names and first values
        are those of `EXAMPLE_POINT` in suite.py, others stand in grid.py.
        """
        known = [name for name in EXAMPLE_POINT if name != "state"]
        unknown = [name for name in changes if name not in known]
        if unknown:
            raise ValueError(f"{', '.join(unknown)}: not among {', '.join(known)}")
        point = {**EXAMPLE_POINT, **changes}
        if point["truncate"] != "no":
            case = network_case({**point, "state": "given"}, directional=method == "directional")
            with planted(self._mutation):
                report = case.compare("complex" if method == "directional" else method)
        else:
            network, batch = network_and_batch(point, np.random.default_rng(0))
            report = check_network(self.broken(network), batch, method)
        if report.ok:
            report.notes.append("the bug hides at this point: every gradient is right here")
        return report

    def broken(self, network):
        """A network whose backward pass has the bug, for `check_network` or for training."""
        return _BrokenNetwork(network, self._mutation)

    def hint(self, number):
        """Hint 1 to `n_hints`: they come closer one by one, and the last is the answer."""
        if number not in range(1, self.n_hints + 1):
            raise ValueError(f"there is no hint {number!r}, expected 1 to {self.n_hints}")
        return self._hints()[number - 1] or self._where_it_hides()

    def guess(self, which):
        """Whether the bug is the one of that name or number."""
        return self._named(which) == self._mutation.name

    def why_not(self, which):
        """What rules out the bug of that name or number: an array that it would make otherwise."""
        guessed = next((m for m in MUTATIONS if m.name == self._named(which)), None)
        if guessed is None:
            return f"{which!r} is none of the bugs"
        for changes in CHANGES:
            right, mine, other = (_gradients(changes, m) for m in (None, self._mutation, guessed))
            where = f"at {describe(changes)}" if changes else "here"
            for name in right:
                is_wrong, would_be = (
                    _differ(mine[name], right[name]),
                    _differ(other[name], right[name]),
                )
                if is_wrong != would_be:
                    words = {True: "wrong", False: "right"}
                    return f"{where} {name} is {words[is_wrong]}, and would be {words[would_be]}"
                if _differ(mine[name], other[name]):
                    k = np.unravel_index(np.argmax(abs(mine[name] - other[name])), mine[name].shape)
                    index = ", ".join(map(str, k))
                    return (
                        f"{where} {name}[{index}] is {mine[name][k]:.3g}, "
                        f"and would be {other[name][k]:.3g}"
                    )
        return (
            "nothing: it gives the same gradients" if guessed != self._mutation else "it is the one"
        )

    def _named(self, which):
        """The name of a bug that is given by its number, or by its name."""
        text = str(which).strip()
        if text.isdecimal() and 1 <= int(text) <= len(MUTATIONS):
            return self.choices[int(text) - 1]
        return text

    def _where_it_hides(self):
        """At which changed points the bug hides, and at which it shows, in words."""
        hides, shows = [], []
        for changes in CHANGES:
            right, mine = _gradients(changes, None), _gradients(changes, self._mutation)
            wrong = any(_differ(mine[name], right[name]) for name in right)
            name = describe(changes) if changes else "the example's point"
            (shows if wrong else hides).append(name)
        return f"It hides at: {'; '.join(hides) or 'none'}. It shows at: {'; '.join(shows)}."

    def _hints(self):
        mutation = self._mutation
        module, _, function = mutation.function.partition(":")
        return [
            *mutation.hints,
            "",  # where it hides, measured when it is asked for
            f"Read {function} in tinylstm/{module.replace('.', '/')}.py.",
            f"{mutation.name}: {mutation.explanation}.\n"
            f"right: {mutation.old}\nwrong: {mutation.new}",
        ]


def _gradients(changes, mutation):
    """Every gradient at a changed point, by name: the right ones, or those with a bug."""
    network, batch = network_and_batch({**EXAMPLE_POINT, **changes}, np.random.default_rng(0))
    network = network if mutation is None else _BrokenNetwork(network, mutation)
    return network_problem(network, batch)[2]


def _differ(a, b):
    return np.abs(a - b).max() > 1e-9 * np.abs(b).max()


class _BrokenNetwork:
    """A network with a bug planted for as long as its backward pass runs."""

    def __init__(self, network, mutation):
        self._network, self._mutation = network, mutation

    @property
    def parameters(self):
        return self._network.parameters

    def with_parameters(self, parameters):
        return _BrokenNetwork(self._network.with_parameters(parameters), self._mutation)

    def loss(self, batch):
        return self._network.loss(batch)

    def loss_and_gradients(self, batch):
        with planted(self._mutation):
            return self._network.loss_and_gradients(batch)

    def input_gradient(self, batch):
        with planted(self._mutation):
            return self._network.input_gradient(batch)
