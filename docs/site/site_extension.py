"""What the site needs beyond Sphinx: source files as pages, and graphs that are links."""

from __future__ import annotations

import re
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import click
import theorems
from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.parsers import Parser
from sphinx.util.docutils import SphinxDirective
from sphinx.util.osutil import relative_uri

LANGUAGES = {".v": "coq", ".py": "python", ".toml": "toml"}
"""Files of code that pages link to are pages too, so that every link leads somewhere offline."""

_LINK = re.compile(r"\]\(([^)\s#]+)(?:#[^)\s]*)?\)")
_TARGET = re.compile(r'(?<=xlink:href=")rocq/(\w+)\.v#([\w\']+)(?=")')


class SourceFile(Parser):
    """A file of code as a page: its path is the title, and each declaration in Rocq an anchor."""

    supported = ("source-file",)

    def parse(self, inputstring: str, document: nodes.document) -> None:
        """Add the title and the text."""
        env = document.settings.env
        path = Path(env.doc2path(env.docname)).relative_to(theorems.REPOSITORY)
        section = nodes.section(ids=["source"])
        section += nodes.title(text=str(path))
        language = LANGUAGES[path.suffix]
        code = nodes.literal_block(inputstring, inputstring, language=language)
        code["highlight_args"] = {"linespans": "line"}
        section += code
        document += section
        env.metadata[env.docname]["orphan"] = True
        if path.suffix == ".v":
            env.metadata[env.docname]["myst_slugs"] = {
                name: (line, f"line-{line}", name)
                for name, line in theorems.declared(inputstring).items()
            }


class LemmaGraph(SphinxDirective):
    """The graph of what the theorems about a claim rest on, each node a link to its proof."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """The picture that Graphviz drew, inside the page, so that it follows light and dark."""
        claim = self.arguments[0]
        lemmas, files, named = theorems.rests_on(claim)
        svg = (theorems.PICTURES / f"{claim}.svg").read_text()
        svg = _TARGET.sub(self._place, svg[svg.index("<svg") :])
        # It shrinks with the page as long as it can be read, and then scrolls.
        svg = re.sub(r'width="(\d+)pt" height="\d+pt"', _shrinking, svg, count=1)
        words = f"rests on {lemmas} lemmas in {files} files, of which {named} are named here"
        html = (
            f'<details class="lemmas"><summary>The proof {words}</summary>'
            f'<div role="img" aria-label="Graph of the theorems below {claim}">{svg}</div>'
            f"</details>"
        )
        return [nodes.raw("", html, format="html")]

    def _place(self, found: re.Match[str]) -> str:
        file, name = found.groups()
        source = (theorems.REPOSITORY / "proofs" / "rocq" / f"{file}.v").read_text()
        page = relative_uri(f"{self.env.docname}.html", f"proofs/rocq/{file}.html")
        return f"{page}#line-{theorems.declared(source)[name]}"


def _shrinking(size: re.Match[str]) -> str:
    return f'style="width: {size[1]}pt; max-width: 100%; min-width: {int(size[1]) * 3 // 4}pt"'


class Commands(SphinxDirective):
    """The help of every command, as it is printed."""

    def run(self) -> list[nodes.Node]:
        """A section for each command."""
        found: list[nodes.Node] = []
        for point in sorted(entry_points(group="exact_cbil.commands"), key=lambda one: one.name):
            context = click.Context(point.load(), info_name=f"exact-cbil {point.name}")
            context.max_content_width = 78
            text = context.get_help()
            section = nodes.section(ids=[point.name], names=[point.name])
            section += nodes.title(text=point.name)
            section += nodes.literal_block(text, text, language="none")
            self.state.document.note_explicit_target(section)
            found.append(section)
        return found


def restructured(lines: list[str]) -> list[str]:
    """A docstring as Sphinx reads it: names in backquotes are code, and nothing else is markup.

    >>> restructured(["Give `x_`.", "", "one: a sum,", "    x * y.", "", ">>> 2 * 3", "6"])
    ['Give ``x_``.', '', 'one: a sum,', 'x \\\\* y.', '', '>>> 2 * 3', '6']
    """
    found: list[str] = []
    for block in "\n".join(lines).split("\n\n"):
        rows = [row for row in block.splitlines() if row.strip()]
        if rows and rows[0].lstrip().startswith(">>>"):
            found += [*rows, ""]
        elif rows and rows[0].startswith("    "):
            found += ["::", "", *rows, ""]
        else:
            found += [*_escaped("\n".join(row.strip() for row in rows)).splitlines(), ""]
    return found[:-1]


def _escaped(text: str) -> str:
    parts = text.replace("``", "`").split("`")
    for place, part in enumerate(parts):
        parts[place] = f"``{part}``" if place % 2 else re.sub(r"([*|_\\])", r"\\\1", part)
    return "".join(parts) if len(parts) % 2 else text.replace("`", "\\`")


def _restructure(
    app: Sphinx, what: str, name: str, thing: Any, options: Any, lines: list[str]
) -> None:
    lines[:] = [*restructured(lines), ""]


def _expand(app: Sphinx, docname: str, source: list[str]) -> None:
    source[0] = theorems.expanded(source[0])


def _linked_sources(pages: list[Path]) -> set[str]:
    """The files of code that pages link to."""
    found = set()
    for page in pages:
        for target in _LINK.findall(theorems.expanded(page.read_text())):
            path = (page.parent / target).resolve()
            if path.suffix in LANGUAGES and path.is_file():
                found.add(str(path.relative_to(theorems.REPOSITORY)))
    return found


def _include_sources(app: Sphinx, config: Any) -> None:
    root = theorems.REPOSITORY
    pages = [page for pattern in config.include_patterns for page in root.glob(_glob(pattern))]
    config.include_patterns += sorted(_linked_sources(pages))


def _glob(pattern: str) -> str:
    return pattern.replace("**.md", "**/*.md")


def _keep_folders_plain(app: Sphinx, doctree: nodes.document) -> None:
    """A link to a folder of the repository is shown without the link: a site has no folders."""
    page = Path(app.env.doc2path(app.env.docname))
    for link in list(doctree.findall(addnodes.pending_xref)):
        if (page.parent / link["reftarget"]).is_dir():
            link.replace_self(link.children)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register all of it."""
    for suffix in LANGUAGES:
        app.add_source_suffix(suffix, "source-file")
    app.add_source_parser(SourceFile)
    app.add_directive("lemma-graph", LemmaGraph)
    app.add_directive("commands", Commands)
    app.connect("autodoc-process-docstring", _restructure)
    app.connect("config-inited", _include_sources)
    app.connect("source-read", _expand)
    app.connect("doctree-read", _keep_folders_plain)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
