"""A program that asks Storm, and imports nothing of ours: one is started for each question.

It reads a question as JSON on standard input, and writes the values and the seconds taken as JSON
on standard output.
"""

from __future__ import annotations

import json
import sys
import time
from fractions import Fraction
from typing import Any


def solve(asked: dict[str, Any]) -> list[dict[str, Any]]:
    import stormpy
    from stormpy import environments
    from stormpy.developer import Environment

    exact = asked["engine"] == "exact"
    number = stormpy.Rational if exact else float
    if asked["path"].endswith(".drn"):
        chain = stormpy.build_model_from_drn[number](asked["path"])
    else:
        chain = stormpy.build_model[number](stormpy.parse_prism_program(asked["path"]))
    environment = {
        "exact": environments.exact,
        "sound": environments.sound,
        "unsound": Environment,
    }[asked["engine"]]()
    (start,) = chain.initial_states
    answers = []
    for question in asked["properties"]:
        (parsed,) = stormpy.parse_properties(question)
        begun = time.perf_counter()
        result = stormpy.model_checking(chain, parsed, environment=environment)
        value = result.get_value(start)
        seconds = time.perf_counter() - begun
        assert isinstance(value, number), type(value)
        bounds = None if exact else result[start]
        answers.append(
            {
                "value": str(value if exact else Fraction(value)),
                "seconds": seconds,
                "lower": bounds and str(Fraction(bounds.lower)),
                "upper": bounds and str(Fraction(bounds.upper)),
            }
        )
    return answers


if __name__ == "__main__":
    print(json.dumps(solve(json.load(sys.stdin))))
