"""Computes every value of the worked examples in SPEC.md anew (§13, §14), and opens what they seal."""

from __future__ import annotations

import base64
import hashlib
import io
import re
import struct
from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding

import bulla
import keys as key_files

SPEC = (Path(__file__).resolve().parents[2] / "SPEC.md").read_text(encoding="utf-8")


def test_one_recipient() -> None:
    given = example("13.1", "K", "salt", "OAEP seed", "metadata", "associated data", "plaintext")
    records = [record(given["K"], given["OAEP seed"])]
    header = bulla.build_header(bulla.SINGLE, [(bulla.METADATA, given["metadata"])], records, given["K"])
    context = bulla.body_context(header, given["associated data"], bulla.KIND_SINGLE)
    body = bulla.seal_body(given["K"], context, given["plaintext"], given["salt"])
    check(
        given,
        **schedule(header, given["K"], given["associated data"]),
        **keys(given["K"], "body", given["salt"], context),
        **{"key id": key_files.key_id(PUBLIC), "context": context, "header": header.raw, "body": body},
    )
    assert bulla.open_header(header, [PRIVATE]) == given["K"]
    assert bulla.open_body(given["K"], context, body) == given["plaintext"]
    assert header.metadata == given["metadata"]

    # §14: the text form of this envelope.
    encoded = base64.b64encode(header.raw + body).decode()
    lines = [encoded[i : i + 64] for i in range(0, len(encoded), 64)]
    text = ["-----BEGIN BULLA ENVELOPE-----", *lines, "-----END BULLA ENVELOPE-----"]
    assert "\n".join(text) == re.findall(r"```\n(.*?)\n```", SPEC.split("\n## 14.")[1], re.S)[-1]


def test_two_recipients_three_chunks() -> None:
    given = example("13.2", "K", "salt", "seed, identified", "seed, anonymous")
    key, salt, plaintext = given["K"], given["salt"], bytes(x % 251 for x in range(32768))
    records = [record(key, given["seed, identified"]), record(key, given["seed, anonymous"], anonymous=True)]
    header = bulla.build_header(bulla.SINGLE, [], records, key)
    context = bulla.body_context(header, b"", bulla.KIND_SINGLE)
    body = bulla.seal_body(key, context, plaintext, salt)
    derived = keys(key, "body", salt, context)
    chunks = [body[56:16456], body[16456:32856], body[32856:]]
    check(
        given,
        **schedule(header, key, b""),
        **derived,
        **{f"nonce_{i}": bulla.nonce(derived["base_nonce"], i) for i in range(3)},
        **{"key id": key_files.key_id(PUBLIC), "context": context, "header": header.raw, "chunk_2": chunks[2]},
        **{f"SHA-256(chunk_{i})": hashlib.sha256(chunks[i]).digest() for i in range(2)},
        **{
            "SHA-256(plaintext)": hashlib.sha256(plaintext).digest(),
            "SHA-256(body)": hashlib.sha256(body).digest(),
            "SHA-256(envelope)": hashlib.sha256(header.raw + body).digest(),
        },
    )
    assert bulla.open_header(header, [PRIVATE]) == key
    assert bulla.open_body(key, context, body) == plaintext


def test_a_labelled_message() -> None:
    given = example("13.3", "K", "salt", "OAEP seed", "associated data", "plaintext")
    header = bulla.build_header(bulla.LABELLED, [], [record(given["K"], given["OAEP seed"])], given["K"])
    label = bulla.label_of([b"orders", b"42"])
    context = bulla.message_context(header, given["associated data"], label)
    message = bulla.seal_body(given["K"], context, given["plaintext"], given["salt"])
    check(
        given,
        **schedule(header, given["K"], given["associated data"]),
        **keys(given["K"], "body", given["salt"], context),
        **{"label": label, "place": hashlib.sha512(label).digest(), "context": context},
        **{"header": header.raw, "message": message},
    )
    assert bulla.open_header(header, [PRIVATE]) == given["K"]
    assert bulla.open_body(given["K"], context, message) == given["plaintext"]


def test_a_session() -> None:
    given = example("13.4", "K", "salt", "salt 1", "OAEP seed", "challenge")
    header = bulla.build_header(bulla.SESSION, [], [record(given["K"], given["OAEP seed"])], given["K"])
    initiator = bulla.Session(header, given["K"], b"", given["challenge"])
    stream = io.BytesIO()
    initiator.start(0, stream, given["salt"])
    initiator.send(b"hello, bulla")
    initiator.send(b"")
    initiator.end()

    stream.seek(0)
    accepted = bulla.read_header(stream, bulla.SESSION, bulla.STRANGERS)
    responder = bulla.Session(accepted, bulla.open_header(accepted, [PRIVATE]), b"", given["challenge"])
    responder.follow(0, stream)
    assert [responder.receive() for _ in range(3)] == [b"hello, bulla", b"", None]
    answer = io.BytesIO()
    responder.start(1, answer, given["salt 1"])
    responder.send(b"hello")
    responder.end()
    answer.seek(0)
    initiator.follow(1, answer)
    assert [initiator.receive() for _ in range(2)] == [b"hello", None]

    context, context_1 = initiator.context(0), initiator.context(1)
    derived = keys(given["K"], "session", given["salt"], context)
    derived_1 = keys(given["K"], "session", given["salt 1"], context_1)
    del derived_1["session_key"]
    check(
        given,
        **derived,
        **{f"{name} 1": value for name, value in derived_1.items()},
        **{"X": hashlib.sha512(given["challenge"]).digest(), "context": context, "context 1": context_1},
        **{"header": header.raw, "stream": stream.getvalue()[len(header.raw) :], "stream 1": answer.getvalue()},
    )


def test_parts() -> None:
    given = example("13.5", "K", "salt 0", "salt 1", "salt", "OAEP seed")
    key = given["K"]
    header = bulla.build_header(bulla.PARTS, [], [record(key, given["OAEP seed"])], key)
    pieces = [b"hello, ", b"bulla"]
    contexts = [bulla.part_context(header, b"", index) for index in range(2)]
    parts = [bulla.seal_body(key, contexts[i], pieces[i], given[f"salt {i}"]) for i in range(2)]
    entries = b"".join(struct.pack(">Q", len(pieces[i])) + parts[i][24:56] for i in range(2))
    context = bulla.body_context(header, b"", bulla.KIND_MANIFEST)
    manifest = bulla.seal_body(key, context, entries, given["salt"])
    computed = {"context": context, "entries": entries, "header": header.raw, "manifest": manifest}
    computed.update(keys(key, "body", given["salt"], context))
    for i in range(2):
        derived = keys(key, "body", given[f"salt {i}"], contexts[i])
        computed.update({f"{name} {i}": derived[name] for name in ("key", "base_nonce", "commitment")})
        computed.update({f"context {i}": contexts[i], f"part {i}": parts[i]})
    del computed["body_key"]
    check(given, **computed)

    assert len(manifest) == 152
    before, found = bulla.split_parts_file(b"".join(parts) + manifest + struct.pack(">Q", 152))
    opened = bulla.open_manifest(bulla.open_header(header, [PRIVATE]), header, b"", found)
    for i, part in enumerate(bulla.split_parts(opened, before)):
        assert bulla.open_part(key, contexts[i], opened[i], part) == pieces[i]


def test_a_private_section_with_a_sender() -> None:
    inputs = ("K", "salt", "OAEP seed", "private metadata", "plaintext", "sender private key")
    given = example("13.6", *inputs)
    key = given["K"]
    signer = ed25519.Ed25519PrivateKey.from_private_bytes(given["sender private key"])
    verifier = signer.public_key()
    recipients = {key_files.key_id(PUBLIC)}
    metadata = [(bulla.PRIVATE_METADATA, given["private metadata"])]
    added = bulla.signed_items(bulla.SINGLE, [], metadata, signer, recipients, key, b"")
    items = sorted(metadata + added)
    section = encode(items)
    signed = encode(item for item in items if item[0] != bulla.SENDER)
    value = bulla.seal_private(key, section)
    header = bulla.build_header(bulla.SINGLE, [(bulla.PRIVATE, value)], [record(key, given["OAEP seed"])], key)
    context = bulla.body_context(header, b"", bulla.KIND_SINGLE)
    body = bulla.seal_body(key, context, given["plaintext"], given["salt"])
    private_key, private_nonce = bulla.private_keys(key, value[:24])
    check(
        given,
        **schedule(header, key, b""),
        **keys(key, "body", given["salt"], context),
        **{"sender public key": verifier.public_bytes_raw(), "sender key id": key_files.key_id(verifier)},
        **{"C": bulla.sender_commitment(key, signed), "F'": hashlib.sha512().digest()},
        **{"I'": hashlib.sha512(signed).digest()},
        **{"to_sign": bulla.to_sign(bulla.SINGLE, bulla.sender_name(verifier), [], items, b"", key)},
        **{"signature": dict(items)[bulla.SENDER][34:], "items": section, "s": bulla.private_salt(key, section)},
        **{"private_key": private_key, "private_nonce": private_nonce, "value": value},
        **{"context": context, "header": header.raw, "body": body},
    )
    assert len(given["to_sign"]) == 242
    assert bulla.open_header(header, [PRIVATE]) == key
    assert bulla.open_private(header, key)[bulla.PRIVATE_METADATA] == given["private metadata"]
    assert not bulla.demand_sender(header, key, bulla.Senders([verifier], list(recipients)), recipients)
    assert bulla.open_body(key, context, body) == given["plaintext"]


def test_signatures() -> None:
    """§4.5: of each algorithm, what verifies and what does not."""
    seed = example("13.6")["sender private key"]
    curve = ec.generate_private_key(ec.SECP256R1())
    for number, signer in enumerate((PRIVATE, curve, ed25519.Ed25519PrivateKey.from_private_bytes(seed)), 1):
        public = signer.public_key()
        assert key_files.algorithm(public) == number
        signature = key_files.sign(signer, b"hello")
        assert len(signature) == key_files.signature_len(public)
        assert key_files.verify(public, signature, b"hello")
        assert not key_files.verify(public, signature, b"hullo")
        wrong = [signature[:-1], signature + b"\0", bytes(len(signature)), b"\xff" * len(signature), b"\0"]
        wrong += [xor(signature, bytes([1]).rjust(i + 1, b"\0").ljust(len(signature), b"\0")) for i in (0, 31, 32, 63)]
        assert not any(key_files.verify(public, other, b"hello") for other in wrong)
    # ECDSA: n - s verifies as well.
    signature = key_files.sign(curve, b"hello")
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    other = signature[:32] + (order - int.from_bytes(signature[32:], "big")).to_bytes(32, "big")
    assert key_files.verify(curve.public_key(), other, b"hello")
    # Ed25519: S + the order of the group does not.
    signature = key_files.sign(signer, b"hello")
    number = int.from_bytes(signature[32:], "little") + 2**252 + 27742317777372353535851937790883648493
    assert not key_files.verify(public, signature[:32] + number.to_bytes(32, "little"), b"hello")
    # RSASSA-PSS: with another salt, or another hash, neither.
    for salt_len, digest in ((20, hashes.SHA256()), (0, hashes.SHA256()), (32, hashes.SHA512())):
        other = PRIVATE.sign(b"hello", padding.PSS(padding.MGF1(digest), salt_len), digest)
        assert not key_files.verify(PUBLIC, other, b"hello")


def test_keys_of_ed25519() -> None:
    """§4.5: the points of small order, in every encoding, and what encodes no point, are refused."""
    p = 2**255 - 19
    eighth = int.from_bytes(bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little")
    refused = [0, 1, p - 1, eighth, p - eighth, p, p + 1, p + 18, 2]
    for y in refused + [y + 2**255 for y in refused]:
        key = ed25519.Ed25519PublicKey.from_public_bytes(y.to_bytes(32, "little"))
        try:
            key_files.load_verifying_key(pem(key))
        except key_files.Refused as error:
            assert str(error) == "refused key"
        else:
            raise AssertionError(f"{y:x}")
    public = ed25519.Ed25519PublicKey.from_public_bytes(example("13.6")["sender public key"])
    assert key_files.key_id(key_files.load_verifying_key(pem(public))) == key_files.key_id(public)


def pem(key: key_files.VerifyingKey) -> bytes:
    """A file with a public key."""
    encoding, form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_bytes(encoding, form)


def encode(items: bulla.Items) -> bytes:
    """§3.2, in the order in which they are given."""
    return b"".join(struct.pack(">HI", kind, len(value)) + value for kind, value in items)


class Given(dict):
    """The values of one example; `inputs` are those that are not computed."""

    inputs: tuple


def example(section: str, *inputs: str) -> Given:
    """The values in the block of one section: a name, `=`, and hexadecimal digits on one line or more."""
    block = re.findall(r"```\n(.*?)\n```", SPEC.split(f"\n### {section} ")[1], re.S)[0]
    given = Given()
    for line in block.splitlines():
        name, _, digits = line.rpartition("= ") if "=" in line else ("", "", line)
        last = name.strip() or last
        given[last] = given.get(last, b"") + bytes.fromhex(digits)
    given.inputs = inputs
    return given


def check(given: Given, **computed: bytes) -> None:
    """Every value of the example that is not an input was computed, and is equal."""
    expected = {name: value for name, value in given.items() if name not in given.inputs}
    for name, value in expected.items():
        assert computed.get(name) == value, f"{name} is computed as {computed.get(name, b'').hex()}"
    print(f"{len(expected)} values are equal")


def schedule(header: bulla.Header, key: bytes, associated_data: bytes) -> dict[str, bytes]:
    """§4: what the examples call by these names."""
    return {
        "mac_key": bulla.derive(key, b"header-mac", 64),
        "H": hashlib.sha512(header.raw[:-32]).digest(),
        "tag": header.raw[-32:],
        "P": hashlib.sha512(header.preamble).digest(),
        "A": hashlib.sha512(associated_data).digest(),
    }


def keys(content_key: bytes, label: str, salt: bytes, context: bytes) -> dict[str, bytes]:
    """§5.1, §5.6: the keys of a body or stream, and the one that they come from."""
    parent = bulla.derive(content_key, label.encode(), 32)
    name = bulla.BODY if label == "body" else bulla.STREAM
    key, base_nonce, commitment = bulla.keys_under(parent, name, salt, context)
    return {f"{label}_key": parent, "key": key, "base_nonce": base_nonce, "commitment": commitment}


def record(content_key: bytes, seed: bytes, anonymous: bool = False) -> tuple[int, bytes]:
    """RFC 8017 §7.1.1 with a given seed, which `cryptography` has no way to take."""
    numbers = PUBLIC.public_numbers()
    size = (numbers.n.bit_length() + 7) // 8
    block = hashlib.sha256().digest() + bytes(size - 2 * 32 - 2 - len(content_key)) + b"\x01" + content_key
    masked = xor(block, mgf1(seed, len(block)))
    masked_seed = xor(seed, mgf1(masked, 32))
    wrapped = pow(int.from_bytes(b"\x00" + masked_seed + masked, "big"), numbers.e, numbers.n)
    name = b"" if anonymous else key_files.key_id(PUBLIC)
    return bulla.RSA_OAEP, bytes([len(name)]) + name + wrapped.to_bytes(size, "big")


def mgf1(seed: bytes, length: int) -> bytes:
    """RFC 8017 appendix B.2.1."""
    count = (length + 31) // 32
    return b"".join(hashlib.sha256(seed + struct.pack(">I", i)).digest() for i in range(count))[:length]


def xor(a: bytes, b: bytes) -> bytes:
    """Of two strings of one length."""
    return bytes(x ^ y for x, y in zip(a, b))


PRIVATE = key_files.load_private_key(SPEC.split("\n## 13.")[1].encode())
PUBLIC = PRIVATE.public_key()


if __name__ == "__main__":
    tests = [value for name, value in list(globals().items()) if name.startswith("test_")]
    assert len(tests) == 8
    for test in tests:
        test()
