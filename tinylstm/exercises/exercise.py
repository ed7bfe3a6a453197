"""What an exercise is: a solution, random points to try it at, and its known mistakes."""

import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Exercise:
    """One function for the student to write.

    `solution` is the right function: its name is the exercise's, its docstring says what is asked.
    `notebook` is the number of the notebook that sets it; `outputs` the names of what it returns,
    () for a dict, which has its own; ``inputs(rng)`` its arguments at a random point, by name and
    in order. `mistakes` maps a known mistake, in words, to an edit (old, new) of the solution's
    source that makes it; the exercises in `uses` are called by this one, and their mistakes can be
    made here as well. `tolerance` is the largest difference that passes, relative to the largest
    entry of the array; `blocks` names the parts of an output: its name -> (axis, their names);
    `over_time` are the outputs whose first axis is time.
    """

    solution: Callable
    notebook: int
    outputs: tuple
    inputs: Callable
    mistakes: dict
    uses: tuple = ()
    tolerance: float = 1e-9
    blocks: dict = field(default_factory=dict)
    over_time: tuple = ()

    @property
    def name(self):
        """The solution's name."""
        return self.solution.__name__

    @property
    def stub(self):
        """What the student fills in: the function's head, its docstring, and three dots."""
        docstring = textwrap.indent(f'"""{inspect.getdoc(self.solution)}\n"""', "    ")
        return f"def {self.name}{inspect.signature(self.solution)}:\n{docstring}\n    ..."

    @property
    def known_mistakes(self):
        """Its own mistakes, and "in softsign: ..." of the exercises that it uses."""
        of_parts = [f"in {part.name}: {m}" for part in self.uses for m in part.known_mistakes]
        return [*self.mistakes, *of_parts]

    def mistaken(self, mistake):
        """The solution with one of `known_mistakes` in it: its source is edited and run."""
        source = inspect.getsource(self.solution)
        namespace = dict(vars(inspect.getmodule(self.solution)))
        if mistake in self.mistakes:
            old, new = self.mistakes[mistake]
            if source.count(old) != 1:
                raise ValueError(
                    f"{self.name}: {old!r} stands in it {source.count(old)} times, not once"
                )
            source = source.replace(old, new)
        # A mistake in a function that this one calls: hand it the mistaken one.
        for part in self.uses:
            its = mistake.removeprefix(f"in {part.name}: ")
            if its != mistake:
                namespace[part.name] = part.mistaken(its)
        exec(source, namespace)
        return namespace[self.name]
