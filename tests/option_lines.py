"""Random option lines over every command, hostile values included, each run in a place of its own.

The generator reads the options that the program declares, so a new option is tried without a
change here. `python -m tests.option_lines --lines 2000` runs many and tells what became of them.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path
from random import Random

import click

from exact_cbil.modelfile import write_model
from exact_cbil.models import COUNTABLE, SHIPPED
from tests.commands import MARKER, PROGRAM, eventually, has_children, marked

MEMORY = 4 << 30
SECONDS = 60.0
PATIENCE = 300.0
"""How long a command may take to end once it was told to; its door takes 5 seconds of its own."""

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL)

PROMISED = (
    *("violated", "unknown", "undecided", "refuted", "does not", "fail", "FAILS", "rejects"),
    *("mismatch", "errored", "differ", "no potential", "not "),
)
"""An exit code of 1 says that a claim fails; one of these words says it too."""

WHOLE = ("0", "1", "2", "3", "4", "5", "8", "-1", "100", "1000000", "2147483648", "9" * 20)
ODD = ("", " 1", "1e3", "0x10", "1_0", "nan", "inf", "-inf", "1e308", "\u0663", "9" * 5001)
REAL = ("1", "2", "0.5", "0.01", "1e-9", "1e9")
ALPHAS = (
    *("1/3", "1/2", "1/10", "1", "0", "1/0", "-1/2", "3/2", "0.1", "01/2", "1/3,1/5", "1/2/3"),
    *(f"1/{'9' * 5001}", f"{'1' * 4000}/{'3' * 4001}", "\u00bd"),
)
NAMES = (
    *("\x1b[31mred\x07", "$x^$", "[bold]", "a" * 5000, "\u202e", "\udcff", "-", "--", "a=b"),
    *("zzz=1", "theta", "theta=4ulp", "theta=-1", "posterior=1e999", "ever-defects"),
)
CANDIDATES = (
    "query_cubes <= S_lin/4",
    "queries <= T",
    "queries <= exp(-exp(exp(100)))",
    "queries <= exp(-exp(25))",
    "queries <= T if |Pi| == 100000",
    "queries <= 1/(T-T)",
    "P_i(B) <= 2*P_d(B)",
    "T^T^T^T <= 0",
    f"{'9' * 10000} <= T",
    "(" * 500 + "T" + ")" * 500 + " <= 1",
    "queries <= __import__('os')",
)
SIZES = ("1", "40M", "300M", "1.5G", "100T", "0", "1e9", "-1G", "5MB", "M")
WHOLE_OPTIONS = ("--horizon", "--alternatives", "--digits")
COSTS = (
    *("0,2,3,9", "x^2/4", "x^33", "-x", "x*(x^2 + 10^18)", "1," * 60_000),
    *("__import__('os')", ","),
)
LEARNERS = (
    *("conservative:1/10", "gate:1/10:1/10", "gradient:1:2", "gradient:1/0:2", "leader:3"),
    *("map:1000000", "map:-1", "ensemble:99", "version-space", "version-space:1", ":"),
    *("conservative", f"map:{'9' * 5001}"),
)
ADDRESSES = ("127.0.0.1:1", "tcp://127.0.0.1:9", "nowhere.invalid:80", "\x00", "tcp://")
OBJECTS = ("os:abort", "sys:exit", "json:loads", "no.such:thing", "builtins:object", ":", "a:b:c")
FEATURES = ("names=long", "rules=0", "alpha=1/2", "names", "zzz=1", "=", "steps=\x1b[31m")
PROGRAMS = (
    *(["cat"], ["true"], ["false"], ["yes"], ["sleep", "100"], ["/no/such"], [""]),
    *(["sh", "-c", "setsid sleep 100 & cat"], ["head", "-c", "100000000", "/dev/zero"]),
)
FILES = (
    *("good.json", "evil.json", "parameters.json", "broken.json", "deep.json", "binary", "folder"),
    *("dangling", "locked.json", "missing", "/dev/null", "/dev/full", "/proc/self/mem", "-", ""),
)
OUTPUTS = (
    *("new.json", "new.svg", "new.png", "folder", "locked.json", "pipe.svg", "no/such/a.svg"),
    *("/dev/full", "dangling", "new", "a" * 300, "new.drn", "new.prism"),
)


def commands() -> dict[str, click.Command]:
    """Every command of the program by its words; a group's commands one by one."""
    found: dict[str, click.Command] = {}
    for point in entry_points(group="exact_cbil.commands"):
        command = point.load()
        if isinstance(command, click.Group):
            found |= {f"{point.name} {name}": one for name, one in command.commands.items()}
        else:
            found[point.name] = command
    return dict(sorted(found.items()))


@dataclass
class Line:
    """An option line; in one case of four with a signal, sent after some seconds."""

    words: list[str]
    signal: signal.Signals | None
    after: float
    cluster: str | None = None

    def __str__(self) -> str:
        shown = " ".join(word if len(word) <= 60 else word[:40] + "..." for word in self.words)
        ending = f" ({self.signal.name} after {self.after:.2f} s)" if self.signal else ""
        return ascii(shown)[1:-1] + ending


def lines(seed: int | str) -> Iterator[Line]:
    """Endlessly many lines; slow commands come less often."""
    rng, known = Random(seed), commands()
    rarely = {"prove": 0.1, "bounds": 0.15, "certify": 0.3, "witness cubes": 0.4}
    weights = [rarely.get(name, 1.0) for name in known]
    while True:
        (name,) = rng.choices(list(known), weights)
        words = name.split()
        for parameter in known[name].params:
            if parameter.name != "help":
                words += _given(rng, name, parameter)
        if name == "prove":
            words += ["--record-dir", "."]  # a record is written where the line runs
        number = rng.choice(SIGNALS) if rng.random() < 0.25 else None
        yield Line([word.replace("\0", "\ufffd") for word in words], number, rng.expovariate(1))


def _given(rng: Random, command: str, parameter: click.Parameter) -> list[str]:
    if isinstance(parameter, click.Argument):
        if parameter.name == "program":
            return ["--", *rng.choice(PROGRAMS)] if rng.random() < 0.7 else []
        if parameter.name == "candidate":
            return [rng.choice(CANDIDATES)] if rng.random() < 0.9 else []
        if parameter.name == "file":
            return [rng.choice(OUTPUTS)]
        return [rng.choice([*SHIPPED, *COUNTABLE, *FILES])] if rng.random() < 0.8 else []
    assert isinstance(parameter, click.Option)
    option = rng.choice(parameter.opts + parameter.secondary_opts)
    # Without a bound on its work, a search takes its default of a minute or more.
    bounded = option in ("--budget", "--models") and command != "conform"
    if rng.random() > (0.9 if bounded else 0.22):
        return []
    return [option] if parameter.is_flag else [option, _value(rng, option, parameter)]


def _value(rng: Random, option: str, parameter: click.Option) -> str:
    kind = parameter.type
    if rng.random() < 0.1:
        return rng.choice((*ODD, *NAMES))
    if option in ("--cluster",):
        return rng.choice(ADDRESSES)
    if option == "--max-memory":
        return rng.choice(SIZES)
    if option == "--cost":
        return rng.choice(COSTS)
    if option == "--learner":
        return rng.choice(LEARNERS)
    if option == "--object":
        return rng.choice(OBJECTS)
    if option == "--feature":
        return rng.choice(FEATURES)
    if option == "--vectors":
        return rng.choice(("v1", "v2", *FILES))
    if option in ("--alpha", "--alphas", "--w-d", "--event-probability"):
        return rng.choice(ALPHAS)
    number = isinstance(kind, click.types.IntParamType | click.types.FloatParamType)
    if option in ("--budget", "--seconds") and number:
        return rng.choice(("1", "2", "3", "0", "-1"))
    if isinstance(kind, click.Choice):
        return str(rng.choice([*kind.choices, "other"]))
    if isinstance(kind, click.types.IntParamType) or option in WHOLE_OPTIONS:
        return rng.choice(WHOLE)
    if isinstance(kind, click.types.FloatParamType):
        return rng.choice((*REAL, *WHOLE))
    if kind.name in ("file", "directory", "path", "filename"):
        return rng.choice(FILES + OUTPUTS)
    return rng.choice(NAMES + ALPHAS)


@dataclass
class Ending:
    """What became of a line: its exit code, and what is wrong about how it ended."""

    line: Line
    code: int
    seconds: float
    faults: list[str] = field(default_factory=list)


def furnish(place: Path) -> None:
    """Put files of every kind where a line runs."""
    model = write_model(SHIPPED["treacherous-turn"]())
    model["horizon"] = 6
    (place / "good.json").write_text(json.dumps(model))
    (event,) = list(model["events"].values())[:1]
    evil = {**model, "events": dict.fromkeys(NAMES[:5], event)}
    (place / "evil.json").write_text(json.dumps(evil, ensure_ascii=True))
    policies = {"d": {"a": "p", "b": "1-p"}, "e": {"a": "p", "b": "0"}}
    parametric = {
        "format": "cbil-model/1",
        "parameters": {"p": ["0", "1"]},
        "actions": ["a", "b"],
        "observations": ["o"],
        "policies": {
            name: {"start": "s", "states": {"s": {"emit": emit}}} for name, emit in policies.items()
        },
        "prior": {"d": "1/2", "e": "1/2"},
        "demonstrator": "d",
        "environment": {
            "start": "s",
            "states": {"s": {"emit": {"a": {"o": "1"}, "b": {"o": "1"}}}},
        },
        "alpha": "1/3",
        "horizon": 2,
    }
    (place / "parameters.json").write_text(json.dumps(parametric))
    (place / "broken.json").write_text('{"format": "cbil-model/1", "flags": [{}]')
    (place / "deep.json").write_text("[" * 100_000)
    (place / "binary").write_bytes(bytes(range(256)) * 40)
    (place / "folder").mkdir()
    (place / "dangling").symlink_to("nowhere")
    (place / "locked.json").write_text("{}")
    (place / "locked.json").chmod(0o444)
    os.mkfifo(place / "pipe.svg")
    (place / "temporary").mkdir()
    (place / "cache").mkdir()


def run(line: Line, seconds: float = SECONDS) -> Ending:
    """Run a line in an empty place, and look at how it ended and what it left.

    seconds: after which it is told to end, if the line does not say when.
    """
    place = Path(tempfile.mkdtemp(prefix="option-line-"))
    furnish(place)
    environment = {
        **os.environ,
        MARKER: str(place),
        "TMPDIR": str(place / "temporary"),
        "XDG_CACHE_HOME": str(place / "cache"),
        "MPLCONFIGDIR": str(place / "cache"),
    }
    environment.pop("CBIL_TRACEBACK", None)
    began = time.monotonic()
    out, err = place / "temporary.out", place / "temporary.err"
    with out.open("wb") as output, err.open("wb") as errors:
        words = [os.fsencode(word) for word in line.words]
        process = subprocess.Popen(
            [*map(os.fsencode, PROGRAM), *words],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            cwd=place,
            env=environment,
            preexec_fn=_prepare,
        )
        # Before the door is there, Python answers to signals in its own way.
        eventually(lambda: process.poll() is not None or has_children(process.pid))
        ended = _wait(process, line.after if line.signal else seconds)
        told = line.signal if not ended else None
        if not ended:
            process.send_signal(line.signal or signal.SIGTERM)
        killed = not ended and not _wait(process, PATIENCE)
        if killed:
            process.kill()
            process.wait()
    ending = Ending(line, process.returncode, time.monotonic() - began)
    said = out.read_bytes()[-(10**6) :] + b"\n" + err.read_bytes()[-(10**6) :]
    if killed:
        ending.faults.append(f"did not end within {PATIENCE:g} s of a signal")
    _judge(ending, told is not None or not ended, said.decode(errors="replace"))
    if not eventually(lambda: not marked(str(place))):
        ending.faults.append("left a process")
        for pid in marked(str(place)):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    if not eventually(lambda: not os.listdir(place / "temporary")):
        ending.faults.append(f"left {os.listdir(place / 'temporary')[:3]}")
    if strange := [p.name for p in place.iterdir() if p.name.startswith(".")]:
        ending.faults.append(f"left {strange[:3]}")
    shutil.rmtree(place, ignore_errors=True)
    return ending


def _prepare() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _wait(process: subprocess.Popen[bytes], seconds: float) -> bool:
    with suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
        return True
    return False


def _judge(ending: Ending, interrupted: bool, said: str) -> None:
    if "Traceback" in said or "Fatal Python error" in said:
        ending.faults.append("a traceback")
    if interrupted:
        return
    if ending.code not in (0, 1, 2):
        ending.faults.append(f"exit code {ending.code}")
    if ending.code == 1 and not any(word in said for word in PROMISED):
        ending.faults.append("exit code 1 without a word of what fails")
    if ending.code == 2 and "exact-cbil" not in said and "explore" not in ending.line.words:
        ending.faults.append("exit code 2 without a line that says why")
    if "unexpected" in said and "please report" in said:
        ending.faults.append("an unexpected error: " + said[said.find("unexpected") :][:150])


def listener() -> socket.socket:
    """A server that takes connections and says nothing: a scheduler it is not."""
    return socket.create_server(("127.0.0.1", 0))


def main() -> None:
    """Run many lines, and print what became of them."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--lines", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--only", help="Lines of this command alone.")
    parser.add_argument("--seconds-shown", type=float, default=40)
    asked = parser.parse_args()
    codes: Counter[str] = Counter()
    faulty = 0
    with closing(listener()) as server, ThreadPoolExecutor(asked.workers) as pool:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        chosen: list[Line] = []
        for line in lines(asked.seed):
            if len(chosen) == asked.lines:
                break
            if asked.only is None or " ".join(line.words).startswith(asked.only):
                line.words = [address if word == ADDRESSES[0] else word for word in line.words]
                chosen.append(line)
        for number, ending in enumerate(pool.map(run, chosen)):
            codes[str(ending.code)] += 1
            if ending.faults:
                faulty += 1
                print(f"{number}: {ending.line}: {'; '.join(ending.faults)}", flush=True)
            elif ending.seconds > asked.seconds_shown:
                print(f"{number}: {ending.line}: {ending.seconds:.0f} s", flush=True)
    print(f"{asked.lines} lines, exit codes {dict(sorted(codes.items()))}, {faulty} faulty")
    sys.exit(1 if faulty else 0)


if __name__ == "__main__":
    main()
