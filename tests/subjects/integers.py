"""A batched, exact learner: all histories of one model advance together, in integers.

The weights of many questions form one matrix of Python integers (histories x policies) on a common
scale for each row; a step is one multiplication of matrices, entry by entry.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exact_cbil.model import Model
from exact_cbil.testing import Question

Integers = NDArray[np.object_]


def on_common_scale(values: Sequence[Fraction]) -> list[int]:
    scale = math.lcm(*(v.denominator for v in values))
    return [v.numerator * (scale // v.denominator) for v in values]


class Batch:
    """`steps`: questions grouped by model, one matrix a group."""

    def steps(self, batch: Sequence[Question]) -> list[dict[str, Any]]:
        groups: dict[int, list[int]] = {}
        for number, question in enumerate(batch):
            groups.setdefault(id(question.model), []).append(number)
        answers: list[dict[str, Any]] = [{}] * len(batch)
        for members in groups.values():
            rows = self.group(batch[members[0]].model, [batch[i] for i in members])
            for number, row in zip(members, rows, strict=True):
                answers[number] = row
        return answers

    def group(self, model: Model, questions: list[Question]) -> list[dict[str, Any]]:
        machines = list(model.policies.values())
        weights: Integers = np.array(
            [on_common_scale(model.weights)] * len(questions), dtype=object
        )
        states: list[list[Any]] = [[m.start for m in machines] for _ in questions]
        for t in range(max(len(q.history) for q in questions)):
            factors: Integers = np.ones(weights.shape, dtype=object)
            for row, question in enumerate(questions):
                if t >= len(question.history):
                    continue
                step = question.history[t]
                paired = list(zip(machines, states[row], strict=True))
                if step.queried:
                    factors[row] = on_common_scale([m.emit(s)[step.action] for m, s in paired])
                states[row] = [m.advance(s, step) for m, s in paired]
            weights = weights * factors
        return [self.finish(model, weights[row].tolist(), s) for row, s in enumerate(states)]

    def finish(self, model: Model, weights: list[int], states: list[Any]) -> dict[str, Any]:
        names, machines = list(model.policies), list(model.policies.values())
        up, down = model.exact_alpha.numerator, model.exact_alpha.denominator
        top, running = [], 0
        for weight, i in sorted(((-w, i) for i, w in enumerate(weights) if w)):
            running -= weight
            if -weight * down < up * running:
                break
            top.append(i)
        emitted = [machines[i].emit(states[i]) for i in top]
        least = {a: min((e[a] for e in emitted), default=Fraction(0)) for a in model.actions}
        total = sum(weights) or 1
        return {
            "top_set": [names[i] for i in top],
            "posterior": {n: Fraction(w, total) for n, w in zip(names, weights, strict=True)},
            "minimum": least,
            "query_probability": 1 - sum(least.values()),
        }
