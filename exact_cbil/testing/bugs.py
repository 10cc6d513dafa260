"""The kinds of bug that a failure may suggest, each as a learner with that one bug.

A flag is the name of a bug: a question that bears it is answered differently by a learner that has
the bug. Flags are stored with the vectors, so they are never renamed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from exact_cbil.history import History, Step, Transitions
from exact_cbil.model import Model
from exact_cbil.policy import MoorePolicy
from exact_cbil.testing.plain import ZERO, Emission, Plain, Weights

__all__ = ["BUGS", "Bug"]


@dataclass(frozen=True)
class Bug:
    """A kind of bug: its flag, what it is, and a learner that has it."""

    flag: str
    meaning: str
    learner: Plain


BUGS: dict[str, Bug] = {}
"""Every known kind of bug, by flag."""


def _bug(flag: str) -> Callable[[type[Plain]], type[Plain]]:
    def register(kind: type[Plain]) -> type[Plain]:
        BUGS[flag] = Bug(flag, (kind.__doc__ or "").strip(), kind())
        return kind

    return register


# --- the top set (D5, R1, R3, R4)


@_bug("tie-order")
class _TieOrder(Plain):
    """ties in rank go to the later policy, not the earlier (R1)"""

    def rank(self, weights: Weights) -> list[int]:
        alive = [i for i, w in enumerate(weights) if w > 0]
        return sorted(alive, key=lambda i: (-weights[i], -i))


@_bug("rank-order")
class _RankOrder(Plain):
    """policies are taken in class order, not by weight"""

    def rank(self, weights: Weights) -> list[int]:
        return [i for i, w in enumerate(weights) if w > 0]


@_bug("threshold-met")
class _Strict(Plain):
    """the threshold is `>`, not `>=` (R3)"""

    def member(self, weight: Fraction, running: Fraction, alpha: Fraction) -> bool:
        return weight > alpha * running or weight == running


@_bug("alpha-half")
class _AlphaHalf(Plain):
    """at alpha = 1/2 only one policy is kept: an equal second one is a member too"""

    def member(self, weight: Fraction, running: Fraction, alpha: Fraction) -> bool:
        return weight == running if 2 * alpha == 1 else super().member(weight, running, alpha)


@_bug("alpha-above-half")
class _CappedOdds(Plain):
    """membership is decided by odds capped at 1, as if alpha above 1/2 were 1/2 (D8 is no test)"""

    def member(self, weight: Fraction, running: Fraction, alpha: Fraction) -> bool:
        return super().member(weight, running, min(alpha, Fraction(1, 2)))


@_bug("alpha-one")
class _AlphaOne(Plain):
    """alpha = 1 is refused or taken for a special case: it keeps the heaviest policy alone"""

    def member(self, weight: Fraction, running: Fraction, alpha: Fraction) -> bool:
        return alpha < 1 and super().member(weight, running, alpha)


@_bug("total-weight")
class _TotalWeight(Plain):
    """weights are compared with alpha times the total, not the weight ranked so far"""

    def top(self, weights: Weights, alpha: Fraction) -> list[int]:
        total = sum(weights, ZERO)
        return [i for i in self.rank(weights) if weights[i] >= alpha * total]


@_bug("running-weight")
class _Exclusive(Plain):
    """the running weight leaves out the policy that is being compared"""

    def member(self, weight: Fraction, running: Fraction, alpha: Fraction) -> bool:
        return weight >= alpha * (running - weight)


@_bug("heaviest-weight")
class _Heaviest(Plain):
    """weights are compared with alpha times the heaviest, not the sum so far"""

    def top(self, weights: Weights, alpha: Fraction) -> list[int]:
        ranked = self.rank(weights)
        return [i for i in ranked if weights[i] >= alpha * weights[ranked[0]]]


@_bug("empty-top-set")
class _NeverEmpty(Plain):
    """when every weight is 0 a policy is kept all the same: the top set is empty, theta 1 (R4)"""

    def top(self, weights: Weights, alpha: Fraction) -> list[int]:
        return super().top(weights if any(weights) else [Fraction(1)] * len(weights), alpha)


@_bug("near-tie")
class _Tolerant(Plain):
    """comparisons have a tolerance, or are made in floats"""

    def settle(self, weights: Weights, model: Model, history: History) -> Weights:
        total = sum(weights, ZERO)
        return [Fraction(round(w / total * 2**50), 2**50) for w in weights] if total else weights


# --- evidence (D4)


@_bug("unqueried-update")
class _AllSteps(Plain):
    """steps that were not queried count as evidence"""

    def counts(self, step: Step) -> bool:
        return True


@_bug("no-update")
class _NoSteps(Plain):
    """evidence is ignored: the posterior stays the prior"""

    def counts(self, step: Step) -> bool:
        return False


@_bug("prior")
class _UniformPrior(Plain):
    """the prior is ignored"""

    def prior(self, model: Model) -> Weights:
        return [Fraction(1, len(model.policies))] * len(model.policies)


@_bug("zero-probability")
class _Forgiving(Plain):
    """a policy that gave a seen action probability 0 keeps its weight"""

    def update(self, weight: Fraction, likelihood: Fraction) -> Fraction:
        return weight * likelihood if likelihood else weight


@_bug("dropped-returns")
class _DroppedForGood(Plain):
    """a policy that once left the top set never comes back to it"""

    def settle(self, weights: Weights, model: Model, history: History) -> Weights:
        members = set(range(len(weights)))
        for length in range(min(len(history), 64)):
            earlier, _ = self.run(model, history[:length])
            members &= set(self.top(earlier, model.exact_alpha))
        return [w if i in members else ZERO for i, w in enumerate(weights)]


@_bug("last-step")
class _LastStep(Plain):
    """the last step of the history is not counted"""

    def steps(self, history: History) -> History:
        return history[:-1]


@_bug("long-history")
class _Window(Plain):
    """only the last steps of a long history are counted"""

    def steps(self, history: History) -> History:
        return history[-64:]


@_bug("underflow")
class _Underflow(Plain):
    """products of probabilities underflow float64"""

    def settle(self, weights: Weights, model: Model, history: History) -> Weights:
        return [w if w > Fraction(1, 2**1074) else ZERO for w in weights]


@_bug("posterior-support")
class _TopPosterior(Plain):
    """the posterior is normalised over the top set, not the class"""

    def posterior(self, weights: Weights, top: list[int]) -> Weights:
        return super().posterior([w if i in top else ZERO for i, w in enumerate(weights)], top)


@_bug("unqueried-advance")
class _FrozenStates(Plain):
    """the machines do not move on steps that were not queried"""

    def advances(self, step: Step) -> bool:
        return step.queried


# --- the minimum (D6)


@_bug("maximum")
class _Maximum(Plain):
    """the maximum is taken for the minimum"""

    def least(self, masses: Sequence[Fraction]) -> Fraction:
        return max(masses, default=ZERO)


@_bug("renormalised-minimum")
class _Renormalised(Plain):
    """the minimum is scaled to sum to 1: its deficit is the query probability"""

    def minimum(self, top: list[int], emitted: list[Emission], model: Model) -> Emission:
        least = super().minimum(top, emitted, model)
        total = sum(least.values(), ZERO)
        return {a: m / total if total else m for a, m in least.items()}


@_bug("class-minimum")
class _ClassMinimum(Plain):
    """the minimum is over the whole class, not the top set"""

    def minimum(self, top: list[int], emitted: list[Emission], model: Model) -> Emission:
        return super().minimum(list(range(len(emitted))), emitted, model)


@_bug("missing-action")
class _SupportMinimum(Plain):
    """a policy that does not list an action is left out of its minimum; it emits 0 there"""

    def least(self, masses: Sequence[Fraction]) -> Fraction:
        return min((m for m in masses if m), default=ZERO)


@_bug("defective-member")
class _NoDeficit(Plain):
    """a semimeasure is scaled to sum to 1: a deficit is lost (R5)"""

    def emission(self, policy: MoorePolicy, state: str) -> Emission:
        emitted = super().emission(policy, state)
        total = sum(emitted.values(), ZERO)
        return {a: m / total for a, m in emitted.items()}


@_bug("query-probability")
class _WrongTheta(Plain):
    """the query probability is the mass of the minimum, not its deficit"""

    def theta(self, minimum: Emission) -> Fraction:
        return sum(minimum.values(), ZERO)


# --- machines (section 3)


class _Machines(Plain):
    def after(self, policy: MoorePolicy, state: str, step: Step) -> str:
        return self.move(policy.transitions, state, step)

    def move(self, machine: Transitions, state: str, step: Step) -> str:
        return machine.after(state, step)


@_bug("rule-order")
class _LastRule(_Machines):
    """the last rule that matches is taken, not the first"""

    def move(self, machine: Transitions, state: str, step: Step) -> str:
        matching = [rule.to for rule in machine.rules[state] if rule.matches(step)]
        return matching[-1] if matching else state


@_bug("no-match")
class _Restart(_Machines):
    """a machine without a matching rule starts again; it stays where it is"""

    def move(self, machine: Transitions, state: str, step: Step) -> str:
        matching = [rule.to for rule in machine.rules[state] if rule.matches(step)]
        return matching[0] if matching else machine.start


class _Blind(_Machines):
    ignored: str

    def move(self, machine: Transitions, state: str, step: Step) -> str:
        for rule in machine.rules[state]:
            named = ("action", "observation", "queried")
            parts = [(getattr(rule, k), getattr(step, k)) for k in named if k != self.ignored]
            if all(wanted is None or wanted == given for wanted, given in parts):
                return rule.to
        return state


@_bug("action-rule")
class _NoAction(_Blind):
    """the action that a rule names is ignored"""

    ignored = "action"


@_bug("observation-rule")
class _NoObservation(_Blind):
    """the observation that a rule names is ignored"""

    ignored = "observation"


@_bug("queried-rule")
class _NoQueried(_Blind):
    """the `queried` of a rule is ignored (R2)"""

    ignored = "queried"


# --- sizes


@_bug("one-policy")
class _OnePolicy(Plain):
    """a class of one policy is a special case: what it emits is taken for a measure"""

    def minimum(self, top: list[int], emitted: list[Emission], model: Model) -> Emission:
        least = super().minimum(top, emitted, model)
        total = sum(least.values(), ZERO)
        single = len(emitted) == 1 and total
        return {a: m / total for a, m in least.items()} if single else least


@_bug("one-action")
class _OneAction(Plain):
    """with a single action there is nothing to decide, so it is done for sure"""

    def minimum(self, top: list[int], emitted: list[Emission], model: Model) -> Emission:
        least = super().minimum(top, emitted, model)
        return dict.fromkeys(least, Fraction(1)) if len(least) == 1 else least


@_bug("many-policies")
class _Capacity(Plain):
    """only the first policies of a large class are read"""

    def settle(self, weights: Weights, model: Model, history: History) -> Weights:
        return [w if i < 256 else ZERO for i, w in enumerate(weights)]


@_bug("huge-numbers")
class _SmallNumbers(Plain):
    """integers beyond 64 bits lose their low digits"""

    def prior(self, model: Model) -> Weights:
        return [w.limit_denominator(2**63) for w in model.weights]
