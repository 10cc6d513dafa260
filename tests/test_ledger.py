"""The ledger: what is stored replays, what is claimed is shown, and what is broken is noticed."""

from __future__ import annotations

import json
import tomllib
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from bounds import check_potential
from bounds.claims import CLAIMS, TABLE, Claim, Family, claim_named
from bounds.ledger.page import page
from bounds.ledger.replay import Line, replay
from bounds.potential.boxes import Unsettled
from bounds.potential.divergence import divergence_certificate
from exact_cbil.errors import CbilError
from exact_cbil.potential import DIVERGENCE
from tests.commands import Outcome

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "bounds" / "ledger"


def test_the_ledger_replays() -> None:
    """One replay, which takes some seconds, for all that is said of it."""
    lines = {line.claim.name: line for line in replay(TABLE)}
    statuses_are_what_the_evidence_says(lines)
    witnesses_attain_what_they_should(lines)
    assert page(lines.values()) == (ROOT / "docs" / "bounds.md").read_text()


def statuses_are_what_the_evidence_says(lines: dict[str, Line]) -> None:
    assert lines["T1a"].status == "proved in general"
    assert lines["T4a"].status == "proved in general"
    assert lines["T1c"].status == lines["T0"].status == "proved in general"
    assert lines["T4, 3/5"].status == "open, claimed false"
    assert lines["four actions"].status == "certified"
    refuted = [line for line in lines.values() if line.status == "refuted"]
    assert len(refuted) >= 10
    for line in refuted:
        assert line.claim.truth == "false"
        assert line.evidence in line.claim.models or line.claim.families


def witnesses_attain_what_they_should(lines: dict[str, Line]) -> None:
    least = {
        "T1a": Fraction(95, 100),
        "T1": Fraction(95, 100),
        "nine policies": Fraction(54, 100),
        "T3": Fraction(99, 100),
        "T4": Fraction(39, 100),
        "two actions": Fraction(83, 100),
        "deterministic": Fraction(1),
    }
    for name, ratio in least.items():
        found = lines[name].ratio
        assert found is not None
        low, high = found.interval()
        assert ratio <= high
        assert low <= 1


def test_every_file_is_used() -> None:
    used = {name for claim in TABLE for name in claim.models}
    used |= {f.schedule for claim in TABLE for f in claim.families if f.schedule}
    stored = {path.name for path in (FOLDER / "witnesses").iterdir()}
    assert stored <= used


def test_constants_are_those_of_the_certificates() -> None:
    for claim in TABLE:
        for name in claim.certificate:
            certificate = json.loads((FOLDER / "certificates" / name).read_text())
            if certificate["kind"] in ("logarithm", "joint") and name != "potential-3-any.json":
                assert claim.bound.startswith(f"query_cubes <= {certificate['constant']}*X/tau")
                k = certificate["alternatives"]
                assert claim.bound.endswith((f"if |A| <= {k}", f"if |Pi| <= {k + 1}"))


def test_claims_are_known_as_the_proofs_record_says() -> None:
    """By tag: bounds does not import proofs."""
    document = tomllib.loads((ROOT / "proofs" / "theorems.toml").read_text())
    proved = {theorem["claim"] for theorem in document["theorem"] if theorem["scope"] != "step"}
    for claim in TABLE:
        assert (claim.known == "kernel") == (claim.tag in proved)
    assert {claim.tag for claim in CLAIMS} == {tag for tag in proved if tag[0] == "T"}


def broken(**change: Any) -> Claim:
    common: dict[str, Any] = {"name": "x", "title": "x", "bound": "query_cubes <= S_lin"}
    return Claim(**({"truth": "open"} | common | change))


@pytest.mark.parametrize(
    ("claim", "fault"),
    [
        (broken(certificate=("absent.json",)), "is not accepted"),
        (broken(bound="query_cubes <= S_lin/4", models=("chain",), truth="true"), "is refuted by"),
        (broken(bound="query_cubes <= S_lin/4", models=("chain",)), "and stored as open"),
        (broken(models=("chain",), truth="false"), "as false, and no witness refutes it"),
        (broken(bound="queries <= S", families=(Family(walk=(1, 2, 9)),)), "a walk"),
        (broken(bound="sqrt(2) + sqrt(3) <= sqrt(3) + 2^(1/2)"), "not decided at every model"),
        (broken(bound="queries <= S_lin/9"), "is refuted on a grid"),
        (broken(bound="queries <= T if alpha > 1"), "is compared at no model of a grid"),
        (broken(models=("absent.json",)), "witness absent.json: No such file"),
        (broken(families=(Family(schedule="absent.json"),)), "witness absent.json: No such file"),
        (broken(bound="query_cubes <= S if alpha == 1", models=("chain",)), "cannot be compared"),
    ],
)
def test_a_broken_line_is_noticed(claim: Claim, fault: str) -> None:
    with pytest.raises(CbilError, match=fault):
        list(replay((claim,)))


def test_the_slope_of_t4a_is_certified_and_hardly_less_would_do() -> None:
    stored = json.loads((FOLDER / "certificates" / "divergence.json").read_text())
    assert Fraction(stored["slope"]) == DIVERGENCE.slope
    assert divergence_certificate(DIVERGENCE.slope) == stored
    with pytest.raises(Unsettled):
        divergence_certificate(Fraction(359, 1000))
    for change in ({"slope": "359/1000"}, {"constant": "33/25"}, {"boxes": stored["boxes"][1:]}):
        with pytest.raises(check_potential.Rejected):
            check_potential.check(stored | change)


def test_command(capsys: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    few = (claim_named("deterministic"), claim_named("quarter-linear"))
    monkeypatch.setattr("bounds.cli.bounds.TABLE", few)
    plot, written = tmp_path / "b.svg", tmp_path / "b.md"
    outcome = Outcome(capsys, "bounds", "--plot", plot, "--page", written, "--json")
    assert outcome.code == 0
    printed = json.loads(outcome.out)
    assert {line["status"] for line in printed} == {"certified", "refuted"}
    assert plot.read_text().startswith("<?xml")
    assert "deterministic" in written.read_text()
    assert "refutes-quarter-linear.json" in Outcome(capsys, "bounds").out
