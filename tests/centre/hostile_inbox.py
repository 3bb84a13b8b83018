"""Attacks on the inbox: what the S3 key of a stolen card opens, and what no key opens."""

from __future__ import annotations

import hashlib
import http.client
import time
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from typing import Any

import lz4.frame

from sync.centre.inbox import BUCKET
from sync.centre.inbox.access import DeviceKey
from sync.centre.inbox.names import Kind, Lineage, ObjectName
from sync.centre.inbox.signature import SignedRequest, authorization
from tests.centre.hostile_scene import Card, Scene, another, until
from tests.centre.hostile_table import Table
from tests.centre.inbox_helpers import packed


def inbox(table: Table, *, bomb: bool = True) -> None:
    """What the S3 key of a stolen card opens, and what no key opens."""
    table.part("The inbox (S3)")
    scene = table.scene
    demo, north = scene.cards["demo"], scene.cards["north"]
    thief, theirs = scene.s3(demo.s3), newest_piece(scene, north)
    mine = newest_piece(scene, demo)
    bytes_ = stored(scene, mine)

    def asked(device: Any, method: str, key: Any, body: bytes = b"", code: str = "", **more: Any) -> tuple[str, bool]:
        answer = device.send(method, str(key), body, **more)
        return f"{answer.status} {answer.code}", answer.code == code and answer.status >= 400

    strangers = {
        "the right key id, a wrong secret": (another(demo.s3, secret="x" * 43), "SignatureDoesNotMatch"),
        "an unknown key": (DeviceKey("d0000000000000000.1", "x" * 43, "demo"), "InvalidAccessKeyId"),
    }
    for title, (key, code) in strangers.items():
        table.attack(title, lambda key=key, code=code: asked(scene.s3(key), "PUT", next_to(mine), bytes_, code))
    denied = "AccessDenied"
    for method in ("PUT", "DELETE", "GET"):
        table.attack(
            f"{method} under another office's prefix",
            lambda method=method: asked(thief, method, theirs, bytes_ if method == "PUT" else b"", denied),
        )
    table.attack(
        "LIST another office",
        lambda: asked(thief, "GET", "", code=denied, query={"list-type": "2", "prefix": "north/"}),
    )
    table.attack("DELETE of many, another office's among them", lambda: delete_many(scene, thief, theirs))
    elsewhere = replace(mine, lineage=replace(mine.lineage, incarnation="0009-feed"))
    table.attack("PUT under another incarnation", lambda: asked(thief, "PUT", elsewhere, bytes_, denied))
    table.attack("a piece cut short", lambda: asked(thief, "PUT", next_to(mine), bytes_[:-7], "InvalidPiece"))
    flipped = bytearray(bytes_)
    flipped[len(flipped) // 2] ^= 0x20
    table.attack(
        "a piece with one bit turned", lambda: asked(thief, "PUT", next_to(mine), bytes(flipped), "InvalidPiece")
    )
    table.attack(
        "a body changed on its way",
        lambda: asked(thief, "PUT", next_to(mine), bytes(flipped), "XAmzContentSHA256Mismatch", sha256=_sha(bytes_)),
    )
    table.attack("a body that ends early", lambda: hung_up(scene, demo.s3, next_to(mine), bytes_))
    table.attack(
        "odd names: traversal, other databases, control letters", lambda: odd_names(scene, thief, demo, bytes_)
    )
    table.attack("a body of 600 MB, as declared", lambda: oversize(scene, demo.s3, next_to(mine)))
    if bomb:
        table.attack(
            "9 MB that unpack to more than 2 GiB",
            lambda: asked(thief, "PUT", next_to(mine), lz4_bomb(), "EntityTooLarge"),
        )
    table.attack("the same piece again, signed anew", lambda: _same_again(thief, mine, bytes_))
    table.attack("the same name, other bytes", lambda: changed_piece(scene, thief, mine, bytes_))
    scene.no_doubts("demo")


def _same_again(thief: Any, name: ObjectName, body: bytes) -> tuple[str, bool]:
    answer = thief.put(name, body)
    return f"{answer.status}, nothing stored", answer.status == 200


def changed_piece(scene: Scene, thief: Any, name: ObjectName, body: bytes) -> tuple[str, bool]:
    """Another history under the name of a piece that is there."""
    raw = bytearray(lz4.frame.decompress(body))
    raw[-100] ^= 1
    answer = thief.put(name, packed(bytes(raw)))
    doubts = scene.doubts("demo")
    told = "; ".join(f"{key}: {reason}" for key, reason in doubts.items())
    return f"{answer.status} {answer.code}, doubt {told}", answer.status == 409 and "two-devices" in doubts.values()


def delete_many(scene: Scene, thief: Any, theirs: ObjectName) -> tuple[str, bool]:
    """One document that asks for another office's object to go."""
    document = f"<Delete><Object><Key>{theirs}</Key></Object></Delete>".encode()
    answer = thief.send("POST", "", document, query={"delete": ""})
    there = scene.centre.inbox.find(theirs) is not None
    return f"{answer.status}, for the object: {answer.code}", answer.code == "AccessDenied" and there


def hung_up(scene: Scene, key: DeviceKey, name: ObjectName, body: bytes) -> tuple[str, bool]:
    """A connection that breaks in the middle of the body."""
    before = _hung(scene)
    device = scene.s3(key)
    device.connection = http.client.HTTPConnection("127.0.0.1", scene.devices_port, timeout=1)
    with suppress(TimeoutError):
        device.send("PUT", str(name), body[:50], headers={"content-length": str(len(body))})
    device.close()
    noticed = until(lambda: _hung(scene) > before, 10, "the broken connection is counted")
    return "nothing stored, counted as hung-up", bool(noticed)


def _hung(scene: Scene) -> int:
    return scene.centre.inbox.counting.refusals().get("hung-up", 0)


ODD = (
    "{own}/queue/generations/{gen}/wal/../../../../../north/x",
    "{own}/../../north/{rest}",
    "../../../etc/passwd",
    "/etc/passwd",
    "{own}/queue/generations/{gen}/snapshots/../../00000000.snapshot.lz4",
    "{own}/queue/generations/..%2f..%2f/wal/00000000_00000000.wal.lz4",
    "{own}/queue/generations/{gen}/wal/00000000_00000000.wal.lz4\x00.txt",
    "{own}/queue/generations/{gen}/wal/0000000A_00000000.wal.lz4",
    "{own}/queue/generations/{gen}/wal/00000000_00000000.wal",
    "{own}/local/generations/{gen}/wal/00000000_00000000.wal.lz4",
    "{own}/queue/generations/{gen}/wal/" + "0" * 5000,
    "{own}/queue/generations/ЁЖ/wal/00000000_00000000.wal.lz4",
    "{own}//queue/generations/{gen}/wal/00000000_00000000.wal.lz4",
    "{own}\\..\\north",
    "{own}/queue/generations/{gen}/wal/00000000_00000000.wal.lz4/",
    "{own}/",
)


def odd_names(scene: Scene, thief: Any, card: Card, body: bytes) -> tuple[str, bool]:
    """Names that no Litestream writes."""
    before = files_of(scene)
    generation = scene.centre.inbox.generations(Lineage(card.office, card.keys.incarnation, "queue"))[0].name
    got: Counter[str] = Counter()
    for pattern in ODD:
        name = pattern.format(own=card.own, gen=generation, rest="queue")
        for method in ("PUT", "DELETE"):
            answer = thief.send(method, name, body if method == "PUT" else b"")
            got[f"{answer.status} {answer.code}"] += 1
    raw = raw_path(scene, card.s3, f"/{BUCKET}/%2e%2e/%2e%2e/etc/passwd", body)
    got[raw] += 1
    told = ", ".join(f"{count} x {code}" for code, count in sorted(got.items()))
    new = files_of(scene) - before
    return f"{told}; new files {len(new)}", not new and not any(code.startswith(("2", "5")) for code in got)


def raw_path(scene: Scene, key: DeviceKey, path: str, body: bytes) -> str:
    """A signed PUT whose path is sent as it stands."""
    date = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    headers = {"host": f"127.0.0.1:{scene.devices_port}", "x-amz-date": date, "x-amz-content-sha256": _sha(body)}
    headers["authorization"] = authorization(SignedRequest("PUT", path, "", headers), key.key_id, key.secret, date)
    connection = http.client.HTTPConnection("127.0.0.1", scene.devices_port, timeout=30)
    connection.request("PUT", path, body, headers)
    answer = connection.getresponse()
    text = answer.read().decode("utf-8", "replace")
    connection.close()
    return f"{answer.status} {text.partition('<Code>')[2].partition('</Code>')[0]}"


def files_of(scene: Scene) -> set[str]:
    """Every file of the centre, but databases that live and objects of genuine names."""
    data = scene.process.config.data
    return {
        str(path.relative_to(data))
        for path in data.rglob("*")
        if path.is_file() and "incoming" not in path.parts and not path.name.startswith(("centre.db", "queue.db"))
    }


def oversize(scene: Scene, key: DeviceKey, name: ObjectName) -> tuple[str, bool]:
    """So large a body is refused by its declared length: nothing of it is read."""
    answer = scene.s3(key).send(
        "PUT", str(name), b"", headers={"content-length": str(600 << 20), "expect": "100-continue"}
    )
    return f"{answer.status} {answer.code}", answer.code == "EntityTooLarge"


def lz4_bomb() -> bytes:
    """Zeros without end, packed well."""
    frame = lz4.frame.LZ4FrameCompressor(block_size=lz4.frame.BLOCKSIZE_MAX4MB)
    zeros = bytes(4 << 20)
    parts = [frame.begin()]
    head = bytearray(zeros)
    head[:16] = b"SQLite format 3\x00"
    parts.append(frame.compress(bytes(head)))
    parts += [frame.compress(zeros) for _ in range((2 << 30) // len(zeros))]
    parts.append(frame.flush())
    return b"".join(parts)


def newest_piece(scene: Scene, card: Card) -> ObjectName:
    """The newest piece of the WAL that the centre has of a card."""
    lineage = Lineage(card.office, card.keys.incarnation, "queue")
    generation = scene.centre.inbox.generations(lineage)[0].name
    return [one for one in scene.centre.inbox.contents(lineage, generation) if one.kind is Kind.WAL][-1]


def stored(scene: Scene, name: ObjectName) -> bytes:
    """Its bytes."""
    path = scene.centre.inbox.find(name)
    assert path is not None
    return path.read_bytes()


def next_to(name: ObjectName) -> ObjectName:
    """A name that nobody has used: the beginning of a later WAL."""
    return replace(name, index=name.index + 1000, offset=0)


def _sha(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
