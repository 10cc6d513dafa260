"""Answers: four fields, each number exact (`"p/q"`) or a float that stands for its exact value."""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

from exact_cbil.errors import CbilError, shorten
from exact_cbil.learner import ImitatorStep
from exact_cbil.numbers import rational, text

__all__ = ["FIELDS", "Answer", "BadAnswer", "Number", "answer_document", "read_answer"]

FIELDS = ("top_set", "posterior", "minimum", "query_probability")


class BadAnswer(CbilError):
    """An answer that is not of the form asked for."""


class Number(NamedTuple):
    """A number in an answer: its exact value, and whether it claims to be exact."""

    value: Fraction
    exact: bool


@dataclass(frozen=True)
class Answer:
    """What an implementation answered; None where it left a field out."""

    top_set: tuple[str, ...] | None = None
    posterior: dict[str, Number] | None = None
    minimum: dict[str, Number] | None = None
    query_probability: Number | None = None


def _number(value: object, place: str) -> Number:
    if isinstance(value, bool):
        raise BadAnswer(f"{place}: expected a number, got {value}")
    if isinstance(value, int):
        return Number(Fraction(value), False)
    if isinstance(value, numbers.Real) and not isinstance(value, numbers.Rational):
        number = float(value)
        if not math.isfinite(number):
            raise BadAnswer(f"{place}: expected a finite number, got {number}")
        return Number(Fraction(number), False)
    try:
        return Number(rational(value, place), True)
    except CbilError as problem:
        raise BadAnswer(str(problem)) from None


def _numbers(value: object, place: str) -> dict[str, Number]:
    if not isinstance(value, Mapping):
        raise BadAnswer(f"{place}: expected an object, got {shorten(value)}")
    return {str(k): _number(v, f"{place}[{shorten(k, 30)}]") for k, v in value.items()}


def _names(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(name, str) for name in value):
        raise BadAnswer(f"top_set: expected an array of names, got {shorten(value)}")
    return tuple(value)


def read_answer(value: object, actions: Sequence[str]) -> Answer:
    """An answer from a mapping in the answer format, or from an `ImitatorStep`.

    actions: of the model asked about.
    `id` is the business of whoever matches answers to questions and is passed over here.
    Raises BadAnswer for anything else.
    """
    if isinstance(value, ImitatorStep):
        return Answer(
            value.top_set,
            {name: Number(w, True) for name, w in value.posterior.items()},
            {a: Number(value.minimum[a], True) for a in actions},
            Number(value.query_probability, True),
        )
    if not isinstance(value, Mapping):
        raise BadAnswer(f"expected an answer, got {shorten(value)}")
    if "error" in value:
        raise BadAnswer(f"the implementation reports: {shorten(value['error'], 200)}")
    for key in value:
        if key not in FIELDS and key != "id":
            raise BadAnswer(f"unknown key {shorten(key)}")
    given = {key: value[key] for key in FIELDS if value.get(key) is not None}
    return Answer(
        _names(given["top_set"]) if "top_set" in given else None,
        _numbers(given["posterior"], "posterior") if "posterior" in given else None,
        _numbers(given["minimum"], "minimum") if "minimum" in given else None,
        _number(given["query_probability"], "query_probability")
        if "query_probability" in given
        else None,
    )


def answer_document(name: str, step: ImitatorStep, actions: Sequence[str]) -> dict[str, Any]:
    """A learner's step as an answer in JSON, every number exact."""
    return {
        "id": name,
        "top_set": list(step.top_set),
        "posterior": {policy: text(weight) for policy, weight in step.posterior.items()},
        "minimum": {action: text(step.minimum[action]) for action in actions},
        "query_probability": text(step.query_probability),
    }
