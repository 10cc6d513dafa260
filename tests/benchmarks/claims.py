"""The theorems on random exact models and on the shipped ones: none fails, and the worst ratios.

Run as `python -m tests.benchmarks.claims`; with `--models N` and `--seed N`.
"""

from __future__ import annotations

import argparse
from fractions import Fraction

from hypothesis import HealthCheck, Phase, given, seed, settings
from rich.console import Console
from rich.table import Table

from bounds.claims import CLAIMS
from bounds.evidence import Evidence
from bounds.report import is_green
from bounds.verdict import Holds, tightness
from exact_cbil.model import Model
from exact_cbil.models import SHIPPED
from tests.strategies import models_inside

ALPHAS = ("1/50", "1/10", "1/4", "1/2", "3/4", "1")


class Tally:
    """How often each claim held, and the largest ratio of its own inequality."""

    def __init__(self) -> None:
        self.held = dict.fromkeys((claim.name for claim in CLAIMS), 0)
        self.worst = dict.fromkeys(self.held, Fraction(0))

    def add(self, model: Model) -> None:
        """Check every claim on one model; AssertionError where one fails or is undecided."""
        evidence = Evidence(model)
        for claim in CLAIMS:
            verdict = claim.check(evidence)
            assert is_green(verdict), (claim.name, verdict)
            if isinstance(verdict, Holds):
                self.held[claim.name] += 1
                ratios = (tightness(c) for c in verdict.certificate if c.headline)
                found = [self.worst[claim.name], *(r for r in ratios if r is not None)]
                self.worst[claim.name] = max(found)


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser()
    options.add_argument("--models", type=int, default=2000)
    options.add_argument("--seed", type=int, default=0)
    given_options = options.parse_args()
    drawn, shipped = Tally(), Tally()
    run = settings(
        max_examples=given_options.models,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )(seed(given_options.seed)(given(models_inside())(drawn.add)))
    run()
    for make in SHIPPED.values():
        for alpha in ALPHAS:
            shipped.add(make().with_alpha(alpha))
    table = Table("claim", "random models", "worst ratio", "shipped", "worst ratio")
    for claim in CLAIMS:
        cells = [
            cell
            for tally in (drawn, shipped)
            for cell in (str(tally.held[claim.name]), f"{float(tally.worst[claim.name]):.6f}")
        ]
        table.add_row(claim.name, *cells)
    Console().print(table)


if __name__ == "__main__":
    main()
