"""The definitions and nothing else: every quantity by enumerating histories.

An oracle for the engine. It reads a `cbil-model/1` document with its own few lines, shares no code
with `exact_cbil`, merges no states, and is exponential in the horizon. Slow and literal on purpose:
each function is one definition.

A machine is the document's own dictionary; a history is a tuple of steps (queried, action,
observation); a law over histories is a dictionary.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any, TypeAlias

Step: TypeAlias = tuple[bool, str, str]
History: TypeAlias = tuple[Step, ...]
Machine: TypeAlias = dict[str, Any]
Law: TypeAlias = dict[History, Fraction]


def state_after(machine: Machine, history: History, *, sees_q: bool) -> str:
    """The state a machine is in: the first rule that matches, else stay (section 3, R2)."""
    state: str = machine["start"]
    for queried, action, observation in history:
        for rule in machine["states"][state].get("next", []):
            if rule.get("action", action) != action:
                continue
            if rule.get("observation", observation) != observation:
                continue
            if sees_q and rule.get("queried", queried) != queried:
                continue
            state = rule["to"]
            break
    return state


def written(value: Fraction) -> str:
    return f"{value.numerator}/{value.denominator}" if value.denominator > 1 else f"{value}"


class Oracle:
    """Every quantity of one model document."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.actions: list[str] = document["actions"]
        self.observations: list[str] = document["observations"]
        self.policies: dict[str, Machine] = document["policies"]
        self.prior = {name: Fraction(text) for name, text in document["prior"].items()}
        self.environment: Machine = document["environment"]
        self.alpha = Fraction(document["alpha"])
        self.horizon: int = document["horizon"]
        self.events: dict[str, Machine] = document.get("events", {})
        named = document["demonstrator"]
        self.d: str | None = named if isinstance(named, str) else None
        self.demonstrator: Machine = self.policies[named] if isinstance(named, str) else named
        self._emitted: dict[tuple[str, History], dict[str, Fraction]] = {}
        self._laws: dict[str, list[Law]] = {}

    # -- one history -------------------------------------------------------------------------

    def pi(self, name: str, action: str, history: History) -> Fraction:
        """pi(a|h) of a member of the class (D2)."""
        key = (name, history)
        if key not in self._emitted:
            machine = self.policies[name]
            state = state_after(machine, history, sees_q=name != self.d)
            self._emitted[key] = {
                a: Fraction(p) for a, p in machine["states"][state]["emit"].items()
            }
        return self._emitted[key].get(action, Fraction(0))

    def p(self, action: str, history: History) -> Fraction:
        """pi_d(a|h)."""
        state = state_after(self.demonstrator, history, sees_q=False)
        return Fraction(self.demonstrator["states"][state]["emit"].get(action, 0))

    def mu(self, observation: str, history: History, action: str) -> Fraction:
        """mu(o|h,a)."""
        state = state_after(self.environment, history, sees_q=False)
        emission = self.environment["states"][state]["emit"].get(action, {})
        return Fraction(emission.get(observation, 0))

    def posterior(self, history: History) -> dict[str, Fraction]:
        """w(pi|h) (D4); all 0 where it is undefined (R4)."""
        weights = dict(self.prior)
        for name in self.policies:
            for k, (queried, action, _) in enumerate(history):
                if queried:
                    weights[name] *= self.pi(name, action, history[:k])
        total = sum(weights.values())
        return {name: weights[name] / total if total else Fraction(0) for name in self.policies}

    def weight_of_d(self, history: History) -> Fraction:
        assert self.d is not None
        return self.posterior(history)[self.d]

    def top(self, history: History) -> list[str]:
        """Top_alpha(h), heaviest first (D5, R1, R3, R4)."""
        weights = self.posterior(history)
        order = list(self.policies)
        positive = [name for name in order if weights[name] > 0]
        ranking = sorted(positive, key=lambda name: (-weights[name], order.index(name)))
        return [
            name
            for n, name in enumerate(ranking)
            if weights[name] >= self.alpha * sum(weights[other] for other in ranking[: n + 1])
        ]

    def m(self, action: str, history: History) -> Fraction:
        """The minimum over the top set (D6); 0 when that is empty (R4)."""
        return min(
            (self.pi(name, action, history) for name in self.top(history)), default=Fraction(0)
        )

    def theta(self, history: History) -> Fraction:
        """The query probability (D6)."""
        return 1 - sum((self.m(a, history) for a in self.actions), Fraction(0))

    def power(self, n: int) -> Callable[[History], Fraction]:
        return lambda history: self.theta(history) ** n

    def gain(self, history: History) -> Fraction:
        """G = sum_a p(a) max over the top set of the square of the positive part of 1 - r."""
        total = Fraction(0)
        for a in self.actions:
            p = self.p(a, history)
            if p:
                falls = [
                    max(Fraction(0), 1 - self.pi(n, a, history) / p) for n in self.top(history)
                ]
                total += p * max((fall**2 for fall in falls), default=Fraction(0))
        return total

    def has_left(self, history: History) -> bool:
        """Whether pi_d was outside the top set at the end of some prefix, the whole included."""
        return any(self.d not in self.top(history[:t]) for t in range(len(history) + 1))

    # -- laws of histories -------------------------------------------------------------------

    def imitate(self, history: History) -> Iterator[tuple[bool, str, Fraction]]:
        theta = self.theta(history)
        for a in self.actions:
            yield False, a, self.m(a, history)
            yield True, a, theta * self.p(a, history)

    def demonstrate(self, history: History) -> Iterator[tuple[bool, str, Fraction]]:
        for a in self.actions:
            yield True, a, self.p(a, history)

    def guard(self, history: History) -> Iterator[tuple[bool, str, Fraction]]:
        return self.demonstrate(history) if self.has_left(history) else self.imitate(history)

    def laws(self, which: str) -> list[Law]:
        """The laws of h_0, ..., h_T under P_i, P_d or P_g (D7, T4)."""
        if which not in self._laws:
            act: Callable[[History], Iterator[tuple[bool, str, Fraction]]] = {
                "imitator": self.imitate,
                "demonstrator": self.demonstrate,
                "guarded": self.guard,
            }[which]
            laws: list[Law] = [{(): Fraction(1)}]
            for _ in range(self.horizon):
                longer: Law = {}
                for history, mass in laws[-1].items():
                    for queried, a, step_mass in act(history):
                        for o in self.observations:
                            q = mass * step_mass * self.mu(o, history, a)
                            if q:
                                longer[(*history, (queried, a, o))] = q
                laws.append(longer)
            self._laws[which] = laws
        return self._laws[which]

    def expect(self, law: Law, value: Callable[[History], Fraction | int]) -> Fraction:
        return sum((mass * value(history) for history, mass in law.items()), Fraction(0))

    # -- the quantities ----------------------------------------------------------------------

    def event(self, name: str, which: str) -> Fraction:
        """The probability that the event accepts after T steps."""
        machine = self.events[name]
        return self.expect(
            self.laws(which)[-1],
            lambda h: state_after(machine, h, sees_q=False) in machine["accept"],
        )

    def exclusion(self) -> Fraction:
        """P_i(pi_d is outside Top(h_t) for some t < T)."""
        last = self.laws("imitator")[-1]
        return self.expect(last, lambda h: self.horizon > 0 and self.has_left(h[:-1]))

    def query_count(self) -> dict[int, Fraction]:
        """The law under P_i of the number of queries in the first T steps."""
        counts: dict[int, Fraction] = {}
        for history, mass in self.laws("imitator")[-1].items():
            count = sum(queried for queried, _, _ in history)
            counts[count] = counts.get(count, Fraction(0)) + mass
        return counts

    def theta_gain(self) -> Fraction:
        """E sum theta G under P_i."""
        laws = self.laws("imitator")[:-1]
        return sum(
            (self.expect(w, lambda h: self.theta(h) * self.gain(h)) for w in laws), Fraction(0)
        )

    def chi_squared(self, which: str) -> Fraction:
        """E sum (G - theta^2): under P_g while pi_d has not left, or under P_i at all times."""

        def value(h: History) -> Fraction:
            if which == "guarded" and self.has_left(h):
                return Fraction(0)
            return self.gain(h) - self.theta(h) ** 2

        return sum((self.expect(w, value) for w in self.laws(which)[:-1]), Fraction(0))

    def s_lin(self) -> Fraction:
        """S_lin = (3/tau)(1/w_d - 1) (D8, D9)."""
        assert self.d is not None
        tau = self.alpha / (1 - self.alpha) if self.alpha <= Fraction(1, 2) else Fraction(1)
        return 3 / tau * (1 / self.prior[self.d] - 1)

    def result(self) -> dict[str, Any]:
        """The document `cbil-result/1`."""
        steps = []
        cubes = queries = Fraction(0)
        for t, law in enumerate(self.laws("imitator")[:-1]):
            thetas = [self.expect(law, self.power(n)) for n in (1, 2, 3)]
            queries, cubes = queries + thetas[0], cubes + thetas[2]
            weight = self.expect(law, self.weight_of_d) if self.d else None
            steps.append(
                {
                    "t": t,
                    "theta": written(thetas[0]),
                    "theta2": written(thetas[1]),
                    "theta3": written(thetas[2]),
                    "demonstrator_weight": None if weight is None else written(weight),
                    "top_size": written(self.expect(law, lambda h: len(self.top(h)))),
                }
            )
        return {
            "format": "cbil-result/1",
            "horizon": self.horizon,
            "query_cubes": written(cubes),
            "queries": written(queries),
            "exclusion": written(self.exclusion()) if self.d else None,
            "events": {
                name: {law: written(self.event(name, law)) for law in ("demonstrator", "imitator")}
                for name in self.events
            },
            "steps": steps,
        }
