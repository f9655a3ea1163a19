"""A gate: `python3 gate.py FOLDER [NOW_MS] < codes`. The folder is described in code/c/sample/gate.c, its twin in C."""

import os
import sys
import time
from pathlib import Path

from yitong_code import Answer, Problem, Reader

# Phones that pass within 48 hours.
MEMORY = 20_000
# How far off this machine's clock may be: set by a server of the campus, checked each minute.
UNCERTAINTY_MS = 2_000


def load(folder: Path, name: str, take) -> None:
    """A gate without `legacy` or `memory` is a gate; one without the others refuses everything."""
    path = folder / name
    problem = take(path.read_bytes()) if path.exists() else Problem.OK
    if problem is not Problem.OK:
        print(f"gate: {name}: {problem.word}", file=sys.stderr)


def told(answer: Answer) -> str:
    """The verdict: a screen shows the text, a door hears the first word."""
    if answer.verified:
        return f"open {answer.verified.pairwise.hex()} class {answer.verified.holder_class}"
    reason, seconds = answer.reason, f" ({answer.seconds} s)" if answer.seconds else ""
    return f"refused {reason.word} {reason.chinese} / {reason.english}{seconds}"


def main() -> None:
    folder = Path(sys.argv[1])
    fixed = int(sys.argv[2]) if len(sys.argv) > 2 else None
    kid, suite, key = (folder / "root").read_text().split()
    school, integrator = (bytes.fromhex((folder / name).read_text()) for name in ("school", "integrator"))
    with Reader([(int(kid), int(suite), bytes.fromhex(key))], school, integrator, MEMORY) as reader:
        load(folder, "trust", reader.load_trust)
        load(folder, "status", reader.load_status)
        load(folder, "legacy", reader.load_legacy)
        load(folder, "memory", reader.restore_memory)
        sys.stdout.reconfigure(encoding="utf-8", line_buffering=True)
        sys.stdin.reconfigure(encoding="utf-8", errors="replace")
        for line in sys.stdin:
            now = fixed if fixed is not None else time.time_ns() // 1_000_000
            print(told(reader.verify(line.rstrip("\r\n"), now, UNCERTAINTY_MS)))
        # Beside the old one first: a power cut leaves one of the two whole. A true gate does it every few seconds.
        (folder / "memory.new").write_bytes(reader.export_memory())
        os.replace(folder / "memory.new", folder / "memory")


if __name__ == "__main__":
    main()
