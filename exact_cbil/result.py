"""The result of a run: every exact number of one interaction, writable and readable as JSON."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Generic, cast

from typing_extensions import TypeVar

from exact_cbil.display import latex_lines, latex_number, latex_text, numbers_table
from exact_cbil.numbers import Enclosure, FractionSum, text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from exact_cbil.model import Model

__all__ = ["EventProbability", "Result", "StepExpectation", "V", "written"]

V = TypeVar("V", bound=Fraction | Enclosure, default=Fraction)
"""What a quantity is: exact, or enclosed."""


def written(value: Fraction | Enclosure | None) -> str | dict[str, str] | None:
    """A quantity as it stands in JSON: `"p/q"`, or both ends of its enclosure."""
    if value is None:
        return None
    return value.to_json() if isinstance(value, Enclosure) else text(value)


@dataclass(frozen=True)
class StepExpectation(Generic[V]):
    """Expectations at time t under `P_i`: of theta, its square and cube, w(pi_d|h), |Top(h)|.

    weight: that of w(pi_d|h), as it was found; None for a demonstrator outside the class.
    """

    t: int
    theta: V
    theta2: V
    theta3: V
    weight: V | FractionSum | None
    top_size: V

    @property
    def demonstrator_weight(self) -> V | None:
        """The expectation of `w(pi_d|h_t)`, reduced when it is first read."""
        # A sum is found only by an exact run, whose quantities are fractions.
        found: Any = self.weight
        return cast("V | None", found.reduced() if isinstance(found, FractionSum) else found)


LONG = 1 << 16
"""Bytes of weights below which reducing them takes less than starting threads."""


def _reduce(weights: list[FractionSum]) -> None:
    """Reduce weights beside each other: GMP works on long numbers without Python's lock."""
    if sum(weight.size() for weight in weights) > LONG:
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor() as pool:
            deque(pool.map(FractionSum.reduced, weights), maxlen=0)


@dataclass(frozen=True)
class EventProbability(Generic[V]):
    """The probability of one event under `P_d`, `P_i` and `P_g` (None outside the class)."""

    demonstrator: V
    imitator: V
    guarded: V | None


@dataclass(frozen=True)
class Result(Generic[V]):
    """All quantities of one interaction, exact. Figures of the demonstrator's weight are None when
    it is outside the class.

    query_cubes, queries: `E sum_{t<T} theta^3` and `E sum_{t<T} theta`.
    theta_gain: `E sum_{t<T} theta G`, which T1's proof bounds by S.
    chi_squared: `E_g sum_{t<T} (G - theta^2)` until pi_d leaves the top set; bounds T4.
    exclusion: `P_i(pi_d is outside Top(h_t) for some t < T)`.
    states: how many merged states the process reached.
    model: whose `run` it is; None where that is not known. It is not compared.
    A result read from a file holds what `cbil-result/1` does: its other figures are None, and
    `states` is 0.
    Source: SPEC cbil-result/1, T1, T4.
    """

    horizon: int
    query_cubes: V
    queries: V
    theta_gain: V | None
    chi_squared: V | None
    exclusion: V | None
    events: Mapping[str, EventProbability[V]]
    steps: tuple[StepExpectation[V], ...]
    states: int
    model: Model | None = field(default=None, compare=False, repr=False)

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
        """The result in the format `cbil-result/1`, or `cbil-enclosure/1` where it is enclosed."""
        enclosed = isinstance(self.queries, Enclosure)
        _reduce([s.weight for s in self.steps if isinstance(s.weight, FractionSum)])
        return {
            "format": "cbil-enclosure/1" if enclosed else "cbil-result/1",
            "horizon": self.horizon,
            "query_cubes": written(self.query_cubes),
            "queries": written(self.queries),
            "exclusion": written(self.exclusion),
            "events": {
                name: {"demonstrator": written(p.demonstrator), "imitator": written(p.imitator)}
                for name, p in self.events.items()
            },
            "steps": [
                {
                    "t": step.t,
                    "theta": written(step.theta),
                    "theta2": written(step.theta2),
                    "theta3": written(step.theta3),
                    "demonstrator_weight": written(step.demonstrator_weight),
                    "top_size": written(step.top_size),
                }
                for step in self.steps
            ],
        }

    def plot(self) -> Figure:
        """The run over time, as a matplotlib figure: see `exact_cbil.plots.run_figure`."""
        from exact_cbil.plots import run_figure

        return run_figure(self)

    def latex(self) -> str:
        """The totals and the events as one aligned LaTeX display."""
        span = rf"\sum_{{t<{self.horizon}}}"
        lines = [
            (rf"\mathrm{{E}} {span} \theta^3", latex_number(self.query_cubes)),
            (rf"\mathrm{{E}} {span} \theta", latex_number(self.queries)),
        ]
        if self.exclusion is not None:
            never = r"P_i(\pi_d \text{ ever outside the top set})"
            lines.append((never, latex_number(self.exclusion)))
        for name, chance in self.events.items():
            lines.append((f"P_d({latex_text(name)})", latex_number(chance.demonstrator)))
            lines.append((f"P_i({latex_text(name)})", latex_number(chance.imitator)))
        return latex_lines(lines)

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"

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
