"""A sequence in chunks of steps, the state handed from chunk to chunk; truncated backpropagation.

A state of a network is a value that the caller keeps: a dict, name of a recurrent layer -> the pair
(h, c), each (N, H). None is zeros. Truncated backpropagation (Williams & Peng 1990) goes back
through the last B steps of a chunk alone; the state before them is taken as constant.
"""

import inspect

import numpy as np

from .peephole_lstm import PeepholeLSTM


def forward_from(layers, x, mask, state, dropout_masks=None, backward=None):
    """Recurrent layers in a row, from a state: (h (T, N, H), tapes by layer, state after T-1).

    `layers` is a dict, name -> layer; x (T, N, D). With `backward`, B, the tapes are those of the
    last B steps alone: the steps before them are run first, and their tapes not kept.
    """
    state, tapes, after = checked_state(layers, state), {}, {}
    early = 0 if backward is None else max(0, len(x) - backward)
    parts = (slice(0, early), slice(early, None)) if early else (slice(None),)
    masks = dropout_masks or {}
    for name, layer in layers.items():
        if f"{name}.x" in masks:
            x = x * masks[f"{name}.x"]  # eq. (34), of x
        h_mask = {"h_mask": masks[f"{name}.h"]} if f"{name}.h" in masks else {}
        pair, ys = state[name], []
        for part in parts:
            own_mask = None if mask is None else mask[part]
            y, tapes[name] = layer.forward(x[part], own_mask, state=pair, **h_mask)
            pair = tapes[name].state
            ys.append(y)
        x, after[name] = np.concatenate(ys) if early else ys[0], pair
    return x, tapes, after


def truncated_gradients(layers, dh, tapes, dropout_masks=None, backward=None, spare=None):
    """The gradients by "layer.array", back through the last `backward` steps and no further.

    dh (T, N, H) is the loss's derivative by the last layer's output at all T steps of the chunk;
    the tapes are those of `forward_from` with the same `backward`; `spare` is what the lowest
    layer's backward takes so as not to give its dx.
    """
    masks, gradients = dropout_masks or {}, {}
    if backward is not None:
        dh = dh[-backward:]  # eq. (43)
    for name, layer in reversed(layers.items()):
        lowest = name == next(iter(layers))
        dh, own = layer.backward(dh, tapes[name], **(spare or {} if lowest else {}))
        if f"{name}.x" in masks and not lowest:
            dh = dh * masks[f"{name}.x"]  # eq. (36)
        gradients |= {f"{name}.{key}": array for key, array in own.items()}
    return gradients


def checked_state(layers, state):
    """A state with a pair, or None, for each layer; their shapes are the layers' own matter."""
    for name, layer in layers.items():
        known = isinstance(layer, PeepholeLSTM)  # to ask takes as long as half a step
        if not known and "state" not in inspect.signature(layer.forward).parameters:
            raise ValueError(
                f"layer {name!r}, a {type(layer).__name__}, starts from no state: it reads whole "
                "sequences (a bidirectional layer from both ends), not steps or chunks of them"
            )
    if state is None:
        return dict.fromkeys(layers)
    if not isinstance(state, dict) or set(state) != set(layers):
        names = list(state) if isinstance(state, dict) else type(state).__name__
        raise ValueError(f"state has {names}, expected a dict with the pairs of {list(layers)}")
    return state
