"""The documentation site: `sphinx-build -c docs . build/site` (or `poe site`).

The root of the sources is the root of the repository, so README.md, SPEC.md and the pages of the
packages are pages of the site as they stand, and a link that works in a checkout works on the site.
"""

from __future__ import annotations

import os
import sys
from importlib.metadata import version as version_of
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "site"))

# The tutorials call the program, also where no environment is active.
os.environ["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))

project = "exact-cbil"
version = release = version_of("exact-cbil")
language = "en"

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.mathjax",
    "sphinx_copybutton",
    "site_extension",
]
root_doc = "docs/index"
include_patterns = [
    "*.md",
    "docs/**.md",
    "bounds/**.md",
    "exact_cbil/**.md",
    "proofs/**.md",
]
exclude_patterns = ["build", "dist", ".venv", "**/node_modules"]

# Of MathJax only the one file that is used: it holds the fonts, so nothing is fetched by a reader.
_mathjax = find_spec("sphinx-mathjax-offline")
assert _mathjax is not None
assert _mathjax.origin is not None
html_static_path = ["site/static", str(Path(_mathjax.origin).parent / "static/mathjax/tex-svg.js")]
mathjax_path = "tex-svg.js"

html_theme = "furo"
html_title = "exact-cbil"
html_css_files = ["site.css"]
html_extra_path = ["site/root"]
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"

myst_heading_anchors = 4
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 120
nb_execution_show_tb = True
nb_merge_streams = True

suppress_warnings = ["ref.python"]  # `Model` is a name in two modules; either page will do
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_default_options = {"no-value": True}
copybutton_prompt_text = r">>> |\.\.\. "
copybutton_prompt_is_regexp = True
