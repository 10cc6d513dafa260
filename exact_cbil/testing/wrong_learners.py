"""The wrong learners: the specification with an edit or a misreading, and a flag for its bug.

A question that bears a flag is answered differently by a learner that has the bug. Flags are stored
with the vectors, so they are never renamed. The text that is edited is that of `exact_cbil.spec`
and of `literal`, which reads machines for it; each edit replaces a piece that occurs there once.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache
from types import ModuleType
from typing import Any, NamedTuple

from exact_cbil import spec
from exact_cbil.testing import literal
from exact_cbil.testing.misreadings import MISREADINGS, Misreading

__all__ = ["RIGHT", "WRONG_LEARNERS", "LiteralLearner", "WrongLearner"]


class Edit(NamedTuple):
    """A piece of text, and what replaces it."""

    old: str
    new: str


class LiteralLearner:
    """The specification as a learner, with at most one edit or one misreading."""

    def __init__(self, edit: Edit | None = None, misreading: Misreading | None = None) -> None:
        self._edit, self._misreading = edit, misreading

    def answer(self, question: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to a question, given as its JSON object."""
        if self._misreading is not None:
            question = self._misreading(question)
        found: dict[str, Any] = _answerer(self._edit)(question)
        return found

    def steps(self, batch: Sequence[Any]) -> list[dict[str, Any]]:
        """The answers to some questions."""
        return [self.answer(question.document) for question in batch]


class RememberingLearner(LiteralLearner):
    """The specification with a memory that leaves out a part of the question, for each batch."""

    def __init__(self, part: Callable[[Mapping[str, Any]], Any]) -> None:
        super().__init__()
        self._part = part

    def steps(self, batch: Sequence[Any]) -> list[dict[str, Any]]:
        known: dict[str, dict[str, Any]] = {}
        answers = []
        for question in batch:
            key = json.dumps(self._part(question.document))
            if key not in known:
                known[key] = self.answer(question.document)
            answers.append({**known[key], "id": question.id})
        return answers


@cache
def _answerer(edit: Edit | None) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    texts = [inspect.getsource(spec), inspect.getsource(literal)]
    if edit is not None:
        assert sum(text.count(edit.old) for text in texts) == 1, edit.old
        texts = [text.replace(edit.old, edit.new) for text in texts]
    definitions, reader = ModuleType(spec.__name__), ModuleType(literal.__name__)
    exec(compile(texts[0], spec.__file__, "exec"), definitions.__dict__)
    exec(compile(texts[1], literal.__file__, "exec"), reader.__dict__)
    reader.__dict__["spec"] = definitions
    # Asked for four times in an answer, and long to compute after a long history.
    definitions.__dict__["posterior"] = lru_cache(maxsize=64)(definitions.posterior)
    answer: Callable[[Mapping[str, Any]], dict[str, Any]] = reader.answer
    return answer


RIGHT = LiteralLearner()
"""The specification itself."""


class WrongLearner(NamedTuple):
    """A kind of bug: its flag, what it is, and learners that have it."""

    flag: str
    meaning: str
    learners: tuple[LiteralLearner, ...]


WRONG_LEARNERS: dict[str, WrongLearner] = {}
"""Every known kind of bug, by flag."""


def _wrong(flag: str, meaning: str, old: str, *news: str) -> None:
    learners = tuple(LiteralLearner(Edit(old, new)) for new in news)
    WRONG_LEARNERS[flag] = WrongLearner(flag, meaning, learners)


# -- the top set (D5, R1, R3, R4) -----------------------------------------------------------------

RANKS = "sorted(alive, key=lambda name: -weights[name])"
MEETS = "weights[name] >= alpha * sum(weights[ranked] for ranked in ranks[:n])"
TOP = "return top_set(posterior(model, history), model.alpha)"

_wrong(
    "tie-order",
    "ties in rank go to the later policy, not the earlier (R1)",
    RANKS,
    "sorted(alive[::-1], key=lambda name: -weights[name])",
    "sorted(sorted(alive, reverse=True), key=lambda name: -weights[name])",
)
_wrong(
    "rank-order",
    "policies are taken in class order, not by weight",
    RANKS,
    "alive",
    "sorted(alive, key=lambda name: weights[name])",
)
_wrong(
    "threshold-met",
    "the threshold is `>`, not `>=` (R3)",
    MEETS,
    f"n == 1 or {MEETS.replace('>=', '>')}",
)
_wrong(
    "alpha-half",
    "at alpha = 1/2 only one policy is kept: an equal second one is a member too",
    MEETS,
    f"{MEETS} and not (2 * alpha == 1 and n > 1)",
)
_wrong(
    "alpha-above-half",
    "membership is decided by odds capped at 1, as if alpha above 1/2 were 1/2 (D8 is no test)",
    MEETS,
    MEETS.replace("alpha", "min(alpha, Fraction(1, 2))"),
)
_wrong(
    "alpha-one",
    "alpha = 1 is refused or taken for a special case: it keeps the heaviest policy alone",
    TOP,
    TOP.replace("model.alpha", "model.alpha if model.alpha < 1 else 1 // 0"),
    f"{TOP} if model.alpha < 1 else []",
)
_wrong(
    "total-weight",
    "weights are compared with alpha times the total, not the weight ranked so far",
    MEETS,
    "weights[name] >= alpha * sum(weights.values())",
)
_wrong(
    "running-weight",
    "the running weight leaves out the policy that is being compared",
    MEETS,
    MEETS.replace("[:n]", "[: n - 1]"),
)
_wrong(
    "heaviest-weight",
    "weights are compared with alpha times the heaviest, not the sum so far",
    MEETS,
    "weights[name] >= alpha * weights[ranks[0]]",
)
_wrong(
    "empty-top-set",
    "when every weight is 0 a policy is kept all the same: the top set is empty, theta 1 (R4)",
    TOP,
    f"{TOP} or list(model.policies)[:1]",
)
_wrong(
    "near-tie",
    "comparisons have a tolerance, or are made in floats",
    TOP,
    TOP.replace(
        "posterior(model, history)",
        "{name: Fraction(round(w * 2**50)) for name, w in posterior(model, history).items()}",
    ),
    TOP.replace(
        "posterior(model, history)",
        "{name: Fraction(float(w)) for name, w in posterior(model, history).items()}",
    ),
)

# -- evidence (D4) --------------------------------------------------------------------------------

PRIOR = "weights = {name: model.prior[name] for name in model.policies}"
STEPS = "for k, (queried, action, _) in enumerate(history):"
QUERIED = "if queried:"
UPDATE = "weights[name] *= member(model, name, history[:k]).get(action, ZERO)"
SHARES = "total = sum(weights.values())\n"

_wrong(
    "unqueried-update",
    "steps that were not queried count as evidence",
    QUERIED,
    "if True:",
    "if not queried:",
)
_wrong("no-update", "evidence is ignored: the posterior stays the prior", QUERIED, "if False:")
_wrong(
    "prior",
    "the prior is ignored",
    PRIOR,
    PRIOR.replace("model.prior[name]", "Fraction(1, len(model.policies))"),
)
_wrong(
    "zero-probability",
    "a policy that gave a seen action probability 0 keeps its weight",
    UPDATE,
    f"{UPDATE} or ONE",
)
_wrong(
    "dropped-returns",
    "a policy that once left the top set never comes back to it",
    TOP,
    """lengths = range(min(len(history), 40))
    past = [top_set(posterior(model, history[:k]), model.alpha) for k in lengths]
    weights = posterior(model, history)
    stayed = {name: w * all(name in top for top in past) for name, w in weights.items()}
    return top_set(stayed, model.alpha)""",
)
_wrong(
    "last-step",
    "the last step of the history is not counted",
    STEPS,
    STEPS.replace("enumerate(history)", "enumerate(history[:-1])"),
)
_wrong(
    "long-history",
    "only the last steps of a long history are counted",
    STEPS,
    STEPS.replace("enumerate(history)", "list(enumerate(history))[-64:]"),
)
_wrong(
    "underflow",
    "products of probabilities underflow float64",
    UPDATE,
    f"{UPDATE}\n                weights[name] *= weights[name] > Fraction(1, 2**1074)",
)
_wrong(
    "posterior-support",
    "the posterior is normalised over the top set, not the class",
    SHARES,
    """kept = top_set(weights, model.alpha)
    weights = {name: weight * (name in kept) for name, weight in weights.items()}
    total = sum(weights.values())
""",
)
_wrong(
    "long-product",
    "a likelihood below 1e-300 is taken for 0",
    UPDATE,
    f"{UPDATE}\n                weights[name] *= weights[name] > Fraction(1, 10**300)",
)
_wrong(
    "unqueried-advance",
    "the machines do not move on steps that were not queried",
    "return model.policies[name](hidden(history) if name == model.demonstrator else history)",
    "return model.policies[name](tuple(step for step in history if step[0]))",
)

# -- the minimum (D6) -----------------------------------------------------------------------------

EMITTED = "for name in top(model, history)]\n    return {a:"
LEAST = "min((pi.get(a, ZERO) for pi in emitted), default=ZERO)"
MINIMUM = f"return {{a: {LEAST} for a in model.actions}}"
THETA = "return deficit(minimum(model, history))"
MASSES = "{name: Fraction(mass) for name, mass in written.items()}"

_wrong(
    "maximum",
    "the maximum is taken for the minimum",
    LEAST,
    LEAST.replace("min", "max"),
)
_wrong(
    "renormalised-minimum",
    "the minimum is scaled to sum to 1: its deficit is the query probability",
    MINIMUM,
    MINIMUM.replace("return", "least =")
    + "\n    return {a: m / (sum(least.values()) or 1) for a, m in least.items()}",
)
_wrong(
    "class-minimum",
    "the minimum is over the whole class, not the top set",
    EMITTED,
    EMITTED.replace("top(model, history)", "model.policies"),
)
_wrong(
    "missing-action",
    "a policy that does not list an action is left out of its minimum; it emits 0 there",
    LEAST,
    "min((pi[a] for pi in emitted if pi.get(a)), default=ZERO)",
)
_wrong(
    "defective-member",
    "a semimeasure is scaled to sum to 1: a deficit is lost (R5)",
    f"return {MASSES}",
    f"given = {MASSES}\n    return {{name: m / sum(given.values()) for name, m in given.items()}}",
)
_wrong(
    "query-probability",
    "the query probability is the mass of the minimum, not its deficit",
    THETA,
    "return sum(minimum(model, history).values(), ZERO)",
)

# -- machines -------------------------------------------------------------------------------------

RULES = 'machine["states"][now].get("next", [])'
PARTS = "for part in step if part in rule"
TAKEN = '                    now = rule["to"]\n                    break\n'

_wrong(
    "rule-order",
    "the last rule that matches is taken, not the first",
    RULES,
    f"{RULES}[::-1]",
)
_wrong(
    "no-match",
    "a machine without a matching rule starts again; it stays where it is",
    TAKEN,
    f'{TAKEN}            else:\n                now = machine["start"]\n',
)
_wrong(
    "eight-actions",
    "the minimum is right for the first actions alone: a buffer has eight places",
    LEAST,
    f"{LEAST} if a in model.actions[:8] else ZERO",
)
for _part, _said in (
    ("action", "action"),
    ("observation", "observation"),
    ("queried", "`queried`"),
):
    _wrong(
        f"{_part}-rule",
        f"the {_said} that a rule names is ignored",
        PARTS,
        f"{PARTS} and part != {_part!r}",
    )

# -- sizes ----------------------------------------------------------------------------------------

_wrong(
    "one-policy",
    "a class of one policy is a special case: what it emits is taken for a measure",
    LEAST,
    f"{LEAST} / ((len(model.policies) == 1 and sum(sum(pi.values()) for pi in emitted)) or 1)",
)
_wrong(
    "one-action",
    "with a single action there is nothing to decide, so it is done for sure",
    LEAST,
    f"{LEAST} if len(model.actions) > 1 else ONE",
)
_wrong(
    "many-policies",
    "only the first policies of a large class are read",
    TOP,
    TOP.replace("posterior(model, history)", "dict(list(posterior(model, history).items())[:256])"),
)
_wrong(
    "huge-numbers",
    "integers beyond 64 bits lose their low digits",
    PRIOR,
    PRIOR.replace("model.prior[name]", "model.prior[name].limit_denominator(2**63)"),
)

# -- state that is kept too long ------------------------------------------------------------------


KEYED_BY_NAMES = ("policies", "prior", "states", "emit")


def _but(*keys: str) -> RememberingLearner:
    """A learner that remembers all of a question but some keys."""

    def left(value: Any, named: bool = False) -> Any:
        if isinstance(value, dict):
            return {
                key: left(part, not named and key in KEYED_BY_NAMES)
                for key, part in value.items()
                if named or key not in ("id", *keys)
            }
        return [left(part) for part in value] if isinstance(value, list) else value

    return RememberingLearner(left)


WRONG_LEARNERS["memory"] = WrongLearner(
    "memory",
    "an answer to an earlier question comes back: a memory leaves out a part of the question",
    (_but("alpha"), _but("start"), _but("observation"), _but("to"), _but("history")),
)

# -- misreadings ----------------------------------------------------------------------------------

for _flag, (_meaning, _misreadings) in MISREADINGS.items():
    _learners = tuple(LiteralLearner(misreading=misreading) for misreading in _misreadings)
    WRONG_LEARNERS[_flag] = WrongLearner(_flag, _meaning, _learners)
