"""A student's own layer: one that is right, and ones that are right only now and then."""

import copy
import re

import numpy as np
import pytest

from tinylstm import gradcheck

# The program of the README's page on checking a layer of one's own, and what it prints.
PROGRAM = '''
import numpy as np
import tinylstm as tl


class TanhRNN:
    """h_t = m_t tanh(x_t W + h_{t-1} R + b)."""

    def __init__(self, n_in, n_units, rng):
        shapes = {"W": (n_in, n_units), "R": (n_units, n_units), "b": (n_units,)}
        self.parameters = {name: rng.normal(size=shape) for name, shape in shapes.items()}

    def forward(self, x, mask=None):
        W, R, b = self.parameters.values()
        m = np.ones(x.shape[:2]) if mask is None else mask
        h = [np.zeros((x.shape[1], len(b)))]
        for x_t, m_t in zip(x, m):
            h.append(m_t[:, None] * np.tanh(x_t @ W + h[-1] @ R + b))
        return np.array(h[1:]), (x, m, h)

    def backward(self, dy, tape):
        (x, m, h), (W, R, b) = tape, self.parameters.values()
        dx, dW, dR, db, dh = np.zeros(x.shape), 0, 0, 0, 0
        for t in reversed(range(len(x))):
            delta = (dy[t] + dh) * (1 - h[t + 1] ** 2) * m[t][:, None]
            dx[t], dh = delta @ W.T, delta @ R.T
            dW, dR, db = dW + x[t].T @ delta, dR + h[t].T @ delta, db + delta.sum(axis=0)
        return dx, {"W": dW, "R": dR, "b": db}


print(tl.gradcheck.check_layer(TanhRNN))
'''
LAST_LINE = "print(tl.gradcheck.check_layer(TanhRNN))"
RIGHT = """
ok: complex step, tolerance 1e-12: 0 of 30 points failed, 2,035 entries compared
array  shape       worst           analytic        numeric    error   wrong  floor  verdict
W      (3, 5)      (0, 3)      3.575214e-01   3.575214e-01  1.8e-14   0/318      0  ok
R      (5, 5)      (0, 2)     -1.772602e-02  -1.772602e-02  2.7e-14   0/486      0  ok
b      (5,)        (1,)       -8.358100e-04  -8.358100e-04  1.2e-13   0/106      0  ok
x      (12, 4, 3)  (3, 1, 0)   9.216994e-03   9.216994e-03  3.8e-14  0/1125      0  ok
note: forward has no argument `state`: never started from one
"""
# The same program without "* m[t][:, None]" in backward.
MASK_FORGOTTEN = """
FAILED: complex step, tolerance 1e-12: 19 of 30 points failed, 2,035 entries compared
array  shape       worst           analytic       numeric    error     wrong  floor  verdict
W      (3, 5)      (1, 0)     -6.027974e-01  6.049571e-01  2.0e+00   201/318      0  wrong
R      (5, 5)      (4, 4)     -3.711701e-01  3.987610e-01  1.9e+00   128/486      0  wrong
b      (5,)        (3,)       -8.868038e+00  7.527770e+00  1.8e+00    67/106      0  wrong
x      (12, 4, 3)  (1, 3, 1)  -1.640033e-01  2.156312e-01  1.8e+00  522/1125      0  wrong
pattern: fails at no point with mask=none
pattern: x: only masked steps; should be zero there (at 11 points)
note: forward has no argument `state`: never started from one
W is worst at N=4 T=2 mask=pre H=5 state=zero
R is worst at N=4 T=2 mask=holes H=5 state=zero
b is worst at N=4 T=12 mask=pre H=5 state=zero
x is worst at N=4 T=12 mask=post H=5 state=zero
"""


def run(program, capsys):
    namespace = {}
    exec(program, namespace)
    return namespace["TanhRNN"], capsys.readouterr().out


@pytest.fixture
def TanhRNN(capsys):
    return run(PROGRAM.replace(LAST_LINE, ""), capsys)[0]


def without_rounding(text):
    """A printed report without what differs from one processor to the next."""
    return re.sub(r"\([\d, ]*\) +-?\d\.\d+e.\d+ +-?\d\.\d+e.\d+ +\d\.\de.\d+", "", text).split()


def with_backward(layer_class, wrong_backward):
    """The class with a backward made of the right one: wrong_backward(layer, right, dy, tape)."""

    class Wrong(layer_class):
        def backward(self, dy, tape):
            return wrong_backward(self, super().backward, dy, tape)

    return Wrong


def test_the_readmes_program(capsys):
    _, printed = run(PROGRAM, capsys)
    assert without_rounding(printed) == without_rounding(RIGHT)


def test_the_readmes_program_with_a_mistake(capsys):
    _, printed = run(PROGRAM.replace(" * m[t][:, None]", ""), capsys)
    assert without_rounding(printed) == without_rounding(MASK_FORGOTTEN)


def test_central_differences_agree(TanhRNN):
    report = gradcheck.check_layer(TanhRNN, "central")
    report.assert_ok()
    assert report.method == "central"


def test_progress_is_told(TanhRNN):
    told = []
    gradcheck.check_layer(TanhRNN, progress=lambda done, total: told.append((done, total)))
    assert told == [(k, 30) for k in range(1, 31)]


def test_right_only_for_one_example(TanhRNN):
    def mean_bias(layer, right, dy, tape):
        dx, gradients = right(dy, tape)
        return dx, {**gradients, "b": gradients["b"] / dy.shape[1]}

    report = gradcheck.check_layer(with_backward(TanhRNN, mean_bias))
    assert not report.ok
    assert [entry.name for entry in report.entries if not entry.ok] == ["b"]
    assert report.patterns[0] == "fails at every point with N=4, and at no other"
    assert report.patterns[1].startswith("b: analytic / numeric = 0.25 (1/N)")


def test_right_only_without_a_mask(TanhRNN):
    def mask_ignored(layer, right, dy, tape):
        x, m, h = tape
        return right(dy, (x, np.ones_like(m), h))

    report = gradcheck.check_layer(with_backward(TanhRNN, mask_ignored))
    assert not report.ok
    assert report.patterns[0] == "fails at no point with mask=none"
    assert report.patterns[1].startswith("x: only masked steps; should be zero there")


def test_right_only_for_one_step(capsys):
    program = PROGRAM.replace(LAST_LINE, "")
    nothing_carried, _ = run(program.replace("delta @ R.T", "0"), capsys)
    report = gradcheck.check_layer(nothing_carried)
    assert not report.ok
    assert report.patterns[0] == "fails at no point with T=1"


def test_right_only_for_one_unit(capsys):
    program = PROGRAM.replace(LAST_LINE, "")
    not_transposed, _ = run(program.replace("delta @ R.T", "delta @ R"), capsys)
    report = gradcheck.check_layer(not_transposed)
    assert not report.ok
    assert "fails only at points with H=5" in report.patterns


def test_right_only_on_its_first_call(TanhRNN):
    """Gradients that are added to the layer's own and never set back to zero."""

    def accumulating(layer, right, dy, tape):
        dx, gradients = right(dy, tape)
        for name, gradient in gradients.items():
            layer.total[name] = layer.total.get(name, 0) + gradient
        return dx, dict(layer.total)

    class Wrong(with_backward(TanhRNN, accumulating)):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            self.total = {}

    report = gradcheck.check_layer(Wrong)
    assert not report.ok
    assert any("a second call of backward gives another gradients['W']" in f for f in report.faults)


def test_a_backward_that_uses_its_tape_up(TanhRNN):
    def greedy(layer, right, dy, tape):
        x, m, h = tape
        taken = [h.pop() for _ in range(len(h))]
        return right(dy, (x, m, taken[::-1]))

    report = gradcheck.check_layer(with_backward(TanhRNN, greedy))
    assert any("a second call of backward raises" in fault for fault in report.faults)
    assert any("backward changes tape[2]" in fault for fault in report.faults)


def test_arguments_changed_in_place(TanhRNN):
    def in_place(layer, right, dy, tape):
        result = right(dy, tape)
        dy *= 0.5
        layer.parameters["b"] += 1
        return result

    report = gradcheck.check_layer(with_backward(TanhRNN, in_place))
    assert any("backward changes dy" in fault for fault in report.faults)
    assert any("backward changes parameters['b']" in fault for fault in report.faults)


def test_a_hidden_state_between_calls(TanhRNN):
    class Wrong(TanhRNN):
        calls = 0

        def forward(self, x, mask=None):
            y, tape = super().forward(x, mask)
            self.calls += 1
            return (y, tape) if self.calls == 1 else (1.5 * y, tape)

    report = gradcheck.check_layer(Wrong)
    assert any("a second call of forward gives another y" in fault for fault in report.faults)


def test_one_buffer_for_all_calls(TanhRNN):
    class Wrong(TanhRNN):
        def forward(self, x, mask=None):
            y, tape = super().forward(x, mask)
            if np.iscomplexobj(y):
                return y, tape
            self.buffer = vars(self).get("buffer", np.empty_like(y))
            self.buffer[...] = y
            return self.buffer, tape

        def backward(self, dy, tape):
            dx, gradients = super().backward(dy, tape)
            self.kept = vars(self).get("kept", np.zeros_like(dx))
            self.kept[...] = dx + (self.kept.any() * 1e-9)
            return self.kept, gradients

    report = gradcheck.check_layer(Wrong)
    assert any("a later call changes the results of an earlier one" in f for f in report.faults)


@pytest.mark.slow
def test_a_layer_that_is_not_complex_safe(TanhRNN):
    class Unsafe(TanhRNN):
        def forward(self, x, mask=None):
            y, tape = super().forward(x, mask)
            buffer = np.zeros(y.shape)
            buffer[...] = y
            return buffer, tape

    report = gradcheck.check_layer(Unsafe)
    assert report.verdict == "NO VERDICT" and all(entry.ok for entry in report.entries)
    assert "ComplexWarning" in report.doubts[0] and "at: buffer[...] = y" in report.doubts[0]
    assert not report.faults
    gradcheck.check_layer(Unsafe, "central").assert_ok()


def test_the_layer_itself_is_left_as_it_was(TanhRNN):
    made = []

    def make(n_in, n_units, rng):
        made.append(TanhRNN(n_in, n_units, rng))
        made.append(copy.deepcopy(made[-1]))
        return made[-2]

    gradcheck.check_layer(make)
    for layer, before in zip(made[::2], made[1::2], strict=True):
        for name, array in before.parameters.items():
            assert np.array_equal(layer.parameters[name], array)


def test_weights_held_as_attributes_too(TanhRNN):
    """self.W beside self.parameters["W"], or parameters as a property: both can be perturbed."""

    class WithProperty:
        def __init__(self, n_in, n_units, rng):
            self.inner = TanhRNN(n_in, n_units, rng)
            self.W, self.R, self.b = self.inner.parameters.values()

        @property
        def parameters(self):
            return {"W": self.W, "R": self.R, "b": self.b}

        def _layer(self):
            layer = copy.copy(self.inner)
            layer.parameters = self.parameters
            return layer

        def forward(self, x, mask=None):
            return self._layer().forward(x, mask)

        def backward(self, dy, tape):
            return self._layer().backward(dy, tape)

    gradcheck.check_layer(WithProperty).assert_ok()


def test_weights_out_of_reach(TanhRNN):
    class OutOfReach(TanhRNN):
        @property
        def parameters(self):
            return dict(self.kept[0])

        @parameters.setter
        def parameters(self, value):
            self.kept = [value]

    with pytest.raises(ValueError, match=r"layer.parameters\['W'\] cannot be replaced"):
        gradcheck.check_layer(OutOfReach)


def test_a_parameter_named_like_the_input(TanhRNN):
    class Named(TanhRNN):
        def __init__(self, n_in, n_units, rng):
            super().__init__(n_in, n_units, rng)
            self.parameters["x"] = np.ones(2)

    with pytest.raises(ValueError, match="a parameter has the name 'x'"):
        gradcheck.check_layer(Named)


# What a layer does not take, does not use, and does not hand back


def test_a_mask_that_is_never_used_is_told(TanhRNN):
    class Deaf(TanhRNN):
        def forward(self, x, mask=None, state=None):
            return super().forward(x)

    report = gradcheck.check_layer(Deaf)
    report.assert_ok()
    assert report.notes == [
        "forward takes `mask` and never uses it: y is the same without",
        "forward takes `state` and never uses it: y is the same without",
    ]


def test_a_layer_without_a_mask(TanhRNN):
    class Maskless(TanhRNN):
        def forward(self, x):
            return super().forward(x)

    report = gradcheck.check_layer(Maskless)
    report.assert_ok()
    assert report.notes[0] == "forward has no argument `mask`: every step is taken for real"
    assert all("mask=none" in point for point in report.points)


def test_a_state_by_keyword_and_a_mask_of_another_name(TanhRNN):
    class Keyword(TanhRNN):
        def forward(self, x, m=None, *, state=None):
            return super().forward(x, m)

    notes = gradcheck.check_layer(Keyword).notes
    assert notes == ["forward takes `state` and never uses it: y is the same without"]


@pytest.mark.parametrize("where", ["forward", "backward"])
def test_float32_inside_a_layer_is_told(TanhRNN, where):
    class Single(TanhRNN):
        def forward(self, x, mask=None):
            y, tape = super().forward(x, mask)
            if where == "backward":
                return y, tape
            return y.astype(np.complex64 if np.iscomplexobj(y) else np.float32), tape

        def backward(self, dy, tape):
            dx, gradients = super().backward(dy, tape)
            if where == "forward":
                return dx, gradients
            return dx, {k: w.astype(np.float32).astype(float) for k, w in gradients.items()}

    report = gradcheck.check_layer(Single)
    if where == "forward":
        assert report.verdict == "NO VERDICT", report
        assert "good to" in report.doubts[0]
    else:
        assert report.verdict == "FAILED" and not report.doubts
        assert "right but for a small part: float32 somewhere" in str(report)


@pytest.mark.parametrize(
    ("attribute", "gives", "said"),
    [
        ("forward", lambda y, tape: y, r"forward gave an ndarray \(.*\) of float64, expected \(y,"),
        ("forward", lambda y, tape: (y,), r"forward gave a tuple of 1, expected \(y, tape\)"),
        ("forward", lambda y, tape: None, r"forward gave None, expected \(y, tape\)"),
        ("forward", lambda y, tape: (tape, y), r"with y a tuple of 3, expected an array of floats"),
        ("forward", lambda y, tape: (y[:0], tape), r"\(y, tape\) with y an ndarray \(.*n_units\)"),
        ("backward", lambda dx, g: g, r"backward gave a dict, expected \(dx, gradients\)"),
        ("backward", lambda dx, g: (g, dx), r"backward gave \(gradients, dx\), expected \(dx, gr"),
        ("backward", lambda dx, g: (dx, *g.values()), r"backward gave a tuple of 4, expected"),
        ("backward", lambda dx, g: (dx, list(g)), r"with gradients a list of 3, expected a dict"),
    ],
)
def test_what_a_layer_hands_back_is_named(TanhRNN, attribute, gives, said):
    class Wrong(TanhRNN):
        pass

    right = getattr(TanhRNN, attribute)
    setattr(Wrong, attribute, lambda self, *given: gives(*right(self, *given)))
    with pytest.raises(ValueError, match=said):
        gradcheck.check_layer(Wrong)


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (None, "make_layer gave None, expected a layer; it lacks forward, backward, parameters"),
        ({"W": 1}, "make_layer gave a dict, expected a layer; it lacks forward, backward"),
    ],
)
def test_what_make_layer_hands_back_is_named(made, said):
    with pytest.raises(ValueError, match=said):
        gradcheck.check_layer(lambda n_in, n_units, rng: made)


def test_parameters_are_a_dict_of_float64_arrays(TanhRNN):
    class Listed(TanhRNN):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            self.parameters = list(self.parameters.values())

    with pytest.raises(ValueError, match=r"layer.parameters is a list of 3, expected a dict"):
        gradcheck.check_layer(Listed)

    class Single(TanhRNN):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            self.parameters["b"] = self.parameters["b"].astype(np.float32)

    with pytest.raises(ValueError, match=r"b has dtype float32.*7 digits"):
        gradcheck.check_layer(Single)
