"""The shape of what `exact-cbil prove` prints as JSON; see `exact_cbil.formats`."""

from __future__ import annotations

from typing import Literal

from pydantic import StrictBool, StrictFloat, StrictStr

from exact_cbil.strict_json import Name, Part

__all__ = ["SHAPES"]


class Theorem(Part):
    """What was found about one theorem."""

    claim: StrictStr
    theorem: StrictStr
    file: StrictStr
    scope: StrictStr
    assumptions: list[StrictStr]
    seconds: StrictFloat
    problems: list[StrictStr]


class AuditDocument(Part):
    """An audit of the proofs."""

    format: Literal["cbil-audit/1"]
    passes: StrictBool
    rocq: StrictStr
    problems: list[StrictStr]
    seconds: dict[Name, StrictFloat]
    theorems: list[Theorem]


SHAPES = {"cbil-audit/1": AuditDocument}
"""The shape of each format."""
