"""Every case of the vectors through the C library: `python3 run_vectors.py [codes.json]`."""

import json
import sys
from pathlib import Path

from yitong_code import ED25519, SM2, Problem, Reader, Reason, version

PATH = Path(__file__).parent.parent / "vectors" / "codes.json"
SUITES = {"ed25519": ED25519, "sm2": SM2}
# What only readers of the school learn; another maker's reader gets the pairwise id instead.
OWN = ("account", "serial", "kid", "counter")


class Run:
    def __init__(self, file: dict):
        self.file = file
        self.roots = [(of["kid"], SUITES[of["suite"]], bytes.fromhex(of["key"])) for of in file["roots"]]
        self.trust, self.legacy = bytes.fromhex(file["trust"]), bytes.fromhex(file["legacy"])
        self.status = {name: bytes.fromhex(of) for name, of in file["status"].items()}
        self.wrong = 0

    def reader(self, memory: int) -> Reader:
        school, key = bytes.fromhex(self.file["school"]), bytes.fromhex(self.file["integrator_key"])
        return Reader(self.roots, school, key, memory)

    def compare(self, comment: str, expected, said) -> None:
        if expected != said:
            self.wrong += 1
            print(f"vectors: {comment}\n  expected {expected}\n  but was  {said}", file=sys.stderr)

    def code(self, case: dict) -> None:
        expected = {name: of for name, of in case["expected"].items() if name not in OWN}
        with self.reader(case["memory"]) as reader:
            must(reader.load_trust(self.trust))
            must(reader.load_legacy(self.legacy))
            if case["status"] == "elsewhere":
                # Another maker's reader always has a list; without one it must not say yes.
                expected = {"reason": "no_status_list", "seconds": None}
            else:
                must(reader.load_status(self.status[case["status"]]))
            for text in [*case["before"], case["text"]]:
                answer = reader.verify(text, case["now"], case["uncertainty_ms"])
        self.compare(case["comment"], expected, words(answer))

    def list(self, case: dict) -> None:
        # To hold a version is to take nothing below the next one.
        kind, least = case["kind"], case["held"] + 1 if case["held"] else 0
        with self.reader(1) as reader:
            if kind != "trust":
                must(reader.load_trust(self.trust))
            if "base" in case:
                must(reader.load_status(bytes.fromhex(case["base"])))
            if kind != "delta":
                reader.require(**{kind: least})
            problem = getattr(reader, f"load_{kind}")(bytes.fromhex(case["bytes"]))
        self.compare(f"{kind} list, {case['comment']}", case["expected"], problem.word)

    def others(self) -> None:
        """Words of the enums, the memory over being switched off, arguments that make no reader."""
        for of in [*Reason, *Problem]:
            self.compare("a word", of.name.lower(), of.word)
        used = next(case for case in self.file["cases"] if case["comment"] == "counter 0")
        kept = b""
        for expected in (Reason.VERIFIED, Reason.REPLAYED):
            with self.reader(4) as reader:
                must(reader.load_trust(self.trust))
                must(reader.load_status(self.status[used["status"]]))
                if kept:
                    must(reader.restore_memory(kept))
                self.compare("a use over being switched off", expected, reader.verify(used["text"], used["now"]).reason)
                kept = reader.export_memory()
        try:
            Reader([], bytes(16), bytes([1] * 32), 1)
            self.compare("a reader without roots", "refused", "made")
        except ValueError:
            pass


def must(problem: Problem) -> None:
    if problem is not Problem.OK:
        raise SystemExit(f"vectors: a good list was not taken: {problem.word}")


def words(answer) -> dict:
    if not answer.verified:
        clock = answer.reason in (Reason.FROM_THE_FUTURE, Reason.STALE)
        return {"reason": answer.reason.word, "seconds": answer.seconds if clock else None}
    of = answer.verified
    return {
        "kind": of.kind.name.lower(),
        "class": of.holder_class,
        "ends_ms": of.ends_ms,
        "protection": of.protection,
        "allowance": of.allowance.name.lower(),
        "use_fen": of.use_fen,
        "total_fen": of.total_fen,
        "uses": of.uses,
        "pairwise": of.pairwise.hex(),
    }


def main() -> None:
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else PATH
    run = Run(json.loads(path.read_text(encoding="utf-8")))
    cases, lists = run.file["cases"], run.file["list_cases"]
    for case in cases:
        run.code(case)
    for case in lists:
        run.list(case)
    # What is not in a case looks for ours.
    if path == PATH:
        run.others()
    print(f"Python {version()}: {len(cases)} codes and {len(lists)} lists, {run.wrong} wrong")
    nothing = not cases or (path == PATH and not lists)
    raise SystemExit(1 if run.wrong or nothing else 0)


if __name__ == "__main__":
    main()
