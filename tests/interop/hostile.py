"""Private sections that a malicious holder of K could make (SPEC.md §4.4, §4.5), and odd ones that are right."""

from __future__ import annotations

import hashlib
import secrets
import struct
from typing import Callable

import bulla
from bulla import AUDIENCE, PRIVATE_METADATA, PRIVATE_PADDING, SENDER
from keys import SigningKey, key_id, sign


class Forgery:
    """What a forger starts from: a content key, and private items as they should be."""

    def __init__(self, fields: list, signer: SigningKey, recipients: list) -> None:
        self.key, self.fields, self.signer = secrets.token_bytes(32), fields, signer
        self.recipients = [key_id(key) for key, _ in recipients]
        self.metadata = (PRIVATE_METADATA, b"for you alone")
        self.audience = (AUDIENCE, b"".join(sorted(self.recipients)))
        self.padding = (PRIVATE_PADDING, bytes(7))
        self.unsigned = [self.metadata, self.audience, self.padding]
        self.right = self.signed(self.unsigned)

    def signed(self, kept: list, **changes: object) -> list:
        """The items with a signature over them, or over something else."""
        name = bulla.sender_name(self.signer.public_key())
        signed = {"layout": bulla.SINGLE, "name": name, "fields": self.fields, "items": kept, "challenge": b""}
        message = bulla.to_sign(**{**signed, "content_key": self.key, **changes})
        return sorted([*kept, (SENDER, name + sign(self.signer, message))])

    def without(self, kind: int) -> list:
        """The right items, but for those of one type."""
        return [item for item in self.right if item[0] != kind]

    def with_sender(self, change: Callable[[bytes], bytes]) -> list:
        """The right items with another sender."""
        return sorted([*self.without(SENDER), (SENDER, change(dict(self.right)[SENDER]))])

    def with_audience(self, audience: bytes) -> list:
        """Items that are signed for another audience."""
        return self.signed([self.metadata, (AUDIENCE, audience), self.padding])

    def with_other_audience(self, count: int) -> list:
        """Items that are signed for the recipients, and for as many others as make so many."""
        others = [hashlib.sha256(struct.pack(">I", i)).digest() for i in range(count - len(self.recipients))]
        return self.with_audience(b"".join(sorted(self.recipients + others)))

    def of_length(self, length: int) -> list:
        """Items that have so many bytes in all."""
        items = [self.metadata, self.audience]
        rest = length - len(encode(self.signed(items))) - 6
        return self.signed([*items, (PRIVATE_PADDING, bytes(rest))])


# By their names, the items as they stand in a section that is sealed as it should be.
ITEMS: dict[str, Callable[[Forgery], list]] = {
    "right": lambda f: f.right,
    "metadata alone": lambda f: [f.metadata],
    "audience alone": lambda f: [f.audience],
    "padding alone": lambda f: [f.padding],
    "empty padding": lambda f: f.signed([f.metadata, f.audience, (PRIVATE_PADDING, b"")]),
    "no padding": lambda f: f.signed([f.metadata, f.audience]),
    "unknown item": lambda f: f.signed([*f.unsigned, (0x0004, b"new")]),
    "empty unknown item": lambda f: f.signed([*f.unsigned, (0x7000, b"")]),
    "unknown item that is not signed": lambda f: sorted([*f.right, (0x7000, b"new")]),
    "audience of 1024": lambda f: f.with_other_audience(1024),
    "longest section": lambda f: f.of_length(65536),
    "out of order": lambda f: f.right[::-1],
    "an item twice": lambda f: sorted([*f.right, f.metadata]),
    "two items of a type": lambda f: sorted([*f.right, (PRIVATE_METADATA, b"zzz")]),
    "unknown critical item": lambda f: f.signed([*f.unsigned, (0x8004, b"new")]),
    "private critical item": lambda f: f.signed([*f.unsigned, (0xF000, b"")]),
    "type 0": lambda f: f.signed([*f.unsigned, (0, b"")]),
    "empty metadata": lambda f: f.signed([(PRIVATE_METADATA, b""), f.audience, f.padding]),
    "padding not zero": lambda f: f.signed([f.metadata, f.audience, (PRIVATE_PADDING, bytes(99) + b"\1")]),
    "sender without audience": lambda f: f.without(AUDIENCE),
    "sender without signature": lambda f: f.with_sender(lambda sender: sender[:34]),
    "sender that is cut": lambda f: f.with_sender(lambda sender: sender[:33]),
    "empty sender": lambda f: f.with_sender(lambda sender: b""),
    "signature of 1 byte": lambda f: f.with_sender(lambda sender: sender[:35]),
    "signature of 1024 bytes": lambda f: f.with_sender(lambda sender: sender[:34] + bytes(1024)),
    "signature of 1025 bytes": lambda f: f.with_sender(lambda sender: sender[:34] + bytes(1025)),
    "empty audience": lambda f: f.with_audience(b""),
    "half a key in the audience": lambda f: f.with_audience(f.audience[1] + bytes(16)),
    "audience that falls": lambda f: f.with_audience(f.audience[1] + bytes(32)),
    "audience that repeats": lambda f: f.with_audience(f.audience[1] * 2),
    "audience of 1025": lambda f: f.with_other_audience(1025),
    "signer in the audience": lambda f: f.with_audience(
        b"".join(sorted([*f.recipients, key_id(f.signer.public_key())]))
    ),
    "audience of others": lambda f: f.with_audience(bytes(32)),
    "larger audience": lambda f: f.with_other_audience(2),
    "audience that was not signed": lambda f: sorted([*f.without(AUDIENCE), (AUDIENCE, bytes(32) + f.audience[1])]),
    "metadata that was not signed": lambda f: sorted([*f.without(PRIVATE_METADATA), (PRIVATE_METADATA, b"other")]),
    "padding that was not signed": lambda f: sorted([*f.without(PRIVATE_PADDING), (PRIVATE_PADDING, bytes(8))]),
    "signed with other fields": lambda f: f.signed(f.unsigned, fields=[(bulla.METADATA, b"other")]),
    "signed with another item": lambda f: f.signed(f.unsigned, items=[*f.unsigned, (0x0004, b"")]),
    "signed for another layout": lambda f: f.signed(f.unsigned, layout=bulla.LABELLED),
    "signed for a challenge": lambda f: f.signed(f.unsigned, challenge=bytes(32)),
    "signed with another key": lambda f: f.signed(f.unsigned, content_key=bytes(32)),
    "cut signature": lambda f: f.with_sender(lambda sender: sender[:-1]),
    "extended signature": lambda f: f.with_sender(lambda sender: sender + b"\0"),
    "altered signature": lambda f: f.with_sender(lambda sender: sender[:-1] + bytes([sender[-1] ^ 1])),
    "alg 0": lambda f: f.with_sender(lambda sender: b"\0\0" + sender[2:]),
    "alg of ML-DSA": lambda f: f.with_sender(lambda sender: b"\0\4" + sender[2:]),
    "alg of another": lambda f: f.with_sender(lambda sender: bytes([0, sender[1] % 3 + 1]) + sender[2:]),
    "key id of another": lambda f: f.with_sender(lambda sender: sender[:2] + bytes(32) + sender[34:]),
}

# By their names, values of the field.
VALUES: dict[str, Callable[[Forgery], bytes]] = {
    "wrong s": lambda f: bulla.seal_private(f.key, encode(f.right), bytes(24)),
    "s of other items": lambda f: bulla.seal_private(f.key, encode(f.right), bulla.private_salt(f.key, b"other")),
    "wrong s and out of order": lambda f: bulla.seal_private(f.key, encode(f.right[::-1]), bytes(24)),
    "under another key": lambda f: bulla.seal_private(bytes(32), encode(f.right)),
    "altered": lambda f: flipped(bulla.seal_private(f.key, encode(f.right)), -20),
    "altered tag": lambda f: flipped(bulla.seal_private(f.key, encode(f.right)), -1),
    "altered s": lambda f: flipped(bulla.seal_private(f.key, encode(f.right)), 0),
    "shortest section": lambda f: bulla.seal_private(f.key, encode([(PRIVATE_PADDING, b"")])),
    "item beyond the end": lambda f: bulla.seal_private(f.key, encode(f.right)[:-1]),
    "byte behind the items": lambda f: bulla.seal_private(f.key, encode(f.right) + b"\0"),
    "length of 4 GiB": lambda f: bulla.seal_private(f.key, b"\x7f\xff\xff\xff\xff\xff" + bytes(16)),
}


def forge(name: str, forgery: Forgery) -> bytes:
    """The value of the field with the private section."""
    if name in VALUES:
        return VALUES[name](forgery)
    return bulla.seal_private(forgery.key, encode(ITEMS[name](forgery)))


def encode(items: list) -> bytes:
    """§3.2, in the order in which they are given."""
    return b"".join(struct.pack(">HI", kind, len(value)) + value for kind, value in items)


def flipped(value: bytes, index: int) -> bytes:
    """With one bit."""
    changed = bytearray(value)
    changed[index] ^= 1
    return bytes(changed)
