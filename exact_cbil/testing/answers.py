"""Answers: four fields, each number exact (`"p/q"`) or a float that stands for its exact value.

`answer_document` writes what a Python implementation returned as plain JSON, so that nothing of
the implementation's own classes reaches the judge; `read_answer` reads that, or a program's line.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from typing import Any, NamedTuple

from exact_cbil.errors import CbilError, InexactNumber, shorten
from exact_cbil.learner import ImitatorStep
from exact_cbil.numbers import rational, text

__all__ = ["FIELDS", "Answer", "BadAnswer", "Number", "answer_document", "read_answer"]

FIELDS = ("top_set", "posterior", "minimum", "query_probability")
MOST_NAMES = 2**20
"""Entries of a field that are written; more than any model has."""


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


# -- from JSON ------------------------------------------------------------------------------------


def _number(value: object, place: str) -> Number:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise BadAnswer(f"{place}: expected a number, got {shorten(value)}")
    if isinstance(value, str):
        try:
            return Number(rational(value, place), True)
        except CbilError as problem:
            raise BadAnswer(str(problem)) from None
    if not math.isfinite(value):
        raise BadAnswer(f"{place}: expected a finite number, got {value}")
    return Number(Fraction(value), False)


def _numbers(value: object, place: str) -> dict[str, Number]:
    if not isinstance(value, dict):
        raise BadAnswer(f"{place}: expected an object, got {shorten(value)}")
    return {name: _number(v, f"{place}[{shorten(name, 30)}]") for name, v in value.items()}


def _names(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise BadAnswer(f"top_set: expected an array of names, got {shorten(value)}")
    return tuple(value)


def read_answer(document: Mapping[str, Any]) -> Answer:
    """Read an answer from its JSON object.

    `id` is the business of whoever matches answers to questions and is passed over here.
    Raises BadAnswer for anything else.
    """
    if "error" in document:
        raise BadAnswer(f"answered with an error: {shorten(document['error'], 200)}")
    for key in document:
        if key not in FIELDS and key != "id":
            raise BadAnswer(f"unknown key {shorten(key)}")
    given = {key: document[key] for key in FIELDS if document.get(key) is not None}
    return Answer(
        _names(given["top_set"]) if "top_set" in given else None,
        _numbers(given["posterior"], "posterior") if "posterior" in given else None,
        _numbers(given["minimum"], "minimum") if "minimum" in given else None,
        _number(given["query_probability"], "query_probability")
        if "query_probability" in given
        else None,
    )


# -- to JSON --------------------------------------------------------------------------------------


def _name(value: object, place: str) -> str:
    if not isinstance(value, str):
        raise BadAnswer(f"{place}: expected a name, got {shorten(value)}")
    return str.__str__(value)  # of a subclass too, whatever it makes of `str`


def _written(value: object, place: str) -> str | float:
    """A number as JSON: a string if it is exact, else a float."""
    if isinstance(value, str):
        return str.__str__(value)
    if not isinstance(value, int):  # a whole number may well be a float that is a whole one
        with suppress(InexactNumber):
            return text(rational(value, place))
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise BadAnswer(f"{place}: expected a number, got {type(value).__name__} {shorten(value)}")
    number = float(value)
    if not math.isfinite(number):
        raise BadAnswer(f"{place}: expected a finite number, got {number}")
    return number


def _object(value: object, place: str) -> dict[str, str | float]:
    if not isinstance(value, Mapping):
        raise BadAnswer(f"{place}: expected an object, got {shorten(value)}")
    listed = islice(value.items(), MOST_NAMES)
    return {
        _name(k, place): _written(v, f"{place}[{shorten(_name(k, place), 30)}]") for k, v in listed
    }


def answer_document(value: object, name: str, actions: Sequence[str]) -> dict[str, Any]:
    """What a Python implementation returned, as the JSON object of an answer.

    value: an `ImitatorStep`, or a mapping with the fields of an answer, whose numbers are
        fractions, gmpy2 numbers or strings (exact), or other real numbers (floats).
    name: the id of the question. actions: of its model.
    Raises BadAnswer for anything else, and whatever the objects in `value` raise.

    >>> answer_document({"query_probability": Fraction(1, 3), "top_set": ("a",)}, "q", ())
    {'id': 'q', 'query_probability': '1/3', 'top_set': ['a']}
    """
    if isinstance(value, ImitatorStep):
        value = {
            "top_set": value.top_set,
            "posterior": value.posterior,
            "minimum": {action: value.minimum[action] for action in actions},
            "query_probability": value.query_probability,
        }
    if not isinstance(value, Mapping):
        raise BadAnswer(f"expected an answer, got {shorten(value)}")
    document: dict[str, Any] = {"id": name}
    for key in islice(value, 2 * len(FIELDS)):
        given = value[key]
        if key == "error":
            document["error"] = shorten(given, 200)
        elif key == "top_set" and given is not None:
            if not isinstance(given, list | tuple):
                raise BadAnswer(f"top_set: expected an array of names, got {shorten(given)}")
            document[key] = [_name(entry, key) for entry in islice(given, MOST_NAMES)]
        elif key == "query_probability" and given is not None:
            document[key] = _written(given, key)
        elif key in FIELDS and given is not None:
            document[key] = _object(given, _name(key, "answer"))
        elif key not in (*FIELDS, "id"):
            raise BadAnswer(f"unknown key {shorten(key)}")
    return document
