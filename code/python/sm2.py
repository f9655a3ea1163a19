"""SM2 signatures (GB/T 32918.2) in whole numbers, to check others by. Slow, and only for what is public."""

from cryptography.hazmat.primitives import hashes

P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
A = P - 3
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
G = (
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)
# GB/T 35276: where nothing else is agreed.
IDENTIFIER = b"1234567812345678"


def sm3(data: bytes) -> bytes:
    digest = hashes.Hash(hashes.SM3())
    digest.update(data)
    return digest.finalize()


def add(one, two):
    """Points as pairs; None is the point at infinity."""
    if one is None or two is None:
        return one or two
    (x1, y1), (x2, y2) = one, two
    if x1 == x2 and (y1 + y2) % P == 0:
        return None
    slope = (3 * x1 * x1 + A) * pow(2 * y1, -1, P) if one == two else (y2 - y1) * pow(x2 - x1, -1, P)
    x = (slope * slope - x1 - x2) % P
    return x, (slope * (x1 - x) - y1) % P


def times(factor: int, point):
    total = None
    while factor:
        if factor & 1:
            total = add(total, point)
        point, factor = add(point, point), factor >> 1
    return total


def point_of(compressed: bytes):
    """None: not a point of the curve."""
    x = int.from_bytes(compressed[1:], "big")
    square = (x * x * x + A * x + B) % P
    y = pow(square, (P + 1) // 4, P)
    if len(compressed) != 33 or compressed[0] not in (2, 3) or x >= P or y * y % P != square:
        return None
    return x, y if y % 2 == compressed[0] % 2 else P - y


def verifies(key: bytes, message: bytes, signature: bytes) -> bool:
    public = point_of(key)
    r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
    t = (r + s) % N
    if public is None or not 0 < r < N or not 0 < s < N or t == 0:
        return False
    who = b"".join(of.to_bytes(32, "big") for of in (A, B, *G, *public))
    z = sm3((8 * len(IDENTIFIER)).to_bytes(2, "big") + IDENTIFIER + who)
    e = int.from_bytes(sm3(z + message), "big")
    point = add(times(s, G), times(t, public))
    return point is not None and (e + point[0]) % N == r
