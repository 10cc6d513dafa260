"""A release: its papers agree, and it works where there is nothing of it but the wheel."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Iterator
from importlib.metadata import entry_points, version
from pathlib import Path

import pytest
import yaml

from tests.conftest import LARGE
from tests.rocq_absent import needs_rocq
from tests.test_pages import commands

ROOT = Path(__file__).parent.parent
CONFIGURATION = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT, TOOLS = CONFIGURATION["project"], CONFIGURATION["tool"]
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text())
PACKAGES = ("bounds", "exact_cbil", "proofs")


def test_there_is_one_version() -> None:
    released = re.search(
        r"^## \[(\S+)\] - (\d{4}-\d\d-\d\d)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE
    )
    assert released is not None
    found = {PROJECT["version"], CITATION["version"], released[1], version("exact-cbil")}
    assert len(found) == 1
    assert str(CITATION["date-released"]) == released[2]


def test_there_is_one_licence_and_one_name() -> None:
    assert PROJECT["license"] == CITATION["license"] == "MIT"
    text = (ROOT / "LICENSE").read_text()
    assert text.startswith("MIT License\n")
    (author,) = CITATION["authors"]
    assert PROJECT["authors"] == [author]
    assert f"(c) {CITATION['date-released'].year} {author['name']}\n" in text
    assert PROJECT["name"] == CITATION["title"]
    assert PROJECT["keywords"] == CITATION["keywords"]


def test_the_paper_is_cited_as_in_the_specification() -> None:
    (paper,) = CITATION["references"]
    source = " ".join((ROOT / "SPEC.md").read_text().split())
    for author in paper["authors"]:
        assert author["family-names"] in source
    pages = f"JMLR {paper['volume']} ({paper['year']}), {paper['start']}-{paper['end']}"
    assert f"*{paper['title']}*, {pages}" in source


# -- the wheel ------------------------------------------------------------------------------------

large = pytest.mark.skipif(not LARGE, reason="builds and installs packages: CBIL_LARGE=1")


def tracked(*folders: str) -> set[str]:
    if not (ROOT / ".git").exists():
        pytest.skip("this is no checkout")
    listed = subprocess.run(
        ["git", "ls-files", "--", *folders], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return {name for name in listed.stdout.split("\n") if name and ".gitignore" not in name}


def test_every_file_of_the_packages_is_declared() -> None:
    declared = TOOLS["setuptools"]["package-data"]
    assert tuple(sorted(declared)) == PACKAGES
    for package, patterns in declared.items():
        wanted = {Path(name) for name in tracked(package) if not name.endswith(".py")}
        held = {file for one in patterns for file in (ROOT / package).glob(one) if file.is_file()}
        assert wanted <= {file.relative_to(ROOT) for file in held}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The wheel and the source distribution."""
    place = tmp_path_factory.mktemp("dist")
    line = [sys.executable, "-m", "build", "--outdir", str(place), str(ROOT)]
    subprocess.run(line, check=True, capture_output=True, timeout=600)
    (wheel,), (source,) = place.glob("*.whl"), place.glob("*.tar.gz")
    return wheel, source


class Installed:
    """A fresh environment with the wheel, seen from a folder that holds nothing of the source."""

    def __init__(self, place: Path, wheel: Path, extras: str = "") -> None:
        self.environment, self.folder = place / "environment", place / "folder"
        self.folder.mkdir(parents=True)
        subprocess.run([sys.executable, "-m", "venv", str(self.environment)], check=True)
        target = f"{wheel}{extras}"
        self.call("python", "-m", "pip", "install", "-q", target, timeout=1800)

    @property
    def packages(self) -> Path:
        (found,) = self.environment.glob("lib/python*/site-packages")
        return found

    def call(self, program: str, *line: str, timeout: float = 300) -> str:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "VIRTUAL_ENV"))}
        done = subprocess.run(
            [str(self.environment / "bin" / program), *line],
            cwd=self.folder,
            env=kept,
            capture_output=True,
            text=True,
            timeout=timeout,
        )
        assert done.returncode == 0, f"{program} {shlex.join(line)}: {done.stderr[-2000:]}"
        return done.stdout

    def size(self) -> int:
        """The bytes of what was installed, without pip itself."""
        own = ("pip", "setuptools", "pkg_resources", "_distutils_hack")
        found = [p for p in self.packages.rglob("*") if p.is_file()]
        return sum(
            path.stat().st_size
            for path in found
            if not path.relative_to(self.packages).parts[0].startswith(own)
        )


@pytest.fixture(scope="module")
def plain(built: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return Installed(tmp_path_factory.mktemp("plain"), built[0])


@pytest.fixture(scope="module")
def whole(built: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return Installed(tmp_path_factory.mktemp("whole"), built[0], "[all]")


@large
def test_the_wheel_has_every_file_of_ours_and_no_other(built: tuple[Path, Path]) -> None:
    with zipfile.ZipFile(built[0]) as wheel:
        held = {name for name in wheel.namelist() if ".dist-info/" not in name}
        (licence,) = [name for name in wheel.namelist() if name.endswith("/LICENSE")]
        assert wheel.read(licence) == (ROOT / "LICENSE").read_bytes()
    assert held == tracked(*PACKAGES)


@large
def test_the_source_distribution_has_the_tests_and_the_papers(built: tuple[Path, Path]) -> None:
    with tarfile.open(built[1]) as source:
        held = {name.partition("/")[2] for name in source.getnames()}
    assert tracked() - {name for name in tracked() if name.startswith(".ci/")} <= held


@large
def test_the_top_level_names_are_ours(plain: Installed) -> None:
    written = next(plain.packages.glob("exact_cbil-*.dist-info")) / "top_level.txt"
    assert tuple(sorted(written.read_text().split())) == PACKAGES
    for package in PACKAGES:
        line = f"import {package}; print({package}.__file__)"
        place = Path(plain.call("python", "-c", line).strip())
        assert place == plain.packages / package / "__init__.py"


@large
def test_a_plain_install_is_light_and_lists_every_command(plain: Installed) -> None:
    listed = plain.call("exact-cbil", "--help")
    for point in entry_points(group="exact_cbil.commands"):
        assert f"\n  {point.name} " in listed
        assert plain.call("exact-cbil", point.name, "--help").startswith("Usage: ")
    assert "P_i" in plain.call("exact-cbil", "run", "treacherous-turn")
    assert plain.size() < 100 * 10**6, f"{plain.size() / 10**6:.0f} MB"


def lines() -> Iterator[list[str]]:
    """Every command of the README, and those that it names without an example."""
    for line in commands():
        if line.startswith("exact-cbil"):
            yield shlex.split(line)[1:]
    yield ["formula", "treacherous-turn", "--latex"]
    yield ["check", "--universal", "--policies", "2", "--actions", "2"]
    yield ["check", "--all", "--horizon", "1", "--denominator", "2"]
    yield ["potential", "--alternatives", "1", "--plot", "potential.svg"]
    yield ["bounds", "--plot", "bounds.svg"]
    yield ["optimisers", "hash", "--instances", "4", "--max-length", "16"]
    yield ["conform", "--random", "20", "--object", "exact_cbil.testing:Reference"]
    if shutil.which("coqc") is not None:
        yield ["certify", "chain"]


@large
def test_every_command_works_from_the_wheel(whole: Installed) -> None:
    tried = set()
    for line in lines():
        target = line.index(">") if ">" in line else None
        printed = whole.call("exact-cbil", *line[:target], timeout=1800)
        if target is not None:
            (whole.folder / line[target + 1]).write_text(printed)
        tried.add(line[0])
    names = {point.name for point in entry_points(group="exact_cbil.commands")}
    assert names - tried == ({"prove"} if shutil.which("coqc") else {"certify", "prove"})


@large
@needs_rocq
def test_the_proofs_are_audited_from_the_wheel(plain: Installed) -> None:
    assert "every named theorem holds" in plain.call("exact-cbil", "prove", timeout=3600)


@large
def test_the_checker_of_certificates_runs_alone(whole: Installed) -> None:
    held = whole.packages / "bounds"
    certificate = held / "ledger" / "certificates" / "potential-3-1.json"
    assert json.loads(certificate.read_text())["format"] == "cbil-potential/1"
    program = [str(held / "check_potential.py"), str(certificate)]
    assert "accepted" in whole.call("python", "-I", *program)
