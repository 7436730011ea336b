"""What an answer left behind that it should not have, in sentences. Trusted code.

The traces are those of :mod:`autograder.checks.traces`: ``"grad mode=off"`` of the process,
``"1: modes"`` or ``"model: modes"`` of an argument.
"""

from __future__ import annotations

from collections.abc import Sequence

from autograder.evidence import Evidence

#: what is said of the process; programs go by the words on the left
OF_PROCESS = {
    "grad mode=off": "You left gradients switched off (`torch.set_grad_enabled(False)`).",
    "grad mode=on": "You left gradients switched on where they were off.",
    "default dtype": "You left another default dtype (`torch.set_default_dtype`).",
    "default device": "You left another default device (`torch.set_default_device`).",
    "seed": "You set a random seed, and with it everybody's random numbers from then on.",
    "threads": "You left another number of threads, or a thread that is still running.",
    "warnings": "You left warnings filtered otherwise than before (`warnings.simplefilter`).",
    "folder": "You left another working folder (`os.chdir`).",
    "environment": "You changed the environment variables (`os.environ`).",
    "global hooks": "You left a hook on all modules there are.",
    "modes of torch": "You left one of torch's modes switched on (anomaly detection, autocast …).",
}
#: what is said of an argument, whose name goes in
OF_ARGUMENT = {
    "values": "{} is no longer what it was: its values or its shape have changed.",
    "requires_grad": "{} requires gradients where it did not, or the other way round.",
    "grad": "{} is left with other gradients (`.grad`) than before.",
    "buffers": "The buffers of {} (running statistics and the like) have changed.",
    "modes": "{} or a part of it is left in another mode (training or evaluation) than before.",
    "hooks": "The hooks on {} are not those of before: one is left, or one is gone.",
    "structure": "The parts of {} are not those of before: one was added, removed or exchanged.",
}


def left_behind(
    actual: Evidence, reference: Evidence, parameters: Sequence[str] = ()
) -> tuple[str, ...]:
    """The traces that neither the solution left nor the check allows, arguments by name.

    ``parameters`` are the names of the exercise's function; a trace has a number in its place
    where the argument was given by position.
    """
    allowed = {_named(trace, parameters) for trace in reference.traces}
    allowed |= {_named(_of_change(key), parameters) for key in reference.changed}
    found = [_named(trace, parameters) for trace in actual.traces]
    found += [_named(_of_change(key), parameters) for key in actual.changed]
    may = set(reference.allow)

    def is_allowed(trace: str) -> bool:
        kind = trace.rpartition(": ")[2].partition("=")[0]
        return trace in allowed or trace in may or kind in may

    return tuple(trace for trace in dict.fromkeys(found) if not is_allowed(trace))


def said(traces: Sequence[str]) -> str:
    """A sentence for each trace; nothing for words that are none of ours."""
    sentences = []
    for trace in traces:
        where, _, what = trace.rpartition(": ")
        if not where:
            sentences.append(OF_PROCESS.get(what))
        elif what in OF_ARGUMENT:
            named = OF_ARGUMENT[what].format(where if " " in where else f"`{where}`")
            sentences.append(named[0].upper() + named[1:])
    text = " ".join(sentence for sentence in sentences if sentence)
    return text or "Something is not as it was before the call."


def _named(trace: str, parameters: Sequence[str]) -> str:
    where, colon, what = trace.rpartition(": ")
    if where.isdecimal() and 0 < int(where) <= len(parameters):
        where = parameters[int(where) - 1]
    elif where.isdecimal():  # a check's own way of calling has more than the function itself
        where = "an argument" if parameters else f"argument {where}"
    return f"{where}{colon}{what}"


def _of_change(key: str) -> str:
    return f"{key.removeprefix('argument ')}: values"
