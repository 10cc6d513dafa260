"""The search for models that refute a candidate; the package is called like `explore` itself."""

from bounds import _call_as

_call_as(__name__, "bounds.explore.search", "explore")
