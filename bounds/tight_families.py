"""W1, W2, W3: exact claims about the families of models that show how tight the theorems are."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from bounds.evidence import Evidence
from bounds.verdict import Comparison, Verdict, judge
from exact_cbil.interaction import run
from exact_cbil.models import chain, rare_action, shared_error
from exact_cbil.numbers import RationalLike, rational

__all__ = ["check_chain", "check_rare_action", "check_shared_error", "check_witnesses"]


def _equal(what: str, left: Fraction, right: Fraction) -> Iterator[Comparison]:
    yield Comparison.of(f"{what} (at most)", left, right)
    yield Comparison.of(f"{what} (at least)", right, left)


def check_chain(rounds: int, alpha: RationalLike) -> Verdict:
    """W1: `E sum theta^3 = rounds + 1 = (1/w_d - 1)/tau`, exactly a third of S_lin.

    rounds: from 0. alpha: in (0, 1/2). Source: SPEC W1.
    """
    evidence = Evidence(chain(rounds, alpha))
    cubes, linear = evidence.result.query_cubes, evidence.linear.exact
    assert linear is not None

    def comparisons() -> Iterator[Comparison]:
        yield from _equal("E sum theta^3 = R + 1", cubes, Fraction(rounds + 1))
        yield from _equal("E sum theta^3 = S_lin/3", cubes, linear / 3)

    return judge(evidence.model, comparisons())


def check_rare_action(
    eps: RationalLike, alpha: RationalLike = "1/10", horizon: int | None = None
) -> Verdict:
    """W2: `P_d(B) = (1-eps)^T`, `P_i(B) >= (1-eps^2)^T`, and S is that of eps = 1/2.

    eps: in (0, 1). alpha: in (0, 1/2]. Source: SPEC W2.
    """
    model = rare_action(eps, alpha, horizon)
    evidence, exact = Evidence(model), rational(eps)
    chance = evidence.result.events["never-rare"]
    steps = model.horizon

    def comparisons() -> Iterator[Comparison]:
        yield from _equal("P_d(B) = (1-eps)^T", chance.demonstrator, (1 - exact) ** steps)
        floor = (1 - exact**2) ** steps
        yield Comparison.of("(1-eps^2)^T <= P_i(B)", floor, chance.imitator)
        other = Evidence(rare_action("1/2", alpha)).potential
        yield Comparison.of("S does not depend on eps (at most)", evidence.potential, other)
        yield Comparison.of("S does not depend on eps (at least)", other, evidence.potential)

    return judge(model, comparisons())


def check_shared_error(horizon: int) -> Verdict:
    """W3: `theta = 0` at the first step, `P_d(B) = 0` and `P_i(B) = 1`.

    horizon: from 1. Source: SPEC W3.
    """
    model = shared_error(horizon)
    result = run(model)
    chance = result.events["ever-errs"]

    def comparisons() -> Iterator[Comparison]:
        yield from _equal("theta = 0", result.steps[0].theta, Fraction(0))
        yield from _equal("P_d(B) = 0", chance.demonstrator, Fraction(0))
        yield from _equal("P_i(B) = 1", chance.imitator, Fraction(1))

    return judge(model, comparisons())


def check_witnesses() -> Iterator[tuple[str, Verdict]]:
    """The three families over a range of parameters: pairs (parameters, verdict)."""
    for rounds in range(6):
        for alpha in ("1/1000", "1/10", "1/4", "2/5", "499/1000"):
            yield f"W1 rounds={rounds} alpha={alpha}", check_chain(rounds, alpha)
    for eps in ("1/2", "1/3", "2/7", "1/8", "1/12"):
        for alpha in ("1/100", "1/10", "1/3", "1/2"):
            yield f"W2 eps={eps} alpha={alpha}", check_rare_action(eps, alpha)
    for horizon in (1, 2, 10, 50):
        yield f"W3 horizon={horizon}", check_shared_error(horizon)
