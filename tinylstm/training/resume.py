"""Resuming from a checkpoint as if training had never stopped."""

import copy


def resume_from(checkpoint, network, rng, epochs, learners):
    """Set network, generator and learners as the checkpoint has them; give its History, copied.

    `learners`: "optimizer", "average", "early_stopping" -> what `fit` was given, None where it was
    not. Where the checkpoint does not go with the rest, a ValueError, and nothing is changed.
    """
    if not hasattr(checkpoint, "history"):
        raise ValueError(f"resume={checkpoint!r}, expected a Checkpoint, as load(path) gives it")
    if checkpoint.history is None:
        raise ValueError("resume: the checkpoint was saved without a history")
    history = copy.deepcopy(checkpoint.history)
    done = len(history.loss)
    if epochs < done:
        raise ValueError(f"epochs={epochs}, but the checkpoint has {done} behind it")
    saved = checkpoint.network.parameters
    if _kinds(saved) != _kinds(network.parameters):
        raise ValueError(
            f"resume: the checkpoint's parameters are {_kinds(saved)}, "
            f"expected the network's, {_kinds(network.parameters)}"
        )
    states = _states(checkpoint, learners, done)
    for name, array in network.parameters.items():
        array[...] = saved[name]
    if history.generator_state is not None:
        rng.bit_generator.state = history.generator_state
    for role, state in states.items():
        learners[role].state = state
    return history


def _states(checkpoint, learners, done):
    """The states to set, by role. Plain SGD remembers nothing, so it need not have been saved."""
    states = {}
    for role, learner in learners.items():
        saved = getattr(checkpoint, role)
        if saved is not None and _kind(saved) != _kind(learner):
            raise ValueError(
                f"resume: the checkpoint's {role} is {_kind(saved)}, and fit has {_kind(learner)}"
            )
        if saved is not None:
            states[role] = saved.state
        elif done and getattr(learner, "remembers", False):
            raise ValueError(
                f"resume: the checkpoint was saved without its {role}, and {_kind(learner)} needs "
                "what it remembers"
            )
    return states


def _kind(learner):
    """The class of a learner, with that of the optimizer inside; settings may differ."""
    if learner is None:
        return "none"
    name = type(learner).__name__
    return f"{name} of {_kind(learner.optimizer)}" if hasattr(learner, "optimizer") else name


def _kinds(parameters):
    return {name: f"{array.dtype} {array.shape}" for name, array in parameters.items()}
