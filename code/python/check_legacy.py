#!/usr/bin/env python3
"""Reads code/vectors/legacy.json with a reader of its own, and says where it comes to another answer.

Written from code/legacy/LEGACY.md alone: its own CRC, its own dates, and OpenSSL (through `cryptography`) for RSA and
DES. `python3 code/python/check_legacy.py` ends with 0 when every answer is the expected one; with `issue` it prints a
card of each encrypted profile.
"""

import base64
import calendar
import json
import os
import sys
from pathlib import Path

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding as rsa_padding
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.serialization import load_pem_private_key

VECTORS = Path(__file__).resolve().parent.parent / "vectors" / "legacy.json"
TEXT_MAX = 1000
DIGITS = b"0123456789"
# polynomial, first value, least significant bit first
CRCS = {
    "crc16-xmodem": (0x1021, 0x0000, False),
    "crc16-ibm3740": (0x1021, 0xFFFF, False),
    "crc16-arc": (0xA001, 0x0000, True),
    "crc16-modbus": (0xA001, 0xFFFF, True),
}
DATES = {"yyyymmdd": "YYYYMMDD", "yymmdd": "YYMMDD", "yyyy-mm-dd": "YYYY-MM-DD"}


class Refused(Exception):
    """Its argument is the stable word of the reason."""


def crc16(name, data):
    polynomial, value, reflected = CRCS[name]
    for byte in data:
        value ^= byte if reflected else byte << 8
        for _ in range(8):
            if reflected:
                value = (value >> 1) ^ (polynomial if value & 1 else 0)
            else:
                value = ((value << 1) ^ (polynomial if value & 0x8000 else 0)) & 0xFFFF
    return value


class Profile:
    """Words in any order; which are there decides."""

    def __init__(self, words, keys):
        said = set(words.split())
        (self.school,) = (word for word in said if len(word) == 5 and word.isdigit())
        (self.crc,) = said & CRCS.keys()
        self.decimal = "decimal-check" in said
        (date,) = said & DATES.keys()
        self.date = DATES[date]
        self.plain = "plain" in said
        if not self.plain:
            (size,) = said & {"rsa1024", "rsa2048"}
            self.size = int(size[3:]) // 8
            self.key = keys[size]
            self.oaep = "oaep-sha1" in said
            self.ecb = "ecb" in said
            self.iv = 8 if "cbc-random-iv" in said else 0
            self.key_first = "key-first" in said
            self.hex = "hex" in said

    def plain_length(self):
        return 1 + 22 + 1 + len(self.date) + 1

    def padded_length(self):
        return (self.plain_length() // 8 + 1) * 8


def digits(field):
    if not all(byte in DIGITS for byte in field):
        raise Refused("bad_shape")
    return field.decode()


def day(field, form):
    parts = {"Y": "", "M": "", "D": ""}
    for byte, wanted in zip(field, form, strict=True):
        if wanted == "-":
            if byte != ord("-"):
                raise Refused("bad_date")
        elif byte not in DIGITS:
            raise Refused("bad_date")
        else:
            parts[wanted] += chr(byte)
    year, month, number = (int(part) for part in parts.values())
    if len(parts["Y"]) == 2:
        year += 2000
    if year < 1 or not 1 <= month <= 12:
        raise Refused("bad_date")
    days = 29 if month == 2 and calendar.isleap(year) else [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
    if not 1 <= number <= days:
        raise Refused("bad_date")
    return f"{year:04}-{month:02}-{number:02}"


def parse(profile, text):
    """The plain text of a card: its fields, whatever day it is."""
    if text[:1] != b"#":
        raise Refused("not_legacy")
    if len(text) != profile.plain_length() or text[1:2] != b"S" or text[23:24] != b"#" or text[-1:] != b"#":
        raise Refused("bad_shape")
    school, student, random, check = digits(text[2:7]), digits(text[7:17]), digits(text[17:19]), text[19:23]
    if not all(byte in (DIGITS if profile.decimal else DIGITS + b"ABCDEF") for byte in check):
        raise Refused("bad_shape")
    crc = crc16(profile.crc, text[1:19])
    if check.decode() != (f"{crc % 10000:04}" if profile.decimal else f"{crc:04X}"):
        raise Refused("bad_check")
    expiry = day(text[24:-1], profile.date)
    if school != profile.school:
        raise Refused("wrong_school")
    return {"school": school, "student": student, "random": random, "expiry": expiry}


def sealed_bytes(profile, text):
    try:
        if profile.hex:
            sealed = bytes.fromhex(text)
            same = sealed.hex().upper() == text
        else:
            sealed = base64.b64decode(text, validate=True)
            same = base64.b64encode(sealed).decode() == text
    except ValueError:
        raise Refused("not_legacy") from None
    if not same or len(sealed) != profile.size + profile.iv + profile.padded_length():
        raise Refused("not_legacy")
    return sealed


def decrypt(profile, sealed):
    if profile.key_first:
        wrapped, rest = sealed[: profile.size], sealed[profile.size :]
    else:
        wrapped, rest = sealed[-profile.size :], sealed[: -profile.size]
    sha1 = hashes.SHA1()  # noqa: S303 - it is on the cards
    oaep = rsa_padding.OAEP(mgf=rsa_padding.MGF1(sha1), algorithm=sha1, label=None)
    try:
        secret = profile.key.decrypt(wrapped, oaep if profile.oaep else rsa_padding.PKCS1v15())
    except ValueError:
        raise Refused("cannot_decrypt") from None
    if len(secret) != 8:
        raise Refused("cannot_decrypt")
    iv, ciphertext = rest[: profile.iv] or bytes(8), rest[profile.iv :]
    # Three times the same key is single DES.
    des = Cipher(TripleDES(secret * 3), modes.ECB() if profile.ecb else modes.CBC(iv)).decryptor()
    plain = des.update(ciphertext) + des.finalize()
    fill = profile.padded_length() - profile.plain_length()
    if plain[-fill:] != bytes([fill]) * fill:
        raise Refused("cannot_decrypt")
    return plain[:-fill]


def inspect(profile, text):
    """The exact answer, which only the console is given."""
    if profile.plain:
        if len(text.encode()) > TEXT_MAX:
            raise Refused("not_legacy")
        return parse(profile, text.encode())
    plain = decrypt(profile, sealed_bytes(profile, text))
    try:
        return parse(profile, plain)
    except Refused as refused:
        if refused.args[0] == "not_legacy":
            raise Refused("bad_shape") from None
        raise


def read(profile, text, today):
    try:
        fields = inspect(profile, text)
    except Refused as refused:
        if not profile.plain and refused.args[0] in ("bad_shape", "bad_check", "bad_date"):
            raise Refused("cannot_decrypt") from None
        raise
    if fields["expiry"] < today:
        raise Refused("expired")
    return fields


def issue(profile, student, random, expiry):
    """A card as OpenSSL makes it; `expiry` in the profile's form. For the other way round: the crate reads these."""
    checked = f"S{profile.school}{student}{random}"
    crc = crc16(profile.crc, checked.encode())
    plain = f"#{checked}{f'{crc % 10000:04}' if profile.decimal else f'{crc:04X}'}#{expiry}#".encode()
    fill = profile.padded_length() - profile.plain_length()
    secret, iv = os.urandom(8), os.urandom(profile.iv)
    sha1 = hashes.SHA1()  # noqa: S303 - it is on the cards
    oaep = rsa_padding.OAEP(mgf=rsa_padding.MGF1(sha1), algorithm=sha1, label=None)
    wrapped = profile.key.public_key().encrypt(secret, oaep if profile.oaep else rsa_padding.PKCS1v15())
    des = Cipher(TripleDES(secret * 3), modes.ECB() if profile.ecb else modes.CBC(iv or bytes(8))).encryptor()
    rest = iv + des.update(plain + bytes([fill]) * fill) + des.finalize()
    sealed = wrapped + rest if profile.key_first else rest + wrapped
    return sealed.hex().upper() if profile.hex else base64.b64encode(sealed).decode()


def said(answer, *arguments):
    try:
        return "ok " + " ".join(f"{name} {value}" for name, value in answer(*arguments).items())
    except Refused as refused:
        return refused.args[0]


def main():
    vectors = json.loads(VECTORS.read_text(encoding="utf-8"))
    pems = {name.removeprefix("TEST ONLY "): pem.encode() for name, pem in vectors["keys"].items()}
    keys = {name: load_pem_private_key(pem, None) for name, pem in pems.items()}
    profiles = {name: Profile(words, keys) for name, words in vectors["profiles"].items()}
    if sys.argv[1:] == ["issue"]:
        for name, profile in profiles.items():
            if not profile.plain:
                date = profile.date.replace("YYYY", "2030").replace("YY", "30").replace("MM", "08").replace("DD", "31")
                print(name, issue(profile, "2023010142", "07", date))
        return 0
    wrong, good = 0, 0
    for case in vectors["cases"]:
        profile = profiles[case["profile"]]
        answers = {
            "expected": said(read, profile, case["text"], case["today"]),
            "inside": said(inspect, profile, case["text"]),
        }
        good += answers["expected"].startswith("ok ")
        for name, answer in answers.items():
            if answer != case[name]:
                wrong += 1
                print(f"{case['id']} {case['profile']}: {case['comment']}: {name} {case[name]}, but here {answer}")
    cases = len(vectors["cases"])
    print(f"{cases} vectors, {good} of them good: {wrong} answers differ from the expected ones")
    return 1 if wrong or not good else 0


if __name__ == "__main__":
    sys.exit(main())
