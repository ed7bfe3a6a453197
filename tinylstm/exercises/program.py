"""my_lstm.py: a student's own program, a stub for each function of the core, that grows.

`template` writes it from the exercises' stubs. `Program` reads it, takes what is right, and lends
what is not: the package's solution stands in the place of the stub, for the functions further down
the file, too. So a program runs from the first day, more and more of it the student's own.
"""

import functools
import io
import types
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np

from .program_network import ProgramLSTM, ProgramOutput, ProgramSGD, batch_of, network_of
from .verdict import is_right, is_stub

FILE = "my_lstm.py"
LENT = {"missing": "missing", "stub": "not filled in", "wrong": "not right"}

SECTIONS = {
    "One recurrent unit, in scalars": ("unit_forward", "unit_backward"),
    "H units": ("rnn_forward", "rnn_backward"),
    "The LSTM: one step": ("softsign", "gate_with_peephole", "lstm_step_forward"),
    "One step backward": ("softsign_derivative", "lstm_step_backward"),
    "All steps, forward": ("lstm_forward",),
    "All steps, backward": ("weight_gradients", "peephole_gradient", "lstm_backward"),
    "Masks and labels": ("mask_from_lengths", "one_hot", "align_end"),
    "The output layer": ("softmax", "masked_cross_entropy"),
    "The output layer, backward": ("softmax_gradient", "output_gradients"),
    "Training": ("sgd_step",),
}
NAMES = tuple(name for names in SECTIONS.values() for name in names)

HEAD = '''"""My LSTM. Fill in each function in the place of its three dots, and save.

tl.exercises.check("softsign"), in a notebook, tries a function of this file.
mine = tl.exercises.program() takes those that are right, and lends the others.
A function may call the ones above it. NumPy is all it takes.
"""

import numpy as np
'''


def template(exercises):
    """The text of my_lstm.py before anything is filled in; `exercises` is the table by name."""
    text = [HEAD]
    for title, names in SECTIONS.items():
        number = exercises[names[0]].notebook
        text.append(f"# ---- {title} (notebook {number})\n")
        text += [f"\n{exercises[name].stub}\n" for name in names]
    return "\n".join(text)


class Program:
    """A student's functions, by name, and the package's in the place of those that are not right.

    `written`: name -> the function in the file, right or wrong. `lent`: name -> why the package's
    is taken. `trouble`: why nothing could be read, in a sentence; empty where all went well.
    """

    def __init__(self, path, exercises):
        self.path = Path(path)
        module, self.trouble = read(self.path)
        self._module = module
        self.written = {name: module[name] for name in NAMES if callable(module.get(name))}
        self.lent = {}
        for name in NAMES:
            solution = exercises[name].solution
            reason = _why_lent(exercises[name], self.written.get(name))
            if reason:
                self.lent[name] = LENT[reason]
                module[name] = solution  # what stands further down the file calls this one
                setattr(self, name, solution)
            else:
                setattr(self, name, _giving_arrays(module[name], exercises[name].outputs))

    def to_be_judged(self, name):
        """A function of the file; what is lent to it is what stands above it, and nothing else.

        Else a wrong function that calls its own name would be right, or one that calls a later one.
        The loans are taken back for good: a program that is read to judge one function ends there.
        """
        for lent in set(NAMES[NAMES.index(name) :]) & set(self.lent):
            del self._module[lent]
            if lent in self.written:
                self._module[lent] = self.written[lent]
        return self.written[name]

    def __repr__(self):
        return f"Program({self.path.name}: {len(NAMES) - len(self.lent)} of {len(NAMES)} yours)"

    def __deepcopy__(self, memo):
        return self  # its functions are those of one file, and share its names

    def __reduce__(self):
        return _again, (self.path,)

    def __str__(self):
        """Whose functions these are, in one line."""
        if self.trouble:
            return f"{self.trouble}; all {len(NAMES)} functions are lent by the package"
        yours = [name for name in NAMES if name not in self.lent]
        if len(yours) == len(NAMES):
            return f"{self.path.name}: all {len(NAMES)} functions are yours"
        if set(self.lent.values()) == {LENT["stub"]} and not yours:
            return (
                f"{self.path.name}: none of the {len(NAMES)} functions is filled in yet; "
                "all are lent by the package"
            )
        parts = [f"yours: {', '.join(yours) or 'none'}"]
        for reason in reversed(LENT.values()):
            names = [name for name, why in self.lent.items() if why == reason]
            parts += [f"{reason}, so lent: {', '.join(names)}"] if names else []
        return f"{self.path.name}: {'; '.join(parts)}"

    def layer(self, n_in, n_units, rng):
        """A layer of a `tinylstm.Network`, as `gradcheck.check_layer` takes it, of these functions.

        Its initial weights are those of ``tl.PeepholeLSTM(n_in, n_units, rng=rng)``.
        """
        return ProgramLSTM(self, n_in, n_units, rng)

    def output(self, n_in, n_classes, rng):
        """The output layer of these functions, with the initial weights of `tl.SoftmaxOutput`."""
        return ProgramOutput(self, n_in, n_classes, rng)

    def network(self, n_in, n_units, n_classes, rng):
        """A `tinylstm.Network` that runs on these functions: layers "lstm" and "output".

        From the same generator it has the weights of a network of `tl.PeepholeLSTM` and
        `tl.SoftmaxOutput`, made in this order; it trains, steps and is checked as that does.
        """
        return network_of(self, n_in, n_units, n_classes, rng)

    def batch(self, sequences, classes, n_classes):
        """A `tl.Batch` of sequences [ndarray (T_n, D), ...] with a class each, by ALIGN_END.

        Its masks and labels are those of `mask_from_lengths`, `align_end` and `one_hot`.
        """
        return batch_of(self, sequences, classes, n_classes)

    def optimizer(self, learning_rate):
        """What `tl.fit` takes for an optimizer, with these functions' `sgd_step`."""
        return ProgramSGD(self, learning_rate)


def _giving_arrays(function, outputs):
    """A right function may give lists; the notebooks count on arrays."""

    @functools.wraps(function)
    def wrapped(*arguments):
        result = function(*arguments)
        if outputs == ():  # a dict
            return result
        if len(outputs) == 1:
            return np.asarray(result)[()]
        return tuple(np.asarray(part) for part in result)

    return wrapped


def read(path):
    """Run a program: its names, a dict, and what went wrong, in a sentence or empty."""
    module = types.ModuleType("my_lstm")
    module.__file__ = str(path)
    if not path.is_file():
        return vars(module), f"there is no {path.name} in this folder"
    try:
        code = compile(path.read_text(encoding="utf-8"), str(path), "exec")
        with redirect_stdout(io.StringIO()):  # what it prints belongs to no exercise
            exec(code, vars(module))
    except SyntaxError as error:
        fault = f"is no Python: {error.msg} (line {error.lineno}: {(error.text or '').strip()})"
    except UnicodeDecodeError as error:
        fault = f"is no text: {error}"
    except (Exception, SystemExit) as error:
        fault = f"stops when it is read: {type(error).__name__}: {error}{_line_of(error, path)}"
    else:
        return vars(module), ""
    return {"__name__": "my_lstm"}, f"{path.name} {fault}"


def _line_of(error, path):
    """The last line of the program itself that an exception went through."""
    lines = path.read_text(encoding="utf-8").splitlines()
    at, trace = None, error.__traceback__
    while trace:
        at = trace.tb_lineno if trace.tb_frame.f_code.co_filename == str(path) else at
        trace = trace.tb_next
    return f" (line {at}: {lines[at - 1].strip()})" if at else ""


def _why_lent(exercise, function):
    """A key of LENT, or None where the function is right."""
    if function is None:
        return "missing"
    if is_stub(function):
        return "stub"
    return None if is_right(exercise, function) else "wrong"


def lent_to(exercise, lent):
    """The names among `lent` of what an exercise calls, and of what these call."""
    names = []
    for part in exercise.uses:
        names += [part.name] if part.name in lent else lent_to(part, lent)
    return list(dict.fromkeys(names))


def _again(path):
    """For pickle: the file is read once more."""
    from . import EXERCISES

    return Program(path, EXERCISES)
