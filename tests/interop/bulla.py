"""The Bulla envelope in Python: a reader and a writer, written from SPEC.md alone.

It is there to be read beside SPEC.md and to be tested against the Rust library, not to be used: it
holds everything in memory and cannot wipe keys.
"""

from __future__ import annotations

import hashlib
import hmac
import io
import secrets
import struct
from dataclasses import dataclass
from typing import BinaryIO, Iterable, Optional

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from keys import Refused, SigningKey, VerifyingKey, algorithm, key_id, sign, signature_len, verify

# §9.6: the constants, in its order.
MAGIC = bytes.fromhex("8942554C0D0A1A0A")
VERSION, SUITE = 1, 1
SINGLE, SESSION, LABELLED, PARTS = 1, 2, 3, 4
KIND_SINGLE, KIND_STREAM, KIND_MESSAGE, KIND_PART, KIND_MANIFEST = 1, 2, 3, 4, 5
MAX_FIELDS_LEN, MAX_RECORDS_LEN = 1 << 20, 1 << 22
MAX_RECORDS, MAX_RECORD_LEN = 1024, 16384
CRITICAL = 0x8000
METADATA, PRIVATE, RSA_OAEP, PADDING = 0x0001, 0x0002, 0x0001, 0x7FFF
MIN_PRIVATE_LEN, MAX_PRIVATE_LEN = 46, 65576
PRIVATE_METADATA, SENDER, AUDIENCE, PRIVATE_PADDING = 0x0001, 0x0002, 0x0003, 0x7FFF
MAX_AUDIENCE, MAX_SIGNATURE_LEN, KEY_ID_LEN = 1024, 1024, 32
BODY_HEAD_LEN = 56
CHUNK_LEN, SEALED_CHUNK_LEN = 16384, 16400
MAX_CHUNKS, MAX_FRAMES, MAX_PARTS = 1 << 38, 1 << 32, 1 << 20
MAX_PLAINTEXT_LEN = (1 << 52) - 1
# §5.7: what the number at the end of a file may be.
MAX_MANIFEST_LEN = 56 + 40 * MAX_PARTS + 16 * 2561
# §9.7: the types of frames.
MORE, LAST, END = 0, 1, 2


@dataclass(frozen=True)
class Limits:
    """§2: what a caller may lower."""

    header_len: int = 52 + MAX_FIELDS_LEN + MAX_RECORDS_LEN
    records: int = MAX_RECORDS
    metadata_len: int = MAX_FIELDS_LEN
    operations: int = 16
    message_len: int = 1 << 20
    parts: int = MAX_PARTS
    plaintext_len: int = MAX_PLAINTEXT_LEN


STRANGERS = Limits(operations=2)


# Header (§3)

Items = Iterable[tuple[int, bytes]]


@dataclass(frozen=True)
class Header:
    """§3: a header that breaks no rule. Only its parser makes one."""

    raw: bytes
    layout: int
    fields: list[tuple[int, bytes]]
    records: list[tuple[int, bytes]]

    @property
    def metadata(self) -> Optional[bytes]:
        """§3.3."""
        return dict(self.fields).get(METADATA)

    @property
    def preamble(self) -> bytes:
        """§4.3: what the digest P covers."""
        fields_len = int.from_bytes(self.raw[12:16], "big")
        return self.raw[:16] + self.raw[20 : 20 + fields_len]

    def can_be_answered(self) -> bool:
        """§5.6: whether exactly one record is not padding."""
        return sum(kind != PADDING for kind, _ in self.records) == 1


def read_header(source: BinaryIO, layout: Optional[int] = None, limits: Limits = Limits()) -> Header:
    """§3.1, §6.1: reads a header and nothing behind it; with a layout, refuses every other."""
    prefix = source.read(20)
    _check_prefix(prefix)
    if layout is not None and prefix[10] != layout:
        raise Refused(f"other layout {prefix[10]:02x}")
    fields_len, records_len = struct.unpack(">II", prefix[12:])
    if 52 + fields_len + records_len > limits.header_len:
        raise Refused("limit exceeded")
    rest = source.read(fields_len + records_len + 32)
    if len(rest) < fields_len + records_len + 32:
        raise Refused("truncated")
    fields = _parse_items(rest[:fields_len])
    records = _parse_items(rest[fields_len:-32])
    _check_fields(fields, limits)
    _check_records(records, limits)
    return Header(prefix + rest, prefix[10], fields, records)


def parse_header(data: bytes, layout: Optional[int] = None, limits: Limits = Limits()) -> Header:
    """§6.1: an input that is to be a header alone."""
    header = read_header(io.BytesIO(data), layout, limits)
    if len(data) > len(header.raw):
        raise Refused("malformed header")
    return header


def build_header(layout: int, fields: Items, records: Items, content_key: bytes) -> Header:
    """§3: the one encoding of these fields and records, with its tag."""
    encoded_fields, encoded_records = _encode_items(fields), _encode_items(records)
    lengths = struct.pack(">II", len(encoded_fields), len(encoded_records))
    prefix = MAGIC + bytes([VERSION, SUITE, layout, 0]) + lengths
    untagged = prefix + encoded_fields + encoded_records
    return parse_header(untagged + header_tag(content_key, hashlib.sha512(untagged).digest()))


def new_header(
    layout: int,
    recipients: list[tuple[rsa.RSAPublicKey, bool]],
    metadata: bytes = b"",
    private_metadata: bytes = b"",
    signer: Optional[SigningKey] = None,
    challenge: bytes = b"",
) -> tuple[Header, bytes]:
    """§7: a header with a fresh content key, for recipients who are anonymous or not."""
    content_key = secrets.token_bytes(32)
    fields = [(METADATA, metadata)] if metadata else []
    items = [(PRIVATE_METADATA, private_metadata)] if private_metadata else []
    if signer is not None:
        ids = {key_id(key) for key, _ in recipients}
        items += signed_items(layout, fields, items, signer, ids, content_key, challenge)
    elif items:
        items += private_padding(len(_encode_items(items)))
    if items:
        fields.append((PRIVATE, seal_private(content_key, _encode_items(items))))
    records = [wrap(key, content_key, anonymous) for key, anonymous in recipients]
    return build_header(layout, fields, records, content_key), content_key


def _check_prefix(prefix: bytes) -> None:
    """§3.1: the checks in their order, on the bytes that are there."""
    if prefix[:8] != MAGIC[: len(prefix)]:
        raise Refused("not an envelope")
    if prefix[8:9] not in (b"", bytes([VERSION])):
        raise Refused(f"unsupported version {prefix[8]:02x}")
    if prefix[9:10] not in (b"", bytes([SUITE])):
        raise Refused(f"unsupported suite {prefix[9]:02x}")
    if prefix[10:11] and prefix[10] not in (SINGLE, SESSION, LABELLED, PARTS):
        raise Refused(f"unsupported layout {prefix[10]:02x}")
    if prefix[11:12] not in (b"", b"\x00"):
        raise Refused("malformed header")
    if len(prefix) >= 16 and int.from_bytes(prefix[12:16], "big") > MAX_FIELDS_LEN:
        raise Refused("malformed header")
    if len(prefix) >= 20 and int.from_bytes(prefix[16:20], "big") > MAX_RECORDS_LEN:
        raise Refused("malformed header")
    if len(prefix) < 20:
        raise Refused("truncated")


def _parse_items(section: bytes, malformed: str = "malformed header") -> list[tuple[int, bytes]]:
    """§3.2: items that fill their section."""
    items, offset = [], 0
    while offset < len(section):
        if len(section) - offset < 6:
            raise Refused(malformed)
        kind, length = struct.unpack_from(">HI", section, offset)
        value = section[offset + 6 : offset + 6 + length]
        if kind == 0 or len(value) < length:
            raise Refused(malformed)
        items.append((kind, value))
        offset += 6 + length
    return items


def _encode_items(items: Items) -> bytes:
    """§3.2. Python orders pairs and byte strings as that section does."""
    return b"".join(struct.pack(">HI", kind, len(value)) + value for kind, value in sorted(items))


def _check_fields(fields: list[tuple[int, bytes]], limits: Limits) -> None:
    """§3.2, §3.3: strictly ascending types, known if critical, metadata not empty."""
    if any(kind & CRITICAL for kind, _ in fields):
        raise Refused("unknown critical item")
    private_len = len(dict(fields).get(PRIVATE, bytes(MIN_PRIVATE_LEN)))
    if (
        not _is_ascending([kind for kind, _ in fields])
        or (METADATA, b"") in fields
        or not MIN_PRIVATE_LEN <= private_len <= MAX_PRIVATE_LEN
    ):
        raise Refused("malformed header")
    if len(dict(fields).get(METADATA, b"")) > limits.metadata_len:
        raise Refused("limit exceeded")


def _check_records(records: list[tuple[int, bytes]], limits: Limits) -> None:
    """§3.2, §3.4: strictly ascending, and of the right form where the type is known."""
    if any(kind & CRITICAL for kind, _ in records):
        raise Refused("unknown critical item")
    key_ids = []
    for kind, value in records:
        if kind == RSA_OAEP:
            name, wrapped = split_record(value)
            key_ids += [name] if name else []
            if value[:1] not in (b"\x00", b"\x20") or not 256 <= len(wrapped) <= 1024:
                raise Refused("malformed header")
    if (
        not _is_ascending(records)
        or any(len(value) > MAX_RECORD_LEN for _, value in records)
        or all(kind == PADDING for kind, _ in records)
        or len(records) > MAX_RECORDS
        or len(set(key_ids)) < len(key_ids)
    ):
        raise Refused("malformed header")
    if len(records) > limits.records:
        raise Refused("limit exceeded")


def _is_ascending(values: list) -> bool:
    return all(a < b for a, b in zip(values, values[1:]))


def split_record(value: bytes) -> tuple[bytes, bytes]:
    """§3.4: key id, which is empty in an anonymous record, and wrapped key."""
    length = value[0] if value else 0
    return value[1 : 1 + length], value[1 + length :]


def wrap(key: rsa.RSAPublicKey, content_key: bytes, anonymous: bool = False) -> tuple[int, bytes]:
    """§3.4: a record for one recipient."""
    name = b"" if anonymous else key_id(key)
    return RSA_OAEP, bytes([len(name)]) + name + key.encrypt(content_key, OAEP)


OAEP = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)


# Key schedule (§4)


def hkdf_expand(prk: bytes, info: bytes, length: int) -> bytes:
    """§1: HKDF-Expand-SHA-512."""
    output = block = b""
    while len(output) < length:
        block = hmac.digest(prk, block + info + bytes([len(output) // 64 + 1]), "sha512")
        output += block
    return output[:length]


def derive(content_key: bytes, label: bytes, length: int) -> bytes:
    """§4.1."""
    info = b"bulla\x00key\x00" + bytes([VERSION, SUITE]) + struct.pack(">H", length) + label
    return hkdf_expand(content_key, info, length)


def header_tag(content_key: bytes, digest: bytes) -> bytes:
    """§4.2."""
    return hmac.digest(derive(content_key, b"header-mac", 64), digest, "sha512")[:32]


def body_context(header: Header, associated_data: bytes, kind: int, place: bytes = b"") -> bytes:
    """§4.3."""
    digests = hashlib.sha512(header.preamble).digest() + hashlib.sha512(associated_data).digest()
    return b"bulla\x00body\x00" + bytes([kind]) + digests + place


def keys_under(key: bytes, name: bytes, salt: bytes, context: bytes) -> tuple[bytes, bytes, bytes]:
    """§5.1, §5.6: key, base nonce and commitment of a body or of a stream."""
    output = hkdf_expand(key, name + b"\x00" + salt + context, 76)
    return output[:32], output[32:44], output[44:]


def nonce(base_nonce: bytes, index: int) -> bytes:
    """§5.2, §5.6."""
    return (int.from_bytes(base_nonce, "big") ^ index).to_bytes(12, "big")


BODY = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM"
STREAM = b"bulla\x00stream"


# Private section (§4.4), sender and audience (§4.5)


@dataclass(frozen=True)
class Senders:
    """§4.5: the senders that a caller accepts, and the key ids that it tolerates in the audience."""

    keys: list[VerifyingKey]
    audience_within: Optional[list[bytes]] = None
    accept_readdressed: bool = False


def seal_private(content_key: bytes, items: bytes, salt: Optional[bytes] = None) -> bytes:
    """§4.4: the value of the field. Only tests give the salt, a wrong one."""
    salt = salt or private_salt(content_key, items)
    key, nonce = private_keys(content_key, salt)
    return salt + AESGCM(key).encrypt(nonce, items, None)


def open_private(header: Header, content_key: bytes, limits: Limits = Limits()) -> dict[int, bytes]:
    """§4.4: the private items, in their order; none if there is no private section."""
    value = dict(header.fields).get(PRIVATE)
    if value is None:
        return {}
    key, nonce = private_keys(content_key, value[:24])
    try:
        section = AESGCM(key).decrypt(nonce, value[24:], None)
    except InvalidTag:
        raise Refused("malformed private section") from None
    if not hmac.compare_digest(private_salt(content_key, section), value[:24]):
        raise Refused("malformed private section")
    items = _parse_items(section, "malformed private section")
    _check_private(items)
    if len(dict(items).get(PRIVATE_METADATA, b"")) > limits.metadata_len:
        raise Refused("limit exceeded")
    return dict(items)


def private_salt(content_key: bytes, items: bytes) -> bytes:
    """§4.4: s."""
    return derive(content_key, b"private-salt" + hashlib.sha512(items).digest(), 24)


def private_keys(content_key: bytes, salt: bytes) -> tuple[bytes, bytes]:
    """§4.4: private_key and private_nonce."""
    output = derive(content_key, b"private" + salt, 44)
    return output[:32], output[32:]


def private_padding(length: int) -> list[tuple[int, bytes]]:
    """§4.4: the item that makes of so many bytes a multiple of 256, if they are none and it fits."""
    padding_len = -(length + 6) % 256
    fits = length + 6 + padding_len <= MAX_PRIVATE_LEN - 40
    return [(PRIVATE_PADDING, bytes(padding_len))] if length % 256 and fits else []


def signed_items(
    layout: int, fields: Items, items: Items, signer: SigningKey, ids: set[bytes], content_key: bytes, challenge: bytes
) -> list[tuple[int, bytes]]:
    """§4.5: what a sender adds to its private items: audience, padding, and the signature over all of them."""
    key = signer.public_key()
    if key_id(key) in ids:
        raise Refused("refused key")
    added = [(AUDIENCE, b"".join(sorted(ids)))]
    unsigned = (SENDER, sender_name(key) + bytes(signature_len(key)))
    added += private_padding(len(_encode_items([*items, *added, unsigned])))
    message = to_sign(layout, sender_name(key), fields, [*items, *added], challenge, content_key)
    return [*added, (SENDER, sender_name(key) + sign(signer, message))]


def sender_name(key: VerifyingKey) -> bytes:
    """§4.5: alg and key id."""
    return struct.pack(">H", algorithm(key)) + key_id(key)


def to_sign(layout: int, name: bytes, fields: Items, items: Items, challenge: bytes, content_key: bytes) -> bytes:
    """§4.5: of fields and items, those that are signed are picked here. Only sessions have a challenge."""
    signed_fields = _encode_items(field for field in fields if field[0] != PRIVATE)
    signed_items = _encode_items(item for item in items if item[0] != SENDER)
    digests = b"".join(hashlib.sha512(part).digest() for part in (signed_fields, challenge))
    start = b"bulla\x00sender\x00" + bytes([VERSION, SUITE, layout])
    return start + name + digests + sender_commitment(content_key, signed_items)


def sender_commitment(content_key: bytes, signed_items: bytes) -> bytes:
    """§4.5: C."""
    return derive(content_key, b"sender" + hashlib.sha512(signed_items).digest(), 64)


def demand_sender(
    header: Header, content_key: bytes, senders: Senders, own: Iterable[bytes], challenge: bytes = b""
) -> bool:
    """§4.5: whether the header was re-addressed to the holder of these key ids, if it is not refused."""
    items = open_private(header, content_key)
    sender = items.get(SENDER)
    if sender is None:
        raise Refused("no sender")
    name, signature = sender[:34], sender[34:]
    key = next((key for key in senders.keys if sender_name(key) == name), None)
    if key is None:
        raise Refused("other sender")
    if not verify(key, signature, to_sign(header.layout, name, header.fields, items.items(), challenge, content_key)):
        raise Refused("sender not authentic")
    audience = set(split_audience(items[AUDIENCE]))
    readdressed = audience.isdisjoint(own)
    answered = header.layout == SESSION and header.can_be_answered()
    if readdressed and (answered or not senders.accept_readdressed):
        raise Refused("not in the audience")
    if senders.audience_within is not None and not audience <= set(senders.audience_within):
        raise Refused("other audience")
    if answered and len(audience) > 1:
        raise Refused("other audience")
    return readdressed


def split_audience(value: bytes) -> list[bytes]:
    """§4.4: its key ids."""
    return [value[i : i + KEY_ID_LEN] for i in range(0, len(value), KEY_ID_LEN)]


def _check_private(items: list[tuple[int, bytes]]) -> None:
    """§4.4: the rules for items, once the section has opened."""
    if any(kind & CRITICAL for kind, _ in items):
        raise Refused("unknown critical item")
    values = dict(items)
    sender, audience = values.get(SENDER), values.get(AUDIENCE)
    if (
        not _is_ascending([kind for kind, _ in items])
        or values.get(PRIVATE_METADATA) == b""
        or sender is not None and (audience is None or not 0 < len(sender) - 34 <= MAX_SIGNATURE_LEN)
        or audience is not None and not 0 < len(audience) <= KEY_ID_LEN * MAX_AUDIENCE
        or audience is not None and (len(audience) % KEY_ID_LEN or not _is_ascending(split_audience(audience)))
        or any(values.get(PRIVATE_PADDING, b""))
    ):
        raise Refused("malformed private section")


# Content key (§6.2)


def open_header(header: Header, identities: list[rsa.RSAPrivateKey], limits: Limits = Limits()) -> bytes:
    """§6.2: the content key, by the first candidate that is accepted. Its private section is right, too."""
    wrapped = [split_record(value) for kind, value in header.records if kind == RSA_OAEP]
    candidates = [(w, i) for name, w in wrapped if name for i in identities if key_id(i.public_key()) == name]
    candidates += [(w, i) for name, w in wrapped if not name for i in identities if (i.key_size + 7) // 8 == len(w)]
    digest = hashlib.sha512(header.raw[:-32]).digest()
    for operation, (wrapped_key, identity) in enumerate(candidates):
        if operation == limits.operations:
            raise Refused("limit exceeded")
        content_key = _try_candidate(wrapped_key, identity, digest, header.raw[-32:])
        if content_key is not None:
            open_private(header, content_key, limits)
            return content_key
    raise Refused("not authentic" if candidates else "nothing addressed")


def _try_candidate(wrapped: bytes, identity: rsa.RSAPrivateKey, digest: bytes, tag: bytes) -> Optional[bytes]:
    """§6.2: the same work, whether the key fits or not."""
    size, modulus = (identity.key_size + 7) // 8, identity.public_key().public_numbers().n
    number = int.from_bytes(wrapped, "big")
    accepted = len(wrapped) == size and number < modulus
    content_key = secrets.token_bytes(32)
    try:
        opened = identity.decrypt((number % modulus).to_bytes(size, "big"), OAEP)
    except ValueError:
        opened = b""
    if len(opened) == 32:
        content_key = opened
    else:
        accepted = False
    equal = hmac.compare_digest(header_tag(content_key, digest), tag)
    return content_key if accepted and equal else None


# Bodies (§5.1 to §5.3)


def seal_body(
    content_key: bytes, context: bytes, plaintext: bytes, salt: Optional[bytes] = None
) -> bytes:
    """§5.1, §5.2: one body. Only tests give the salt."""
    salt = salt or secrets.token_bytes(24)
    key, base_nonce, commitment = keys_under(derive(content_key, b"body", 32), BODY, salt, context)
    body = [salt, commitment]
    for index in range(len(plaintext) // CHUNK_LEN + 1):
        chunk = plaintext[index * CHUNK_LEN : (index + 1) * CHUNK_LEN]
        body.append(AESGCM(key).encrypt(nonce(base_nonce, index), chunk, None))
    return b"".join(body)


def open_body(
    content_key: bytes, context: bytes, body: bytes, limits: Limits = Limits(), exact_len: Optional[int] = None
) -> bytes:
    """§5.3, §6.3: the plaintext of one body, all of it or none. Of a part, the length is known (§5.7)."""
    if len(body) < BODY_HEAD_LEN:
        raise Refused("truncated")
    key, base_nonce, commitment = keys_under(derive(content_key, b"body", 32), BODY, body[:24], context)
    if not hmac.compare_digest(commitment, body[24:BODY_HEAD_LEN]):
        raise Refused("wrong associated data")
    if exact_len is not None and len(body) != exact_len:
        raise Refused("truncated" if len(body) < exact_len else "foreign part")
    plaintext, chunks = [], body[BODY_HEAD_LEN:]
    full = len(chunks) // SEALED_CHUNK_LEN
    if full >= MAX_CHUNKS or len(chunks) - 16 * (full + 1) > limits.plaintext_len:
        raise Refused("limit exceeded")
    for index in range(full + 1):
        chunk = chunks[index * SEALED_CHUNK_LEN : (index + 1) * SEALED_CHUNK_LEN]
        if len(chunk) < 16:
            raise Refused("truncated")
        try:
            plaintext.append(AESGCM(key).decrypt(nonce(base_nonce, index), chunk, None))
        except InvalidTag:
            raise Refused("chunk altered" if index < full else "last chunk altered") from None
    return b"".join(plaintext)


def body_len(length: int) -> int:
    """§8: the length of a body with so many bytes of plaintext."""
    return BODY_HEAD_LEN + length + 16 * (length // CHUNK_LEN + 1)


def label_of(values: Iterable[bytes]) -> bytes:
    """§5.5: the label of several values."""
    return b"".join(struct.pack(">I", len(value)) + value for value in values)


def message_context(header: Header, associated_data: bytes, label: bytes) -> bytes:
    """§4.3, §5.5: the context of a labelled message."""
    return body_context(header, associated_data, KIND_MESSAGE, hashlib.sha512(label).digest())


# Sessions (§5.6)


def new_challenge() -> bytes:
    """§5.6: drawn for one connection, used for one header."""
    return secrets.token_bytes(32)


class Session:
    """§5.6: one end of a session. The first error ends it in both directions."""

    def __init__(self, header: Header, content_key: bytes, associated_data: bytes, challenge: bytes) -> None:
        self.header, self.associated_data, self.challenge = header, associated_data, challenge
        self.key = derive(content_key, b"session", 32)
        self.failed: Optional[str] = None
        self.peer = b""  # of the stream with direction 00, once its head is known

    def start(self, direction: int, sink: BinaryIO, salt: Optional[bytes] = None) -> None:
        """Begins the stream that this end seals. An initiator sends its header at once with it."""
        salt = salt or secrets.token_bytes(24)
        self.sealing_key, self.sealing_nonce, commitment = self._keys(direction, salt)
        self._head_is_known(direction, salt + commitment)
        self.sink, self.sealed, self.ended = sink, 0, False
        sink.write((self.header.raw if direction == 0 else b"") + salt + commitment)
        sink.flush()

    def follow(self, direction: int, source: BinaryIO) -> None:
        """Reads the head of the other end's stream and checks its commitment."""
        head = source.read(BODY_HEAD_LEN)
        if len(head) < BODY_HEAD_LEN:
            raise self._fail("truncated")
        self.opening_key, self.opening_nonce, commitment = self._keys(direction, head[:24])
        if not hmac.compare_digest(commitment, head[24:]):
            raise self._fail("wrong associated data")
        self._head_is_known(direction, head)
        self.source, self.opened = source, 0

    def send(self, message: bytes) -> None:
        """Sends one message, in pieces that are as long as possible."""
        pieces = [message[i : i + CHUNK_LEN] for i in range(0, len(message), CHUNK_LEN)] or [b""]
        for piece in pieces[:-1]:
            self._send_frame(MORE, piece)
        self._send_frame(LAST, pieces[-1])

    def end(self) -> None:
        """Ends the stream that this end seals."""
        self._send_frame(END, b"")
        self.ended = True

    def receive(self, limits: Limits = STRANGERS) -> Optional[bytes]:
        """The next message, or None behind the end of the stream."""
        message = b""
        while True:
            kind, piece = self._receive_frame(inside=len(message) > 0)
            if kind == END:
                return None
            message += piece
            if len(message) > limits.message_len:
                raise self._fail("limit exceeded")
            if kind == LAST:
                return message

    def _send_frame(self, kind: int, piece: bytes) -> None:
        if self.failed or self.ended or self.sealed == MAX_FRAMES - (kind != END):
            raise Refused(self.failed or "limit exceeded")
        start = struct.pack(">BH", kind, len(piece) + 16)
        sealed = AESGCM(self.sealing_key).encrypt(nonce(self.sealing_nonce, self.sealed), piece, start)
        self.sealed += 1
        self.sink.write(start + sealed)
        self.sink.flush()

    def _receive_frame(self, inside: bool) -> tuple[int, bytes]:
        if self.failed:
            raise Refused(self.failed)
        start = self.source.read(3)
        if len(start) < 3:
            raise self._fail("truncated")
        kind, length = struct.unpack(">BH", start)
        least, most = {MORE: (17, 16400), LAST: (16, 16400), END: (16, 16)}.get(kind, (1, 0))
        if not least <= length <= most or kind == END and inside:
            raise self._fail("frame altered")
        if self.opened == MAX_FRAMES - 1 and kind != END:
            raise self._fail("frame altered")
        sealed = self.source.read(length)
        if len(sealed) < length:
            raise self._fail("truncated")
        try:
            piece = AESGCM(self.opening_key).decrypt(nonce(self.opening_nonce, self.opened), sealed, start)
        except InvalidTag:
            raise self._fail("frame altered") from None
        self.opened += 1
        return kind, piece

    def _keys(self, direction: int, salt: bytes) -> tuple[bytes, bytes, bytes]:
        return keys_under(self.key, STREAM, salt, self.context(direction))

    def context(self, direction: int) -> bytes:
        """§4.3: the context of a stream. That of an answer needs the head of what it answers."""
        if direction == 1 and not self.header.can_be_answered():
            raise Refused("no answer")
        place = bytes([direction]) + hashlib.sha512(self.challenge).digest()
        place += self.peer if direction == 1 else b""
        return body_context(self.header, self.associated_data, KIND_STREAM, place)

    def _head_is_known(self, direction: int, head: bytes) -> None:
        if direction == 0:
            self.peer = hashlib.sha512(self.header.raw).digest() + head

    def _fail(self, name: str) -> Refused:
        self.failed = name
        return Refused(name)


# Parts (§5.7)


def part_context(header: Header, associated_data: bytes, index: int) -> bytes:
    """§4.3."""
    return body_context(header, associated_data, KIND_PART, struct.pack(">Q", index))


def seal_part(content_key: bytes, context: bytes, plaintext: bytes) -> tuple[bytes, bytes]:
    """§5.7: a part, and its entry in the manifest."""
    part = seal_body(content_key, context, plaintext)
    return part, struct.pack(">Q", len(plaintext)) + part[24:BODY_HEAD_LEN]


def open_manifest(
    content_key: bytes, header: Header, associated_data: bytes, manifest: bytes, limits: Limits = Limits()
) -> list[tuple[int, bytes]]:
    """§5.7: the length and the commitment of every part, from a manifest that breaks no rule."""
    plaintext = open_body(content_key, body_context(header, associated_data, KIND_MANIFEST), manifest)
    if len(plaintext) % 40 or len(plaintext) > 40 * MAX_PARTS:
        raise Refused("malformed manifest")
    if len(plaintext) > 40 * limits.parts:
        raise Refused("limit exceeded")
    entries = list(struct.iter_unpack(">Q32s", plaintext))
    payload_len = sum(length for length, _ in entries)
    if any(length == 0 for length, _ in entries) or payload_len > MAX_PLAINTEXT_LEN:
        raise Refused("malformed manifest")
    if payload_len > limits.plaintext_len:
        raise Refused("limit exceeded")
    return entries


def open_part(content_key: bytes, context: bytes, entry: tuple[int, bytes], part: bytes) -> bytes:
    """§5.7: one part, if it is the one of its entry."""
    length, commitment = entry
    if len(part) < BODY_HEAD_LEN:
        raise Refused("truncated")
    if not hmac.compare_digest(part[24:BODY_HEAD_LEN], commitment):
        raise Refused("foreign part")
    return open_body(content_key, context, part, exact_len=body_len(length))


def split_parts_file(rest: bytes) -> tuple[bytes, bytes]:
    """§5.7: parts and manifest, from what follows the header in a file."""
    if len(rest) < 8:
        raise Refused("truncated")
    claimed = int.from_bytes(rest[-8:], "big")
    start = len(rest) - 8 - claimed
    chunks, last = divmod(claimed - BODY_HEAD_LEN, SEALED_CHUNK_LEN)
    entries_len = chunks * CHUNK_LEN + last - 16
    if start < 0 or not 72 <= claimed <= MAX_MANIFEST_LEN or last < 16 or entries_len % 40:
        raise Refused("malformed manifest")
    return rest[:start], rest[start:-8]


def split_parts(entries: list[tuple[int, bytes]], parts: bytes) -> list[bytes]:
    """§5.7: the parts of a file, which fill it."""
    lengths = [body_len(length) for length, _ in entries]
    if sum(lengths) != len(parts):
        raise Refused("malformed manifest")
    source = io.BytesIO(parts)
    return [source.read(length) for length in lengths]


# Changing recipients (§7)


def change_recipients(
    header: Header,
    content_key: bytes,
    add: list[tuple[rsa.RSAPublicKey, bool]],
    remove: list[bytes],
    keep: bool = False,
) -> Header:
    """§7: a new header for the same bodies. `keep` keeps what may hold the key for whoever is removed."""
    added = [(b"" if anonymous else key_id(key)) for key, anonymous in add]
    names = {i: split_record(v)[0] if kind == RSA_OAEP else b"" for i, (kind, v) in enumerate(header.records)}
    if set(added) & set(remove) or not set(remove) <= set(names.values()):
        raise Refused("refused change")
    records = []
    for index, (kind, value) in enumerate(header.records):
        replaced = names[index] != b"" and names[index] in added + remove
        dropped = bool(remove) and (kind == PADDING or names[index] == b"" and not keep)
        if not replaced and not dropped:
            records.append((kind, value))
    records += [wrap(key, content_key, anonymous) for key, anonymous in add]
    if not any(kind == RSA_OAEP for kind, _ in records):
        raise Refused("refused change")
    try:
        return build_header(header.layout, header.fields, records, content_key)
    except Refused as error:
        raise Refused("refused change") from error


if __name__ == "__main__":
    import commands

    commands.main()
