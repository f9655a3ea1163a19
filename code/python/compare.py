"""Bends the codes of the vectors at random and asks our library and the independent checker: they have to agree.

`python3 compare.py [ROUNDS [SEED]]`; a difference is printed with its seed. The vectors show what was thought of; this
looks for what was not.
"""

import json
import random
import sys

import check_vectors as independent
from run_vectors import OWN, PATH, Run, must, words

# Around every edge that the clock rules and the ages of lists have.
STEPS = [0, 1, -1, 4_999, 5_000, -30_000, -30_001, 60_000, 60_001, -210_001, 240_001, 3_600_000, -8 * 3_600_000]
STEPS += [day * 86_400_000 + more for day in (-1, 1, 2, 3, 7, 30, 4_000) for more in (-1, 0, 1)]


def armour(data: bytes) -> str:
    chunks = (data[at : at + 6] for at in range(0, len(data), 6))
    return "97" + "".join(str(int.from_bytes(of, "big")).zfill(DIGITS[len(of)]) for of in chunks)


DIGITS = {length: digits for digits, length in independent.DIGITS.items()}


def bent(text: str, chance: random.Random) -> str:
    """One small change: a digit, a bit, a length; or none."""
    how = chance.randrange(6)
    if not independent.is_ours_by_shape(text) or how == 0:
        return text
    at = chance.randrange(len(text))
    if how == 1:
        return text[:at] + str(chance.randrange(10)) + text[at + 1 :]
    if how == 2:
        return text[:at] + text[at + chance.randrange(1, 4) :]
    try:
        data = bytearray(independent.unarmour(text))
    except independent.Refused:
        return text
    if how == 3:
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    elif how == 4:
        data[chance.randrange(min(24, len(data)))] = chance.choice((0, 1, 2, 7, 8, 20, 0x11, 0x12, 0x7F, 0xFF))
    else:
        half = len(data) - 64
        data[half:] = chance.choice((bytes(64), b"\xff" * 64, bytes(reversed(data[half:])), data[half:][::-1]))
    return armour(bytes(data))


def compare(run: Run, world: independent.World, chance: random.Random) -> tuple:
    cases = [case for case in run.file["cases"] if case["status"] != "elsewhere"]
    case = dict(chance.choice(cases))
    case["status"] = chance.choice(list(run.status)) if chance.random() < 0.3 else case["status"]
    case["now"] += chance.choice(STEPS) if chance.random() < 0.6 else 0
    case["uncertainty_ms"] = chance.choice((0, 0, 1_000, 179_999, 180_001, -5))
    # Each text twice or more, so that the memory of uses speaks as well.
    texts = [bent(case["text"], chance), case["text"], chance.choice(cases)["text"], case["text"]]
    case["before"], case["text"] = texts[:-1], texts[-1]
    case["text"] = bent(case["text"], chance) if chance.random() < 0.5 else case["text"]
    expected = {name: of for name, of in world.answer(case).items() if name not in OWN}
    with run.reader(case["memory"]) as reader:
        must(reader.load_trust(run.trust))
        must(reader.load_legacy(run.legacy))
        must(reader.load_status(run.status[case["status"]]))
        for text in [*case["before"], case["text"]]:
            answer = reader.verify(text, case["now"], case["uncertainty_ms"])
    return case, expected, words(answer)


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    file = json.loads(PATH.read_text(encoding="utf-8"))
    run, world = Run(file), independent.World(file)
    seen = {}
    for at in range(seed, seed + rounds):
        case, expected, said = compare(run, world, random.Random(at))
        run.compare(f"seed {at}: {case}", expected, said)
        seen[said.get("reason", "verified")] = seen.get(said.get("reason", "verified"), 0) + 1
    said = ", ".join(f"{reason} {count}" for reason, count in sorted(seen.items(), key=lambda of: -of[1]))
    print(f"compared: {rounds} bent codes, {run.wrong} answered differently ({said})")
    raise SystemExit(1 if run.wrong or len(seen) < 10 else 0)


if __name__ == "__main__":
    main()
