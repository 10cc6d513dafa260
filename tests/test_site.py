"""The pages of the site hold together: links, anchors, tables, the theorems and their graph.

Everything but the build itself is about the sources and needs no Sphinx. `CBIL_LARGE=1` also builds
the site, where Sphinx is installed, and asks Rocq for the graph again, where `dpdgraph` is.
"""

from __future__ import annotations

import doctest
import importlib.util
import re
import shutil
import subprocess
import sys
from functools import cache
from html import unescape
from pathlib import Path
from types import ModuleType
from urllib.parse import unquote

import pytest

from bounds.claims import TABLE
from proofs import graph
from proofs.build import build
from proofs.record import read_theorems
from proofs.tools import RocqRejects
from tests.conftest import LARGE

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *DOCS.rglob("*.md"),
        *(
            page
            for package in ("bounds", "exact_cbil", "proofs")
            for page in (ROOT / package).rglob("*.md")
        ),
    ]
)
IDS = [str(page.relative_to(ROOT)) for page in PAGES]
THEOREMS = read_theorems(ROOT / "proofs")


def loaded(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


site = loaded(DOCS / "site" / "theorems.py")


@cache
def text_of(page: Path) -> str:
    """What readers of the site get: with the theorems put in, and without code."""
    text: str = site.expanded(page.read_text())
    return re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)


@cache
def anchors_of(path: Path) -> set[str]:
    """The anchors that GitHub and MyST make from headings; of Rocq, what a file declares."""
    if path.suffix == ".v":
        return set(site.declared(path.read_text()))
    text = text_of(path)
    titles = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    slugs = {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
    return slugs | set(re.findall(r"^\((.*?)\)=$", text, re.MULTILINE))


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^()\s]+(?:\([^()\s]*\))?)\)", text_of(page)):
        if re.match(r"[a-z]+:", target):
            continue
        place, _, anchor = unquote(target).partition("#")
        path = (page.parent / place).resolve() if place else page
        assert path.exists(), target
        if anchor:
            assert anchor in anchors_of(path), target


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_every_row_of_a_table_is_whole(page: Path) -> None:
    columns = 0
    for line in text_of(page).splitlines():
        cells = len(re.findall(r"(?<!\\)\|", line)) - 1 if line.startswith("|") else 0
        assert not cells or not columns or cells == columns, line
        columns = cells


def test_every_page_is_in_a_table_of_contents() -> None:
    listed = {DOCS / "index.md"}
    for page in DOCS.rglob("*.md"):
        blocks = re.findall(
            r"^```\{toctree\}\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE
        )
        for line in "".join(blocks).splitlines():
            if line and not line.startswith(":"):
                entry = re.sub(r".*<(.*)>", r"\1", line)
                place = ROOT if entry.startswith("/") else page.parent
                found = {path.resolve() for path in place.glob(f"{entry.lstrip('/')}.md")}
                assert found, f"{page}: {line}"
                listed |= found
    assert listed == set(PAGES)


# The theorems, and the graph of what they rest on.


def test_every_theorem_claim_and_certificate_is_on_the_page() -> None:
    page = site.expanded((DOCS / "mathematics" / "theorems.md").read_text())
    tags = re.findall(r"^\| ([TW]\d+[a-z]?) \|", (ROOT / "SPEC.md").read_text(), re.MULTILINE)
    assert len(tags) >= 20
    for tag in tags:
        assert f"### Theorem {tag}" in page
    for theorem in THEOREMS:
        assert f"proofs/rocq/{theorem.file}#{theorem.name})" in page
    for claim in TABLE:
        if claim.truth == "true":
            assert f"`{claim.bound}`" in page
            for file in filter(None, (*claim.certificate, claim.floor)):
                assert f"bounds/ledger/certificates/{file})" in page


def test_every_named_theorem_is_in_the_graph_and_in_a_picture() -> None:
    lemmas = graph.read_graph(site.PICTURES)
    for theorem in THEOREMS:
        assert graph.short(theorem) in lemmas
        picture = (site.PICTURES / f"{theorem.claim}.svg").read_text()
        assert f'xlink:href="rocq/{theorem.file}#{theorem.name}"' in picture


def test_the_graph_knows_only_names_that_the_sources_have() -> None:
    lemmas = graph.read_graph(site.PICTURES)
    assert len(lemmas) > 500
    for file in {name.split(".")[0] for name in lemmas}:
        words = set(re.findall(r"[\w']+", (ROOT / "proofs" / "rocq" / f"{file}.v").read_text()))
        names = {name.split(".")[1] for name in lemmas if name.startswith(f"{file}.")}
        # Rocq itself names the constructor of a record and the induction over a type.
        assert {name.removeprefix("Build_").removesuffix("_ind") for name in names} <= words
    assert {used for uses in lemmas.values() for used in uses} <= set(lemmas)


@pytest.mark.parametrize("claim", dict.fromkeys(theorem.claim for theorem in THEOREMS))
def test_a_picture_shows_the_arrows_of_the_graph(claim: str) -> None:
    lemmas = graph.read_graph(site.PICTURES)
    roots = [graph.short(theorem) for theorem in THEOREMS if theorem.claim == claim]
    named = {graph.short(theorem) for theorem in THEOREMS}
    arrows = graph.reduced(lemmas, named & {*roots, *graph.below(lemmas, roots)})
    picture = unescape((site.PICTURES / f"{claim}.svg").read_text())
    titles = re.findall(r"<title>(\w+\.[\w']+)</title>", picture)
    drawn = set(re.findall(r"<title>(\w+\.[\w']+)->(\w+\.[\w']+)</title>", picture))
    assert sorted(titles) == sorted(arrows)
    assert drawn == {(used, name) for name, uses in arrows.items() for used in uses}


def test_the_examples_of_the_page_run() -> None:
    outcome = doctest.testmod(site)
    assert outcome.attempted > 0
    assert outcome.failed == 0


# Larger runs.


@pytest.mark.skipif(not LARGE, reason="builds the site: CBIL_LARGE=1")
def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    pytest.importorskip("sphinx")
    built = tmp_path / "site"
    command = [sys.executable, "-m", "sphinx", "-q", "-E", "-W", "--keep-going", "-c", "docs", "."]
    done = subprocess.run([*command, built], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    pages = {page: page.read_text() for page in built.rglob("*.html")}
    anchors = {page: set(re.findall(r'\bid="([^"]*)"', text)) for page, text in pages.items()}
    assert len(pages) > 50
    for page, text in pages.items():
        # Nothing that a browser would fetch from elsewhere.
        for tag in re.findall(r"<(?:script|link|img|iframe)\b[^>]*>", text):
            assert not re.search(r"(?:src|href)=\"(?:https?:)?//", tag), tag
        for target in re.findall(r'href="([^":]*)"', text):
            place, _, anchor = unescape(unquote(target.partition("?")[0])).partition("#")
            path = (page.parent / place).resolve() if place else page
            assert path.exists(), (page, target)
            assert not anchor or anchor in anchors[path], (page, target)


@pytest.mark.skipif(not LARGE, reason="builds the Rocq development: CBIL_LARGE=1")
@pytest.mark.skipif(shutil.which("coqc") is None, reason="needs Rocq")
def test_rocq_still_says_what_the_graph_says(tmp_path: Path) -> None:
    build(tmp_path)
    try:
        found = graph.ask_rocq(tmp_path)
    except RocqRejects as problem:
        pytest.skip(f"needs dpdgraph: {problem}")
    assert found == graph.read_graph(site.PICTURES)
