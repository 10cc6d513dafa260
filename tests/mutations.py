"""Odd JSON, documents with a place changed, and documents with a few places spoilt."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from hypothesis import strategies as st

__all__ = ["DELETE", "JSON", "NO_RATIONALS", "changed", "mutations"]

DELETE = object()

NO_RATIONALS = (
    *("", "0.5", "1e-1", "1E1", "1e3", " 1/2", " 1", "1/2 ", "1 ", "1/2\n", "1\n", "1\0", "1 / 2"),
    *("+1/2", "+1", "01/2", "01", "1/02", "1/0", "1/-2", "1//2", "1/2/3", "--1", "1_000", "1_0"),
    *("0x10", "0x1", "½", "١/٢", "٣", "１/２", "１", "1/２", "−1/2", "1\u200b", "\ud800"),
    *("nan", "NaN", "inf"),
)
"""Texts that are not taken for rationals anywhere."""


def changed(document: Any, path: str, value: object) -> Any:
    """The document with the node at a slash-separated path set, added or deleted."""
    document = copy.deepcopy(document)
    *parents, last = [int(part) if part.isdigit() else part for part in path.split("/")]
    node = document
    for part in parents:
        node = node[part]
    if value is DELETE:
        del node[last]
    else:
        node[last] = value
    return document


WORDS = ["[bold]", "[key]", "$.x", "%s", "{0}", "1/2"]
ODD_TEXT = st.sampled_from(["", "\x00", "\x1b[31m", "\ud800", "a\nb", "\u2028", *WORDS])
ODD_TEXT |= st.text(max_size=20)
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.sampled_from([10**400, -(10**4000), 1e308]),
    ODD_TEXT,
    ODD_TEXT.map(lambda text: text * 5000),
)
JSON = st.recursive(
    ODD, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ODD_TEXT, inner, max_size=3)
)


def nodes(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    for key, child in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(child, dict | list):
            yield from nodes(child, (*path, key))
        else:
            yield (*path, key)


def deepen(value: Any) -> Any:
    for _ in range(300):
        value = [value] if isinstance(value, dict) else {"deeper": value}
    return value


def mutate(document: Any, path: tuple[Any, ...], kind: str, odd: Any) -> None:
    parent = document
    for part in path[:-1]:
        parent = parent[part]
    key = path[-1]
    if kind == "delete":
        del parent[key]
    elif kind == "replace":
        parent[key] = odd
    elif kind == "deepen":
        parent[key] = deepen(parent[key])
    elif kind == "duplicate" and isinstance(parent, list):
        parent.append(parent[key])
    elif isinstance(parent, dict):
        parent[str(odd)] = parent[key] if kind == "duplicate" else parent.pop(key)


@st.composite
def mutations(draw: st.DrawFn, good: Any) -> Any:
    """A document with one or two places deleted, renamed, repeated, deepened or made odd."""
    document = copy.deepcopy(good)
    places = st.sampled_from([path for path in nodes(good) if path])
    kinds = st.sampled_from(["delete", "replace", "deepen", "duplicate", "rename"])
    for _ in range(draw(st.integers(1, 2))):
        # The first may have removed the place of the second.
        with suppress(KeyError, IndexError, TypeError, AttributeError):
            mutate(document, draw(places), draw(kinds), draw(ODD | JSON))
    return document
