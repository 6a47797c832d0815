"""The keys of bulla.py, for opening and for signing: which are used (SPEC.md §3.4, §4.5), and their ids."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Union

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

# §9.9: algorithms of signatures.
RSA_PSS, ECDSA_P256, ED25519 = 1, 2, 3

# §4.5: keys of the three algorithms. A key of RSA is for opening or for signing, not for both.
VerifyingKey = Union[rsa.RSAPublicKey, ec.EllipticCurvePublicKey, ed25519.Ed25519PublicKey]
SigningKey = Union[rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey, ed25519.Ed25519PrivateKey]


class Refused(Exception):
    """An error of §6.4; `str()` of it is its name there, with the number that was met where one was."""


# Keys of RSA (§3.4)


def load_public_key(pem: bytes) -> rsa.RSAPublicKey:
    """§3.4: a PEM file with a SubjectPublicKeyInfo."""
    der = _pem_block(pem, b"PUBLIC KEY")
    # A modulus of 2048 bits or more makes every outer length one of two bytes.
    if der[4:19] != RSA_ENCRYPTION:
        raise Refused("refused key")
    try:
        key = serialization.load_der_public_key(der)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Refused("refused key") from error
    _check_public_numbers(key.public_numbers())
    return key


def load_private_key(pem: bytes) -> rsa.RSAPrivateKey:
    """§3.4: a PEM file with a PKCS#8 key that is not encrypted."""
    der = _pem_block(pem, b"PRIVATE KEY")
    # Version 0 of PKCS#8 has no public key that could be another one.
    if der[4:7] != b"\x02\x01\x00" or der[7:22] != RSA_ENCRYPTION:
        raise Refused("refused key")
    try:
        key = serialization.load_der_private_key(der, None)  # checks that p and q are prime
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Refused("refused key") from error
    private = key.private_numbers()
    n, e = private.public_numbers.n, private.public_numbers.e
    p, q, d = private.p, private.q, private.d
    _check_public_numbers(private.public_numbers)
    if not (
        p % 2 == 1 and q % 2 == 1 and p != q and n == p * q
        and 4 * min(p.bit_length(), q.bit_length()) >= n.bit_length()
        and 0 < d < n and e * d % (p - 1) == 1 and e * d % (q - 1) == 1
        and private.dmp1 == d % (p - 1) and private.dmq1 == d % (q - 1)
        and private.iqmp < p and q * private.iqmp % p == 1
    ):
        raise Refused("refused key")
    return key


def key_id(key: VerifyingKey) -> bytes:
    """§3.4, §4.5: the digest of the key, encoded anew."""
    encoding, form = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    return hashlib.sha256(key.public_bytes(encoding, form)).digest()


def _pem_block(text: bytes, name: bytes) -> bytes:
    block = rb"-----BEGIN %b-----([A-Za-z0-9+/=\s]+)-----END %b-----" % (name, name)
    found = re.search(block, text)
    if found is None:
        raise Refused("refused key")
    try:
        return base64.b64decode(b"".join(found[1].split()), validate=True)
    except ValueError as error:
        raise Refused("refused key") from error


def _check_public_numbers(numbers: rsa.RSAPublicNumbers) -> None:
    """§3.4: which RSA keys may be used."""
    n, e = numbers.n, numbers.e
    if n % 2 == 0 or not 2048 <= n.bit_length() <= 8192 or e % 2 == 0 or not 65537 <= e < 1 << 33:
        raise Refused("refused key")


# The AlgorithmIdentifier of rsaEncryption with parameters NULL, in DER.
RSA_ENCRYPTION = bytes.fromhex("300d06092a864886f70d0101010500")


# Signatures (§4.5)


def load_verifying_key(pem: bytes) -> VerifyingKey:
    """§4.5: a PEM file with a SubjectPublicKeyInfo of one of the algorithms."""
    try:
        key = serialization.load_der_public_key(_pem_block(pem, b"PUBLIC KEY"))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Refused("refused key") from error
    if algorithm(key) == ED25519:
        _check_ed25519(key.public_bytes_raw())
    return load_public_key(pem) if algorithm(key) == RSA_PSS else key


def load_signing_key(pem: bytes) -> SigningKey:
    """§4.5: a PEM file with a PKCS#8 key that is not encrypted."""
    try:
        key = serialization.load_der_private_key(_pem_block(pem, b"PRIVATE KEY"), None)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Refused("refused key") from error
    return load_private_key(pem) if algorithm(key.public_key()) == RSA_PSS else key


def algorithm(key: VerifyingKey) -> int:
    """§4.5: the one alg for which a key can be used."""
    if isinstance(key, rsa.RSAPublicKey):
        return RSA_PSS
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        return ECDSA_P256
    if isinstance(key, ed25519.Ed25519PublicKey):
        return ED25519
    raise Refused("refused key")


def signature_len(key: VerifyingKey) -> int:
    """§4.5: of every signature that a key makes."""
    return (key.key_size + 7) // 8 if isinstance(key, rsa.RSAPublicKey) else 64


def sign(key: SigningKey, message: bytes) -> bytes:
    """§4.5, by the type of the key."""
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(message, PSS, hashes.SHA256())
    if isinstance(key, ec.EllipticCurvePrivateKey):
        r, s = decode_dss_signature(key.sign(message, ECDSA))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")
    return key.sign(message)


def verify(key: VerifyingKey, signature: bytes, message: bytes) -> bool:
    """§4.5, by the type of the key, never by what stands in a header."""
    if len(signature) != signature_len(key):
        return False
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, message, PSS, hashes.SHA256())
        elif isinstance(key, ec.EllipticCurvePublicKey):
            r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
            key.verify(encode_dss_signature(r, s), message, ECDSA)
        else:
            key.verify(signature, message)
    except InvalidSignature:
        return False
    return True


def _check_ed25519(encoded: bytes) -> None:
    """§4.5: the encoding of a point, the only one that it has, whose order is not small."""
    p = 2**255 - 19
    d = -121665 * pow(121666, -1, p) % p
    y = int.from_bytes(encoded, "little") % 2**255
    x_squared = (y * y - 1) * pow(d * y * y + 1, -1, p) % p
    if y >= p or pow(x_squared, (p - 1) // 2, p) == p - 1:
        raise Refused("refused key")
    for _ in range(3):
        y = (y * y + x_squared) * pow(2 + x_squared - y * y, -1, p) % p  # of twice the point
        x_squared = (y * y - 1) * pow(d * y * y + 1, -1, p) % p
    if y == 1:
        raise Refused("refused key")


PSS = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
ECDSA = ec.ECDSA(hashes.SHA256())
