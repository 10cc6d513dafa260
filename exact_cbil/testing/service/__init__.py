"""Conformance as a service: the page, the badge and JUnit, and what runs them elsewhere.

`rendering` writes findings in these forms; `conform.sh` is what the GitHub action (`action.yml` at
the top of the repository) runs, and `Containerfile` makes an image with the command.
"""
