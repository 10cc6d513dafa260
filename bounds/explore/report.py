"""What a search found, as tables, as JSON and as model files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bounds.evidence import Evidence
from bounds.explore.document import copy
from bounds.explore.examine import Batch, ratio_of
from bounds.explore.search import Outcome
from bounds.explore.shrink import Shrunk, describe
from bounds.language.candidate import Candidate
from bounds.language.functions import FUNCTIONS
from bounds.language.quantities import LAWS, QUANTITIES
from bounds.language.scene import Scene
from bounds.report import save_witness
from bounds.verdict import Comparison, Witness, number_json
from exact_cbil.cli.shared import new_table, plain, replace_file
from exact_cbil.enclosure import Real, Undefined
from exact_cbil.expressions import Call, Name, Quoted, write
from exact_cbil.model import Model
from exact_cbil.modelfile import write_model

__all__ = ["quantities_table", "report", "save", "to_json"]


def quantities_table() -> Table:
    """Everything that a candidate may name."""
    table = new_table("What a candidate may name (E is expectation under P_i)", "name", "meaning")
    table.columns[1].justify = "left"
    for name, quantity in QUANTITIES.items():
        table.add_row(name, quantity.meaning)
    table.add_section()
    for law, meaning in LAWS.items():
        table.add_row(f'{law}(B), {law}("event")', meaning)
    table.add_section()
    for name, function in FUNCTIONS.items():
        table.add_row(name, function.meaning)
    return table


def _values(candidate: Candidate, model: Model) -> dict[str, Real]:
    """The quantities that a candidate names, at a model."""
    evidence, found = Evidence(model), {}
    for part in candidate.parts:
        chance = isinstance(part, Call) and part.function in LAWS
        if not chance and not (isinstance(part, Name) and part.name in QUANTITIES):
            continue
        every = isinstance(part, Call) and part.arguments == (Name("B"),)
        for event in model.events if every else (None,):
            shown = part
            if isinstance(part, Call) and event is not None:
                shown = Call(part.function, (Quoted(event),))
            try:
                found[write(shown)] = Scene(evidence, event).value(part)
            except Undefined:
                continue
    return found


def _number(value: Real) -> str:
    """Exact where it is short, else rounded and marked."""
    exact = str(value)
    return exact if len(exact) <= 40 and not exact.startswith("~") else f"~{value.decimal(10)}"


def _sides(candidate: Candidate, model: Model, comparison: Comparison) -> Table:
    ratio = comparison.ratio
    table = new_table(comparison.what, "at the model", "value")
    rows = [("left", comparison.left), ("right", comparison.right)]
    for name, value in [*rows, *([("ratio", ratio)] if ratio is not None else [])]:
        table.add_row(name, _number(value))
    table.add_section()
    for name, value in _values(candidate, model).items():
        table.add_row(plain(name), _number(value))
    return table


def _stages(outcome: Outcome) -> Table:
    kinds = ("undecided", "outside", "too large")
    table = new_table(
        f"{outcome.state.seconds:.0f} s of search",
        "stage",
        "compared exactly",
        *kinds,
        "largest ratio",
    )
    for stage, batch in outcome.state.batches.items():
        whole = "" if stage == "climb" or stage in outcome.state.finished else " (in part)"
        best = f"~{ratio_of(batch.best[0][0]):.6g}" if batch.best else "-"
        counts = [str(batch.counts.get(kind, 0)) for kind in kinds]
        table.add_row(stage + whole, str(batch.models), *counts, best)
    return table


def report(outcome: Outcome, path: Path | None) -> Group:
    """The verdict, the model behind it, and what was searched.

    path: where that model was written.
    """
    candidate, total = outcome.candidate, outcome.state.total()
    parts: list[RenderableType] = []
    replay = "--save FILE writes the model" if path is None else f"exact-cbil run {path}"
    if (found := outcome.refutation) is not None:
        parts.append(Text(f"refuted: {candidate}", style="bold red"))
        parts.append(_sides(candidate, found.model, found.comparison))
        parts.append(Text(f"model: {describe(found.shrunk.document)}; {replay}"))
        end = "no cut makes it smaller" if found.shrunk.finished else "cut short by the budget"
        spent = f"refuted in {outcome.state.found or 0:.1f} s, shrunk in {found.seconds:.1f} s"
        parts.append(Text(f"{spent} and {found.shrunk.tried} trials; {end}"))
    elif total.counts.get("holds"):
        parts.append(Text(f"survived, which proves nothing: {candidate}", style="bold green"))
        if (worst := outcome.worst) is not None:
            parts.append(_sides(candidate, *worst))
            shown = describe(write_model(worst[0]))
            parts.append(Text(f"closest model: {shown}; {replay}"))
    if total.doubt is not None:
        undecided = total.counts["undecided"]
        parts.append(Text(f"undecided at {undecided} models, first: {total.doubt[0]}", "yellow"))
    if not total.models:
        parts.append(Text("no model satisfied the hypotheses: nothing was compared", "yellow"))
    return Group(*parts, _stages(outcome))


def _shown(outcome: Outcome) -> tuple[Model, Comparison] | None:
    """The refuting model, or that which came closest."""
    found = outcome.refutation
    return outcome.worst if found is None else (found.model, found.comparison)


def save(outcome: Outcome, target: Path) -> Path | None:
    """Write the model behind the verdict, and its numbers beside it; None if there is none.

    target: a file ending in .json, or a directory.
    """
    shown = _shown(outcome)
    if shown is None:
        return None
    model, comparison = shown
    if target.suffix != ".json":
        name = "closest" if outcome.refutation is None else "refuted"
        return save_witness(Witness(model, comparison), target, name)
    target.parent.mkdir(parents=True, exist_ok=True)
    for path, content in (
        (target, write_model(model)),
        (target.with_suffix(".numbers.json"), comparison.to_json()),
    ):
        with replace_file(path) as file:
            file.write(json.dumps(content, indent=2, ensure_ascii=False).encode() + b"\n")
    return target


def to_json(outcome: Outcome) -> dict[str, Any]:
    """The same for machines: `cbil-explore/1`."""
    candidate, found, shown = outcome.candidate, outcome.refutation, _shown(outcome)
    total = outcome.state.total()
    return {
        "format": "cbil-explore/1",
        "candidate": str(candidate),
        "verdict": "survived" if found is None else "refuted",
        "seconds": round(outcome.state.seconds, 3),
        "seed": outcome.state.seed,
        "stages": {stage: _counts(batch) for stage, batch in outcome.state.batches.items()},
        "finished": outcome.state.finished,
        "undecided": None
        if total.doubt is None
        else dict(zip(("reason", "model"), total.doubt, strict=True)),
        "numbers": None if shown is None else shown[1].to_json(),
        "quantities": None if shown is None else _exact(_values(candidate, shown[0])),
        "model": None if shown is None else copy(write_model(shown[0])),
        **(
            {}
            if found is None
            else {"shrunk": {"trials": found.shrunk.tried, "finished": found.shrunk.finished}}
        ),
    }


def _doubt(total: Batch) -> dict[str, Any] | None:
    """The first model at which the candidate is undecided."""
    return None if total.doubt is None else {"reason": total.doubt[0], "model": total.doubt[1]}


def _shrinking(shrunk: Shrunk) -> dict[str, Any]:
    return {"trials": shrunk.tried, "finished": shrunk.finished, "size": describe(shrunk.document)}


def _counts(batch: Batch) -> dict[str, Any]:
    best = f"{ratio_of(batch.best[0][0]):.6g}" if batch.best else None
    return {"compared": batch.models, **batch.counts, "largest_ratio_rounded": best}


def _exact(values: dict[str, Real]) -> dict[str, Any]:
    return {name: number_json(value) for name, value in values.items()}
