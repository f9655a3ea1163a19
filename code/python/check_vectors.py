"""An independent reader of campus codes, to check the vectors and through them every other reader.

Written from code/SPEC.md alone. It loads nothing of ours: Ed25519, P-256 and hashes are those of the package
`cryptography` (signatures.py), SM2 is in sm2.py, everything else is here. It is slow and remembers nothing between
runs; do not build a gate on it. `python3 check_vectors.py [codes.json]`
"""

import hashlib
import hmac
import json
import sys
from pathlib import Path
from typing import NamedTuple, Optional

from signatures import ED25519, SM2, p256_verifies, school_signed

PATH = Path(__file__).parent.parent / "vectors" / "codes.json"

E = 1_577_836_800_000
SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000
PRINTED, CREDENTIAL, STATUS, LEGACY = 1, 2, 3, 4


class Refused(Exception):
    def __init__(self, reason: str, seconds: Optional[int] = None):
        super().__init__(reason)
        self.reason, self.seconds = reason, seconds


# Armour

DIGITS = {3: 1, 5: 2, 8: 3, 10: 4, 13: 5, 15: 6}


def is_ours_by_shape(text: str) -> bool:
    return 90 <= len(text) <= 1_000 and text.isascii() and text.isdigit() and text.startswith("97")


def unarmour(text: str) -> bytes:
    out = b""
    for at in range(2, len(text), 15):
        chunk = text[at : at + 15]
        length = DIGITS.get(len(chunk))
        if length is None or int(chunk) >= 1 << 8 * length:
            raise Refused("malformed")
        out += int(chunk).to_bytes(length, "big")
    return out


# Lists


class Key(NamedTuple):
    kid: int
    school: bytes
    purpose: int
    suite: int
    key: bytes
    valid_from: int
    valid_until: int
    caps: tuple


class List(NamedTuple):
    """A status list as it is read, or as a delta makes it."""

    school: bytes
    version: int
    moment: int
    serials: int
    accounts: int
    cards: bytes
    stopped: bytes

    def card(self, serial: int) -> int:
        return self.cards[serial // 4] >> serial % 4 * 2 & 3 if serial < self.serials else 0

    def is_stopped(self, account: int) -> bool:
        return account < self.accounts and self.stopped[account // 8] >> account % 8 & 1 == 1


def number(of: bytes) -> int:
    return int.from_bytes(of, "big")


def signed(of: int) -> int:
    return of - (1 << 64) if of >> 63 else of


def moment(of: bytes) -> int:
    return signed(number(of))


def parts(data: bytes, kind: int, head: int):
    if len(data) < 64 + head or data[0] != kind:
        raise Refused("malformed")
    return data[:-64], data[-64:]


def caps_of(three: bytes) -> tuple:
    return three[0] * 100, three[1] * 500, three[2]


def read_trust(data: bytes, roots: dict, held: int) -> dict:
    body, signature = parts(data, 0x21, 18)
    if number(body[1:4]) not in roots:
        raise Refused("unknown_key")
    suite, key = roots[number(body[1:4])]
    if not school_signed(suite, key, "trust", body, signature):
        raise Refused("bad_signature")
    if number(body[4:8]) <= held:
        raise Refused("not_newer")
    entries = body[18:]
    if len(entries) != 73 * number(body[16:18]):
        raise Refused("malformed")
    keys = [read_key(entries[at : at + 73]) for at in range(0, len(entries), 73)]
    if any(first.kid >= second.kid for first, second in zip(keys, keys[1:])):
        raise Refused("malformed")
    return {key.kid: key for key in keys}


def read_key(entry: bytes) -> Key:
    purpose, suite, key = entry[19], entry[20], entry[21:54]
    if purpose not in (PRINTED, CREDENTIAL, STATUS, LEGACY) or suite not in (ED25519, SM2):
        raise Refused("malformed")
    if suite == ED25519:
        if key[32] != 0:
            raise Refused("malformed")
        key = key[:32]
    times = moment(entry[54:62]), moment(entry[62:70])
    return Key(number(entry[:3]), entry[3:19], purpose, suite, key, *times, caps_of(entry[70:73]))


def school_list(data: bytes, trust: dict, kind: int, head: int, purpose: int, name: str):
    body, signature = parts(data, kind, head)
    key = trust.get(number(body[1:4]))
    if key is None:
        raise Refused("unknown_key")
    if key.purpose != purpose or key.school != body[4:20]:
        raise Refused("wrong_purpose")
    if not school_signed(key.suite, key.key, name, body, signature):
        raise Refused("bad_signature")
    return body, key


def sizes(body: bytes):
    serials, accounts = number(body[32:36]), number(body[36:40])
    if max(serials, accounts) > 10_000_000:
        raise Refused("malformed")
    return serials, accounts, (2 * serials + 7) // 8, (accounts + 7) // 8


def read_status(data: bytes, trust: dict, held: int) -> List:
    body, _ = school_list(data, trust, 0x22, 40, STATUS, "status")
    serials, accounts, cards, stopped = sizes(body)
    if len(body) != 40 + cards + stopped:
        raise Refused("malformed")
    if number(body[20:24]) <= held:
        raise Refused("not_newer")
    fields = body[40 : 40 + cards], body[40 + cards :]
    return List(body[4:20], number(body[20:24]), moment(body[24:32]), serials, accounts, *fields)


def read_delta(data: bytes, trust: dict, base: List) -> List:
    body, _ = school_list(data, trust, 0x23, 80, STATUS, "delta")
    serials, accounts, card_bytes, stopped_bytes = sizes(body)
    count, changes = number(body[44:48]), body[80:]
    if count > 10_000 or len(changes) != 5 * count:
        raise Refused("malformed")
    if body[4:20] != base.school or number(body[40:44]) != base.version:
        raise Refused("need_whole")
    if number(body[20:24]) <= base.version:
        raise Refused("not_newer")
    if serials < base.serials or accounts < base.accounts:
        raise Refused("need_whole")
    cards, stopped = bytearray(base.cards.ljust(card_bytes, b"\0")), bytearray(base.stopped.ljust(stopped_bytes, b"\0"))
    for at in range(0, len(changes), 5):
        change(cards, stopped, serials, accounts, changes[at], number(changes[at + 1 : at + 5]))
    if hashlib.sha256(cards + stopped).digest() != body[48:80]:
        raise Refused("need_whole")
    head = body[4:20], number(body[20:24]), moment(body[24:32]), serials, accounts
    return List(*head, bytes(cards), bytes(stopped))


def change(cards: bytearray, stopped: bytearray, serials: int, accounts: int, kind: int, of: int) -> None:
    if kind in (0, 1, 2):
        if of < serials:
            shift = of % 4 * 2
            cards[of // 4] = cards[of // 4] & ~(3 << shift) & 255 | kind << shift
    elif kind in (0x10, 0x11):
        if of < accounts:
            bit = 1 << of % 8
            stopped[of // 8] = stopped[of // 8] | bit if kind == 0x11 else stopped[of // 8] & ~bit & 255
    else:
        raise Refused("malformed")


def read_legacy(data: bytes, trust: dict, held: int):
    body, key = school_list(data, trust, 0x24, 36, LEGACY, "legacy")
    count, entries = number(body[32:36]), body[36:]
    if count > 1_000_000 or len(entries) != 26 * count:
        raise Refused("malformed")
    if number(body[20:24]) <= held:
        raise Refused("not_newer")
    rows = [entries[at : at + 26] for at in range(0, len(entries), 26)]
    if any(first[:16] >= second[:16] for first, second in zip(rows, rows[1:])):
        raise Refused("malformed")
    return key.kid, {row[:16]: (number(row[16:20]), number(row[20:24]), number(row[24:26])) for row in rows}


# Codes


# The Unicode property White_Space; Python's own idea of it has four control signs more.
WHITE_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))


class Reader:
    """One reader with its memory, for one case."""

    def __init__(self, trust: dict, legacy, school: bytes, status: Optional[List], memory: int):
        self.trust, self.legacy, self.school, self.status = trust, legacy, school, status
        self.capacity, self.seen = memory, {}

    def verify(self, text: str, now: int, uncertainty: int) -> dict:
        self.now, self.uncertainty = now, min(max(uncertainty, 0), 180 * SECOND)
        if not is_ours_by_shape(text):
            return self.other_systems(text)
        data = unarmour(text)
        if data[0] == 0x11:
            return self.printed(data)
        if data[0] == 0x12:
            return self.shown(data)
        raise Refused("unsupported_version")

    def printed(self, data: bytes) -> dict:
        if len(data) != 79:
            raise Refused("malformed")
        key = self.key(number(data[1:4]), PRINTED)
        if not school_signed(key.suite, key.key, "static", data[:15], data[15:]):
            raise Refused("bad_signature")
        account, serial, ends = number(data[4:8]), number(data[8:12]), end_of_day(number(data[13:15]))
        self.good(account, serial, ends, self.now)
        said = {"kind": "static", "class": data[12], "protection": None, "counter": None}
        return self.said(said, key, account, serial, ends, key.caps)

    def shown(self, data: bytes) -> dict:
        if len(data) != 187 or not 1 <= data[15] <= 48 or data[20] not in (0, 1, 2) or data[21] not in (2, 3):
            raise Refused("malformed")
        key = self.key(number(data[1:4]), CREDENTIAL)
        if not school_signed(key.suite, key.key, "credential", data[:54], data[54:118]):
            raise Refused("bad_signature")
        if not p256_verifies(data[21:54], b"C1\0dynamic\0" + data[:123], data[123:]):
            raise Refused("bad_device_signature")
        account, serial = number(data[4:8]), number(data[8:12])
        starts = E + number(data[12:15]) * MINUTE
        ends, at = starts + data[15] * HOUR, starts + number(data[118:121]) * 5 * SECOND
        self.good(account, serial, ends, max(self.now, at))
        self.fresh(at)
        counter = number(data[121:123])
        self.once(serial, number(data[12:15]) * 65_536 + counter, ends)
        caps = tuple(map(min, key.caps, caps_of(data[17:20])))
        said = {"kind": "dynamic", "class": data[16], "protection": data[20], "counter": counter}
        return self.said(said, key, account, serial, ends, caps)

    def other_systems(self, text: str) -> dict:
        kid, entries = self.legacy
        text = text.strip(WHITE_SPACE).encode()
        entry = entries.get(hashlib.sha256(text).digest()[:16])
        if entry is None or len(text) > 1_000:
            raise Refused("not_a_campus_code")
        key = self.key(kid, LEGACY)
        account, serial, last_day = entry
        self.good(account, serial, end_of_day(last_day), self.now)
        said = {"kind": "legacy", "class": 0, "protection": None, "counter": None}
        return self.said(said, key, account, serial, end_of_day(last_day), key.caps)

    def key(self, kid: int, purpose: int) -> Key:
        key = self.trust.get(kid)
        if key is None:
            raise Refused("unknown_key")
        if key.school != (self.status.school if self.status else self.school):
            raise Refused("wrong_school")
        if key.purpose != purpose:
            raise Refused("wrong_purpose")
        if not key.valid_from <= self.now < key.valid_until:
            raise Refused("key_not_valid_now")
        return key

    def good(self, account: int, serial: int, ends: int, latest: int) -> None:
        if self.status and self.status.moment - self.now > 5 * MINUTE:
            raise Refused("clock_wrong")
        if latest >= ends:
            raise Refused("expired")
        if self.status:
            state = self.status.card(serial)
            if state:
                raise Refused("lost" if state == 1 else "cancelled")
            if self.status.is_stopped(account):
                raise Refused("account_stopped")

    def fresh(self, at: int) -> None:
        age = self.now - at
        if age < -(30 * SECOND + self.uncertainty):
            raise Refused("from_the_future", -age // SECOND)
        if age > 60 * SECOND + self.uncertainty:
            raise Refused("stale", age // SECOND)

    def once(self, serial: int, order: int, ends: int) -> None:
        if serial in self.seen:
            if order <= self.seen[serial][0]:
                raise Refused("replayed")
        elif len(self.seen) >= self.capacity:
            self.seen = {of: use for of, use in self.seen.items() if use[1] + HOUR > self.now}
            if len(self.seen) >= self.capacity:
                raise Refused("memory_full")
        self.seen[serial] = order, ends

    def said(self, said: dict, key: Key, account: int, serial: int, ends: int, caps: tuple) -> dict:
        allowance = allowed(self.now - self.status.moment, said["kind"]) if self.status else "full"
        use, total, uses = {
            "full": caps,
            "half": (caps[0] // 2, caps[1] // 2, (caps[2] + 1) // 2),
            "minimum": tuple(map(min, caps, (1_000, 1_000, 1))),
            "identity_only": (0, 0, 0),
        }[allowance]
        numbers = {"kid": key.kid, "account": account, "serial": serial, "ends_ms": ends, "allowance": allowance}
        return said | numbers | {"use_fen": use, "total_fen": total, "uses": uses}


def end_of_day(day: int) -> int:
    return E + (day + 1) * DAY


def allowed(age: int, kind: str) -> str:
    if age <= 24 * HOUR:
        return "full"
    if age <= 72 * HOUR:
        return "half"
    return "minimum" if kind == "dynamic" and age <= 7 * DAY else "identity_only"


def pairwise(key: bytes, school: bytes, account: int) -> str:
    message = b"C1\0pairwise\0" + school + account.to_bytes(4, "big")
    return hmac.digest(key, message, "sha256")[:16].hex()


# The vectors


class World:
    def __init__(self, file: dict):
        suites = {"ed25519": ED25519, "sm2": SM2}
        self.roots = {of["kid"]: (suites[of["suite"]], bytes.fromhex(of["key"])) for of in file["roots"]}
        self.school, self.integrator = bytes.fromhex(file["school"]), bytes.fromhex(file["integrator_key"])
        self.trust = read_trust(bytes.fromhex(file["trust"]), self.roots, 0)
        self.legacy = read_legacy(bytes.fromhex(file["legacy"]), self.trust, 0)
        self.status = {name: read_status(bytes.fromhex(of), self.trust, 0) for name, of in file["status"].items()}
        self.status["elsewhere"] = None

    def answer(self, case: dict) -> dict:
        reader = Reader(self.trust, self.legacy, self.school, self.status[case["status"]], case["memory"])
        for text in case["before"]:
            self.one(reader, text, case)
        return self.one(reader, case["text"], case)

    def one(self, reader: Reader, text: str, case: dict) -> dict:
        try:
            said = reader.verify(text, case["now"], case["uncertainty_ms"])
        except Refused as refused:
            return {"reason": refused.reason, "seconds": refused.seconds}
        school = self.trust[said["kid"]].school
        return said | {"pairwise": pairwise(self.integrator, school, said["account"])}

    def list(self, case: dict) -> str:
        data, held = bytes.fromhex(case["bytes"]), case["held"]
        try:
            if case["kind"] == "trust":
                read_trust(data, self.roots, held)
            elif case["kind"] == "status":
                read_status(data, self.trust, held)
            elif case["kind"] == "legacy":
                read_legacy(data, self.trust, held)
            else:
                read_delta(data, self.trust, read_status(bytes.fromhex(case["base"]), self.trust, 0))
        except Refused as refused:
            return refused.reason
        return "ok"


def main() -> None:
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else PATH
    file = json.loads(path.read_text(encoding="utf-8"))
    world = World(file)
    wrong = 0
    answers = [(case, world.answer(case)) for case in file["cases"]]
    answers += [(case, world.list(case)) for case in file["list_cases"]]
    for case, said in answers:
        if said != case["expected"]:
            wrong += 1
            print(f"check: {case['comment']}\n  expected {case['expected']}\n  but was  {said}", file=sys.stderr)
    print(f"independent: {len(file['cases'])} codes and {len(file['list_cases'])} lists, {wrong} wrong")
    nothing = not file["cases"] or (path == PATH and not file["list_cases"])
    raise SystemExit(1 if wrong or nothing else 0)


if __name__ == "__main__":
    main()
