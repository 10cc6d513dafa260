"""The result of a run: every exact number of one interaction, writable and readable as JSON."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from exact_cbil.display import numbers_table
from exact_cbil.numbers import FractionSum, text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["EventProbability", "Result", "StepExpectation"]


@dataclass(frozen=True)
class StepExpectation:
    """Expectations at time t under `P_i`: of theta, its square and cube, w(pi_d|h), |Top(h)|.

    weight: that of w(pi_d|h), as it was found; None for a demonstrator outside the class.
    """

    t: int
    theta: Fraction
    theta2: Fraction
    theta3: Fraction
    weight: Fraction | FractionSum | None
    top_size: Fraction

    @property
    def demonstrator_weight(self) -> Fraction | None:
        """The expectation of `w(pi_d|h_t)`, reduced when it is first read."""
        return self.weight.reduced() if isinstance(self.weight, FractionSum) else self.weight


LONG = 1 << 16
"""Bytes of weights below which reducing them takes less than starting threads."""


def _reduce(weights: list[FractionSum]) -> None:
    """Reduce weights beside each other: GMP works on long numbers without Python's lock."""
    if sum(weight.size() for weight in weights) > LONG:
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor() as pool:
            deque(pool.map(FractionSum.reduced, weights), maxlen=0)


@dataclass(frozen=True)
class EventProbability:
    """The probability of one event under `P_d`, `P_i` and `P_g` (None outside the class)."""

    demonstrator: Fraction
    imitator: Fraction
    guarded: Fraction | None


@dataclass(frozen=True)
class Result:
    """All quantities of one interaction, exact. Figures of the demonstrator's weight are None when
    it is outside the class.

    query_cubes, queries: `E sum_{t<T} theta^3` and `E sum_{t<T} theta`.
    theta_gain: `E sum_{t<T} theta G`, which T1's proof bounds by S.
    chi_squared: `E_g sum_{t<T} (G - theta^2)` until pi_d leaves the top set; bounds T4.
    exclusion: `P_i(pi_d is outside Top(h_t) for some t < T)`.
    states: how many merged states the process reached.
    A result read from a file holds what `cbil-result/1` does: its other figures are None, and
    `states` is 0.
    Source: SPEC cbil-result/1, T1, T4.
    """

    horizon: int
    query_cubes: Fraction
    queries: Fraction
    theta_gain: Fraction | None
    chi_squared: Fraction | None
    exclusion: Fraction | None
    events: Mapping[str, EventProbability]
    steps: tuple[StepExpectation, ...]
    states: int

    @classmethod
    def from_json(cls, content: bytes | str) -> Result:
        """Read a file of the format `cbil-result/1`, strictly; untrusted.

        Raises InvalidModel, with the JSON path of each fault. What the file claims is not checked.

        >>> import json
        >>> from exact_cbil import run
        >>> from exact_cbil.models import rare_action
        >>> written = json.dumps(run(rare_action("1/2")).to_json())
        >>> Result.from_json(written).queries
        Fraction(175, 128)
        """
        from exact_cbil.resultfile import read_result

        return read_result(content)

    def to_json(self) -> dict[str, Any]:
        """The result in the format `cbil-result/1`, ready for `json.dumps`."""

        def exact(value: Fraction | None) -> str | None:
            return None if value is None else text(value)

        _reduce([s.weight for s in self.steps if isinstance(s.weight, FractionSum)])
        return {
            "format": "cbil-result/1",
            "horizon": self.horizon,
            "query_cubes": text(self.query_cubes),
            "queries": text(self.queries),
            "exclusion": exact(self.exclusion),
            "events": {
                name: {"demonstrator": text(p.demonstrator), "imitator": text(p.imitator)}
                for name, p in self.events.items()
            },
            "steps": [
                {
                    "t": step.t,
                    "theta": text(step.theta),
                    "theta2": text(step.theta2),
                    "theta3": text(step.theta3),
                    "demonstrator_weight": exact(step.demonstrator_weight),
                    "top_size": text(step.top_size),
                }
                for step in self.steps
            ],
        }

    def plot(self) -> Figure:
        """A drawing of the expectations over time, as a matplotlib figure; values are rounded."""
        from exact_cbil.plots import run_figure

        return run_figure(self)

    def _repr_html_(self) -> str:
        totals = {
            "query_cubes": self.query_cubes,
            "theta_gain": self.theta_gain,
            "queries": self.queries,
            "exclusion": self.exclusion,
            "chi_squared": self.chi_squared,
        }
        shown = numbers_table(f"Totals, horizon {self.horizon}", totals)
        for name, chance in self.events.items():
            laws = {"P_d": chance.demonstrator, "P_i": chance.imitator, "P_g": chance.guarded}
            shown += numbers_table(f"Event {name}", laws)
        return shown
