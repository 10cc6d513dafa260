"""Random models where a candidate's hypotheses are, as a Hypothesis strategy."""

from __future__ import annotations

import string
from collections.abc import Iterable, Sequence
from fractions import Fraction

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from bounds.language.candidate import Candidate
from exact_cbil.model import Model
from exact_cbil.potential import threshold
from exact_cbil.testing.strategies import environments, policies, threshold_ratios

__all__ = ["ALPHAS", "models_near"]

ALPHAS = [Fraction(1, n) for n in (2, 1, 3, 4, 5, 10, 20, 100)]
ALPHAS += [Fraction(2, 5), Fraction(2, 3), Fraction(9, 10)]

SIZES = {"|A|": (2, 1, 3, 4), "|O|": (1, 2), "|Pi|": (2, 3, 4, 5), "T": (1, 2, 3, 4, 6, 8, 16)}
"""Sizes of models where no hypothesis names them."""

LARGEST = {"|A|": 16, "|O|": 8, "|Pi|": 24, "T": 256}


def models_near(candidate: Candidate) -> SearchStrategy[Model] | None:
    """Small models that satisfy the hypotheses, as far as these compare sizes with constants.

    None where the hypotheses ask for larger models than are drawn.
    """
    options = {name: _sizes(candidate, name) for name in SIZES}
    alphas = _near(candidate, "alpha", ALPHAS)
    if not all(options.values()) or not alphas:
        return None
    return _models(candidate, options, alphas)


def _sizes(candidate: Candidate, name: str) -> list[int]:
    near = [int(c) + step for c in candidate.near.get(name, ()) for step in (0, 1, -1)]
    allowed = [n for n in near if 1 <= n <= LARGEST[name] and candidate.allows(name, n)]
    usual = [n for n in SIZES[name] if candidate.allows(name, n)]
    return sorted({*allowed, *usual})


def _near(candidate: Candidate, name: str, usual: Iterable[Fraction]) -> list[Fraction]:
    """Values in (0, 1] that the hypotheses allow: constants, beside them, and usual ones."""
    constants = [c for c in candidate.near.get(name, ()) if 0 < c <= 1]
    beside = [value for c in constants for value in (c, c / 2, (1 + c) / 2)]
    return [v for v in dict.fromkeys((*beside, *usual)) if candidate.allows(name, v)]


@st.composite
def _models(
    draw: DrawFn, candidate: Candidate, options: dict[str, list[int]], alphas: list[Fraction]
) -> Model:
    sizes = {name: draw(st.sampled_from(listed)) for name, listed in options.items()}
    actions = tuple(string.ascii_lowercase[: sizes["|A|"]])
    observations = tuple(f"o{k}" for k in range(sizes["|O|"]))
    names = [f"p{k}" for k in range(sizes["|Pi|"])]
    asked = draw(policies(actions, observations, measure=True, sees_queried=False))
    inside = candidate.realizable or draw(st.booleans())
    # A crowd of policies is of simple ones, else a model is more than is drawn at a time.
    states = 3 if len(names) < 9 else 1
    others = [draw(policies(actions, observations, max_states=states)) for _ in names[inside:]]
    listed = [*([asked] if inside else []), *others]
    alpha = draw(st.sampled_from(alphas))
    odds = draw(_odds(candidate, len(names), alpha))
    if inside and draw(st.booleans()):
        # Ties are decided by class order (R1): the demonstrator may come last.
        listed, odds, names = listed[::-1], odds[::-1], names[::-1]
    total = sum(odds)
    weights = [n / total for n in odds]
    ratios = [r for r in threshold_ratios(weights) if candidate.allows("alpha", r)]
    if ratios and draw(st.integers(0, 2)) == 2:
        alpha = draw(st.sampled_from(ratios))  # the top set is decided by a tie
    return Model(
        actions=actions,
        observations=observations,
        policies=dict(zip(names, listed, strict=True)),
        prior=dict(zip(names, weights, strict=True)),
        demonstrator="p0" if inside else asked,
        environment=draw(environments(actions, observations)),
        alpha=alpha,
        horizon=sizes["T"],
    )


@st.composite
def _odds(draw: DrawFn, candidate: Candidate, count: int, alpha: Fraction) -> list[Fraction]:
    """Weights that need not sum to 1, the demonstrator's first."""
    small = st.sampled_from((1, 2, 3, 4, 8)).map(Fraction)
    at_threshold = st.sampled_from([threshold(alpha) * m for m in SHARES])
    near = draw(st.booleans())
    odds = [Fraction(1) if near else draw(small)]
    odds += [draw(at_threshold if near else small) for _ in range(count - 1)]
    weights = _demonstrator_weights(candidate)
    if weights and count > 1:
        chosen = draw(st.sampled_from(weights))
        odds[0] = sum(odds[1:]) * chosen / (1 - chosen)
    return odds


SHARES: Sequence[Fraction] = [Fraction(1), Fraction(2), Fraction(1, 2), Fraction(1, 3)]


def _demonstrator_weights(candidate: Candidate) -> list[Fraction]:
    """Prior weights for pi_d at or beside a constant for `w_d` or `X`, if there is one."""
    of_weight = [c for c in candidate.near.get("w_d", ()) if 0 < c < 1]
    of_odds = [c for c in candidate.near.get("X", ()) if c > 0]
    beside = [w for c in of_weight for w in (c, c / 2, (1 + c) / 2)]
    beside += [1 / (1 + x) for c in of_odds for x in (c, c / 2, 2 * c)]
    return [w for w in beside if candidate.allows("w_d", w) and candidate.allows("X", 1 / w - 1)]
