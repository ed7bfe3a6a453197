"""What wrong gradients look like, said in words: where the wrong entries are, and how they err.

Only arrays are known here, and the conventions of the package: sequences (T, N, D) time first,
four blocks of columns a, f, o, i, a peephole array "p" with the rows f, o, i. Patterns are hints;
the verdict never depends on them. None is told that may hold by accident: a ratio needs several
entries that could have differed.
"""

from collections import namedtuple

import numpy as np

GATES = ("a", "f", "o", "i")
PEEPHOLES = ("f", "o", "i")
ORDINALS = ("first", "second", "third", "fourth")
SAME = 1e-6  # numbers within this part of each other count as one
SMALL = 1e-5  # what float32 leaves

Compared = namedtuple("Compared", "analytic numeric wrong")
Compared.__doc__ = "Two gradients of one array, and a boolean array: which entries are wrong."


def diagnose(compared, mask=None):
    """What wrong gradients have in common: a list of texts on all arrays, and name -> text.

    `compared` is name -> Compared. Its first array of three axes is taken for a sequence (T, N, D)
    and tells the numbers of steps and examples; `mask` (T, N) bool says which steps are real.
    """
    wrong = {name: c for name, c in compared.items() if c.wrong.any()}
    general, by_array = [], {}
    peepholes = {name for name in compared if _is_peephole(name)}
    if wrong and set(wrong) <= peepholes and len(compared) > len(peepholes):
        general.append("only peephole arrays are wrong")
    sizes = next((c.numeric.shape[:2] for c in compared.values() if c.numeric.ndim == 3), None)
    one_factor = _one_factor(compared, wrong, sizes)
    if one_factor:
        return [*general, one_factor], {}
    for name, c in wrong.items():
        blocks = _blocks(name, compared)
        where = _where(c, blocks, mask)
        how = _resembles(name, compared) or _how(c, blocks, sizes)
        text = "; ".join(text for text in (where, how) if text)
        if text:
            by_array[name] = text
    return general, by_array


def _is_peephole(name):
    return name.split(".")[-1] == "p"


def _blocks(name, compared):
    """The parts of an array that belong to one gate each, gate -> index; empty if it has none.

    Four blocks of columns mean gates only beside a recurrent matrix (H, 4H) of the same layer.
    """
    layer = name.rpartition(".")[0]
    shape = compared[name].numeric.shape
    for other, c in compared.items():
        n_units = c.numeric.shape[0] if c.numeric.ndim == 2 else 0
        if other.rpartition(".")[0] != layer or c.numeric.shape != (n_units, 4 * n_units):
            continue
        if _is_peephole(name) and shape == (3, n_units):
            return {gate: np.s_[k] for k, gate in enumerate(PEEPHOLES)}
        if len(shape) < 3 and shape and shape[-1] == 4 * n_units:
            return {
                gate: np.s_[..., k * n_units : (k + 1) * n_units] for k, gate in enumerate(GATES)
            }
    return {}


# Where


def _where(c, blocks, mask):
    """Where the wrong entries of one array stand, if that says something."""
    if c.numeric.shape != c.analytic.shape:
        return None
    if c.numeric.ndim == 3:
        return _where_in_sequence(c.wrong, mask)
    wrong_gates = [gate for gate, block in blocks.items() if c.wrong[block].any()]
    if len(wrong_gates) == 1:
        (gate,) = wrong_gates
        ordinal = ORDINALS[list(blocks).index(gate)]
        if len(blocks) == len(PEEPHOLES):
            return f"only the {ordinal} row (peephole of gate {gate})"
        return f"only the {ordinal} of four blocks of columns (gate {gate} of a, f, o, i)"
    if not blocks and c.wrong.sum() == 1 and c.wrong.size > 4:
        return f"one entry of {c.wrong.size} alone"
    return None


def _where_in_sequence(wrong, mask):
    n_steps, n_examples, _ = wrong.shape
    at = wrong.any(axis=2)
    if mask is not None and not (at & mask).any():
        return "only masked steps"
    steps, examples = np.flatnonzero(at.any(axis=1)), np.flatnonzero(at.any(axis=0))
    if n_steps > 1 and len(steps) == 1 and steps[0] in (0, n_steps - 1):
        return "only the first step" if steps[0] == 0 else "only the last step"
    if n_examples > 1 and len(examples) == 1:
        return f"only example {examples[0]} of {n_examples}"
    return None


# How


def _how(c, blocks, sizes):
    """How the wrong entries of one array err, if that says something."""
    if c.analytic.shape != c.numeric.shape:
        return _transposed(c, sizes)
    return (
        _mixed_gates(c, blocks)
        or _entries(c.analytic, c.numeric, c.wrong, sizes)
        or _transposed(c, sizes)
        or _gate_by_gate(c, blocks, sizes)
    )


def _entries(a, n, wrong, sizes):
    """How the wrong entries err that are taken for one mistake."""
    if not a[wrong].any():
        return "analytic is zero: never filled, or a term is missing"
    if not n[wrong].any():
        return "should be zero there"
    ratio = _constant_ratio(a, n, wrong, sizes)
    if ratio is not None:
        return f"analytic / numeric = {ratio:.6g}{_meaning(ratio, sizes)}"
    bound = np.abs(a).max()
    cut_off = np.isclose(np.abs(a), bound, rtol=1e-12, atol=0) & (np.abs(n) > bound) & (a * n > 0)
    if wrong.sum() > 1 and np.array_equal(cut_off, wrong):
        return f"cut off at {bound:.6g} to either side: clipped by value"
    if np.all(np.abs(a - n)[wrong] <= SMALL * np.abs(n)[wrong]):
        return "right but for a small part: float32 somewhere, or an approximation"
    return None


def _gate_by_gate(c, blocks, sizes):
    """Several mistakes in one array: each gate's, where each but some says something."""
    texts = {}
    for gate, block in blocks.items():
        wrong = c.wrong[block]
        text = wrong.any() and _entries(c.analytic[block], c.numeric[block], wrong, sizes)
        if text:
            texts[gate] = text
    if not texts:
        return None
    return "several at once? " + ", ".join(f"gate {gate}: {text}" for gate, text in texts.items())


def _transposed(c, sizes):
    a, n = c.analytic, c.numeric
    if a.ndim != 2 or a.shape != n.T.shape or min(a.shape) < 2 or _alike(n, n.T):
        return None
    if _alike(a.T, n):
        return "transposed"
    ratio = _constant_ratio(a.T, n, np.ones(n.shape, bool), sizes)
    if ratio is None:
        return None
    return f"transposed, and analytic / numeric = {ratio:.6g}{_meaning(ratio, sizes)}"


def _one_factor(compared, wrong, sizes):
    """Whether every array, but perhaps the input, errs by the same factor."""
    if len(compared) < 3 or not set(compared) - {"x"} <= set(wrong):
        return None
    a, n = (
        np.concatenate([np.ravel(c[which]) for c in wrong.values()]) for which in (0, 1)
    )  # of different lengths if a shape is wrong
    if len(a) != len(n):
        return None
    ratio = _constant_ratio(a, n, np.concatenate([c.wrong.ravel() for c in wrong.values()]), sizes)
    if ratio is None:
        return None
    but = " but x" if "x" in compared and "x" not in wrong else ""
    meaning = _meaning(ratio, sizes)
    if not meaning and 0 < ratio < 1:
        meaning = " (clipped by their norm?)"
    return f"one factor for all arrays{but}: analytic / numeric = {ratio:.6g}{meaning}"


def _constant_ratio(a, n, wrong, sizes):
    """The ratio a / n where all wrong entries have the same, and could have had others."""
    at = np.argwhere(wrong)
    a, n = a[wrong], n[wrong]
    if len(a) < 2 or not n.all():
        return None
    ratios = a / n
    ratio = float(ratios[np.argmax(np.abs(n))])
    if abs(ratio - 1) < SMALL or np.any(np.abs(ratios - ratio) > SAME * abs(ratio)):
        return None
    # At one step of one example a matrix's gradient is x^T delta: one wrong delta, and all of its
    # column errs by the same factor. A factor that means nothing has to hold for more than that.
    one_step = sizes is not None and sizes[0] * sizes[1] == 1
    in_one_line = at.shape[1] == 2 and min(len(set(at[:, 0])), len(set(at[:, 1]))) < 2
    if not _meaning(ratio, sizes) and (len(a) < 3 or one_step or in_one_line):
        return None
    return ratio


def _meaning(ratio, sizes):
    """What a ratio may come from, in brackets."""
    n_steps, n_examples = sizes or (1, 1)
    known = [(2, "counted twice"), (0.5, "a half"), (-1, "the sign")]
    if n_examples > 1:
        known += [(n_examples, "N: a mean over examples forgotten"), (1 / n_examples, "1/N")]
    if n_steps > 1:
        known += [(n_steps, "T: a mean over steps forgotten"), (1 / n_steps, "1/T")]
    if n_steps > 1 and n_examples > 1:
        known += [(n_steps * n_examples, "T N"), (1 / (n_steps * n_examples), "1/(T N)")]
    meanings = [meaning for value, meaning in known if abs(ratio - value) <= SAME * abs(value)]
    return f" ({', or '.join(meanings)})" if meanings else ""


# What it resembles: the commonest mistake of all is a line copied, and not changed


def _resembles(name, compared):
    """Which other array's gradient this one holds."""
    a, n = compared[name].analytic, compared[name].numeric
    for other, c in compared.items():
        if other == name or _alike(n, c.numeric):
            continue
        if _alike(a, c.numeric):
            swapped = _alike(c.analytic, n)
            return f"changed places with {other}" if swapped else f"holds the gradient of {other}"
        if _alike(a, c.analytic) and c.wrong.any():
            return f"holds the same numbers as {other}, both wrong: one array handed back twice?"
    return None


def _mixed_gates(c, blocks):
    """Which blocks of gates hold the gradient of another gate."""
    texts = []
    a, n = ({gate: array[block] for gate, block in blocks.items()} for array in c[:2])
    for gate in blocks:
        for other in blocks:
            if gate == other or not _alike(a[gate], n[other]) or _alike(n[gate], n[other]):
                continue
            swapped = _alike(a[other], n[gate])
            if not swapped:
                texts.append(f"the block of gate {gate} holds that of gate {other}")
            elif list(blocks).index(gate) < list(blocks).index(other):
                texts.append(f"the blocks of gates {gate} and {other} have changed places")
    return ", ".join(texts)


def _alike(a, b):
    """Whether two arrays are equal to rounding, and it is no accident: two numbers or more."""
    if a.shape != b.shape or np.count_nonzero(a) < 2:
        return False
    return np.allclose(a, b, rtol=SAME, atol=1e-12 * np.abs(b).max())
