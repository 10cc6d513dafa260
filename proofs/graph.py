"""The graph of the lemmas, as Rocq has it, and a picture of what each claim rests on.

`python -m proofs.graph docs/pictures/theorems` builds the development, asks Rocq which lemma uses
which, writes that to `lemmas.json`, and lets Graphviz draw one picture for each claim of
`theorems.toml`. It needs `apt-get install coq libcoq-dpdgraph graphviz`; readers of the pictures
need none of these. Nothing in a picture is placed or joined by hand.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import TypeAlias

from exact_cbil.children import run, scratch_directory
from exact_cbil.errors import CbilError
from exact_cbil.files import read_text, replace_file
from proofs.build import build
from proofs.record import Theorem, read_theorems
from proofs.session import ask
from proofs.tools import ROOT, RocqRejects

__all__ = ["DATA", "Graph", "ask_rocq", "below", "draw", "parse", "read_graph", "reduced", "short"]

DATA = "lemmas.json"
HERE = Path(__file__).parent

Graph: TypeAlias = Mapping[str, Collection[str]]
"""For each lemma, named like `QueryCubes.Phi_step`, the lemmas that its proof uses."""

_NODE = re.compile(r'N: (\d+) "([^"]+)" \[(.*), \];')
_EDGE = re.compile(r"E: (\d+) (\d+) \[")


def short(theorem: Theorem) -> str:
    """The name of a theorem in a graph.

    >>> short(Theorem("T1", "QueryCubes.v", "Phi_step", "step", "The step."))
    'QueryCubes.Phi_step'
    """
    return theorem.full_name.removeprefix(f"{ROOT}.")


def ask_rocq(directory: Path) -> dict[str, list[str]]:
    """The graph of the lemmas of the development compiled in `directory`, asked of Rocq.

    Raises RocqRejects when the plugin `dpdgraph` is absent.
    """
    libraries = sorted(file.stem for file in directory.glob("*.vo"))
    written = directory / "lemmas.dpd"
    files = " ".join(f"{ROOT}.{library}" for library in libraries)
    commands = [
        "Require dpdgraph.dpdgraph",
        f'Set DependGraph File "{written}"',
        f"Print FileDependGraph {files}",
    ]
    answers = ask(directory, libraries, commands)
    if not written.is_file():
        raise RocqRejects("dpdgraph", "; ".join(filter(None, answers)) or "it wrote no graph")
    return parse(read_text(written))


def parse(text: str) -> dict[str, list[str]]:
    """The lemmas in a graph written by `dpdgraph`; definitions and types are left out.

    >>> parse('''N: 1 "a" [kind=cnst, prop=yes, path="M", ];
    ... N: 2 "b" [kind=cnst, prop=yes, path="M", ];
    ... N: 3 "f" [kind=cnst, prop=no, path="M", ];
    ... E: 1 2 [weight=1, ];
    ... E: 1 3 [weight=1, ];''')
    {'M.a': ['M.b'], 'M.b': []}
    """
    names: dict[str, str] = {}
    uses: dict[str, list[str]] = {}
    for line in text.splitlines():
        if node := _NODE.fullmatch(line):
            about = dict(part.split("=", 1) for part in node[3].split(", "))
            if about.get("prop") == "yes":
                names[node[1]] = f"{about['path'].strip(chr(34))}.{node[2]}"
                uses[names[node[1]]] = []
        elif (edge := _EDGE.match(line)) and edge[1] in names and edge[2] in names:
            uses[names[edge[1]]].append(names[edge[2]])
    return {name: sorted(uses[name]) for name in sorted(uses)}


def read_graph(directory: Path) -> dict[str, list[str]]:
    """The graph that was written to `directory`."""
    try:
        graph: dict[str, list[str]] = json.loads(read_text(directory / DATA))
    except ValueError as problem:
        raise CbilError(f"{directory / DATA}: expected JSON: {problem}") from None
    return graph


def below(graph: Graph, roots: Iterable[str]) -> set[str]:
    """Every lemma that a proof of one of the roots uses, directly or not; not the roots themselves.

    >>> sorted(below({"a": ["b"], "b": ["c"], "c": [], "d": []}, ["a"]))
    ['b', 'c']
    """
    found: set[str] = set()
    todo = list(roots)
    while todo:
        new = set(graph[todo.pop()]) - found
        found |= new
        todo.extend(new)
    return found


def reduced(graph: Graph, kept: Collection[str]) -> dict[str, list[str]]:
    """The graph on the kept lemmas: an arrow for each path through others, unless it is implied.

    An arrow is implied when another kept lemma lies between its ends.

    >>> reduced({"a": ["x", "c"], "x": ["b"], "b": ["c"], "c": []}, ["a", "b", "c"])
    {'a': ['b'], 'b': ['c'], 'c': []}
    """
    reached = {name: below(graph, [name]) & set(kept) for name in kept}
    return {
        name: sorted(
            one
            for one in reached[name]
            if not any(one in reached[other] for other in reached[name])
        )
        for name in kept
    }


def _dot(arrows: Graph, theorems: Mapping[str, Theorem], claim: str) -> str:
    """The picture of one claim in Graphviz's language; arrows point from a lemma to its uses."""
    lines = [
        "digraph {",
        f'  id="{claim}"; rankdir=BT; ranksep=0.35; nodesep=0.18; bgcolor=transparent;',
        '  node [shape=box, style="filled,rounded", fillcolor=white, fontname="sans-serif",',
        '        fontsize=11, height=0.3, margin="0.09,0.04"];',
        "  edge [arrowsize=0.6];",
    ]
    for name in arrows:
        theorem = theorems[name]
        classes = "claimed" if theorem.claim == claim else "other"
        words = json.dumps(theorem.words, ensure_ascii=False)
        place = f"rocq/{theorem.file}#{theorem.name}"
        lines.append(
            f'  "{name}" [label="{theorem.name}", class="{classes}", tooltip={words}, URL="{place}"'
            + (", penwidth=2.5];" if theorem.claim == claim else "];")
        )
    lines += [f'  "{one}" -> "{name}";' for name in arrows for one in arrows[name]]
    return "\n".join([*lines, "}"])


def draw(graph: Graph, theorems: Iterable[Theorem], directory: Path) -> None:
    """Write `CLAIM.svg` for each claim: its theorems, and the named theorems that they rest on."""
    named = {short(theorem): theorem for theorem in theorems}
    if absent := sorted(named.keys() - graph.keys()):
        raise CbilError(f"theorems.toml: {absent[0]} is named, and is no lemma of the development")
    for claim in dict.fromkeys(theorem.claim for theorem in named.values()):
        roots = [name for name, theorem in named.items() if theorem.claim == claim]
        kept = [name for name in named if name in {*roots, *below(graph, roots)}]
        drawn = run(["dot", "-Tsvg"], content=_dot(reduced(graph, kept), named, claim).encode())
        if drawn.returncode:
            raise CbilError(f"Graphviz rejects {claim}: {drawn.stderr.decode('utf-8', 'replace')}")
        # Without the comment that names the version of Graphviz, and without its prologue.
        picture = drawn.stdout.decode()
        with replace_file(directory / f"{claim}.svg") as file:
            file.write(re.sub(r"<!--.*?-->\n?", "", picture, flags=re.DOTALL).encode())


def main(directory: Path) -> None:
    """Ask Rocq anew, and write the graph and the pictures to `directory`."""
    with scratch_directory() as place:
        build(place)
        graph = ask_rocq(place)
    directory.mkdir(parents=True, exist_ok=True)
    with replace_file(directory / DATA) as file:
        file.write((json.dumps(graph, indent=0) + "\n").encode())
    draw(graph, read_theorems(HERE), directory)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
