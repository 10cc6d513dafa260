"""A factory of wrong learners: the literal specification with one thing changed, systematically.

Three kinds, each made from the text of what answers a question (`exact_cbil.spec` and
`exact_cbil.testing.literal`):

- *edits* of its syntax tree: every comparison, condition, operation, constant, index, bound, order,
  name and statement is replaced by each of its neighbours;
- *distortions*: a function is handed an argument that lost something;
- *memories*: a function gives an earlier value where part of its arguments is the same, also from
  another question: state that is kept too long.

A mutant is named by what was changed, so that a name says what the bug is.
"""

from __future__ import annotations

import ast
import inspect
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, lru_cache
from typing import Any

from exact_cbil import spec
from exact_cbil.testing import literal

__all__ = ["Mutant", "mutants"]

ANSWERING = {
    spec: (
        *("deficit", "hidden", "member", "posterior", "top_set", "top", "minimum"),
        "query_probability",
    ),
    literal: ("state_after", "masses", "policy", "literal", "answer"),
}
"""The functions that take part in an answer."""

MOST_TURNS = 20_000
"""Turns of `while` loops in one answer: no right one takes as many, a wrong one may take all."""

Document = Mapping[str, Any]
Space = dict[str, Any]


class EndlessLoop(Exception):
    """A loop that took too many turns."""


@dataclass(frozen=True)
class Mutant:
    """A wrong learner. name: what was changed. change: changes its functions."""

    name: str
    change: Callable[[Space], None]

    def learner(self) -> Callable[[str], Any]:
        """A function from the line of a question to its answer; it may raise, and may remember."""
        space = _space()
        self.change(space)

        def answer(line: str) -> Any:
            question = json.loads(line)  # its own, as it may write there
            space["turns"] = 0
            space["asked"] = json.dumps(question["model"])
            # An id that comes back from a memory would give every one of them away.
            return {**space["answer"](question), "id": question["id"]}

        return answer


# -- the text -------------------------------------------------------------------------------------


class _Plain(ast.NodeTransformer):
    """Without docstrings and annotations, and with a bound on `while` loops."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        self.generic_visit(node)
        node.returns = None
        for argument in node.args.args:
            argument.annotation = None
        if isinstance(node.body[0], ast.Expr) and isinstance(node.body[0].value, ast.Constant):
            del node.body[0]
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        if node.value is None:
            return node
        return ast.Assign([node.target], node.value)


class _Bounded(ast.NodeTransformer):
    def visit_While(self, node: ast.While) -> ast.While:
        node.body.insert(0, ast.parse("turn()").body[0])
        return node


@cache
def _functions() -> dict[str, ast.FunctionDef]:
    found = {}
    for module, names in ANSWERING.items():
        for node in ast.parse(inspect.getsource(module)).body:
            if isinstance(node, ast.FunctionDef) and node.name in names:
                found[node.name] = ast.fix_missing_locations(_Plain().visit(node))
    return found


def _code(function: str) -> Any:
    bounded = _Bounded().visit(ast.parse(function))
    return compile(ast.fix_missing_locations(bounded), "mutant", "exec")


@cache
def _right_code() -> list[Any]:
    return [_code(ast.unparse(function)) for function in _functions().values()]


def _space() -> Space:
    """The functions, in a namespace of their own, in which all of both modules is at hand."""
    space: Space = {}
    space.update(vars(literal) | vars(spec))
    for code in _right_code():
        exec(code, space)
    space["spec"] = type("Spec", (), {"__getattr__": lambda _, name: space[name]})()

    def turn() -> None:
        space["turns"] += 1
        if space["turns"] > MOST_TURNS:
            raise EndlessLoop

    space["turn"] = turn
    return space


# -- edits ----------------------------------------------------------------------------------------

COMPARED = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)
COUNTED = (ast.Add, ast.Sub, ast.Mult, ast.Div)
OTHER_CALLS = {
    "min": ["max", "sum", "next(iter({0}))"],
    "sum": ["max({0}, default=ZERO)", "min({0}, default=ZERO)", "len(list({0}))"],
    "sorted": ["list({0})", "sorted({0})"],
    "all": ["any"],
    "any": ["all"],
    "tuple": ["tuple(sorted({0}))", "tuple(dict.fromkeys({0}))"],
}


def _parsed(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def _calls(node: ast.Call) -> Iterator[ast.expr]:
    called = ast.unparse(node.func)
    for other in OTHER_CALLS.get(called, ()):
        if "{0}" in other:
            yield _parsed(other.format(ast.unparse(node.args[0])))
        else:
            yield ast.Call(ast.Name(other, ast.Load()), node.args, node.keywords)
    for place, keyword in enumerate(node.keywords):
        kept = node.keywords[:place] + node.keywords[place + 1 :]
        yield ast.Call(node.func, node.args, kept)
        if keyword.arg == "key":
            reverse = ast.keyword("reverse", ast.Constant(True))
            yield ast.Call(node.func, node.args, [*node.keywords, reverse])
    if isinstance(node.func, ast.Attribute) and node.func.attr == "get":
        for default in ("ONE", "ZERO", "Fraction(1, 2)"):
            if ast.unparse(node.args[-1]) != default:
                yield ast.Call(node.func, [node.args[0], _parsed(default)], [])
    if called in _functions() and len(node.args) == 1:
        yield node.args[0]


def _truths(test: ast.expr) -> Iterator[ast.expr]:
    yield ast.UnaryOp(ast.Not(), test)
    yield ast.Constant(True)
    yield ast.Constant(False)


def _listed(series: ast.expr) -> Iterator[ast.expr]:
    text = ast.unparse(series)
    for cut in ("[::-1]", "[1:]", "[:-1]", "[:1]", "[:2]", "[-1:]"):
        yield _parsed(f"list({text}){cut}")
    yield _parsed(f"sorted({text})")


def _expressions(node: ast.expr, names: set[str]) -> Iterator[ast.expr]:
    """What an expression may be taken for."""
    text = ast.unparse(node)
    match node:
        case ast.Compare(ops=[operation]) if isinstance(operation, COMPARED):
            for other in COMPARED:
                if not isinstance(operation, other):
                    yield ast.Compare(node.left, [other()], node.comparators)
        case ast.Compare(ops=[ast.In() | ast.NotIn()]):
            yield ast.UnaryOp(ast.Not(), node)
        case ast.BinOp(left=left, op=done, right=right):
            for other_done in COUNTED:
                if not isinstance(done, other_done):
                    yield ast.BinOp(left, other_done(), right)
            yield from (left, right)
        case ast.UnaryOp(operand=operand):
            yield operand
        case ast.IfExp(test=test, body=body, orelse=orelse):
            yield from (body, orelse)
            yield from (ast.IfExp(other, body, orelse) for other in _truths(test))
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=int(value)):
            yield from (ast.Constant(value + 1), ast.Constant(value - 1))
        case ast.Subscript(value=value, slice=ast.Slice(lower=lower, upper=upper)):
            yield value
            for end in ("lower", "upper"):
                bound = {"lower": lower, "upper": upper}[end]
                if bound is None:
                    continue
                for moved in (f"{ast.unparse(bound)} + 1", f"max(0, {ast.unparse(bound)} - 1)"):
                    ends = {"lower": lower, "upper": upper, end: _parsed(moved)}
                    yield ast.Subscript(value, ast.Slice(ends["lower"], ends["upper"]), ast.Load())
            yield ast.Subscript(value, ast.Slice(upper, lower), ast.Load())
        case ast.Call():
            yield from _calls(node)
        case ast.Name(id="ZERO"):
            yield ast.Name("ONE", ast.Load())
        case ast.Name(id="ONE"):
            yield ast.Name("ZERO", ast.Load())
        case ast.Name(id=name, ctx=ast.Load()) if name in names:
            yield from (ast.Name(other, ast.Load()) for other in sorted(names - {name}))
        case ast.DictComp(key=key, value=value, generators=generators):
            yield _parsed(f"dict(reversed({text}.items()))")
            for loop in generators:
                yield from (
                    ast.DictComp(key, value, [_over(loop, other)]) for other in _listed(loop.iter)
                )
        case ast.ListComp(elt=element, generators=[loop]):
            yield from (ast.ListComp(element, [_over(loop, o)]) for o in _listed(loop.iter))
        case ast.GeneratorExp(elt=element, generators=[loop]):
            yield from (ast.GeneratorExp(element, [_over(loop, o)]) for o in _listed(loop.iter))


def _over(loop: ast.comprehension, series: ast.expr) -> ast.comprehension:
    return ast.comprehension(loop.target, series, loop.ifs, 0)


def _statements(node: ast.stmt) -> Iterator[ast.stmt]:
    """What a statement may be taken for."""
    match node:
        case ast.Assign() | ast.Break():
            yield ast.Pass()
        case ast.AugAssign(target=target, op=done, value=value):
            yield ast.Pass()
            yield ast.Assign([target], value)
            for other in COUNTED:
                if not isinstance(done, other):
                    yield ast.AugAssign(target, other(), value)
        case ast.If(test=test, body=body, orelse=orelse):
            yield from (ast.If(other, body, orelse) for other in _truths(test))
        case ast.While(test=test, body=body):
            yield from (ast.While(other, body, []) for other in _truths(test))
        case ast.For(target=target, iter=series, body=body):
            yield from (ast.For(target, other, body, []) for other in _listed(series))


def _places(tree: ast.AST) -> Iterator[tuple[ast.AST, str, int | None, ast.AST]]:
    """Every node with where it stands: its parent, the field and the place there."""
    for parent in ast.walk(tree):
        for name, value in ast.iter_fields(parent):
            for place, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
                if isinstance(child, ast.AST):
                    yield parent, name, place, child


def _edited(function: ast.FunctionDef) -> Iterator[tuple[str, str]]:
    """Every edit of a function: what is changed into what, and the text of the function with it."""
    tree = deepcopy(function)
    bound = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and _binds(n)}
    names = bound | {argument.arg for argument in tree.args.args}
    for parent, name, place, node in _places(tree):
        others: Iterable[ast.AST] = ()
        if isinstance(node, ast.expr):
            others = _expressions(node, names)
        elif isinstance(node, ast.stmt):
            others = _statements(node)
        filters = isinstance(parent, ast.comprehension) and name == "ifs"
        if filters and isinstance(node, ast.expr):
            others = [*others, *_truths(node)]
        for other in others:
            before, after = (
                _short(ast.unparse(ast.fix_missing_locations(n))) for n in (node, other)
            )
            _put(parent, name, place, other)
            yield f"{before} -> {after}", ast.unparse(tree)
            _put(parent, name, place, node)


def _binds(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Store) and node.id != "_"


def _short(text: str) -> str:
    return " ".join(text.split())


def _put(parent: ast.AST, name: str, place: int | None, node: ast.AST) -> None:
    if place is None:
        setattr(parent, name, node)
    else:
        getattr(parent, name)[place] = node


def _edits() -> Iterator[Mutant]:
    for function in _functions().values():
        right = ast.unparse(function)
        known = {right}
        for label, text in _edited(function):
            if text in known:
                continue
            known.add(text)

            def change(space: Space, text: str = text) -> None:
                exec(_code(text), space)

            yield Mutant(f"{function.name}: {label}", change)


# -- arguments that lost something ----------------------------------------------------------------

KEYED_BY_NAMES = ("policies", "prior", "states", "emit")


def _without(*keys: str) -> Callable[[Any], Any]:
    """JSON without some keys, wherever they stand as keys and not as names."""

    def left(value: Any, named: bool = False) -> Any:
        if isinstance(value, dict):
            return {
                key: left(part, not named and key in KEYED_BY_NAMES)
                for key, part in value.items()
                if named or key not in keys
            }
        return [left(part) for part in value] if isinstance(value, list) else value

    return left


def _sorted_dict(value: Mapping[str, Any]) -> dict[str, Any]:
    return dict(sorted(value.items()))


DISTORTIONS: dict[str, dict[str, Callable[[Any], Any]]] = {
    "history": {
        "the first step is lost": lambda h: h[1:],
        "the last step is lost": lambda h: h[:-1],
        "the last step is left": lambda h: h[-1:],
        "the last two steps are left": lambda h: h[-2:],
        "the last five steps are left": lambda h: h[-5:],
        "the first step is left": lambda h: h[:1],
        "the first four steps are left": lambda h: h[:4],
        "in the other order": lambda h: h[::-1],
        "twice": lambda h: h + h,
        "each step once": lambda h: tuple(dict.fromkeys(h)),
        "who asked is lost": lambda h: tuple((True, a, o) for _, a, o in h),
        "nobody was asked": lambda h: tuple((False, a, o) for _, a, o in h),
        "steps that were asked alone": lambda h: tuple(s for s in h if s[0]),
        "steps that were not asked alone": lambda h: tuple(s for s in h if not s[0]),
        "actions are lost": lambda h: tuple((q, h[0][1], o) for q, _, o in h),
        "observations are lost": lambda h: tuple((q, a, h[0][2]) for q, a, _ in h),
    },
    "weights": {
        "in the other order": lambda w: dict(reversed(w.items())),
        "in the order of names": _sorted_dict,
        "squared": lambda w: {name: x * x for name, x in w.items()},
        "in floats": lambda w: {name: Fraction(float(x)) for name, x in w.items()},
        "without the last": lambda w: dict(list(w.items())[:-1]),
        "of equal ones the first": lambda w: (
            {x: n for n, x in reversed(w.items())}
            and {n: x for x, n in {x: n for n, x in reversed(w.items())}.items()}
        ),
    },
    "alpha": {
        "at most a half": lambda x: min(x, Fraction(1, 2)),
        "at least a tenth": lambda x: max(x, Fraction(1, 10)),
        "at least a hundredth": lambda x: max(x, Fraction(1, 100)),
        "below 1": lambda x: min(x, Fraction(99, 100)),
        "as odds": lambda x: x / (1 - x) if x < 1 else x,
        "in float32": lambda x: Fraction(round(x * 2**24), 2**24),
        "in floats": lambda x: Fraction(float(x)),
        "squared": lambda x: x * x,
    },
    "written": {
        "in floats": lambda m: {name: str(Fraction(float(Fraction(x)))) for name, x in m.items()},
        "without the last": lambda m: dict(list(m.items())[:-1]),
        "without the least": lambda m: {n: x for n, x in m.items() if Fraction(x) > 2**-40},
        "in the order of names": lambda m: dict(zip(sorted(m), m.values(), strict=True)),
        "scaled to 1": lambda m: {
            name: str(Fraction(x) / sum(map(Fraction, m.values()))) for name, x in m.items()
        },
    },
    "machine": {
        "without rules": _without("next"),
        "rules without actions": lambda m: {
            **m,
            "states": {
                n: {**s, "next": _without("action")(s.get("next", []))}
                for n, s in m["states"].items()
            },
        },
    },
    "name": {},
}
"""For each argument, what it may have lost on its way."""


def _distortions() -> Iterator[Mutant]:
    for function in _functions().values():
        for place, argument in enumerate(function.args.args):
            for label, lose in DISTORTIONS.get(argument.arg, {}).items():

                def change(
                    space: Space, of: str = function.name, place: int = place, lose: Any = lose
                ) -> None:
                    right = space[of]

                    def wrong(*given: Any) -> Any:
                        return right(*given[:place], lose(given[place]), *given[place + 1 :])

                    space[of] = wrong

                yield Mutant(f"{function.name}: {argument.arg} {label}", change)


# -- state that is kept too long ------------------------------------------------------------------


def _whole(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, dict | list) else value


def _nothing(value: Any) -> None:
    return None


@lru_cache(maxsize=16)
def _left(model: str, key: str) -> str:
    return json.dumps(_without(key)(json.loads(model)))


def _text_without(*keys: str) -> Callable[[Any], str]:
    left = _without(*keys)
    return lambda value: json.dumps(left(value))


REMEMBERED: dict[str, dict[str, Callable[[Any], Any]]] = {
    "history": {
        "any": _nothing,
        "its length": len,
        "its last step": lambda h: h[-1:],
        "its first step": lambda h: h[:1],
        "its steps in any order": lambda h: tuple(sorted(h)),
        "its different steps": frozenset,
        "what was asked": lambda h: tuple(s for s in h if s[0]),
        "actions and observations": lambda h: tuple(s[1:] for s in h),
        "queries and actions": lambda h: tuple(s[:2] for s in h),
        "queries and observations": lambda h: tuple(s[::2] for s in h),
    },
    "weights": {
        "any": _nothing,
        "names": tuple,
        "numbers": lambda w: tuple(w.values()),
        "names and numbers, in any order": lambda w: frozenset(w.items()),
    },
    "masses": {"any": _nothing, "names": tuple},
    "alpha": {"any": _nothing},
    "name": {"any": _nothing},
    "written": {
        "any": _nothing,
        "names": tuple,
        "numbers": lambda m: tuple(m.values()),
        "names and numbers, in any order": lambda m: frozenset(m.items()),
    },
    "machine": {
        "any": _nothing,
        **{
            f"all but {key}": _text_without(key)
            for key in ("start", "next", "emit", "to", "action", "observation", "queried")
        },
        "names of states": lambda m: tuple(m["states"]),
    },
    "document": {},
    "question": {
        f"all but {key}": _text_without("id", key)
        for key in ("history", "model", "queried", "observation")
    },
}
"""For each argument, what of it is compared with an earlier one."""

MODEL_PARTS = (
    *("actions", "policies", "prior", "demonstrator", "environment", "alpha"),
    *("start", "states", "next", "emit", "to"),
)
"""Keys of a model, each of which a memory may leave out."""


def _memories() -> Iterator[Mutant]:
    for function in _functions().values():
        arguments = [argument.arg for argument in function.args.args]
        for place, argument in enumerate(arguments):
            for label, part in REMEMBERED.get(argument, {}).items():
                name = f"{function.name}: remembered by {argument}: {label}"
                yield Mutant(name, _remembering(function.name, place, part))
            if argument in ("model", "document", "question"):
                for key in MODEL_PARTS:
                    name = f"{function.name}: remembered by {argument}: all but {key}"
                    yield Mutant(name, _remembering(function.name, place, key))


def _remembering(of: str, place: int, part: Callable[[Any], Any] | str) -> Callable[[Space], None]:
    def change(space: Space) -> None:
        right, known = space[of], dict[Any, Any]()

        def key_of(number: int, value: Any) -> Any:
            if number == place:
                if not isinstance(part, str):
                    return part(value)
                if isinstance(value, dict):
                    return json.dumps(_without("id", part)(value))
                return _left(space["asked"], part)
            return space["asked"] if isinstance(value, spec.Model) else _hashable(value)

        def wrong(*given: Any) -> Any:
            key = tuple(key_of(number, value) for number, value in enumerate(given))
            if key not in known:
                known[key] = right(*given)
            return known[key]

        space[of] = wrong

    return change


def _hashable(value: Any) -> Any:
    return tuple(value.items()) if isinstance(value, dict) else value


# -- all ------------------------------------------------------------------------------------------


@cache
def mutants() -> dict[str, Mutant]:
    """Every mutant by its name; a number tells those apart that would be called the same."""
    found: dict[str, Mutant] = {}
    for make in (_edits, _distortions, _memories):
        for mutant in make():
            name, number = mutant.name, 1
            while name in found:
                number += 1
                name = f"{mutant.name} ({number})"
            found[name] = mutant
    return found
