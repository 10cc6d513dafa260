"""The ledger: what is stored replays, what is claimed is shown, and what is broken is noticed."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bounds import check_potential
from bounds.claims import CLAIMS, LEMMAS, TABLE, Claim, claim_named
from bounds.ledger import constants as table
from bounds.ledger.constants import CONSTANTS, SIDES, Constants, best, read_constants
from bounds.ledger.measure import measure
from bounds.ledger.page import constant_page, page, write_pages
from bounds.ledger.replay import Line, replay, replay_records, unrecorded
from bounds.ledger.rests import all_below, rests_of_claim, without
from bounds.plots import ledger_figure
from bounds.potential.boxes import Unsettled
from bounds.potential.divergence import divergence_certificate
from bounds.universal.facts import FACTS
from bounds.witness.family import Family
from exact_cbil.errors import CbilError
from exact_cbil.plots.style import fingerprint
from exact_cbil.potential import DIVERGENCE
from exact_cbil.real import compare
from tests.commands import Outcome

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "bounds" / "ledger"
PAGE = ROOT / "docs" / "bounds.md"


def test_the_ledger_replays(tmp_path: Path) -> None:
    """One replay, which takes some seconds, for all that is said of it."""
    lines = {line.claim.name: line for line in replay(TABLE)}
    statuses_are_what_the_evidence_says(lines)
    witnesses_attain_what_they_should(lines)
    drawn = fingerprint(ledger_figure(list(lines.values())))
    assert f">{drawn}<" in (ROOT / "docs" / "bounds.svg").read_text()
    floors = replay_records(CONSTANTS, CONSTANTS.by_name)
    write_pages(tmp_path / "bounds.md", lines.values(), CONSTANTS, floors)
    written = {path.relative_to(tmp_path) for path in tmp_path.rglob("*.md")}
    assert len(written) == 1 + len(CONSTANTS.by_name)
    stored = {path.relative_to(PAGE.parent) for path in (PAGE.parent / "constants").iterdir()}
    assert written == stored | {Path("bounds.md")}
    for path in written:
        stale = f"{path}: run `exact-cbil bounds --page docs/bounds.md --plot docs/bounds.svg`"
        assert (tmp_path / path).read_text() == (PAGE.parent / path).read_text(), stale


def statuses_are_what_the_evidence_says(lines: dict[str, Line]) -> None:
    assert lines["T1a"].status == "proved in general"
    assert lines["T4a"].status == "proved in general"
    assert lines["T1c"].status == lines["T0"].status == "proved in general"
    assert lines["T4, 3/5"].status == lines["two actions, 3/2"].status == "refuted"
    assert lines["four actions"].status == "certified"
    refuted = [line for line in lines.values() if line.status == "refuted"]
    assert len(refuted) >= 12
    for line in refuted:
        assert line.claim.truth == "false"
        families = {family.name for family in line.claim.families}
        assert line.evidence in families | set(line.claim.models)


def witnesses_attain_what_they_should(lines: dict[str, Line]) -> None:
    least = {
        "T1a": Fraction(95, 100),
        "T1": Fraction(95, 100),
        "nine policies": Fraction(54, 100),
        "T3": Fraction(99, 100),
        "T4": Fraction(62, 100),
        "two actions": Fraction(89, 100),
        "deterministic": Fraction(1),
    }
    for name, ratio in least.items():
        found = lines[name].ratio
        assert found is not None
        low, high = found.interval()
        assert ratio <= high
        assert low <= 1


def test_every_file_is_used() -> None:
    assert not list(unrecorded(CONSTANTS))


def test_constants_are_those_of_the_certificates() -> None:
    for claim in TABLE:
        for name in claim.certificate:
            certificate = json.loads((FOLDER / "certificates" / name).read_text())
            if certificate["kind"] in ("logarithm", "joint") and name != "potential-3-any.json":
                assert claim.bound.startswith(f"query_cubes <= {certificate['constant']}*X/tau")
                k = certificate["alternatives"]
                assert claim.bound.endswith((f"if |A| <= {k}", f"if |Pi| <= {k + 1}"))


def theorems() -> list[dict[str, str]]:
    """The theorems of Rocq; read here, as bounds does not import proofs."""
    found: list[dict[str, str]] = tomllib.loads((ROOT / "proofs/theorems.toml").read_text())[
        "theorem"
    ]
    return found


def test_claims_and_records_are_known_as_the_proofs_record_says() -> None:
    proved = {theorem["claim"] for theorem in theorems() if theorem["scope"] != "step"}
    for claim in TABLE:
        assert (claim.known == "kernel") == (claim.tag in proved)
    assert {claim.tag for claim in CLAIMS} == {tag for tag in proved if tag[0] == "T"}
    for record in CONSTANTS.records:
        if record.known == "kernel":
            assert record.tag in proved


# What rests on what ------------------------------------------------------------------------------


def closure(claim: Claim) -> set[str]:
    found = set(rests_of_claim(claim))
    for name in tuple(found):
        if any(one.name == name for one in TABLE):
            found |= closure(claim_named(name))
    return found


def test_whatever_is_used_is_a_claim_a_fact_a_lemma_or_a_file() -> None:
    known = {one.name for one in TABLE} | {fact.name for fact in FACTS} | set(LEMMAS)
    used = {name for claim in TABLE for name in claim.uses}
    used |= {name for constant in CONSTANTS.by_name.values() for name in constant.uses}
    assert used <= known
    assert set(LEMMAS) <= used
    for claim in TABLE:
        assert (claim.truth == "true") == bool(claim.uses), claim.name
        assert claim.name not in closure(claim)


def test_theorems_use_what_their_proofs_in_rocq_use() -> None:
    """Of claims; and whatever uses T1 or T3 in Rocq says so."""
    graph = json.loads((ROOT / "docs/pictures/theorems/lemmas.json").read_text())
    of: dict[str, set[str]] = {}
    for theorem in theorems():
        if theorem["scope"] != "step":
            name = f"{theorem['file'].removesuffix('.v')}.{theorem['name']}"
            of.setdefault(theorem["claim"], set()).add(name)
    for claim in CLAIMS:
        waiting, below = list(of[claim.name]), set[str]()
        while waiting:
            found = set(graph.get(waiting.pop(), ())) - below
            below |= found
            waiting += found
        in_rocq = {tag for tag, names in of.items() if names & below} - {claim.name}
        claimed = {name for name in closure(claim) if name in of}
        assert claimed <= in_rocq, claim.name
        assert in_rocq & {"T1", "T3"} <= claimed, claim.name


def test_what_falls_without_t3() -> None:
    fallen = without("T3", TABLE, CONSTANTS)
    named = {claim.name for claim, _ in fallen.claims}
    assert {"T5", "T0", "T7"} <= named
    assert named.isdisjoint({"T1", "T2", "T4", "two actions"})
    lost = {(change.constant, change.side) for change in fallen.changes}
    assert ("retention", "upper") in lost
    assert ("cubes", "upper") not in lost


def test_an_older_record_stands_when_the_best_falls() -> None:
    (change,) = without("potential-3-2.json", TABLE, CONSTANTS).changes
    assert (change.constant, change.before.value) == ("cubes-2", "17/10")
    assert change.after is not None
    assert change.after.value == "1747/1000"
    wider = {c.constant: c.after for c in without("potentials", TABLE, CONSTANTS).changes}[
        "cubes-2"
    ]
    assert wider is not None
    assert wider.claim == "T1a"


def test_what_nothing_rests_on_cannot_be_withdrawn() -> None:
    with pytest.raises(CbilError, match="did you mean 'T3'"):
        without("T3x", TABLE, CONSTANTS)


@given(st.sampled_from([claim.name for claim in TABLE if claim.truth == "true"]))
def test_a_claim_falls_exactly_with_what_is_below_it(name: str) -> None:
    fallen = {claim.name for claim, _ in without(name, TABLE, CONSTANTS).claims}
    assert fallen == {claim.name for claim in TABLE if name in closure(claim)}


# Records -----------------------------------------------------------------------------------------


def test_no_upper_bound_is_below_a_lower_one() -> None:
    for name in CONSTANTS.by_name:
        low, high = (best(CONSTANTS.bearing(name, side), side) for side in ("lower", "upper"))
        assert low is None or high is None or compare(low.number, high.number) != 1, name


def test_bounds_of_other_classes_bear_on_a_constant() -> None:
    for side, order in zip(SIDES, (-1, 1), strict=True):
        one = best(CONSTANTS.history("cubes-4", side), side)
        all_of = best(CONSTANTS.bearing("cubes-4", side), side)
        assert one is not None
        assert all_of is not None
        assert compare(all_of.number, one.number) in (0, order)


def changed(**change: Any) -> Constants:
    """The table with one record of `cubes-2` put in another's place."""
    row = {"constant": "cubes-2", "date": table.CONSTANTS.records[0].date, "by": "x"} | change
    return Constants(CONSTANTS.by_name, (table._record(row),))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"upper": "16/10", "certificate": "potential-3-2.json"}, "shows 17/10"),
        ({"upper": "17/10", "certificate": "potential-3-3.json"}, "shows something else"),
        ({"upper": "17/10", "certificate": "absent.json"}, "is not accepted"),
        ({"upper": "17/10", "claim": "T1a"}, "shows something else: query_cubes <= S_lin"),
        ({"lower": "1.6", "witness": {"schedule": "schedule-4.json"}}, "not applicable"),
        ({"lower": "1", "witness": {"turns": "turns-319.json"}}, "not applicable"),
        ({"lower": "1", "witness": "absent.json"}, "No such file"),
        ({"lower": "1", "witness": "chain"}, "cannot be compared"),
    ],
)
def test_a_wrong_record_is_noticed(change: dict[str, Any], fault: str) -> None:
    with pytest.raises(CbilError, match=fault):
        replay_records(changed(**change), ["cubes-2"])


def test_a_record_on_no_constant_is_refused() -> None:
    content = '[[constant]]\nname = "a"\ntitle = ""\nplain = ""\n[[record]]\nconstant = "b"\n'
    content += 'upper = "1"\nby = "x"\ndate = 2026-01-01\ntag = "W1"\nknown = "hand"\n'
    with pytest.raises(CbilError, match="which is no constant"):
        read_constants(content)


def test_pages_do_not_depend_on_the_order_in_which_they_are_written() -> None:
    constant = CONSTANTS.named("divergence")
    first = constant_page(constant, CONSTANTS, {}, TABLE)
    page([], CONSTANTS)
    assert constant_page(constant, CONSTANTS, {}, TABLE) == first
    assert "**sqrt(103/240) < 0.6552**" in first
    assert "| superseded |" in first


def test_what_a_record_rests_on_is_followed_down() -> None:
    record = next(one for one in CONSTANTS.records if one.claim == "T1a")
    below = dict(all_below(record, TABLE, CONSTANTS))
    assert {"T1a", "T1", "drop lemma"} <= below.keys()
    assert below["T1a"] == ("T1",)


# A broken line ------------------------------------------------------------------------------------


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


# The command --------------------------------------------------------------------------------------


CERTIFIED = """
[[constant]]
name = "two"
title = "pairs"
plain = "Pairs."
bound = "query_cubes <= {C}*X/tau if min(|A|, |Pi| - 1) <= 2"
shown = [["E sum theta^3 <= {} (1/w_d - 1)/tau, at most 2 alternatives at a time", "{0}"]]
uses = ["potentials"]
within = "any"

[[constant]]
name = "any"
title = "any"
plain = "Any."
bound = "query_cubes <= {C}*X/tau"

[[record]]
constant = "two"
upper = "1747/1000"
date = 2026-11-21
by = "us"
certificate = "logarithm-3-2.json"

[[record]]
constant = "two"
lower = "1"
date = 2026-11-21
by = "us"
witness = { schedule = "schedule-1.json" }
"""


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A ledger of two constants and two records, with a page, in which the commands work."""
    for folder, names in (
        ("certificates", ["logarithm-3-2.json", "deterministic.json"]),
        ("witnesses", ["schedule-1.json", "schedule-turns.json", "refutes-quarter-linear.json"]),
    ):
        (tmp_path / folder).mkdir()
        for name in names:
            (tmp_path / folder / name).write_bytes((FOLDER / folder / name).read_bytes())
        for module in ("witness.family", "ledger.replay", "ledger.submit"):
            place = f"bounds.{module}.{folder.upper()}"
            monkeypatch.setattr(place, tmp_path / folder, raising=False)
    content = tmp_path / "constants.toml"
    content.write_text(CERTIFIED)
    (tmp_path / "bounds.md").touch()
    few = (claim_named("deterministic"), claim_named("quarter-linear"))
    monkeypatch.setattr("bounds.ledger.submit.RECORDS", content)
    monkeypatch.setattr("bounds.cli.bounds.PAGE", tmp_path / "bounds.md")
    monkeypatch.setattr("bounds.cli.bounds.CONSTANTS", read_constants(CERTIFIED))
    monkeypatch.setattr("bounds.cli.bounds.TABLE", few)
    monkeypatch.setattr("bounds.ledger.replay.TABLE", few)
    return tmp_path


def test_the_table_the_page_and_the_plot(small: Path) -> None:
    plot, written = small / "b.svg", small / "b.md"
    outcome = Outcome("bounds", "--plot", plot, "--page", written, "--json")
    assert outcome.code == 0
    printed = json.loads(outcome.out)
    assert {line["status"] for line in printed} == {"certified", "refuted"}
    assert plot.read_text().startswith("<?xml")
    assert "deterministic" in written.read_text()
    assert "| 1 (witness) | 1.747 (certificate) |" in written.read_text()
    assert "logarithm-3-2.json" in (small / "constants" / "two.md").read_text()
    shown = Outcome("bounds").out
    assert "refutes-quarter-linear.json" in shown
    assert "1.747 (certificate)" in shown


def test_the_history_of_one_constant_and_all_of_them(small: Path) -> None:
    shown = Outcome("bounds", "two").out
    assert "<= 1747/1000 = 1.747" in shown
    assert ">= 1" in shown
    listed = Outcome("bounds", "--constants", "--json").json
    assert [one["name"] for one in listed] == ["two", "any"]
    assert listed[0]["best"] == {"upper": "1747/1000", "lower": "1"}
    assert Outcome("bounds", "two", "--json").json == listed[0]
    assert {row["known"] for row in listed[0]["records"]} == {"certificate", "witness"}


def test_what_falls_is_a_command() -> None:
    assert "claim T5" in Outcome("bounds", "--without", "T3").out
    printed = Outcome("bounds", "--without", "T1", "--json").json
    assert {"name": "T2", "because": "T1"} in printed["claims"]


@pytest.mark.parametrize(
    ("arguments", "fragment"),
    [
        (["nothing"], "unknown constant 'nothing'"),
        (["two", "--without", "T3"], "does not apply with --without"),
        (["--constants", "--plot", "x.svg"], "--plot: does not apply with --constants"),
        (["--by", "me"], "expected --submit FILE"),
        (["--submit", "x.json"], "expected --by WHO"),
        (["--submit", "x.json", "--by", ""], "--by: expected a name"),
        (["--submit", "X.JSON", "--by", "me"], "--submit: expected a file named"),
        (["--submit", "x.json", "--by", "me"], "No such file"),
        (["--submit", "logarithm-3-2.json", "--by", "me"], "is in the ledger"),
    ],
)
def test_an_option_is_obeyed_or_refused(arguments: list[str], fragment: str, small: Path) -> None:
    Outcome("bounds", *arguments).assert_refused(fragment)


def test_a_better_certificate_becomes_a_record(small: Path) -> None:
    file = FOLDER / "certificates" / "potential-3-2.json"
    outcome = Outcome("bounds", "--submit", file, "--by", "A. Name", "--json")
    assert outcome.code == 0, outcome.err
    (shown,) = json.loads(outcome.out)
    assert (shown["value"], shown["record"]) == ("17/10", "1747/1000")
    assert Fraction(shown["margin"]) == Fraction(47, 1000)
    assert (small / "certificates" / file.name).read_bytes() == file.read_bytes()
    records = read_constants((small / "constants.toml").read_text()).history("two", "upper")
    assert [(record.value, record.by) for record in records] == [
        ("1747/1000", "us"),
        ("17/10", "A. Name"),
    ]
    written = (small / "constants" / "two.md").read_text()
    assert "**17/10 = 1.7**" in written
    assert "| superseded |" in written


def test_a_witness_becomes_a_record_of_the_narrowest_class(small: Path) -> None:
    file = small / "witnesses" / "dropped.json"  # as somebody drops it into the folder
    file.write_bytes((FOLDER / "witnesses" / "schedule-2-of-16.json").read_bytes())
    Outcome("bounds").assert_refused("witnesses/dropped.json is in no record")
    outcome = Outcome("bounds", "--submit", file, "--by", "A. Name")
    assert outcome.code == 0, outcome.err
    (record,) = read_constants((small / "constants.toml").read_text()).records[2:]
    assert (record.constant, record.value) == ("two", "1.4163")
    assert record.witness == Family(schedule="dropped.json", defective=True, reckoned=True)
    assert "0.4163" in outcome.out


def test_what_is_kept_is_what_was_looked_at(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also of a file that changes while it is looked at."""
    file = small / "changing.json"
    content = (FOLDER / "certificates" / "potential-3-2.json").read_bytes()
    file.write_bytes(content)

    def looking(constants: Any, names: Any, report: Any = None) -> dict[str, str]:
        file.write_bytes(b"{}")
        return replay_records(constants, names, report)

    monkeypatch.setattr("bounds.ledger.submit.replay_records", looking)
    outcome = Outcome("bounds", "--submit", file, "--by", "A. Name")
    assert outcome.code == 0, outcome.err
    assert (small / "certificates" / file.name).read_bytes() == content


def refused(small: Path, document: dict[str, Any]) -> str:
    """What is said of a file that is no record; nothing of it is kept."""
    file = small / "mutant.json"
    file.write_text(json.dumps(document))
    before = (small / "constants.toml").read_bytes()
    outcome = Outcome("bounds", "--submit", file, "--by", "somebody")
    assert outcome.code in (1, 2)
    assert (small / "constants.toml").read_bytes() == before
    assert not (small / "certificates" / file.name).exists()
    if outcome.code == 2:
        outcome.assert_refused()
    return outcome.out + outcome.err


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": "cbil-potential/2"}, "$.format: expected one of"),
        ({"kind": "joined"}, "unreadable: kind"),
        ({"exponent": 4}, "unreadable: exponent"),
        ({"alternatives": 3}, "REJECTED: all above the threshold"),
        ({"constant": "169/100"}, "REJECTED"),
        ({"constant": "18/10"}, "no record"),
        ({"slope": "9/10"}, "REJECTED"),
        ({"mixed": [["1", "0", "1/2", "0", "1"]]}, "REJECTED: 1 at the threshold"),
        ({"more": 1}, "unknown field"),
    ],
)
def test_a_mutated_certificate_is_refused(change: dict[str, Any], said: str, small: Path) -> None:
    stored = json.loads((FOLDER / "certificates" / "potential-3-2.json").read_text())
    assert said in refused(small, stored | change)


def test_a_file_that_is_no_object_is_refused_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "list.json").write_text("[]")
    outcome = Outcome("bounds", "--submit", tmp_path / "list.json", "--by", "somebody")
    outcome.assert_refused("list.json: $: expected a JSON object")


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda one: one.update(alternatives=15), r"stages\[24\].size: expected 1 to 1"),
        (lambda one: one.update(alternatives="16"), r"\$.alternatives"),
        (lambda one: one["stages"][-1].update(fall="1/2"), "fall: expected 0"),
        (lambda one: one["stages"][0].update(size=10**9), r"stages\[0\].size"),
        (lambda one: one["stages"].clear(), "expected at least one stage"),
        (lambda one: one.update(more=1), r"\$.more"),
    ],
)
def test_a_mutated_witness_shows_nothing(
    change: Callable[[dict[str, Any]], object], fault: str
) -> None:
    document = json.loads((FOLDER / "witnesses" / "schedule-2-of-16.json").read_text())
    change(document)
    with pytest.raises(CbilError, match=fault):
        measure(json.dumps(document).encode(), "mutant.json", CONSTANTS, "cubes-2")


def test_a_model_shows_what_it_attains() -> None:
    content = (FOLDER / "witnesses" / "retention.json").read_bytes()
    found = measure(content, "again.json", CONSTANTS)
    assert found["retention"] == ("0.9959", "again.json")
    assert 0 < Fraction(found["divergence"][0]) < Fraction(62, 100)
    assert "squares-deterministic" in found


def test_a_malformed_witness_is_refused_in_one_line(small: Path) -> None:
    document = {"format": "cbil-turns/1", "alternatives": 1, "levels": []}
    assert "from 1 to 2000 levels" in refused(small, document)
