"""Faults that no gradient shows: an answer that changes at a second call, an argument changed."""

import copy
import types

import numpy as np

from .protocol import backward, forward


def snapshot(thing, name=""):
    """Every array and number that can be reached from a thing, as path -> bytes.

    It goes through dicts, lists, tuples and the attributes of objects.
    """
    contents = {}
    _walk(thing, name, contents, set())
    return contents


def _walk(thing, path, contents, seen):
    if isinstance(thing, np.ndarray):
        contents[path] = (thing.shape, thing.dtype.str, thing.tobytes())
    elif isinstance(thing, int | float | complex | np.generic):
        contents[path] = repr(thing)
    elif id(thing) in seen or isinstance(thing, type | types.ModuleType | types.FunctionType):
        return
    else:
        seen.add(id(thing))
        if isinstance(thing, dict | types.MappingProxyType):
            parts = [(f"{path}[{key!r}]", part) for key, part in thing.items()]
        elif isinstance(thing, tuple) and hasattr(thing, "_fields"):
            parts = [(f"{path}.{field}", getattr(thing, field)) for field in thing._fields]
        elif isinstance(thing, list | tuple):
            parts = [(f"{path}[{k}]", part) for k, part in enumerate(thing)]
        else:
            parts = [
                (f"{path}.{key}", part) for key, part in getattr(thing, "__dict__", {}).items()
            ]
        for part_path, part in parts:
            _walk(part, part_path, contents, seen)


def _changed(before, after):
    """Paths whose content is not the same in two snapshots; an empty text if there are none."""
    return ", ".join(p for p in {**before, **after} if before.get(p) != after.get(p))


def layer_faults(layer, dy, x, mask=None, state=None):
    """What a layer does wrong at a second call, and to what it is handed: texts.

    `dy` (T, N, H) is handed to backward, the others to forward.
    """
    y, tape = forward(layer, x, mask, state)
    handed = {"x": x, "mask": mask, "state": state, "dy": dy}
    handed |= {"parameters": dict(layer.parameters), "tape": tape}
    before = {name: snapshot(thing, name) for name, thing in handed.items()}
    y_before = snapshot(y)
    first = backward(layer, dy, tape)
    first_before = _snapshot_of_result(first)
    found = []

    def look_at_handed(who):
        for name, thing in handed.items():
            changed = _changed(before[name], snapshot(thing, name))
            if changed:
                found.append(f"{who} changes {changed}")
                before[name] = snapshot(thing, name)

    def compare_with_first(what, call):
        try:
            now = _snapshot_of_result(call())
        except Exception as error:
            found.append(f"{what} raises {type(error).__name__}: {error}")
            return
        if now != first_before:
            found.append(f"{what} gives another {_changed(first_before, now)}")

    look_at_handed("backward")
    compare_with_first("a second call of backward", lambda: backward(layer, dy, tape))
    # Other work between, of which nothing may be seen afterwards.
    backward(layer, 2 * dy, forward(layer, -x, mask, state)[1])
    look_at_handed("a later call")
    if snapshot(y) != y_before or _snapshot_of_result(first) != first_before:
        found.append("a later call changes the results of an earlier one")
    again, tape_again = forward(layer, x, mask, state)
    if snapshot(again) != y_before:
        found.append("a second call of forward gives another y")
    compare_with_first(
        "backward after a second call of forward", lambda: backward(layer, dy, tape_again)
    )
    return found


def _snapshot_of_result(result):
    dx, gradients = result
    return {**snapshot(dx, "dx"), **snapshot(dict(gradients), "gradients")}


def network_faults(network, batch):
    """What a network does wrong at a second call on a batch, and to what it is handed: texts."""
    handed = {"batch": batch, "parameters": dict(network.parameters)}
    before = {name: snapshot(thing, name) for name, thing in handed.items()}

    def gradients_of(batch):
        gradients = network.loss_and_gradients(batch)[1]
        return network.input_gradient(batch), gradients

    first = gradients_of(batch)
    first_before = _snapshot_of_result(first)
    # Other work between, of which nothing may be seen afterwards.
    other = copy.copy(batch)
    other.features = -batch.features
    gradients_of(other)
    changes = {
        "a second call gives another": _changed(
            first_before, _snapshot_of_result(gradients_of(batch))
        ),
        "a later call changes an earlier": _changed(first_before, _snapshot_of_result(first)),
    }
    for name, thing in handed.items():
        changes[f"a call changes {name}:"] = _changed(before[name], snapshot(thing, name))
    found = [f"{what} {changed}" for what, changed in changes.items() if changed]
    loss = network.loss_and_gradients(batch)[0]
    other_loss = network.loss(batch)
    if not np.isclose(loss, other_loss, rtol=1e-12, atol=0, equal_nan=True):
        found.append(f"loss_and_gradients gives the loss {loss}, loss gives {other_loss}")
    return found
