"""Find the bug: a wrong backward pass, not named, to be found by checking."""

import numpy as np

from tinylstm.gradcheck.networks import check_network
from tinylstm.gradcheck.suite import EXAMPLE_POINT, network_and_batch, network_case

from .mutations import LATER, MUTATIONS
from .planting import planted


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
        """list of str: the names of all planted bugs, one of which it is; in alphabetical order."""
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
                return case.compare("complex" if method == "directional" else method)
        network, batch = network_and_batch(point, np.random.default_rng(0))
        return check_network(self.broken(network), batch, method)

    def broken(self, network):
        """A network whose backward pass has the bug, for `check_network` or for training."""
        return _BrokenNetwork(network, self._mutation)

    def hint(self, number):
        """Hint 1 to `n_hints`: they come closer one by one, and the last is the answer."""
        if number not in range(1, self.n_hints + 1):
            raise ValueError(f"there is no hint {number!r}, expected 1 to {self.n_hints}")
        return self._hints()[number - 1]

    def guess(self, name):
        """Whether the bug is the one of that name."""
        return name == self._mutation.name

    def _hints(self):
        mutation = self._mutation
        module, _, function = mutation.function.partition(":")
        return [
            *mutation.hints,
            f"Read {function} in tinylstm/{module.replace('.', '/')}.py.",
            f"{mutation.name}: {mutation.explanation}.\n"
            f"right: {mutation.old}\nwrong: {mutation.new}",
        ]


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
