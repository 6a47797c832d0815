"""Measures Cobblestone-256 in the Python package cryptography, on behalf of the program run. Speaks
the protocol of bulla-peers.
"""

import sys
import time

import cryptography
from cryptography.cobblestone import Cobblestone256Decryptor, Cobblestone256Encryptor

PIECE_LEN = 64 << 10
CONTEXT = b"context"

key = Cobblestone256Encryptor.generate_key()
plaintext = (bytes(range(251)) * (int(sys.argv[1]) // 251 + 1))[: int(sys.argv[1])]


def seal(take):
    encryptor = Cobblestone256Encryptor(key, CONTEXT)
    view = memoryview(plaintext)
    for start in range(0, len(view), PIECE_LEN):
        take(encryptor.update(view[start : start + PIECE_LEN]))
    take(encryptor.finalize())


def open_sealed(sealed, take):
    decryptor = Cobblestone256Decryptor(key, CONTEXT)
    view = memoryview(sealed)
    for start in range(0, len(view), PIECE_LEN):
        take(decryptor.update(view[start : start + PIECE_LEN]))
    take(decryptor.finalize())


def seconds(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


print(f"cryptography {cryptography.__version__} (Python), symmetric\n", flush=True)
sealed = b""
for line in sys.stdin:
    if line.startswith("seal"):
        elapsed = seconds(lambda: seal(len))
    else:
        if not sealed:
            pieces = []
            seal(pieces.append)
            sealed = b"".join(pieces)
            pieces = []
            open_sealed(sealed, pieces.append)
            assert b"".join(pieces) == plaintext
            del pieces
        elapsed = seconds(lambda: open_sealed(sealed, len))
    print(elapsed, flush=True)
