"""The command line of bulla.py: files in, files out. A refusal prints the name of its error.

A list of commands in a JSON file, each a list of arguments, runs in one process:

    python bulla.py batch jobs.json > results.json
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import json
import sys
from pathlib import Path
from typing import Iterator

import bulla
import hostile
import keys
from bulla import Session
from keys import Refused


def main() -> None:
    """Runs one command, or a batch of them."""
    if sys.argv[1:2] == ["batch"]:
        jobs = json.loads(Path(sys.argv[2]).read_text())
        json.dump([run(job) for job in jobs], sys.stdout)
    else:
        result = run(sys.argv[1:])
        if result != "ok":
            sys.exit(result)


def run(arguments: list[str]) -> str:
    """`ok`, or the name of the error."""
    options = parser().parse_args(arguments)
    try:
        options.run(options)
    except Refused as error:
        return str(error)
    return "ok"


def parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    top = argparse.ArgumentParser(prog="bulla.py")
    commands = top.add_subparsers(required=True)

    def command(name: str, function: object) -> argparse.ArgumentParser:
        sub = commands.add_parser(name)
        sub.set_defaults(run=function)
        sub.add_argument("--associated-data", type=file_bytes, default=b"", metavar="FILE")
        return sub

    def sealing(name: str, function: object) -> argparse.ArgumentParser:
        sub = command(name, function)
        sub.add_argument("--to", action="append", default=[], metavar="PEM")
        sub.add_argument("--anonymous", action="append", default=[], metavar="PEM")
        sub.add_argument("--metadata", type=file_bytes, default=b"", metavar="FILE")
        sub.add_argument("--private-metadata", type=file_bytes, default=b"", metavar="FILE")
        sub.add_argument("--signer", type=signing_key, metavar="PEM")
        return sub

    def opening(name: str, function: object) -> argparse.ArgumentParser:
        sub = command(name, function)
        sub.add_argument("--key", action="append", required=True, metavar="PEM")
        sub.add_argument("--expect-metadata", type=file_bytes, metavar="FILE")
        sub.add_argument("--expect-private-metadata", type=file_bytes, metavar="FILE")
        sub.add_argument("--sender", action="append", type=verifying_key, metavar="PEM", help="demanded: any of these")
        sub.add_argument("--audience-within", action="append", type=bytes.fromhex, metavar="KEY-ID")
        sub.add_argument("--accept-readdressed", action="store_true")
        sub.add_argument("--expect-readdressed", action="store_true")
        return sub

    for sub in (sealing("seal", seal), opening("open", open_), sealing("recipients", recipients)):
        sub.add_argument("input", type=Path)
        sub.add_argument("output", type=Path)
    sub.add_argument("--key", action="append", required=True, metavar="PEM")
    sub.add_argument("--remove", action="append", default=[], type=bytes.fromhex, metavar="KEY-ID")
    sub = sealing("forge", forge)
    sub.add_argument("name", choices=[*hostile.ITEMS, *hostile.VALUES])
    sub.add_argument("output", type=Path)
    for sub in (sealing("label-seal", label_seal), opening("label-open", label_open)):
        sub.add_argument("--header", type=Path, help="apart from the message")
        # A label is a JSON list of values, or a JSON string that is the label itself.
        sub.add_argument("--message", nargs=3, action="append", required=True, metavar=("LABEL", "INPUT", "OUTPUT"))
    sub = sealing("parts-seal", parts_seal)
    sub.add_argument("--order", type=json.loads, help="in which the parts are sealed: a JSON list of indexes")
    sub.add_argument("--apart", action="store_true", help="the output is a folder")
    sub.add_argument("output", type=Path)
    sub.add_argument("part", type=Path, nargs="*")
    sub = opening("parts-open", parts_open)
    sub.add_argument("--apart", action="store_true", help="the input is a folder")
    sub.add_argument("input", type=Path)
    sub.add_argument("output", type=Path)
    sub = sealing("session-send", session_send)
    sub.add_argument("--answer", type=Path, metavar="FOLDER", help="for the messages of the answer")
    session_streams(sub)
    sub.add_argument("message", type=Path, nargs="*")
    sub = opening("session-receive", session_receive)
    sub.add_argument("--answer", type=Path, nargs="*", metavar="FILE", help="the messages of the answer")
    session_streams(sub)
    sub.add_argument("output", type=Path, help="a folder for the messages")
    return top


def session_streams(sub: argparse.ArgumentParser) -> None:
    """Both ends of a session read standard input and write standard output, if not told otherwise."""
    sub.add_argument("--challenge", action="store_true")
    sub.add_argument("--from-file", type=Path)
    sub.add_argument("--to-file", type=Path)


def seal(options: argparse.Namespace) -> None:
    """Layout 01."""
    header, key = bulla.new_header(bulla.SINGLE, *recipients_of(options))
    context = bulla.body_context(header, options.associated_data, bulla.KIND_SINGLE)
    options.output.write_bytes(header.raw + bulla.seal_body(key, context, options.input.read_bytes()))


def open_(options: argparse.Namespace) -> None:
    """Layout 01."""
    with options.input.open("rb") as source:
        header, key = accepted(bulla.read_header(source, bulla.SINGLE), options)
        context = bulla.body_context(header, options.associated_data, bulla.KIND_SINGLE)
        options.output.write_bytes(bulla.open_body(key, context, source.read()))


def recipients(options: argparse.Namespace) -> None:
    """§7: changes the recipients of an envelope of any layout; what follows its header is copied."""
    with options.input.open("rb") as source:
        header = bulla.read_header(source)
        add, *_ = recipients_of(options)
        key = bulla.open_header(header, keys_of(options))
        changed = bulla.change_recipients(header, key, add, options.remove)
        options.output.write_bytes(changed.raw + source.read())


def forge(options: argparse.Namespace) -> None:
    """Layout 01: an empty envelope whose private section has been made by hand."""
    recipients, metadata, _, signer = recipients_of(options)
    fields = [(bulla.METADATA, metadata)] if metadata else []
    forgery = hostile.Forgery(fields, signer, recipients)
    value = hostile.forge(options.name, forgery)
    records = [bulla.wrap(key, forgery.key, anonymous) for key, anonymous in recipients]
    header = bulla.build_header(bulla.SINGLE, [*fields, (bulla.PRIVATE, value)], records, forgery.key)
    context = bulla.body_context(header, options.associated_data, bulla.KIND_SINGLE)
    options.output.write_bytes(header.raw + bulla.seal_body(forgery.key, context, b""))


def label_seal(options: argparse.Namespace) -> None:
    """Layout 03: messages under one header, which stands before the one message or apart."""
    header, key = bulla.new_header(bulla.LABELLED, *recipients_of(options))
    if options.header:
        options.header.write_bytes(header.raw)
    for label, source, target in options.message:
        context = bulla.message_context(header, options.associated_data, label_of(label))
        message = bulla.seal_body(key, context, Path(source).read_bytes())
        Path(target).write_bytes(message if options.header else header.raw + message)


def label_open(options: argparse.Namespace) -> None:
    """Layout 03."""
    for label, path, target in options.message:
        with open(path, "rb") as source:
            if options.header:
                header = bulla.parse_header(options.header.read_bytes(), bulla.LABELLED)
            else:
                header = bulla.read_header(source, bulla.LABELLED)
            header, key = accepted(header, options)
            context = bulla.message_context(header, options.associated_data, label_of(label))
            Path(target).write_bytes(bulla.open_body(key, context, source.read()))


def parts_seal(options: argparse.Namespace) -> None:
    """Layout 04: each file is one part."""
    header, key = bulla.new_header(bulla.PARTS, *recipients_of(options))
    count, sealed = len(options.part), {}
    for index in options.order or range(count):
        context = bulla.part_context(header, options.associated_data, index)
        sealed[index] = bulla.seal_part(key, context, options.part[index].read_bytes())
    parts = [sealed[index][0] for index in range(count)]
    entries = b"".join(sealed[index][1] for index in range(count))
    context = bulla.body_context(header, options.associated_data, bulla.KIND_MANIFEST)
    manifest = bulla.seal_body(key, context, entries)
    if options.apart:
        options.output.mkdir()
        files = {"header": header.raw, "manifest": manifest, **{f"part-{i}": part for i, part in enumerate(parts)}}
        for name, content in files.items():
            (options.output / name).write_bytes(content)
    else:
        length = len(manifest).to_bytes(8, "big")
        options.output.write_bytes(header.raw + b"".join(parts) + manifest + length)


def parts_open(options: argparse.Namespace) -> None:
    """Layout 04: the payload, from a file or from a folder with header, manifest and parts."""
    if options.apart:
        header, key = accepted(bulla.parse_header((options.input / "header").read_bytes(), bulla.PARTS), options)
        manifest = (options.input / "manifest").read_bytes()
    else:
        with options.input.open("rb") as source:
            header, key = accepted(bulla.read_header(source, bulla.PARTS), options)
            before, manifest = bulla.split_parts_file(source.read())
    entries = bulla.open_manifest(key, header, options.associated_data, manifest)
    if options.apart:
        parts = [(options.input / f"part-{index}").read_bytes() for index in range(len(entries))]
    else:
        parts = bulla.split_parts(entries, before)
    payload = b""
    for index, (entry, part) in enumerate(zip(entries, parts)):
        context = bulla.part_context(header, options.associated_data, index)
        payload += bulla.open_part(key, context, entry, part)
    options.output.write_bytes(payload)


def session_send(options: argparse.Namespace) -> None:
    """Layout 02: sends the messages, then reads the answer if there is to be one."""
    with streams(options) as (source, sink):
        challenge = source.read(32) if options.challenge else b""
        header, key = bulla.new_header(bulla.SESSION, *recipients_of(options), challenge)
        session = Session(header, key, options.associated_data, challenge)
        session.start(0, sink)
        for path in options.message:
            session.send(path.read_bytes())
        session.end()
        if options.answer:
            session.follow(1, source)
            receive_all(session, options.answer)


def session_receive(options: argparse.Namespace) -> None:
    """Layout 02: begins its answer if there is to be one, reads all messages, and answers."""
    with streams(options) as (source, sink):
        challenge = bulla.new_challenge() if options.challenge else b""
        sink.write(challenge)
        sink.flush()
        header, key = accepted(bulla.read_header(source, bulla.SESSION), options, bulla.STRANGERS, challenge)
        session = Session(header, key, options.associated_data, challenge)
        session.follow(0, source)
        if options.answer is not None:
            session.start(1, sink)
        receive_all(session, options.output)
        if options.answer is not None:
            for path in options.answer:
                session.send(path.read_bytes())
            session.end()


def receive_all(session: Session, folder: Path) -> None:
    """Writes the messages up to the end of the stream to files that are numbered."""
    folder.mkdir(exist_ok=True)
    index = 0
    while (message := session.receive()) is not None:
        (folder / f"message-{index}").write_bytes(message)
        index += 1


@contextlib.contextmanager
def streams(options: argparse.Namespace) -> Iterator[tuple]:
    """What a session is read from and written to."""
    with contextlib.ExitStack() as files:
        source, sink = sys.stdin.buffer, sys.stdout.buffer
        if options.from_file:
            source = files.enter_context(options.from_file.open("rb"))
        if options.to_file:
            sink = files.enter_context(options.to_file.open("wb"))
        yield source, sink


def recipients_of(options: argparse.Namespace) -> tuple:
    """Recipients, public and private metadata, and signer for a new header."""
    named = [(path, False) for path in options.to] + [(path, True) for path in options.anonymous]
    recipients = [(public_key(path), anonymous) for path, anonymous in named]
    return recipients, options.metadata, options.private_metadata, options.signer


def keys_of(options: argparse.Namespace) -> list:
    """The private keys at hand."""
    return [private_key(path) for path in options.key]


@functools.lru_cache(maxsize=None)
def public_key(path: str) -> bulla.rsa.RSAPublicKey:
    """Read once in a batch."""
    return keys.load_public_key(file_bytes(path))


@functools.lru_cache(maxsize=None)
def private_key(path: str) -> bulla.rsa.RSAPrivateKey:
    """Read once in a batch: its primes are tested."""
    return keys.load_private_key(file_bytes(path))


@functools.lru_cache(maxsize=None)
def signing_key(path: str) -> keys.SigningKey:
    """Read once in a batch."""
    return keys.load_signing_key(file_bytes(path))


@functools.lru_cache(maxsize=None)
def verifying_key(path: str) -> keys.VerifyingKey:
    """Read once in a batch."""
    return keys.load_verifying_key(file_bytes(path))


def accepted(
    header: bulla.Header,
    options: argparse.Namespace,
    limits: bulla.Limits = bulla.Limits(),
    challenge: bytes = b"",
) -> tuple:
    """The header and its content key; the metadata is believed, and compared, only then."""
    identities = keys_of(options)
    key = bulla.open_header(header, identities, limits)
    if options.sender:
        senders = bulla.Senders(options.sender, options.audience_within, options.accept_readdressed)
        own = [keys.key_id(identity.public_key()) for identity in identities]
        if bulla.demand_sender(header, key, senders, own, challenge) != options.expect_readdressed:
            raise Refused("another address than expected")
    private_metadata = bulla.open_private(header, key).get(bulla.PRIVATE_METADATA)
    for expected, found in (
        (options.expect_metadata, header.metadata), (options.expect_private_metadata, private_metadata)
    ):
        if expected is not None and expected != (found or b""):
            raise Refused("other metadata than expected")
    return header, key


def label_of(text: str) -> bytes:
    """A label from its JSON."""
    label = json.loads(text)
    return label.encode() if isinstance(label, str) else bulla.label_of(value.encode() for value in label)


def file_bytes(path: str) -> bytes:
    """The content of a file."""
    return Path(path).read_bytes()
