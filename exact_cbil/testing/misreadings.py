"""Misreadings: what a wrong learner makes of a question before it answers it rightly.

Where an edit of the specification cannot say what goes wrong, because the specification has no
buffers, no indices and no words, a learner that misreads the question does: a count is cut, an
index wraps, names run into each other, numbers lose digits, something is taken to come first.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from functools import partial
from typing import Any, NamedTuple

__all__ = ["MISREADINGS", "Misreading"]

Document = dict[str, Any]
Read = Callable[[Document], None]


class Misreading(NamedTuple):
    """What is misread, and with which number or word; it changes a copy of the question.

    Raises ValueError where the learner would break off.
    """

    label: str
    change: Read

    def __call__(self, question: Mapping[str, Any]) -> Document:
        copy: Document = json.loads(json.dumps(question))
        self.change(copy)
        return copy


MISREADINGS: dict[str, tuple[str, list[Misreading]]] = {}
"""By flag: what the bug is, and misreadings that have it."""


def _misread(flag: str, meaning: str, *changes: tuple[str, Read]) -> None:
    MISREADINGS[flag] = meaning, [Misreading(label, change) for label, change in changes]


def _each(what: Callable[..., None], *values: Any) -> list[tuple[str, Read]]:
    label = what.__name__.strip("_").replace("_", " ")
    return [(f"{label} {value}", partial(what, value)) for value in values]


# -- parts of a question --------------------------------------------------------------------------


def _machines(question: Document) -> Iterator[Document]:
    yield from question["model"]["policies"].values()
    if isinstance(question["model"]["demonstrator"], dict):
        yield question["model"]["demonstrator"]


def _states(question: Document) -> Iterator[Document]:
    for machine in _machines(question):
        yield from machine["states"].values()


def _rules(question: Document) -> Iterator[Document]:
    for state in _states(question):
        yield from state.get("next", [])


def _normalise(model: Document) -> None:
    total = sum(map(Fraction, model["prior"].values()))
    model["prior"] = {n: str(Fraction(w) / total) for n, w in model["prior"].items()}


def _renamed(kind: str, new: Callable[[str], str], question: Document) -> None:
    """Give policies, actions, observations or states other names; of equal ones the last stays."""
    model = question["model"]
    if kind == "policies":
        for part in ("policies", "prior"):
            model[part] = {new(name): value for name, value in model[part].items()}
        if isinstance(model["demonstrator"], str):
            model["demonstrator"] = new(model["demonstrator"])
    elif kind == "states":
        for machine in _machines(question):
            machine["states"] = {new(n): state for n, state in machine["states"].items()}
            machine["start"] = new(machine["start"])
        for rule in _rules(question):
            rule["to"] = new(rule["to"])
    else:
        part = kind[:-1]
        model[kind] = list(dict.fromkeys(map(new, model[kind])))
        for bearer in (*_rules(question), *question["history"]):
            if part in bearer:
                bearer[part] = new(bearer[part])
        if part == "action":
            for state in _states(question):
                state["emit"] = {new(a): mass for a, mass in state["emit"].items()}


# -- counts ---------------------------------------------------------------------------------------


def _wrapped(kind: str, size: int, question: Document) -> None:
    """Indices wrap at `size`."""
    if kind == "states":
        for machine in _machines(question):
            names = list(machine["states"])
            kept = {name: names[at % size] for at, name in enumerate(names)}
            machine["states"] = {n: s for n, s in machine["states"].items() if kept[n] == n}
            machine["start"] = kept[machine["start"]]
            for state in machine["states"].values():
                for rule in state.get("next", []):
                    rule["to"] = kept[rule["to"]]
        return
    names = list(question["model"][kind])
    kept = {name: names[at % size] for at, name in enumerate(names)}
    if kind == "actions":  # each emits for itself, but what is seen is mistaken
        for bearer in (*_rules(question), *question["history"]):
            if "action" in bearer:
                bearer["action"] = kept[bearer["action"]]
        return
    _renamed(kind, lambda name: kept[name], question)


def _cut(kind: str, size: int, question: Document) -> None:
    """Only the first `size` are read."""
    model = question["model"]
    if kind == "policies":
        if len(model["policies"]) > size:
            model["policies"] = dict(list(model["policies"].items())[:size])
            model["prior"] = {name: model["prior"][name] for name in model["policies"]}
            _normalise(model)
            if model["demonstrator"] not in model["policies"]:
                model["demonstrator"] = next(iter(model["policies"]))
    elif kind == "actions":
        kept = set(model["actions"][:size])
        for state in _states(question):
            state["emit"] = {a: mass for a, mass in state["emit"].items() if a in kept}
    elif kind == "rules":
        for state in _states(question):
            state["next"] = state.get("next", [])[:size]
    elif kind == "states":
        for machine in _machines(question):
            kept_states = dict(list(machine["states"].items())[:size])
            for state in kept_states.values():
                rules = state.get("next", [])
                state["next"] = [rule for rule in rules if rule["to"] in kept_states]
            machine["states"] = kept_states
            if machine["start"] not in kept_states:
                machine["start"] = next(iter(kept_states))
    else:
        question["history"] = question["history"][:size]


def _last(kind: str, size: int, question: Document) -> None:
    """Only the last `size` are read."""
    if kind == "steps":
        question["history"] = question["history"][-size:]
    else:
        for state in _states(question):
            state["next"] = state.get("next", [])[-size:]


def _counts(what: Callable[..., None], kind: str, *sizes: int) -> list[tuple[str, Read]]:
    label = {_wrapped: "wrap at", _cut: "stop at", _last: "keep the last"}[what]
    return [(f"{kind} {label} {size}", partial(what, kind, size)) for size in sizes]


_misread(
    "count-policies",
    "only so many policies are read",
    *_counts(_cut, "policies", 2, 3, 4, 5, 8, 16, 32, 64, 255),
)
_misread(
    "count-actions",
    "only so many actions are told apart, or have a minimum",
    *_counts(_cut, "actions", 1, 2, 3, 4, 7, 8, 15, 16, 31, 32),
    *_counts(_wrapped, "actions", 2, 3, 4, 8, 16, 32),
)
_misread(
    "count-observations",
    "only so many observations are told apart",
    *_counts(_wrapped, "observations", 1, 2, 3, 4, 8, 16),
)
_misread(
    "count-states",
    "only so many states of a machine are told apart",
    *_counts(_wrapped, "states", 1, 2, 3, 4, 8, 16),
    *_counts(_cut, "states", 1, 2, 3, 4, 8, 16),
)
_misread(
    "count-rules",
    "only so many rules of a state are read",
    *_counts(_cut, "rules", 0, 1, 2, 3, 4, 8, 16),
    *_counts(_last, "rules", 1, 2, 4),
)
_misread(
    "count-steps",
    "only so many steps of a history are read",
    *_counts(_cut, "steps", 0, 1, 2, 4, 6, 16, 32, 64, 500),
    *_counts(_last, "steps", 1, 2, 4, 6, 16, 32, 256),
)

# -- orders ---------------------------------------------------------------------------------------


def _start(place: int, question: Document) -> None:
    for machine in _machines(question):
        machine["start"] = list(machine["states"])[place]


def _class_order(key: Callable[[str], Any], question: Document) -> None:
    policies = question["model"]["policies"]
    question["model"]["policies"] = {name: policies[name] for name in sorted(policies, key=key)}


def _demonstrator_first(question: Document) -> None:
    demonstrator = question["model"]["demonstrator"]
    _class_order(lambda name: name != demonstrator, question)


def _by_prior(question: Document) -> None:
    model = question["model"]
    model["policies"] = {name: model["policies"][name] for name in model["prior"]}


def _prior_by_place(question: Document) -> None:
    model = question["model"]
    model["prior"] = dict(zip(model["policies"], model["prior"].values(), strict=True))


def _emit_by_place(question: Document) -> None:
    actions = question["model"]["actions"]
    for state in _states(question):
        state["emit"] = dict(zip(actions, state["emit"].values(), strict=False))


def _integer_first(name: str) -> tuple[bool, int]:
    plain = name.isascii() and name.isdigit() and str(int(name)) == name and int(name) < 2**32 - 1
    return (False, int(name)) if plain else (True, 0)


_misread(
    "start",
    "machines begin in the first state listed, or the last, whatever `start` says",
    *_each(_start, 0, -1),
)
_misread(
    "class-order",
    "class order is not that of the policies: sorted, or reversed, or as another key lists them",
    ("sorted", partial(_class_order, str)),
    ("sorted without case", partial(_class_order, str.lower)),
    ("sorted by length", partial(_class_order, len)),
    ("the demonstrator first", _demonstrator_first),
    ("in the order of the prior", _by_prior),
)
_misread(
    "integer-keys",
    "names that look like integers come first, in the order of their values (R1)",
    ("integers first", partial(_class_order, _integer_first)),
)
_misread(
    "key-order",
    "keys are taken to come in a fixed order: numbers are matched by place, not by name",
    ("prior by place", _prior_by_place),
    ("emissions by place", _emit_by_place),
)

# -- names ----------------------------------------------------------------------------------------

JAVASCRIPT = {"constructor", "__proto__", "toString", "hasOwnProperty", "length"}
PYTHON = {"None", "class", "__class__", "__init__"}


def _reserved(words: set[str], question: Document) -> None:
    model = question["model"]
    states = [name for machine in _machines(question) for name in machine["states"]]
    names = (*model["policies"], *model["actions"], *model["observations"], *states)
    if not words.isdisjoint(names):
        raise ValueError("a reserved word")


def _lost(words: set[str], question: Document) -> None:
    for state in _states(question):
        state["emit"] = {a: mass for a, mass in state["emit"].items() if a not in words}


NAMES: list[tuple[str, Callable[[str], str]]] = [
    ("without case", str.lower),
    ("folded", str.casefold),
    ("stripped", str.strip),
    ("cut at 16", lambda name: name[:16]),
    ("cut at 255", lambda name: name[:255]),
    ("NFC", partial(unicodedata.normalize, "NFC")),
    ("NFKC", partial(unicodedata.normalize, "NFKC")),
    ("ASCII alone", lambda name: name.encode("ascii", "ignore").decode()),
    ("Latin-1", lambda name: name.encode("latin-1", "replace").decode("latin-1")),
    ("16-bit", lambda name: "".join(chr(ord(c) & 0xFFFF) for c in name)),
    ("to the first space", lambda name: name.split(" ")[0]),
    ("to the first comma", lambda name: name.split(",")[0]),
    ("to the first colon", lambda name: name.split(":")[0]),
    ("to the first slash", lambda name: name.split("/")[0]),
    ("without quotes", lambda name: name.replace('"', "").replace("'", "")),
    ("without escapes", lambda name: name.replace("\\", "").replace("\n", "n")),
    ("as integers", lambda name: str(int(name)) if name.isascii() and name.isdigit() else name),
    ("as floats", lambda name: str(_float(name))),
]


def _float(name: str) -> float | str:
    try:
        return float(name)
    except ValueError:
        return name


def _named(new: Callable[[str], str], question: Document) -> None:
    for kind in ("policies", "states", "actions", "observations"):
        _renamed(kind, new, question)


_misread(
    "names",
    "names run into each other, or come back changed: folded, cut, stripped, normalised, split",
    *((label, partial(_named, new)) for label, new in NAMES),
)
_misread(
    "reserved-names",
    "a name is taken for a word of the language: `constructor`, `None`, ...",
    ("JavaScript", partial(_reserved, JAVASCRIPT)),
    ("Python", partial(_reserved, PYTHON)),
    ("null", partial(_reserved, {"null", "true", "NaN"})),
    ("inherited", partial(_lost, {"constructor", "__proto__", "toString", "hasOwnProperty"})),
)

# -- magnitudes -----------------------------------------------------------------------------------


def _numbers(change: Callable[[Fraction], Fraction], part: str, question: Document) -> None:
    def written(masses: dict[str, str]) -> dict[str, str]:
        return {name: str(change(Fraction(mass))) for name, mass in masses.items()}

    if part == "prior":
        question["model"]["prior"] = written(question["model"]["prior"])
    elif part == "alpha":
        question["model"]["alpha"] = str(change(Fraction(question["model"]["alpha"])))
    else:
        for state in _states(question):
            state["emit"] = written(state["emit"])


def _wraps(bits: int, value: Fraction) -> Fraction:
    down = value.denominator % 2**bits
    return Fraction(value.numerator % 2**bits, down) if down else Fraction(0)


ROUNDINGS: list[tuple[str, Callable[[Fraction], Fraction]]] = [
    ("to float64", lambda value: Fraction(float(value))),
    ("to 12 places", lambda value: Fraction(round(value * 10**12), 10**12)),
    ("0 below 1e-300", lambda value: value if value > Fraction(1, 10**300) else Fraction(0)),
    ("modulo 2^32", partial(_wraps, 32)),
    ("modulo 2^64", partial(_wraps, 64)),
    ("to 63 bits", lambda value: value.limit_denominator(2**63)),
    ("to 128 bits", lambda value: value.limit_denominator(2**128)),
]


def _weights(change: Callable[[Fraction], Fraction], question: Document) -> None:
    _numbers(change, "prior", question)
    if not any(map(Fraction, question["model"]["prior"].values())):
        raise ValueError("no weight is left")


_misread(
    "prior-digits",
    "prior weights lose digits: they are floats, or integers of a fixed size",
    *((label, partial(_weights, change)) for label, change in ROUNDINGS),
)
_misread(
    "likelihood-digits",
    "likelihoods lose digits: they are floats, or integers of a fixed size",
    *((label, partial(_numbers, change, "emit")) for label, change in ROUNDINGS),
)
_misread(
    "alpha-digits",
    "alpha loses digits, so that a decision next to a boundary is missed",
    *((label, partial(_numbers, change, "alpha")) for label, change in ROUNDINGS[:2]),
)

# -- rules and evidence ---------------------------------------------------------------------------


def _hides_q(question: Document) -> None:
    for step in question["history"]:
        step["queried"] = True


def _drops_repeats(question: Document) -> None:
    steps = question["history"]
    question["history"] = [s for at, s in enumerate(steps) if not at or s != steps[at - 1]]


def _drops_seen(question: Document) -> None:
    kept: list[Any] = []
    for step in question["history"]:
        if step not in kept:
            kept.append(step)
    question["history"] = kept


def _reverses(question: Document) -> None:
    question["history"].reverse()


def _no_rules(test: Callable[[Document], bool], question: Document) -> None:
    for state in _states(question):
        state["next"] = [rule for rule in state.get("next", []) if not test(rule)]


_misread(
    "history",
    "steps are dropped or taken in another order",
    ("repeats dropped", _drops_repeats),
    ("seen before dropped", _drops_seen),
    ("backwards", _reverses),
    ("all queried", _hides_q),
)
_misread(
    "rule-kinds",
    "rules of some kind are not followed",
    ("naming nothing", partial(_no_rules, lambda r: len(r) == 1)),
    ("naming both", partial(_no_rules, lambda r: "action" in r and "observation" in r)),
    ("naming queried true", partial(_no_rules, lambda r: r.get("queried") is True)),
    ("naming queried false", partial(_no_rules, lambda r: r.get("queried") is False)),
)
