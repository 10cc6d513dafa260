"""Wrong learners: each is the brute force with one edit, and the flag that must name it."""

# ruff: noqa: E501
from __future__ import annotations

import inspect
from typing import Any, NamedTuple

from tests.subjects import brute


class Mutant(NamedTuple):
    """The brute force with `old` replaced by `new`; `flag` names the bug."""

    name: str
    flag: str
    old: str
    new: str

    def implementation(self) -> Any:
        """The wrong learner; the text to replace must occur exactly once."""
        source = inspect.getsource(brute)
        assert source.count(self.old) == 1, self.name
        namespace: dict[str, Any] = {"__name__": f"mutant {self.name}"}
        exec(compile(source.replace(self.old, self.new), f"<{self.name}>", "exec"), namespace)
        return namespace["Brute"]()


RANKED = "sorted(alive, key=lambda name: -weights[name])"
MEMBER = "weights[name] >= alpha * running"
EMITTED = "emitted = [emit(machines[name], states[name]) for name in top]"
MATCH = 'rule[key] == step[key] for key in ("action", "observation", "queried") if key in rule'
RETURN = "    return state\n"
WEIGHTS = 'weights = {name: Fraction(model["prior"][name]) for name in machines}'
LEAST = "min([e.get(a, Fraction(0)) for e in emitted], default=Fraction(0))"
TOP = "top = top_set(weights, alpha)"
HISTORY = "for step in history:"
EMIT = '{a: Fraction(p) for a, p in machine["states"][state]["emit"].items()}'
DROPPED = """past = [top_set(believe(model, history[:n])[0], alpha) for n in range(min(len(history), 40))]
    stayed = {n: w if all(n in p for p in past) else Fraction(0) for n, w in weights.items()}
    top = top_set(stayed, alpha)"""

MUTANTS = [
    Mutant("ties reversed", "tie-order", RANKED, f"{RANKED[:-1].replace('alive', 'alive[::-1]')})"),
    Mutant("ties by name", "tie-order", RANKED, "sorted(sorted(alive)[::-1], key=lambda n: -weights[n])"),
    Mutant("class order", "rank-order", RANKED, "alive"),
    Mutant("lightest first", "rank-order", RANKED, RANKED.replace("-weights", "weights")),
    Mutant("strict threshold", "threshold-met", MEMBER, f"not members or {MEMBER.replace('>=', '>')}"),
    Mutant("one at one half", "alpha-half", MEMBER, f"({MEMBER}) and not (2 * alpha == 1 and members)"),
    Mutant("odds capped at 1", "alpha-above-half", MEMBER, MEMBER.replace("alpha", "min(alpha, Fraction(1, 2))")),
    Mutant("alpha = 1 refused", "alpha-one", TOP, "top = top_set(weights, 0 < alpha < 1 and alpha or 1 // 0)"),
    Mutant("empty at alpha = 1", "alpha-one", MEMBER, f"alpha < 1 and {MEMBER}"),
    Mutant("total weight", "total-weight", MEMBER, "weights[name] >= alpha * sum(weights.values())"),
    Mutant("exclusive weight", "running-weight", MEMBER, "weights[name] >= alpha * (running - weights[name])"),
    Mutant("heaviest weight", "heaviest-weight", MEMBER, "weights[name] >= alpha * weights[ranked[0]]"),
    Mutant("updates always", "unqueried-update", 'if step["queried"]:', "if True:"),
    Mutant("updates never", "no-update", 'if step["queried"]:', "if False:"),
    Mutant("updates inverted", "unqueried-update", 'if step["queried"]:', 'if not step["queried"]:'),
    Mutant("uniform prior", "prior", WEIGHTS, "weights = {name: Fraction(1, len(machines)) for name in machines}"),
    Mutant("forgives zeros", "zero-probability", "weights[name] *= likelihood", "weights[name] *= likelihood or 1"),
    Mutant("last step lost", "last-step", HISTORY, 'for step in history[:-1]:'),
    Mutant("64 steps", "long-history", HISTORY, 'for step in history[-64:]:'),
    Mutant("states frozen", "unqueried-advance", "        for name, machine in machines.items():\n            states", '        for name, machine in machines.items() if step["queried"] else ():\n            states'),
    Mutant("float32 choice", "near-tie", TOP, "top = top_set({n: Fraction(__import__('numpy').float32(float(w / (total or 1))).item()) for n, w in weights.items()}, alpha)"),
    Mutant("float64 choice", "near-tie", TOP, "top = top_set({n: Fraction(float(w / (total or 1))) for n, w in weights.items()}, alpha)"),
    Mutant("underflow", "underflow", TOP, "top = top_set({n: w if float(w) else Fraction(0) for n, w in weights.items()}, alpha)"),
    Mutant("256 policies", "many-policies", TOP, "top = top_set(dict(list(weights.items())[:256]), alpha)"),
    Mutant("63-bit prior", "huge-numbers", WEIGHTS, WEIGHTS.replace("][name])", "][name]).limit_denominator(2**63)")),
    Mutant("posterior of the top", "posterior-support", "total = sum(weights.values())\n    top = top_set(weights, alpha)", "top = top_set(weights, alpha)\n    total = sum(weights[name] for name in top)\n    weights = {name: w if name in top else Fraction(0) for name, w in weights.items()}"),
    Mutant("maximum", "maximum", LEAST, LEAST.replace("min", "max")),
    Mutant("class minimum", "class-minimum", EMITTED, EMITTED.replace("in top", "in machines")),
    Mutant("support minimum", "missing-action", LEAST, "min([e[a] for e in emitted if e.get(a)], default=Fraction(0))"),
    Mutant("renormalised", "renormalised-minimum", "    return {\n        \"id\"", "    mass = sum(minimum.values())\n    minimum = {a: m / mass if mass else m for a, m in minimum.items()}\n    return {\n        \"id\""),
    Mutant("theta is the mass", "query-probability", "1 - sum(minimum.values())", "sum(minimum.values())"),
    Mutant("deficit shared out", "defective-member", f"return {EMIT}", 'total = sum(Fraction(p) for p in machine["states"][state]["emit"].values())\n    return {a: Fraction(p) / total for a, p in machine["states"][state]["emit"].items()}'),
    Mutant("never empty", "empty-top-set", TOP, "top = top_set(weights, alpha) or list(machines)[:1]"),
    Mutant("one policy sure", "one-policy", LEAST, f"{LEAST} / (sum(emitted[0].values()) if len(machines) == 1 and top and emitted[0] else 1)"),
    Mutant("one action sure", "one-action", LEAST, f'{LEAST} if len(model["actions"]) > 1 else Fraction(1)'),
    Mutant("dropped for good", "dropped-returns", TOP, DROPPED),
    Mutant("last rule", "rule-order", '.get("next", [])', '.get("next", [])[::-1]'),
    Mutant("restarts", "no-match", RETURN, '    return str(machine["start"])\n'),
    Mutant("action unread", "action-rule", MATCH, MATCH.replace('"action", ', "")),
    Mutant("observation unread", "observation-rule", MATCH, MATCH.replace('"observation", ', "")),
    Mutant("queried unread", "queried-rule", MATCH, MATCH.replace(', "queried"', "")),
]  # fmt: skip
