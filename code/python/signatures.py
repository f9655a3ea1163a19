"""The three kinds of signatures as code/SPEC.md wants them, for the independent checker."""

import sm2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

ED25519, SM2 = 1, 2

P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P


def is_of_small_order(encoded: bytes) -> bool:
    """Whether eight times the point is nothing. Bytes that are no point are none of small order either."""
    number = int.from_bytes(encoded, "little")
    y = (number & (1 << 255) - 1) % P
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    square = u * pow(v, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * pow(2, (P - 1) // 4, P) % P
    if x * x % P != square:
        return False
    for _ in range(3):
        product = D * x * x * y * y
        x, y = 2 * x * y * pow(1 + product, -1, P) % P, (y * y + x * x) * pow(1 - product, -1, P) % P
    return (x, y) == (0, 1)


def ed25519_verifies(key: bytes, message: bytes, signature: bytes) -> bool:
    # The package compares R as bytes and asks for S below the order; small orders it lets through.
    if int.from_bytes(signature[32:], "little") >= L or is_of_small_order(key) or is_of_small_order(signature[:32]):
        return False
    try:
        ed25519.Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
        return True
    except (InvalidSignature, ValueError):
        return False


def p256_verifies(key: bytes, message: bytes, signature: bytes) -> bool:
    r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
    try:
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), key)
        public.verify(encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256()))
        return True
    except (InvalidSignature, ValueError):
        return False


def school_signed(suite: int, key: bytes, name: str, message: bytes, signature: bytes) -> bool:
    message = b"C1\0" + name.encode() + b"\0" + message
    return (ed25519_verifies if suite == ED25519 else sm2.verifies)(key, message, signature)
