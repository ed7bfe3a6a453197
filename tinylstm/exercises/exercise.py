"""What an exercise is: a solution, random points to try it at, and its known mistakes."""

import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Exercise"]


@dataclass(frozen=True)
class Exercise:
    """One function for the student to write.

    Attributes
    ----------
    solution : callable
        The right function; its name is the exercise's, its docstring says what is asked.
    notebook : int
        The number of the notebook that sets it.
    outputs : tuple of str
        The names of what the solution returns; empty where that is a dict, which has its own.
    inputs : callable
        ``inputs(rng) -> dict``: the solution's arguments at a random point, by name and in order.
    mistakes : dict
        Known mistakes: what is wrong, in words -> an edit (old, new) of the solution's source that
        makes it wrong in this way. The old text stands in the source exactly once.
    uses : tuple of Exercise
        The exercises whose solutions this one calls: their mistakes can be made here as well.
    tolerance : float
        The largest difference that passes, relative to the largest entry of the array.

    Examples
    --------
    >>> from tinylstm.exercises.solutions.forward import softsign
    >>> exercise = Exercise(softsign, notebook=2, outputs=("y",),
    ...                     inputs=lambda rng: {"z": rng.standard_normal(3)},
    ...                     mistakes={"abs is missing": ("np.abs(z)", "z")})
    >>> exercise.name, exercise.mistaken("abs is missing")(3.0)
    ('softsign', 0.75)
    """

    solution: Callable
    notebook: int
    outputs: tuple
    inputs: Callable
    mistakes: dict
    uses: tuple = ()
    tolerance: float = 1e-9

    @property
    def name(self):
        """str: the solution's name."""
        return self.solution.__name__

    @property
    def stub(self):
        """str: what the student fills in: the function's head, its docstring, and three dots."""
        docstring = textwrap.indent(f'"""{inspect.getdoc(self.solution)}\n"""', "    ")
        return f"def {self.name}{inspect.signature(self.solution)}:\n{docstring}\n    ..."

    @property
    def known_mistakes(self):
        """list of str: its own mistakes, and "in softsign: ..." of the exercises that it uses."""
        of_parts = [f"in {part.name}: {m}" for part in self.uses for m in part.known_mistakes]
        return [*self.mistakes, *of_parts]

    def mistaken(self, mistake):
        """The solution with a known mistake in it.

        Parameters
        ----------
        mistake : str
            One of `known_mistakes`.

        Returns
        -------
        callable
            With the solution's arguments.

        Raises
        ------
        ValueError
            If what is to be replaced does not stand in the solution exactly once.
        """
        source = inspect.getsource(self.solution)
        namespace = dict(vars(inspect.getmodule(self.solution)))
        if mistake in self.mistakes:
            old, new = self.mistakes[mistake]
            if source.count(old) != 1:
                raise ValueError(
                    f"{self.name}: {old!r} stands in it {source.count(old)} times, not once"
                )
            source = source.replace(old, new)
        for part in self.uses:
            its = mistake.removeprefix(f"in {part.name}: ")
            if its != mistake:
                namespace[part.name] = part.mistaken(its)
        exec(source, namespace)
        return namespace[self.name]
