"""What wrong gradients look like, said in words: where the wrong entries are, and how they err.

Only arrays are known here, and the conventions of the package: sequences (T, N, D) time first,
four blocks of columns a, f, o, i, a peephole array "p" with the rows f, o, i. Patterns are hints;
the verdict never depends on them.
"""

from collections import namedtuple

import numpy as np

GATES = ("a", "f", "o", "i")
PEEPHOLES = ("f", "o", "i")
ORDINALS = ("first", "second", "third", "fourth")
SAME = 1e-6  # ratios within this part of each other count as one

Compared = namedtuple("Compared", "analytic numeric wrong")
Compared.__doc__ = "Two gradients of one array, and a boolean array: which entries are wrong."


def diagnose(compared, mask=None):
    """What the wrong entries have in common: texts, the most general first.

    `compared` is name -> Compared. Its first array of three axes is taken for a sequence (T, N, D)
    and tells the numbers of steps and examples; `mask` (T, N) bool says which steps are real.
    """
    wrong = {name: c for name, c in compared.items() if c.wrong.any()}
    if not wrong:
        return []
    patterns = []
    peepholes = {name for name in compared if _is_peephole(name)}
    if set(wrong) <= peepholes and len(compared) > len(peepholes):
        patterns.append("only peephole arrays are wrong")
    sizes = next((c.numeric.shape[:2] for c in compared.values() if c.numeric.ndim == 3), (1, 1))
    said = {}
    for name, c in wrong.items():
        texts = [text for text in (_where(name, c, mask), _how(c, sizes)) if text]
        if texts:
            said.setdefault("; ".join(texts), []).append(name)
    return patterns + [f"{', '.join(names)}: {text}" for text, names in said.items()]


def _is_peephole(name):
    return name.split(".")[-1] == "p"


def _where(name, c, mask):
    """Where the wrong entries of one array stand, if that says something."""
    if c.numeric.shape != c.analytic.shape:
        return None
    n_wrong = int(c.wrong.sum())
    if c.numeric.ndim == 3:
        return _where_in_sequence(c.wrong, mask)
    if _is_peephole(name) and c.wrong.ndim == 2 and len(c.wrong) == 3:
        rows = np.flatnonzero(c.wrong.any(axis=1))
        if len(rows) == 1:
            return f"only the {ORDINALS[rows[0]]} row (peephole of gate {PEEPHOLES[rows[0]]})"
        return None
    if n_wrong == 1 and c.wrong.size > 4:
        return f"one entry of {c.wrong.size} alone"
    if c.wrong.ndim and c.wrong.shape[-1] % 4 == 0:
        by_block = _blocks(c.wrong).reshape(-1, 4, c.wrong.shape[-1] // 4)
        blocks = np.flatnonzero(by_block.any(axis=(0, 2)))
        if len(blocks) == 1:
            k = blocks[0]
            return (
                f"only the {ORDINALS[k]} of four blocks of columns (gate {GATES[k]} of a, f, o, i)"
            )
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


def _how(c, sizes):
    """How the wrong entries of one array err, if that says something."""
    a, n = c.analytic, c.numeric
    if a.ndim == 2 and a.shape == n.T.shape and np.allclose(a.T, n, rtol=SAME, atol=0):
        return "transposed"
    if a.shape != n.shape:
        return None
    swapped = _swapped_blocks(a, n)
    if swapped:
        return swapped
    a, n = a[c.wrong], n[c.wrong]
    if not a.any():
        return "analytic is zero: never filled, or a term is missing"
    if not n.any():
        return "should be zero there"
    ratio = _constant_ratio(a, n)
    if ratio is not None:
        return f"analytic / numeric = {ratio:.6g}{_meaning(ratio, *sizes)}"
    if np.all(np.abs(a - n) <= 1e-5 * np.abs(n)):
        return "right but for a small part: float32 somewhere, or an approximation"
    return None


def _constant_ratio(a, n):
    """The ratio a / n where all entries have the same; a single entry has none."""
    if len(a) < 2 or not n.all():
        return None
    ratios = a / n
    ratio = float(ratios[np.argmax(np.abs(n))])
    if abs(ratio - 1) < 1e-5 or np.any(np.abs(ratios - ratio) > SAME * abs(ratio)):
        return None
    return ratio


def _meaning(ratio, n_steps, n_examples):
    """What a ratio may come from, in brackets."""
    known = [(2, "counted twice"), (0.5, "a half"), (-1, "the sign")]
    if n_examples > 1:
        known += [(n_examples, "N: a mean over examples forgotten"), (1 / n_examples, "1/N")]
    if n_steps > 1:
        known += [(n_steps, "T: a mean over steps forgotten"), (1 / n_steps, "1/T")]
    if n_steps > 1 and n_examples > 1:
        known += [(n_steps * n_examples, "T N"), (1 / (n_steps * n_examples), "1/(T N)")]
    meanings = [meaning for value, meaning in known if abs(ratio - value) <= SAME * abs(value)]
    return f" ({', or '.join(meanings)})" if meanings else ""


def _blocks(array):
    """Columns in four blocks: (..., 4, H)."""
    return array.reshape(*array.shape[:-1], 4, array.shape[-1] // 4)


def _swapped_blocks(a, n):
    """Whether two blocks of columns (or rows of a peephole array) have changed places."""
    if a.ndim and a.shape[-1] % 4 == 0:
        a_blocks, n_blocks = np.moveaxis(_blocks(a), -2, 0), np.moveaxis(_blocks(n), -2, 0)
        names = GATES
    elif a.ndim == 2 and len(a) == 3:
        a_blocks, n_blocks, names = a, n, PEEPHOLES
    else:
        return None
    for j in range(len(names)):
        for k in range(j):
            same = np.allclose(a_blocks[j], n_blocks[k], rtol=SAME, atol=0) and np.allclose(
                a_blocks[k], n_blocks[j], rtol=SAME, atol=0
            )
            if same and not np.allclose(n_blocks[j], n_blocks[k], rtol=SAME, atol=0):
                return f"the blocks of gates {names[k]} and {names[j]} have changed places"
    return None
