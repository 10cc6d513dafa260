"""Pictures: functions that return a matplotlib `Figure`, and how all of them look.

Values are rounded to floats here and decide nothing. matplotlib is loaded when a picture is first
drawn. `bounds.plots` holds the pictures of bounds, `exact_cbil.optimisers.picture` that of a study.
"""

from typing import TYPE_CHECKING

from exact_cbil.lazy import lazily, require

if TYPE_CHECKING:
    from exact_cbil.plots.machines import machines_figure
    from exact_cbil.plots.price import price_figure
    from exact_cbil.plots.profile import profile_figure
    from exact_cbil.plots.run import run_figure
    from exact_cbil.plots.sampled import sampled_figure
    from exact_cbil.plots.style import save_figure

__all__ = [
    "machines_figure",
    "price_figure",
    "profile_figure",
    "run_figure",
    "sampled_figure",
    "save_figure",
]

require("matplotlib")

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazily(__name__)
