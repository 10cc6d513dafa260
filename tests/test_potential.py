"""Potentials: the certificates, their checker, the search, and what the certified bounds say of
exact models.
"""

from __future__ import annotations

import json
import sys
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bounds import check_potential
from bounds.check_potential import Malformed, Rejected, check
from bounds.plots import potential_figure
from bounds.potential import floor, joint, logarithm, powers, product
from bounds.potential.boxes import Unsettled
from bounds.potential.program import best_measure, lower_bound
from bounds.potential.search import deterministic, potential_of, search
from exact_cbil import spec
from exact_cbil.children import run as run_program
from exact_cbil.environment import silent
from exact_cbil.history import Rule
from exact_cbil.interaction import run
from exact_cbil.model import Model
from exact_cbil.models import chain
from exact_cbil.policy import MoorePolicy
from exact_cbil.potential import threshold
from exact_cbil.real import Real, compare, exp, ln, root
from exact_cbil.semimeasure import Semimeasure
from exact_cbil.testing.strategies import models
from tests.commands import Outcome
from tests.conftest import examples
from tests.literal import literal
from tests.mutations import NO_RATIONALS
from tests.strategies import documents

CHECKER = Path(check_potential.__file__)
STORED = sorted((CHECKER.parent / "ledger" / "certificates").glob("*.json"))
Certificate = dict[str, Any]


@cache
def stored(name: str) -> Certificate:
    """A certificate of the ledger; or a product; or the one that `joint` improves on."""
    if name == "weighed-3-2":
        return logarithm.certify(3, 2)[1]
    if name.startswith("product-"):
        k = name.removeprefix("product-3-")
        return product.certify(None if k == "any" else int(k))
    document = json.loads((STORED[0].parent / f"{name}.json").read_text())
    assert isinstance(document, dict)
    return document


def odds(model: Model) -> list[Fraction]:
    weights = dict(zip(model.policies, model.weights, strict=True))
    inside = weights.pop(str(model.demonstrator))
    return [weight / inside / threshold(model.alpha) for weight in weights.values()]


def potential(certificate: Certificate, x: Fraction) -> Real:
    """F(x) of a certificate, straight from its definition and enclosed rigorously."""
    if certificate["kind"] in ("logarithm", "joint"):
        constant, slope = Fraction(certificate["constant"]), Fraction(certificate["slope"])
        return Real.of(constant * x) if x <= 1 else ln(x) * slope + constant
    atom = Fraction(certificate["atom"])
    a = [Fraction(text) for (text,) in certificate["coefficients"]]
    if x <= 1:
        return Real.of(x * (atom + sum(a_i / (i + 1) for i, a_i in enumerate(a))))
    total = ln(x) * a[0] + atom + a[0]
    for i, a_i in enumerate(a[1:], 1):
        total = total + a_i * ((1 - x**-i) / i + x**-i / (i + 1))
    return total


class TestStored:
    """What is in the ledger."""

    def test_every_kind_is_there(self) -> None:
        kinds = {json.loads(path.read_text())["kind"] for path in STORED}
        assert kinds == set(check_potential.KINDS) - {"product"}  # made in no time, see `stored`

    def test_the_program_accepts_every_file_without_the_package(self, tmp_path: Path) -> None:
        """In isolated mode, from elsewhere: nothing of this project can be imported."""
        outcome = run_program([sys.executable, "-I", CHECKER, *STORED], cwd=tmp_path)
        assert outcome.returncode == 0
        assert outcome.stdout.count(b": accepted: ") == len(STORED) >= 20

    def test_no_constant_is_below_a_witness_or_a_floor(self) -> None:
        """An alternative at the threshold that does what the demonstrator never does pays 1."""
        for path in STORED:
            certificate = json.loads(path.read_text())
            if "constant" in certificate:
                assert Fraction(certificate["constant"]) >= 1
        for k in (1, 2, 3, 4, 5, 8, 16, 32, 64, "any"):
            value = Fraction(stored(f"none-below-3-{k}")["value"])
            assert value <= Fraction(stored(f"potential-3-{k}")["constant"])

    def test_constants_rise_with_the_number_of_alternatives(self) -> None:
        names = [1, 2, 3, 4, 5, 8, 16, 32, 64, "any"]
        constants = [Fraction(stored(f"potential-3-{k}")["constant"]) for k in names]
        assert constants == sorted(constants)
        assert constants[-1] == 3


MUTATIONS: list[tuple[str, str, Any]] = [
    ("potential-3-1", "constant", "257/250"),
    ("potential-3-1", "slope", "12/25"),
    ("potential-3-1", "alternatives", 2),
    ("potential-3-1", "share", "0"),
    ("weighed-3-2", "constant", "169/100"),
    ("weighed-3-2", "slope", "21/20"),
    ("weighed-3-2", "slope", "6/5"),
    ("weighed-3-2", "share", "1"),
    ("weighed-3-2", "share", "1/4"),
    ("weighed-3-2", "share", "3/2"),
    ("weighed-3-2", "alternatives", 3),
    ("weighed-3-2", "alternatives", None),
    ("potential-3-any", "constant", "2999/1000"),
    ("potential-3-any", "slope", "1999/1000"),
    ("potential-3-any", "slope", "2001/1000"),
    ("potential-3-any", "share", "1/2"),
    ("potential-3-2", "constant", "1699/1000"),
    ("potential-3-2", "slope", "999/1000"),
    ("potential-3-2", "slope", "11/10"),
    ("potential-3-2", "alternatives", 3),
    ("potential-3-8", "constant", "2635/1000"),
    ("potential-3-8", "slope", "174/100"),
    ("potential-3-8", "alternatives", 9),
    ("potential-4-2", "exponent", 3),
    ("potential-4-2", "constant", "27/20"),
    ("potential-4-any", "constant", "1604/1000"),
    ("potential-4-any", "atom", "19/20"),
    ("potential-4-any", "exponent", 3),
    ("potential-5-any", "exponent", 4),
    ("deterministic", "constant", "999/1000"),
    ("deterministic", "exponent", 1),
    ("none-below-4-any", "value", "1568/1000"),
    ("none-below-4-any", "exponent", 5),
    ("none-below-3-2", "value", "1694/1000"),
    ("none-below-3-2", "alternatives", 1),
    ("none-below-3-2", "chance", "1/4"),
    ("none-below-3-any", "value", "3001/1000"),
    ("product-3-1", "rate", "501/1000"),
    ("product-3-1", "slope", "2"),
    ("product-3-1", "alternatives", 2),
    ("product-3-1", "share", "0"),
    ("product-3-2", "rate", "251/1000"),
    ("product-3-2", "rate", "0"),
    ("product-3-2", "slope", "99/100"),
    ("product-3-2", "alternatives", 3),
    ("product-3-2", "alternatives", None),
    ("product-3-2", "share", "9/10"),
    ("product-3-any", "rate", "126/1000"),
    ("product-3-any", "slope", "8/5"),
    ("product-3-any", "share", "1/2"),
]


class TestMutants:
    """A certificate with a changed number is refused."""

    @pytest.mark.parametrize(("name", "field", "value"), MUTATIONS)
    def test_a_changed_claim_is_rejected(self, name: str, field: str, value: Any) -> None:
        assert field in stored(name)
        with pytest.raises(Rejected):
            check({**stored(name), field: value})

    @pytest.mark.parametrize(
        ("name", "field", "first"),
        [
            ("weighed-3-2", "above", 0),
            ("weighed-3-2", "at", 0),
            ("potential-3-4", "mixed", 1),
            ("product-3-1", "above", 0),
            ("product-3-2", "at", 0),
        ],
    )
    def test_every_box_is_needed(self, name: str, field: str, first: int) -> None:
        """Without one the square is not covered; nor when it is a little smaller."""
        boxes = stored(name)[field]
        for i, box in enumerate(boxes):
            shrunk = list(box)
            shrunk[first + 1] = str(Fraction(box[first + 1]) * Fraction(999, 1000))
            for changed in (boxes[:i] + boxes[i + 1 :], [*boxes[:i], shrunk, *boxes[i + 1 :]]):
                with pytest.raises(Rejected, match="gap"):
                    check({**stored(name), field: changed})

    def test_coefficients_of_powers(self) -> None:
        certificate = stored("potential-4-any")
        for i, (text,) in enumerate(certificate["coefficients"]):
            for factor in (Fraction(9, 10), Fraction(11, 10)):
                changed = [list(row) for row in certificate["coefficients"]]
                changed[i] = [str(Fraction(text) * factor)]
                with pytest.raises(Rejected):
                    check({**certificate, "coefficients": changed})

    def test_a_density_below_zero(self) -> None:
        """Mass is saved where F would not be concave."""
        certificate = {**stored("potential-4-any"), "coefficients": [["1/2"], ["-4"]]}
        with pytest.raises(Rejected, match="density"):
            check(certificate)

    def test_multipliers(self) -> None:
        certificate = stored("none-below-4-any")
        rows = certificate["multipliers"]
        heavier = [[x, y, str(Fraction(w) * Fraction(101, 100))] for x, y, w in rows]
        with pytest.raises(Rejected, match="exceeds 1"):
            check({**certificate, "multipliers": heavier})
        with pytest.raises(Rejected, match="above what"):
            check({**certificate, "multipliers": rows[1:]})
        with pytest.raises(Rejected, match="range"):
            check({**certificate, "multipliers": [["1", "0", "-1"], *rows]})
        with pytest.raises(Rejected, match="range"):
            check({**certificate, "multipliers": [["1/2", "0", "1"], *rows]})

    def test_a_base_that_is_no_base(self) -> None:
        certificate = stored("weighed-3-2")
        first, *others = certificate["at"]
        with pytest.raises(Rejected, match="base"):
            check({**certificate, "at": [[*first[:4], "-1"], *others]})

    def test_the_bound_of_the_logarithm_is_expanded(self, monkeypatch: pytest.MonkeyPatch) -> None:
        check_potential.check_bound_of_the_logarithm()
        monkeypatch.setattr(check_potential, "FIRST", {(1, 0): Fraction(2)})
        check_potential.check_bound_of_the_logarithm()  # an identity in u, so also in 2u
        monkeypatch.setattr(check_potential, "ONE", {(0, 0): Fraction(2)})
        with pytest.raises(Rejected):
            check_potential.check_bound_of_the_logarithm()


class TestReading:
    """What is not a certificate is unreadable: exit code 2 and one line."""

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"[]",
            b"\xff",
            b"[" * 100_000,
            b'{"format": "cbil-potential/2"}',
            b'{"format": "cbil-potential/1", "kind": "other"}',
            b'{"format": "cbil-potential/1", "kind": ["logarithm"]}',
            b'{"format": "cbil-potential/1", "format": "cbil-potential/1"}',
        ],
    )
    def test_content(self, content: bytes, tmp_path: Path, capsys: Any) -> None:
        path = tmp_path / "certificate.json"
        path.write_bytes(content)
        assert check_potential.main([str(path)]) == 2
        assert capsys.readouterr().out.count("\n") == 1

    def test_no_file(self, tmp_path: Path) -> None:
        assert check_potential.main([str(tmp_path / "none")]) == 2

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("constant", 1.747),
            ("constant", "1.747"),
            ("constant", "1747/0"),
            ("constant", "9" * 5000),
            ("exponent", "3"),
            ("exponent", True),
            ("exponent", 2),
            ("exponent", 10**9),
            ("alternatives", 0),
            ("alternatives", "2"),
            ("above", []),
            ("above", [["0", "1"]]),
            ("above", [["0", "1", "0", "1", "1", 1]]),
            ("extra", "1"),
        ],
    )
    def test_fields(self, field: str, value: Any) -> None:
        with pytest.raises(Malformed):
            check({**stored("potential-3-2"), field: value})

    def test_digits_and_rows_are_limited(self) -> None:
        """Within the limits the work of a check is."""
        certificate = stored("potential-3-4")
        with pytest.raises(Malformed, match="rational"):
            check({**certificate, "constant": "1/" + "3" * 39})
        with pytest.raises(Malformed, match="1 to 1000 rows"):
            check({**certificate, "mixed": certificate["mixed"][:1] * 1001})
        with pytest.raises(Rejected, match="at most 7"):
            check({**stored("potential-4-any"), "coefficients": [["1"]] * 8})

    def test_the_largest_polynomials_take_a_fraction_of_a_second(self) -> None:
        """A box of the largest degree: the size of the grid, not the time."""
        a = [Fraction(10**19 + i, 10**19 + 9) for i in range(check_potential.MAX_DEGREE + 1)]
        largest = check_potential.MAX_EXPONENT - 1
        for claim in check_potential.powers_claims(largest, Fraction(1), a):
            polynomial = claim((a[0],))
            assert max(i for i, _ in polynomial) <= 24
            assert max(j for _, j in polynomial) <= 24

    def test_a_row_that_no_number_of_alternatives_has(self) -> None:
        certificate = stored("potential-3-4")
        row = ["5", "0", "1", "0", "1"]
        with pytest.raises(Rejected, match="number at the threshold"):
            check({**certificate, "mixed": [*certificate["mixed"], row]})

    @examples(80)
    @given(st.data())
    def test_hostile_values_never_pass_for_numbers(self, data: st.DataObject) -> None:
        """Somewhere in a certificate a value that is no rational, or none in lowest terms."""
        names = ["potential-3-2", "potential-4-any", "divergence", "product-3-3"]
        name = data.draw(st.sampled_from(names))
        certificate = json.loads(json.dumps(stored(name)))
        place: Any = certificate
        while True:
            key = data.draw(st.sampled_from(list(place) if isinstance(place, dict) else [0, -1]))
            if not isinstance(place[key], list):
                break
            place = place[key]
        place[key] = data.draw(st.sampled_from(HOSTILE))
        # What pays for three alternatives at once pays for one.
        assume(not (name.startswith("product") and certificate["alternatives"] == 1))
        with pytest.raises((Malformed, Rejected)):
            check(certificate)

    @pytest.mark.parametrize(
        "arguments",
        [["\udcff"], ["a\nnone-below-9-any.json: accepted: no potential"], ["\x1b[2Jx"], ["\0"]],
        ids=["not text", "a line break", "an escape", "a NUL"],
    )
    def test_a_name_writes_no_line_of_its_own(self, arguments: list[str], capsys: Any) -> None:
        assert check_potential.main(arguments) == 2
        shown = capsys.readouterr().out
        assert shown.count("\n") == 1
        assert shown.strip().isprintable()

    def test_a_reader_that_goes_away_is_no_rejection(self) -> None:
        """Exit code 1 says that a certificate was rejected, and is kept for that."""
        line = f"{sys.executable} -I {CHECKER} {STORED[0]}; echo $? >&2"
        for redirected in (">/dev/full", ">&-"):
            done = run_program(["sh", "-c", line.replace(";", f" {redirected};")])
            assert done.stderr.decode().split()[-1] in ("0", "2")
            assert b"Traceback" not in done.stderr

    def test_endless_files_are_read_to_a_limit(self) -> None:
        done = run_program([sys.executable, "-I", CHECKER, "/dev/zero"], memory=2**28)
        assert (done.returncode, done.stdout.count(b"\n")) == (2, 1)

    def test_the_worst_outcome_is_the_exit_code(self, tmp_path: Path) -> None:
        wrong = tmp_path / "wrong.json"
        wrong.write_text(json.dumps({**deterministic(), "constant": "1/2"}))
        assert check_potential.main([str(wrong), str(STORED[0])]) == 1


HOSTILE: list[Any] = [
    *(None, True, False, 0, 1, -1, 1.0, float("nan"), float("inf"), 10**400, [], {}, ["1"]),
    *(*NO_RATIONALS, "9" * 41, "-" + "9" * 39),
]

CHANCES = st.fractions(min_value=Fraction(1, 60), max_value=Fraction(59, 60), max_denominator=60)
FALLS = st.fractions(min_value=0, max_value=1, max_denominator=60)
ABOVE = st.fractions(min_value=1, max_value=40, max_denominator=30)


class TestOneStep:
    """The step inequality, at random points, from F itself."""

    @examples(60)
    @given(st.sampled_from([1, 2, 3, 4, 5, 8, 16, 64]), st.sampled_from([3, 4]), st.data())
    def test_several_alternatives_at_once(self, k: int, exponent: int, data: st.DataObject) -> None:
        """`sum_i (expected drop) >= theta^(exponent-1)`: without Cauchy-Schwarz, jointly."""
        own = exponent == 3 or k <= 8
        certificate = stored(f"potential-{exponent}-{k if own else 'any'}")
        number = data.draw(st.integers(1, min(k, 4)))
        parts = [data.draw(st.integers(1, 6)) for _ in range(number)]
        rest = data.draw(st.integers(0, 6)) + (number == 1)
        total, theta = Real.of(0), Fraction(0)
        for part in parts:
            q, fall = Fraction(part, sum(parts) + rest), data.draw(FALLS)
            x = data.draw(st.sampled_from([Fraction(1)]) | ABOVE)
            risen = x * (1 + q * fall / (1 - q))
            after = potential(certificate, x * (1 - fall)) * q
            after = after + potential(certificate, risen) * (1 - q)
            total, theta = total + potential(certificate, x) - after, theta + q * fall
        assert compare(total, theta ** (exponent - 1)) in (0, 1)

    @pytest.mark.parametrize("k", [2, 3, 4, 5, 8, 16, 32, 64])
    def test_it_is_nearly_tight(self, k: int) -> None:
        """Where k alternatives at the threshold each play none of their own 1/k: theta = 1."""
        certificate = stored(f"potential-3-{k}")
        after = potential(certificate, Fraction(k, k - 1)) * Fraction(k - 1, k)
        drop = (potential(certificate, Fraction(1)) - after) * k
        assert compare(drop, 1) == 1  # ln is below its bound
        assert compare(drop, Fraction(101, 100)) == -1

    @examples(60)
    @given(st.sampled_from(["3", "4", "5"]), ABOVE, FALLS)
    def test_any_number_of_alternatives(self, exponent: str, x: Fraction, fall: Fraction) -> None:
        """D(x, y) with the slope just above x, by a chance so small that it is nearly 0."""
        certificate = stored(f"potential-{exponent}-any")
        q = Fraction(1, 10**6)
        after = potential(certificate, x * (1 - fall)) * q
        after = after + potential(certificate, x * (1 + q * fall / (1 - q))) * (1 - q)
        drop = potential(certificate, x) - after
        assert compare(drop, q * fall ** (int(exponent) - 1)) in (0, 1)


def bound(certificate: Certificate, x: list[Fraction]) -> Real:
    return sum((potential(certificate, one) for one in x), Real.of(0))


class TestModels:
    """What is certified holds of exact models."""

    @examples(30)
    @given(models(max_actions=5, max_policies=4, max_horizon=5, realizable=True))
    def test_query_cubes(self, model: Model) -> None:
        k = max(1, min(len(model.actions), len(model.policies) - 1))
        certificate = stored(f"potential-3-{k}")
        assert compare(run(model).query_cubes, bound(certificate, odds(model))) in (-1, 0)

    @examples(20)
    @given(documents(realizable=True), st.sampled_from([4, 5]))
    def test_higher_powers(self, document: dict[str, Any], exponent: int) -> None:
        """The left side by enumerating histories, independently of the engine."""
        model = literal(document)
        left = spec.summed(model, lambda m, h: spec.query_probability(m, h) ** exponent)
        tau = spec.tau(model.alpha)
        odds = spec.odds(model).values()
        right = bound(stored(f"potential-{exponent}-any"), [z / tau for z in odds])
        assert compare(left, right) in (-1, 0)

    def test_one_alternative_at_a_time_pays_1(self) -> None:
        """In W1 one policy disagrees at a time: k = 1, whose constant cannot fall below 1."""
        model = chain(4, "1/5")
        linear = sum(odds(model))
        constant = Fraction(stored("potential-3-1")["constant"])
        assert linear == run(model).query_cubes <= constant * linear


def factor(certificate: Certificate, x: Fraction) -> Real:
    """Psi(x) of a certificate, straight from its definition."""
    slope = Fraction(certificate["slope"])
    return Real.of(1 + slope * x) if x <= 1 else root(x, 2) * (1 + slope)


class TestProducts:
    """Multiplicative potentials: the exponential moment of the query cubes."""

    def test_for_any_number_it_finds_the_potential_of_t6(self) -> None:
        certificate = stored("product-3-any")
        assert (certificate["rate"], certificate["slope"]) == ("1/8", "5/3")

    @pytest.mark.parametrize("k", [1, 2, 3, 4, 5, 8, 16, 32, 64])
    def test_the_rate_is_nearly_what_small_falls_allow(self, k: int) -> None:
        """k/(8(k-1)) at q = 1/k, and 1/2 at q = 1/2 for one."""
        certificate = stored(f"product-3-{k}")
        check(certificate)
        most = Fraction(1, 2) if k == 1 else Fraction(k, 8 * (k - 1))
        assert most - Fraction(2, 1000) <= Fraction(certificate["rate"]) <= most

    def test_no_greater_rate(self) -> None:
        """One alternative above the threshold that falls by a tenth with probability 1/2."""
        fall, unpaid = Fraction(1, 10), {**stored("product-3-1"), "rate": "51/100"}
        after = (root(1 - fall, 2) + root(1 + fall, 2)) * Fraction(1, 2)
        assert compare(1 - Fraction(1, 2) * (fall / 2) ** 2, after) == 1
        assert compare(1 - Fraction(unpaid["rate"]) * (fall / 2) ** 2, after) == -1
        with pytest.raises(Rejected):
            check(unpaid)
        with pytest.raises(Unsettled):
            product.certificate(1, Fraction(51, 100), Fraction(3))

    @examples(60)
    @given(st.sampled_from([1, 2, 3, 8, "any"]), ABOVE, CHANCES, FALLS)
    def test_one_step(self, k: Any, x: Fraction, q: Fraction, fall: Fraction) -> None:
        """The step inequality at random points, from Psi itself; strict where something falls."""
        assume(fall)
        certificate = stored(f"product-3-{k}")
        s, rate = Fraction(certificate["share"]), Fraction(certificate["rate"])
        weight = (1 - s) * q + (s / k if k != "any" else 0)
        gamma = (q * fall) ** 2 / weight
        after = factor(certificate, x * (1 - fall)) * q
        after = after + factor(certificate, x * (1 + q * fall / (1 - q))) * (1 - q)
        assert compare(after, factor(certificate, x) * (1 - rate * gamma)) == -1

    @examples(15)
    @given(documents(realizable=True))
    def test_models(self, document: dict[str, Any]) -> None:
        """`(E exp(rate sum theta^3/N))^N` by enumerating histories, against the product of Psi."""
        model = literal(document)
        scale = [z / spec.tau(model.alpha) for z in spec.odds(model).values()]
        if scale:
            k = min(len(model.actions), len(scale))
            certificate = stored(f"product-3-{k}")
            rate = Fraction(certificate["rate"]) / len(scale)
            moment = Real.of(0)
            for history, mass in spec.law(model, spec.imitate, model.horizon).items():
                steps = range(model.horizon)
                cubes = sum(spec.query_probability(model, history[:t]) ** 3 for t in steps)
                moment = moment + exp(Real.of(rate * cubes)) * mass
            left, right = Real.of(1), Real.of(1)
            for x in scale:
                left, right = left * moment, right * factor(certificate, x)
            assert compare(left, right) in (-1, 0)

    def test_command(self, tmp_path: Path) -> None:
        """The table, the JSON, one file and a folder."""
        saved, line = tmp_path / "two.json", ["potential", "--multiplicative", "--save"]
        shown = Outcome(*line, saved, "--alternatives", "2")
        assert shown.code == 0
        assert "249/1000" in shown.out
        assert json.loads(saved.read_text()) == stored("product-3-2")
        rows = Outcome(*line, tmp_path, "--json").json["classes"]
        assert rows[-1] == {"alternatives": None, "rate": "1/8", "slope": "5/3"}
        assert check_potential.main([str(p) for p in tmp_path.glob("product-3-*.json")]) == 0
        assert len(list(tmp_path.glob("product-3-*.json"))) == len(rows)


ACTIONS = ("a", "b", "c")


def timed(played: list[Semimeasure[str]]) -> MoorePolicy:
    last = len(played) - 1
    return MoorePolicy.of(
        "0", {str(t): (m, [Rule(str(min(t + 1, last)))]) for t, m in enumerate(played)}
    )


@st.composite
def deterministic_models(draw: st.DrawFn, all_of_them: bool) -> Model:
    """Alternatives play one action at each time; so does the demonstrator, if all of them do."""
    horizon = draw(st.integers(1, 5))
    certain = st.sampled_from(ACTIONS).map(Semimeasure.point)
    parts = st.lists(st.integers(0, 3), min_size=3, max_size=3).filter(any)
    mixed = parts.map(
        lambda p: Semimeasure({a: Fraction(n, sum(p)) for a, n in zip(ACTIONS, p, strict=True)})
    )
    names = ["d", *(f"p{i}" for i in range(draw(st.integers(1, 4))))]
    plays = {
        name: draw(
            st.lists(
                mixed if name == "d" and not all_of_them else certain,
                min_size=horizon,
                max_size=horizon,
            )
        )
        for name in names
    }
    weights = {name: draw(st.integers(1, 8)) for name in names}
    return Model(
        actions=ACTIONS,
        observations=("o",),
        policies={name: timed(played) for name, played in plays.items()},
        prior={name: Fraction(w, sum(weights.values())) for name, w in weights.items()},
        demonstrator="d",
        environment=silent(ACTIONS, "o"),
        alpha=Fraction(1, draw(st.sampled_from([2, 3, 5, 9, 20]))),
        horizon=horizon,
        events={},
    )


class TestDeterministic:
    """F(x) = min(x, 1) where every alternative plays one action."""

    @examples(40)
    @given(deterministic_models(all_of_them=False))
    def test_query_squares(self, model: Model) -> None:
        squares = sum(step.theta2 for step in run(model).steps)
        assert squares <= sum(min(x, Fraction(1)) for x in odds(model))

    @examples(40)
    @given(deterministic_models(all_of_them=True))
    def test_queries_where_the_demonstrator_is_deterministic_too(self, model: Model) -> None:
        """Each query ends an alternative that was in the top set, and odds never rise."""
        assert run(model).queries <= sum(x >= 1 for x in odds(model))

    def test_both_are_attained(self) -> None:
        """Three alternatives at the threshold, each of which strays once, in its own round."""
        same = [Semimeasure.point("a")] * 3
        strays = [[*same[:t], Semimeasure.point("b"), *same[t + 1 :]] for t in range(3)]
        model = Model(
            actions=ACTIONS,
            observations=("o",),
            policies={"d": timed(same), **{f"p{t}": timed(s) for t, s in enumerate(strays)}},
            prior={"d": "5/8", "p0": "1/8", "p1": "1/8", "p2": "1/8"},
            demonstrator="d",
            environment=silent(ACTIONS, "o"),
            alpha="1/8",
            horizon=3,
            events={},
        )
        assert min(odds(model)) >= 1
        result = run(model)
        assert result.queries == sum(step.theta2 for step in result.steps) == 3


class TestSearch:
    """What the search finds; the numbers expected come from the mathematics."""

    def test_it_rediscovers_three_from_above(self) -> None:
        """From the program over powers, rounded up and certified: within 1 % of 3x, 3 + 2 ln x."""
        certificate = powers.certify(3)
        check(certificate)
        assert 3 <= Fraction(certificate["constant"]) <= Fraction(303, 100)
        assert potential_of(certificate, 20.0) == pytest.approx(3 + 2 * 2.995732, rel=0.01)
        assert logarithm.certify(3, None)[0].constant == 3

    def test_the_program_over_all_measures_finds_the_atom_and_the_density(self) -> None:
        found = best_measure(3, None, 0, 24)
        assert found.total == pytest.approx(3, rel=0.01)
        assert found.masses[-1] == pytest.approx(1, rel=0.02)
        assert found.densities == pytest.approx([2.0] * 25, rel=0.02)

    @pytest.mark.parametrize(("exponent", "grid"), [(6, 24), (7, 8), (8, 8)])
    def test_high_exponents_are_solved(self, exponent: int, grid: int) -> None:
        """Small falls to high powers: coefficients of 1e15. One alternative at a time pays 1."""
        assert best_measure(exponent, 1, 0.5, grid).total == pytest.approx(1)

    def test_the_relaxation_bounds_every_certificate(self) -> None:
        for exponent in (3, 4, 5):
            certificate = lower_bound(exponent, 40)
            check(certificate)
            constant = Fraction(stored(f"potential-{exponent}-any")["constant"])
            assert 1 < Fraction(certificate["value"]) <= constant

    def test_floors(self) -> None:
        """By hand: 1 + ln 2 for k = 2, 1 + (9/2) ln(4/3) for k = 4."""
        for k, exact in ((2, ln(Fraction(2)) + 1), (4, ln(Fraction(4, 3)) * Fraction(9, 2) + 1)):
            value = Fraction(floor.certificate(k)["value"])
            assert compare(value, exact) in (-1, 0)
            assert compare(value + Fraction(1, 1000), exact) == 1

    def test_a_new_number_of_alternatives_is_certified(self) -> None:
        """By both ways of weighing the falls; jointly is better."""
        member, certificate = logarithm.certify(3, 6)
        jointly = joint.certificate(6)
        assert "at most 6" in check(certificate)
        assert "at most 6" in check(jointly)
        five, eight = (Fraction(stored(f"potential-3-{k}")["constant"]) for k in (5, 8))
        assert five < Fraction(jointly["constant"]) < member.constant < eight

    def test_what_is_false_is_undecided(self) -> None:
        """The slope must be at least 2 for any number of alternatives."""
        low = logarithm.Logarithm(3, None, Fraction(0), Fraction(3), Fraction(19, 10))
        with pytest.raises(Unsettled):
            logarithm.certificate(low)


class TestCommand:
    """`exact-cbil potential`."""

    def test_table_json_file_and_plot(self, tmp_path: Path) -> None:
        saved, plot = tmp_path / "two.json", tmp_path / "two.svg"
        line = ["potential", "--alternatives", "2", "--grid", "4", "--save", saved]
        shown = Outcome(*line, "--plot", plot)
        assert shown.code == 0
        assert "17/10" in shown.out
        assert check_potential.main([str(saved)]) == 0
        assert json.loads(saved.read_text()) == stored("potential-3-2")
        drawn = plot.read_text()
        assert "<svg" in drawn
        assert drawn.count("2: C = 17/10") == 1
        (row,) = Outcome(*line, "--json").json["classes"]
        assert (row["alternatives"], row["constant"]) == (2, "17/10")
        assert row["none_below"] == "1693/1000"

    def test_the_legend_stands_beside_the_curves(self) -> None:
        """One entry a class and one for all linear programs, outside the axes."""
        found = list(search(3, (1, 2, None), 4))
        figure = potential_figure(found, 3)
        figure.draw_without_rendering()
        (axis,) = figure.axes
        legend = axis.get_legend()
        assert legend is not None
        names = [text.get_text() for text in legend.get_texts()]
        assert names[1:-1] == ["any number: C = 3", "2: C = 17/10", "1: C = 1031/1000"]
        assert legend.get_window_extent().x0 > axis.get_window_extent().x1

    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            (["--exponent", "2"], "of order n"),
            (["--exponent", "9"], "from 3 to 8"),
            (["--alternatives", "0"], "`any`"),
            (["--alternatives", "1.5"], "`any`"),
            (["--save", "absent"], "folder"),
            (["--alternatives", "2", "--save", "."], "folder"),
            (["--plot", "x.y"], ".svg"),
            (["--multiplicative", "--exponent", "4"], "--exponent"),
            (["--multiplicative", "--grid", "24"], "--grid"),
            (["--multiplicative", "--plot", "x.svg"], "--plot"),
        ],
    )
    def test_misuse_is_one_line(self, arguments: list[str], says: str) -> None:
        Outcome("potential", *arguments).assert_refused(says)
