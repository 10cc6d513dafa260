"""What a search found, as tables, as JSON and as model files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bounds.evidence import Evidence
from bounds.explorer.examine import Batch, ratio_of
from bounds.explorer.search import Found, Outcome
from bounds.explorer.size import describe
from bounds.explorer.witnesses import NEEDS_SYMMETRY
from bounds.language.candidate import Candidate
from bounds.language.functions import FUNCTIONS
from bounds.language.quantities import LAWS, QUANTITIES
from bounds.language.scene import Scene
from bounds.verdict import Comparison, number_json
from bounds.witness.reckoned import Reckoned
from exact_cbil.cli.shared import new_table, plain
from exact_cbil.expressions import Call, Name, Quoted, write
from exact_cbil.files import write_json
from exact_cbil.modelfile import write_model
from exact_cbil.real import Real, Undefined

__all__ = ["quantities_table", "report", "save", "to_json", "verdict"]

KINDS = ("undecided", "outside", "too large")


def verdict(outcome: Outcome) -> str:
    """`refuted`; `survived`, which proves nothing; or `nothing compared`."""
    if outcome.refutation is not None:
        return "refuted"
    return "survived" if outcome.total.counts.get("holds") else "nothing compared"


def quantities_table() -> Table:
    """Everything that a candidate may name."""
    title = "What a candidate may name (E is expectation under P_i)"
    table = new_table(title, "name", "meaning", words=(0, 1))
    for name, quantity in QUANTITIES.items():
        table.add_row(name, quantity.meaning)
    table.add_section()
    for law, meaning in LAWS.items():
        table.add_row(f'{law}(B), {law}("event")', meaning)
    table.add_section()
    for name, function in FUNCTIONS.items():
        table.add_row(name, function.meaning)
    return table


def _values(candidate: Candidate, evidence: Evidence | Reckoned) -> dict[str, Real]:
    """The quantities that a candidate names, at a model."""
    found = {}
    events = evidence.model.events if isinstance(evidence, Evidence) else ()
    for part in candidate.parts:
        chance = isinstance(part, Call) and part.function in LAWS
        if not chance and not (isinstance(part, Name) and part.name in QUANTITIES):
            continue
        every = isinstance(part, Call) and part.arguments == (Name("B"),)
        for event in events if every and events else (None,):
            shown = part
            if isinstance(part, Call) and event is not None:
                shown = Call(part.function, (Quoted(event),))
            try:
                scene = evidence.given if isinstance(evidence, Reckoned) else Scene(evidence, event)
                found[write(shown)] = scene.value(part)
            except Undefined:
                continue
    return found


def _number(value: Real) -> str:
    """Exact where it is short, else rounded and marked."""
    exact = str(value)
    return exact if len(exact) <= 40 and not exact.startswith("~") else f"~{value.decimal(10)}"


def _sides(comparison: Comparison, values: dict[str, Real]) -> Table:
    ratio = comparison.ratio
    table = new_table("", "at the model", "value")
    rows = [("left", comparison.left), ("right", comparison.right)]
    for name, value in [*rows, *([("ratio", ratio)] if ratio is not None else [])]:
        table.add_row(name, _number(value))
    table.add_section()
    for name, value in values.items():
        table.add_row(plain(name), _number(value))
    return table


def _stages(outcome: Outcome) -> Table:
    title = f"{outcome.seconds:.0f} s of search"
    table = new_table(title, "stage", "compared exactly", *KINDS, "largest ratio")
    for stage, batch in outcome.batches.items():
        whole = "" if stage in outcome.finished else " (in part)"
        counts = [str(batch.counts.get(kind, 0)) for kind in KINDS]
        table.add_row(stage + whole, str(batch.compared), *counts, _largest(batch) or "-")
    return table


def _largest(batch: Batch) -> str | None:
    """The largest ratio of a stage, rounded; of the refuting model too."""
    if batch.closest is None:
        return None
    return f"~{ratio_of(batch.closest[0]):.6g}"


def _shown(outcome: Outcome) -> Found | None:
    """The refuting model, or that which came closest."""
    return outcome.refutation or outcome.worst


def report(outcome: Outcome, path: Path | None) -> Group:
    """The verdict, the model behind it, and what was searched.

    path: where that model was written.
    """
    total, word = outcome.total, verdict(outcome)
    headline = {
        "refuted": (f"refuted: {outcome.candidate}", "bold red"),
        "survived": (f"survived, which proves nothing: {outcome.candidate}", "bold green"),
        "nothing compared": (_nothing(total), "yellow"),
    }
    parts: list[RenderableType] = [Text(*headline[word])]
    if word != "nothing compared" and (shown := _shown(outcome)) is not None:
        if shown.comparison.what != str(outcome.candidate):
            parts.append(plain(shown.comparison.what))
        parts.append(_sides(shown.comparison, _values(outcome.candidate, shown.evidence)))
        kind = "model" if word == "refuted" else "closest model"
        named = shown.name is not None
        size = f"the witness {shown.name}" if named else describe(write_model(shown.model))
        parts.append(Text(f"{kind}: {size}; {_replay(shown, path)}"))
    if (found := outcome.refutation) is not None:
        smaller = "" if found.name is None else "; no smaller model was found"
        parts.append(Text(f"refuted in {found.seconds:.1f} s, among the {found.stage}{smaller}"))
    if total.doubt is not None:
        undecided = total.counts["undecided"]
        parts.append(Text(f"undecided at {undecided} models, first: {total.doubt[0]}", "yellow"))
    return Group(*parts, _stages(outcome))


def _nothing(total: Batch) -> str:
    if not total.seen:
        return "nothing was decided: the search ended before its first result"
    if not total.compared:
        return f"none of {total.seen} models met the hypotheses: nothing was compared"
    return "nothing was decided"


def _replay(shown: Found, path: Path | None) -> str:
    if isinstance(shown.evidence, Reckoned):
        where = "--save FILE writes" if path is None else f"{path} has"
        return f"too large to run; {where} the numbers, of which the left side is a lower bound"
    if path is None:
        return "--save FILE writes the model"
    merged = shown.name is not None and shown.name.startswith(NEEDS_SYMMETRY)
    return f"exact-cbil run {path}" + (" --symmetric" if merged else "")


def save(outcome: Outcome, target: Path) -> Path | None:
    """Write the model behind the verdict, and its numbers beside it; None if there is none.

    Of a model too large to run, the numbers alone; what is returned is the first file written.
    target: a file ending in .json, or a directory.
    """
    shown = _shown(outcome)
    if shown is None:
        return None
    if target.suffix != ".json":
        stem = "closest" if outcome.refutation is None else "refuted"
        target = target / f"{stem}.model.json"
    numbers = target.with_name(target.name.removesuffix(".json").removesuffix(".model"))
    numbers = numbers.with_name(f"{numbers.name}.numbers.json")
    target.parent.mkdir(parents=True, exist_ok=True)
    documents = {numbers: shown.comparison.to_json()}
    if isinstance(shown.evidence, Evidence):
        documents = {target: write_model(shown.model), **documents}
    for path, content in documents.items():
        write_json(path, content)
    return next(iter(documents))


def to_json(outcome: Outcome) -> dict[str, Any]:
    """The same for machines: `cbil-explore/1`.

    A witness is named, and its model left out: `save` writes it.
    """
    candidate, shown, total = outcome.candidate, _shown(outcome), outcome.total
    values = {} if shown is None else _values(candidate, shown.evidence)
    return {
        "format": "cbil-explore/1",
        "candidate": str(candidate),
        "verdict": verdict(outcome),
        "seconds": round(outcome.seconds, 3),
        "seed": outcome.seed,
        "stages": {stage: _counts(batch) for stage, batch in outcome.batches.items()},
        "finished": outcome.finished,
        "undecided": None
        if total.doubt is None
        else dict(zip(("reason", "model"), total.doubt, strict=True)),
        "numbers": None if shown is None else shown.comparison.to_json(),
        "quantities": {name: number_json(value) for name, value in values.items()},
        "witness": None if shown is None else shown.name,
        "model": write_model(shown.model) if shown is not None and shown.name is None else None,
    }


def _counts(batch: Batch) -> dict[str, Any]:
    largest = _largest(batch)
    rounded = None if largest is None else largest.removeprefix("~")
    return {"compared": batch.compared, **batch.counts, "largest_ratio_rounded": rounded}
