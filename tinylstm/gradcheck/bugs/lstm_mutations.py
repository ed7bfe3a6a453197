"""Planted bugs in a step of the LSTM and from step to step; mutations.py says how to add one."""

from .planting import Mutation

BACKWARD = "network.peephole_lstm:PeepholeLSTM.backward"
STEPS = "network.fast.recurrence:steps_backward"

PEEPHOLES = [
    Mutation(
        "p_o missing in dc",
        STEPS,
        "k_h += np.multiply(k_o, p_o, out=seen)",
        "pass",
        "the output gate sees c_t through p_o, and its share in dc_t is left out",
        ("Check a network without peepholes.", "Count the terms of eq. (16)."),
    ),
    Mutation(
        "p_f missing in dc",
        STEPS,
        "k_c += np.multiply(k_f, p_f, out=seen)",
        "pass",
        "the forget gate sees c_{t-1} through p_f, and its share in what is carried is left out",
        ("Check a network without peepholes, and one step alone.", "Count the terms of eq. (20)."),
    ),
    Mutation(
        "p_i missing in dc",
        STEPS,
        "k_c += np.multiply(k_i, p_i, out=seen)",
        "pass",
        "the input gate sees c_{t-1} through p_i, and its share in what is carried is left out",
        ("Check a network without peepholes, and one step alone.", "Count the terms of eq. (20)."),
    ),
    Mutation(
        "dp_o from c[t-1]",
        STEPS,
        "delta_o, c)",
        "delta_o, c_previous)",
        "the output gate sees the new cell state, not the one before",
        ("Which array is wrong, and which of its rows?", "Which cell state does each gate see?"),
    ),
    Mutation(
        "dp_f from c[t]",
        STEPS,
        "delta_f, c_previous)",
        "delta_f, c)",
        "the forget gate sees the cell state before the step, not the new one",
        ("Which array is wrong, and which of its rows?", "Which cell state does each gate see?"),
    ),
    Mutation(
        "dp_i from c[t]",
        STEPS,
        "delta_i, c_previous)",
        "delta_i, c)",
        "the input gate sees the cell state before the step, not the new one",
        ("Which array is wrong, and which of its rows?", "Which cell state does each gate see?"),
    ),
    Mutation(
        "delta_f from c[t]",
        STEPS,
        "k_f *= c_previous",
        "k_f *= c",
        "the forget gate is multiplied by c_{t-1}, not by the new cell state",
        ("Look at one step alone, started from zero: which gate is wrong?", "Read eq. (17)."),
    ),
]

DERIVATIVES = [
    Mutation(
        "s' in place of g' for the block input",
        STEPS,
        "g_derivative(a, out=k_a)",
        "s_derivative(a, out=k_a)",
        "the block input has the layer's activation, not the gates'",
        ("Give the layer and its gates the same activation.", "Which gate's block is wrong?"),
    ),
    Mutation(
        "g' of the cell at the block input",
        STEPS,
        "g_derivative(g_c, out=k_h)",
        "g_derivative(a, out=k_h)",
        "the derivative by c_t is taken at c_t, not at the pre-activation of the block input",
        ("Check with the activation identity.", "At which point is each derivative taken?"),
    ),
    Mutation(
        "g' of the cell from c, not from g(c)",
        STEPS,
        "g_derivative(g_c, out=k_h)",
        "g_derivative(c, out=k_h)",
        "derivatives are functions of the value here, so g' needs g(c_t), not c_t",
        ("Check with the activation identity.", "What do the derivatives take, z or g(z)?"),
    ),
    Mutation(
        "softsign' not squared",
        "network.activations:softsign_derivative",
        "return np.multiply(out, out, out=out)",
        "return out",
        "the derivative of softsign is (1 - abs(y))^2, not 1 - abs(y)",
        ("Check with other activations.",),
    ),
    Mutation(
        "sigmoid' without y",
        "network.activations:sigmoid_derivative",
        "return np.multiply(out, y, out=out)",
        "return out",
        "the derivative of the sigmoid is y (1 - y), not 1 - y",
        ("Check with other activations of the gates.",),
    ),
    Mutation(
        "tanh' from z",
        "network.activations:tanh_derivative",
        "np.multiply(y, y, out=out)",
        "np.multiply(np.tanh(y), np.tanh(y), out=out)",
        "tanh is applied once more to what is its value already",
        ("Check with other activations.",),
    ),
    Mutation(
        "relu' is 1 below zero",
        "network.activations:relu_derivative",
        "np.greater(y, 0, out=out)",
        "np.greater_equal(y, 0, out=out)",
        "where relu is zero its derivative is zero, and this one is 1",
        ("Check with other activations.",),
    ),
]

RECURRENCE = [
    Mutation(
        "dh not carried",
        STEPS,
        "product(R, delta_t.reshape(4 * n_units, n), out=dh_later)",
        "dh_later[...] = 0",
        "what reaches h_{t-1} through the next step's gates is left out of eq. (14)",
        ("Check one step, then two.",),
    ),
    Mutation(
        "dc not carried",
        STEPS,
        "np.multiply(dc, k_c, out=dc_later)",
        "dc_later[...] = 0",
        "what reaches c_{t-1} through the next step's cell is left out of eq. (16)",
        ("Check one step, then two.",),
    ),
    Mutation(
        "dc carried without the forget gate",
        STEPS,
        "k_c[...] = f",
        "k_c[...] = 1",
        "c_t holds f_t c_{t-1}: what is carried is multiplied by f_t",
        ("Check one step, then two.", "Read eq. (20)."),
    ),
    Mutation(
        "a sign in dc",
        STEPS,
        "np.add(np.multiply(dh, k_h, out=dc), dc_later, out=dc)",
        "np.subtract(dc_later, np.multiply(dh, k_h, out=dc), out=dc)",
        "the share of h_t in dc_t is subtracted in place of added",
        ("Check one step: what do the wrong blocks look like?",),
    ),
    Mutation(
        "dc overwritten",
        STEPS,
        "np.add(np.multiply(dh, k_h, out=dc), dc_later, out=dc)",
        "np.multiply(dh, k_h, out=dc)",
        "the share of h_t replaces what came from the next step, in place of being added to it",
        ("Check one step, then two.", "c_t has several uses."),
    ),
    Mutation(
        "R not transposed",
        STEPS,
        'R, p = layer.parameters["R"], layer.parameters.get("p")',
        'R, p = layer.parameters["R"], layer.parameters.get("p")\n'
        "    R = np.hstack([gate.T for gate in np.split(R, 4, axis=1)])",
        "each gate's block of R is used as it is on the way back, not transposed",
        ("Check a layer of one unit.", "Check one step, then two."),
    ),
    Mutation(
        "dR from h[t]",
        BACKWARD,
        "dU += tape.inputs[rows].T @ delta.T",
        "h_t = [tape.gates[s][2] * self.activation.function(tape.c[s + 1]) for s, _ in block]\n"
        "            h = np.hstack(h_t).T\n"
        "            dU += np.hstack([h, tape.inputs[rows, n_units:]]).T @ delta.T",
        "R is multiplied by h_{t-1}, so its gradient has h_{t-1} in it, not h_t",
        ("Which array alone is wrong?", "Check one step: what should its gradient be?"),
    ),
    Mutation(
        "gradient overwritten, not added to",
        BACKWARD,
        "dU += tape.inputs[rows].T @ delta.T",
        "dU[...] = tape.inputs[rows].T @ delta.T",
        "backward works in blocks of rows; the weights' gradient of each replaces that of the last",
        ("Check a long batch, of more than a thousand real steps: T=300, mask='none'.",),
    ),
    Mutation(
        "db from the first row",
        BACKWARD,
        "dU += tape.inputs[rows].T @ delta.T",
        "dU += tape.inputs[rows].T @ delta.T\n            dU[-1] = delta[:, 0]",
        "the bias acts at every step of every example, and its gradient is a sum over all",
        ("Which array alone is wrong?", "Check one example and one step."),
    ),
    Mutation(
        "delta_f and delta_i swapped",
        STEPS,
        "delta_a, delta_f, delta_o, delta_i = delta_t",
        "delta_a, delta_i, delta_o, delta_f = delta_t",
        "the gradients of the forget and the input gate stand in each other's columns",
        ("Which blocks of columns are wrong?", "Compare the analytic and the numeric blocks."),
    ),
    Mutation(
        "f in place of i",
        STEPS,
        "g_derivative(a, out=k_a), i,",
        "g_derivative(a, out=k_a), f,",
        "the block input enters the cell through the input gate, not through the forget gate",
        ("Check one step: which block of columns is wrong?",),
    ),
]
