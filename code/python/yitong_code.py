"""Campus codes for Python: the C library through ctypes, nothing to compile. Python 3.9 or later.

    reader = Reader([(1, ED25519, root_key)], school, integrator_key, memory_capacity=20_000)
    reader.load_trust(trust_list)
    reader.load_status(status_list)
    answer = reader.verify(text, now_ms)

One thread at a time may use a reader; take a lock where several do.
"""

import ctypes
import os
import sys
from ctypes import POINTER, Structure, byref, c_char_p, c_int32, c_int64, c_size_t, c_ubyte, c_uint32, c_void_p
from enum import IntEnum
from typing import NamedTuple, Optional

ED25519, SM2 = 1, 2


class Reason(IntEnum):
    """What a reader says to a text. Numbers and words are those of the C library."""

    VERIFIED = 0
    NOT_A_CAMPUS_CODE = 1
    MALFORMED = 2
    UNSUPPORTED_VERSION = 3
    UNKNOWN_KEY = 4
    WRONG_SCHOOL = 5
    WRONG_PURPOSE = 6
    KEY_NOT_VALID_NOW = 7
    BAD_SIGNATURE = 8
    BAD_DEVICE_SIGNATURE = 9
    CLOCK_WRONG = 10
    EXPIRED = 11
    LOST = 12
    CANCELLED = 13
    ACCOUNT_STOPPED = 14
    FROM_THE_FUTURE = 15
    STALE = 16
    REPLAYED = 17
    MEMORY_FULL = 18
    NO_TRUST_LIST = 64
    NO_STATUS_LIST = 65

    @property
    def word(self) -> str:
        return _library.yitong_reason_word(self).decode()

    @property
    def chinese(self) -> str:
        return _library.yitong_reason_text(self, 0).decode()

    @property
    def english(self) -> str:
        return _library.yitong_reason_text(self, 1).decode()


class Problem(IntEnum):
    """Why a list or a memory was not taken. Nothing that the reader held is lost then."""

    OK = 0
    MALFORMED = 1
    UNKNOWN_KEY = 2
    WRONG_PURPOSE = 3
    BAD_SIGNATURE = 4
    NOT_NEWER = 5
    NEED_WHOLE = 6
    WRONG_SCHOOL = 7
    NO_ROOM = 8
    NO_TRUST_LIST = 64

    @property
    def word(self) -> str:
        return _library.yitong_problem_word(self).decode()


class Kind(IntEnum):
    STATIC = 1
    DYNAMIC = 2
    LEGACY = 3


class Allowance(IntEnum):
    """What the age of the status list leaves of a code's caps."""

    FULL = 0
    HALF = 1
    MINIMUM = 2
    IDENTITY_ONLY = 3


class Verified(NamedTuple):
    """What may be known of the holder of a verified code."""

    kind: Kind
    holder_class: int
    ends_ms: int
    #: 0 a script can read the phone's key, 1 it can't be copied, 2 a secure element; None for print.
    protection: Optional[int]
    allowance: Allowance
    use_fen: int
    total_fen: int
    uses: int
    #: The same holder at the same integrator: the same 16 bytes.
    pairwise: bytes


class Answer(NamedTuple):
    reason: Reason
    #: By how much the phone's clock and the reader's differ, for FROM_THE_FUTURE and STALE.
    seconds: int
    verified: Optional[Verified]


class Head(NamedTuple):
    version: int
    issued_ms: int


class _Root(Structure):
    _fields_ = [("kid", c_uint32), ("suite", c_int32), ("key", c_ubyte * 33)]


class _Verified(Structure):
    _fields_ = [
        ("ends_ms", c_int64),
        ("use_fen", c_uint32),
        ("total_fen", c_uint32),
        ("uses", c_uint32),
        ("seconds", c_uint32),
        ("kind", c_int32),
        ("protection", c_int32),
        ("allowance", c_int32),
        ("holder_class", c_uint32),
        ("pairwise", c_ubyte * 16),
    ]


class _Head(Structure):
    _fields_ = [("issued_ms", c_int64), ("version", c_uint32), ("required", c_uint32)]


def _load() -> ctypes.CDLL:
    """The library at YITONG_CODE_LIBRARY, beside this file, or where the system keeps libraries."""
    name = {"win32": "yitong_code_c.dll", "darwin": "libyitong_code_c.dylib"}.get(sys.platform, "libyitong_code_c.so")
    beside = os.path.join(os.path.dirname(os.path.abspath(__file__)), name)
    path = os.environ.get("YITONG_CODE_LIBRARY") or (beside if os.path.exists(beside) else name)
    library = ctypes.CDLL(path)
    loads = [f"yitong_load_{of}" for of in ("trust", "status", "delta", "legacy")] + ["yitong_memory_restore"]
    functions = {
        "yitong_version": ([], c_char_p),
        "yitong_reader_new": ([POINTER(_Root), c_size_t, c_char_p, c_char_p, c_size_t], c_void_p),
        "yitong_reader_free": ([c_void_p], None),
        "yitong_require": ([c_void_p, c_int32, c_uint32], c_int32),
        "yitong_list_head": ([c_void_p, c_int32, POINTER(_Head)], c_int32),
        "yitong_verify": ([c_void_p, c_char_p, c_size_t, c_int64, c_int64, POINTER(_Verified)], c_int32),
        "yitong_memory_export": ([c_void_p, c_char_p, c_size_t, POINTER(c_size_t)], c_int32),
        "yitong_reason_word": ([c_int32], c_char_p),
        "yitong_reason_text": ([c_int32, c_int32], c_char_p),
        "yitong_problem_word": ([c_int32], c_char_p),
        **{name: ([c_void_p, c_char_p, c_size_t], c_int32) for name in loads},
    }
    for name, (arguments, result) in functions.items():
        function = getattr(library, name)
        function.argtypes, function.restype = arguments, result
    return library


_library = _load()


def version() -> str:
    return _library.yitong_version().decode()


class Reader:
    """Verifies codes of one school, without a network."""

    def __init__(self, roots, school: bytes, integrator_key: bytes, memory_capacity: int):
        """`roots` are (number, suite, public key); `school` has 16 bytes, `integrator_key` 32."""
        self._handle = None
        if len(school) != 16 or len(integrator_key) != 32 or memory_capacity < 0:
            raise ValueError("school has 16 bytes, the integrator's key 32, and a capacity is not below zero")
        array = (_Root * len(roots))()
        for place, (kid, suite, key) in zip(array, roots):
            place.kid, place.suite = kid, suite
            place.key[: len(key)] = key
        handle = _library.yitong_reader_new(array, len(roots), school, integrator_key, memory_capacity)
        if not handle:
            raise ValueError("roots, key or capacity make no reader")
        self._handle = handle

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def __del__(self):
        self.close()

    def close(self):
        handle, self._handle = self._handle, None
        if handle:
            _library.yitong_reader_free(handle)

    @property
    def _open(self):
        # The library would answer a null handle with "bad argument"; this says what happened.
        if not self._handle:
            raise ValueError("the reader was closed")
        return self._handle

    def load_trust(self, signed: bytes) -> Problem:
        return Problem(_library.yitong_load_trust(self._open, signed, len(signed)))

    def load_status(self, signed: bytes) -> Problem:
        return Problem(_library.yitong_load_status(self._open, signed, len(signed)))

    def load_delta(self, signed: bytes) -> Problem:
        """The difference to the status list that is held."""
        return Problem(_library.yitong_load_delta(self._open, signed, len(signed)))

    def load_legacy(self, signed: bytes) -> Problem:
        return Problem(_library.yitong_load_legacy(self._open, signed, len(signed)))

    def heads(self):
        """Which trust, status and legacy list are held; version 0 for none."""
        return tuple(self._head(list_number) for list_number in (1, 2, 3))

    def _head(self, list_number: int) -> Head:
        head = _Head()
        Problem(_library.yitong_list_head(self._open, list_number, byref(head)))
        return Head(head.version, head.issued_ms)

    def require(self, trust: int = 0, status: int = 0, legacy: int = 0):
        """Refuses lists below these versions from now on: what was held before being switched off."""
        for list_number, least in enumerate((trust, status, legacy), 1):
            if not 0 <= least < 1 << 32:
                raise ValueError(f"a version has 32 bits, not {least}")
            Problem(_library.yitong_require(self._open, list_number, least))

    def verify(self, text: str, now_ms: int, uncertainty_ms: int = 0) -> Answer:
        """A dynamic code that is taken is remembered, so the same text is refused the next time."""
        said, data = _Verified(), text.encode("utf-8", "replace")
        reason = Reason(
            _library.yitong_verify(self._open, data, len(data), now_ms, uncertainty_ms, byref(said))
        )
        if reason is not Reason.VERIFIED:
            return Answer(reason, said.seconds, None)
        protection = None if said.protection < 0 else said.protection
        return Answer(
            reason,
            0,
            Verified(
                Kind(said.kind),
                said.holder_class,
                said.ends_ms,
                protection,
                Allowance(said.allowance),
                said.use_fen,
                said.total_fen,
                said.uses,
                bytes(said.pairwise),
            ),
        )

    def export_memory(self) -> bytes:
        """What it remembers of dynamic codes, to be kept while it is switched off."""
        length = c_size_t()
        _library.yitong_memory_export(self._open, None, 0, byref(length))
        room = ctypes.create_string_buffer(length.value)
        Problem(_library.yitong_memory_export(self._open, room, length.value, byref(length)))
        return room.raw

    def restore_memory(self, exported: bytes) -> Problem:
        return Problem(_library.yitong_memory_restore(self._open, exported, len(exported)))
