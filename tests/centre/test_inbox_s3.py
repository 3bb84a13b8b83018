"""The S3 endpoint request by request: who is let in, what is taken, what a refusal leaves behind."""

from __future__ import annotations

import base64
import errno
import hashlib
import http.client
import os
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sync.centre.inbox import Conflict, Inbox, Limits, ObjectPut, StaticKeys
from sync.centre.inbox.names import Kind, ObjectName
from tests.centre.inbox_helpers import (
    GENERATION,
    INCARNATION,
    KEY,
    LINEAGE,
    NEIGHBOUR,
    OFFICE,
    Answer,
    Device,
    Source,
    keys,
    packed,
    served,
)

HOME = f"{OFFICE}/{INCARNATION}/queue/generations/{GENERATION}"
LIMITS = Limits(object=400_000, unpacked=2_000_000, part=200_000, office=1_000_000, uploads=2)


@pytest.fixture
def access() -> StaticKeys:
    return keys()


@pytest.fixture
def conflicts() -> list[Conflict]:
    return []


@pytest.fixture
def inbox(tmp_path: Path, access: StaticKeys, conflicts: list[Conflict]) -> Inbox:
    return Inbox(tmp_path / "inbox", access, limits=LIMITS, on_conflict=conflicts.append)


@pytest.fixture
def port(inbox: Inbox) -> Iterator[int]:
    with served(inbox) as port:
        yield port


@pytest.fixture
def device(port: int) -> Iterator[Device]:
    device = Device(port)
    yield device
    device.close()


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Source]:
    source = Source(tmp_path / "queue.db")
    source.write(3)
    yield source
    source.close()


def files(inbox: Inbox) -> dict[str, bytes]:
    """Everything below the inbox's folder."""
    top = inbox.objects.parent
    return {str(path.relative_to(top)): path.read_bytes() for path in top.rglob("*") if path.is_file()}


def piece_of(source: Source) -> tuple[ObjectName, bytes]:
    piece = source.piece()
    assert piece is not None
    return piece


def test_put_is_heard_after_it_is_there_and_can_be_read_back(inbox: Inbox, device: Device, source: Source) -> None:
    heard: list[tuple[ObjectPut, bool]] = []
    inbox.listen(lambda put: heard.append((put, inbox.find(name) is not None)))
    inbox.listen(lambda put: 1 // 0)
    name, body = piece_of(source)
    assert device.put(name, body).status == 200
    put, there = heard[0]
    assert there
    assert (put.office, put.kind, put.index, put.offset) == (OFFICE, Kind.WAL, 0, 0)
    assert put.size == source.offset
    got = device.send("GET", str(name))
    assert (got.status, got.body) == (200, body)
    head = device.send("HEAD", str(name))
    assert (head.status, head.body, head.headers["content-length"]) == (200, b"", str(len(body)))
    assert inbox.counting.numbers()["puts"] == 1


def test_neighbour_reads_and_changes_nothing_of_an_office(
    inbox: Inbox, device: Device, port: int, source: Source
) -> None:
    name, body = piece_of(source)
    assert device.put(name, body).status == 200
    before = files(inbox)
    other = Device(port, NEIGHBOUR)
    answers = [
        other.put(name, packed(b"x")),
        other.send("GET", str(name)),
        other.send("HEAD", str(name)),
        other.send("DELETE", str(name)),
        other.send("GET", "", query={"prefix": f"{OFFICE}/"}),
        other.send("GET", "", query={"prefix": ""}),
        other.send("GET", "", query={"prefix": NEIGHBOUR.office}),
        other.send("POST", str(name), query={"uploads": ""}),
    ]
    assert [answer.status for answer in answers] == [403] * 8
    assert {answer.code for answer in answers if answer.body} == {"AccessDenied"}
    document = f"<Delete><Object><Key>{name}</Key></Object></Delete>".encode()
    told = other.send("POST", "", document, query={"delete": ""})
    assert (told.status, told.code) == (200, "AccessDenied")
    assert files(inbox) == before
    # The control: a request of its own kind is let in.
    assert other.send("GET", "", query={"prefix": f"{NEIGHBOUR.office}/"}).status == 200
    other.close()


def test_device_reads_older_incarnations_and_writes_its_own_alone(
    inbox: Inbox, access: StaticKeys, device: Device, source: Source
) -> None:
    name, body = piece_of(source)
    assert device.put(name, body).status == 200
    access.put(replace(KEY, incarnation="0002-beefbeef"))
    assert device.send("GET", str(name)).body == body
    assert device.put(name, body).code == "AccessDenied"
    assert device.send("DELETE", str(name)).code == "AccessDenied"
    access.put(replace(KEY, incarnation=""))
    assert device.send("GET", str(name)).body == body
    assert device.put(name, body).code == "AccessDenied"
    assert inbox.counting.refusals() == {"other-prefix": 2, "read-only": 1}


@pytest.mark.parametrize(
    ("case", "code"),
    [
        ("unknown", "InvalidAccessKeyId"),
        ("secret", "SignatureDoesNotMatch"),
        ("revoked", "AccessDenied"),
        ("late", "RequestTimeTooSkewed"),
        ("early", "RequestTimeTooSkewed"),
        ("bare", "AccessDenied"),
        ("changed-path", "SignatureDoesNotMatch"),
        ("changed-digest", "SignatureDoesNotMatch"),
    ],
)
def test_forged_requests(
    inbox: Inbox, access: StaticKeys, device: Device, source: Source, case: str, code: str
) -> None:
    name, body = piece_of(source)
    headers: dict[str, str] = {}
    key = str(name)
    if case == "unknown":
        device.key = replace(KEY, key_id="nobody")
    elif case == "secret":
        device.key = replace(KEY, secret="guessed")
    elif case == "revoked":
        access.revoke(KEY.key_id)
    elif case in ("late", "early"):
        device.clock_s = 16 * 60 if case == "early" else -16 * 60
    elif case == "bare":
        headers["authorization"] = "Bearer x"
    elif case == "changed-digest":
        headers["x-amz-content-sha256"] = hashlib.sha256(b"other").hexdigest()
    if case == "changed-path":
        answer = resigned(device, key, body)
    else:
        answer = device.send("PUT", key, body, headers=headers)
    assert (answer.status, answer.code) == (403, code)
    assert files(inbox) == {}
    assert sum(inbox.counting.refusals().values()) == 1
    device.close()
    access.put(KEY)
    assert Device(device.port).put(name, body).status == 200


def resigned(device: Device, key: str, body: bytes) -> Answer:
    """A request whose path was changed after it had been signed."""
    real = http.client.HTTPConnection.request

    def request(self: http.client.HTTPConnection, method: str, url: str, *rest: object) -> None:
        real(self, method, url.replace("_00000000", "_00000420"), *rest)  # type: ignore[arg-type]

    http.client.HTTPConnection.request = request  # type: ignore[method-assign,assignment]
    try:
        return device.send("PUT", key, body)
    finally:
        http.client.HTTPConnection.request = real  # type: ignore[method-assign]


def test_clock_of_fourteen_minutes_is_let_in_and_unsigned_bodies_too(device: Device, source: Source) -> None:
    device.clock_s = 14 * 60
    name, body = piece_of(source)
    assert device.send("PUT", str(name), body, sha256="UNSIGNED-PAYLOAD").status == 200


WRONG_DIGESTS: list[tuple[dict[str, str], str | None, str]] = [
    ({"content-md5": base64.b64encode(hashlib.md5(b"other").digest()).decode()}, None, "BadDigest"),
    ({"content-md5": "?"}, None, "InvalidDigest"),
    ({}, hashlib.sha256(b"other").hexdigest(), "XAmzContentSHA256Mismatch"),
    ({}, "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "NotImplemented"),
    ({"x-amz-copy-source": "/offices/a"}, None, "NotImplemented"),
]


def test_wrong_digests_keep_nothing(inbox: Inbox, device: Device, source: Source) -> None:
    name, body = piece_of(source)
    for headers, sha256, code in WRONG_DIGESTS:
        answer = device.send("PUT", str(name), body, headers=headers, sha256=sha256)
        assert (answer.code, files(inbox)) == (code, {})


BAD_NAMES = [
    f"{OFFICE}/{INCARNATION}/../../office-18/x",
    f"{OFFICE}/{INCARNATION}/queue/generations/../../../../etc/passwd",
    f"{OFFICE}/{INCARNATION}/queue/generations/{GENERATION}/wal/../wal/00000000_00000000.wal.lz4",
    f"{OFFICE}/{INCARNATION}/queue/generations/{GENERATION}/wal//00000000_00000000.wal.lz4",
    f"{OFFICE}/{INCARNATION}/local/generations/{GENERATION}/wal/00000000_00000000.wal.lz4",
    f"{HOME}/wal/00000000_00000000.wal",
    f"{HOME}/wal/0000000G_00000000.wal.lz4",
    f"{HOME}/wal/00000000_00000000.wal.lz4\n",
    f"{HOME}/wal/00000000_00000000.wal.lz4\0",
    f"{HOME}/snapshots/00000000_00000000.wal.lz4",
    f"{HOME[:-1]}/wal/00000000_00000000.wal.lz4",
    f"{OFFICE}/{INCARNATION}/queue/notes.txt",
    f"{OFFICE}/{INCARNATION}/",
]


def test_only_names_of_litestream_are_taken(inbox: Inbox, device: Device, source: Source) -> None:
    _, body = piece_of(source)
    for key in BAD_NAMES:
        for method in ("PUT", "DELETE"):
            answer = device.send(method, key, body)
            assert (answer.status, answer.code) == (400, "InvalidObjectName"), key
        assert device.send("GET", key).code == "NoSuchKey", key
    assert files(inbox) == {}


def test_broken_bodies_are_refused_and_not_kept(inbox: Inbox, device: Device, source: Source) -> None:
    snapshot_name, snapshot = source.snapshot()
    name, body = piece_of(source)
    raw = bytes(source.path.with_name("queue.db-wal").read_bytes())
    flipped = bytearray(body)
    flipped[len(flipped) // 2] ^= 0x10
    cases = {
        "empty": (name, b"", "InvalidPiece"),
        "no lz4": (name, raw, "InvalidPiece"),
        "cut": (name, body[:-1], "InvalidPiece"),
        "half": (name, body[: len(body) // 2], "InvalidPiece"),
        "flipped": (name, bytes(flipped), "InvalidPiece"),
        "longer": (name, body + b"\0", "InvalidPiece"),
        "twice": (name, body + body, "InvalidPiece"),
        "no WAL": (name, packed(b"hello" * 100), "InvalidPiece"),
        "no whole frames": (name, packed(raw[:-1]), "InvalidPiece"),
        "no database": (snapshot_name, packed(raw), "InvalidPiece"),
        "no whole pages": (snapshot_name, packed(source.path.read_bytes()[:-7]), "InvalidPiece"),
        "bomb": (name, packed(raw[:32] + bytes(3_000_000)), "EntityTooLarge"),
    }
    told = {case: device.put(key, sent).code for case, (key, sent, _) in cases.items()}
    assert told == {case: code for case, (_, _, code) in cases.items()}
    assert files(inbox) == {}
    assert device.put(name, body).status == device.put(snapshot_name, snapshot).status == 200


def test_too_large_and_too_much(inbox: Inbox, device: Device, source: Source, tmp_path: Path) -> None:
    source.write(250, 2000)
    name, body = piece_of(source)
    assert len(body) > LIMITS.object
    answer = device.put(name, body)
    assert (answer.status, answer.code, files(inbox)) == (400, "EntityTooLarge", {})
    stored = 0
    for index in range(1, 30):
        small = Source(tmp_path / f"{index}.db", index=index)
        small.write(40, 1000)
        answer = device.put(*piece_of(small))
        small.close()
        if answer.status != 200:
            break
        stored += 1
    assert (answer.status, answer.code) == (403, "QuotaExceeded")
    assert stored > 5
    assert inbox.usage(OFFICE) <= LIMITS.office
    # Another office has its own room.
    other = Source(tmp_path / "other.db", replace(LINEAGE, office=NEIGHBOUR.office, incarnation=NEIGHBOUR.incarnation))
    other.write()
    assert Device(device.port, NEIGHBOUR).put(*piece_of(other)).status == 200
    other.close()


def test_hanging_up_in_the_middle_leaves_nothing(inbox: Inbox, device: Device, source: Source, port: int) -> None:
    source.write(100, 2000)
    name, body = piece_of(source)
    received = threading.Event()
    inbox.listen(lambda _: received.set())
    real = http.client.HTTPConnection.request

    def half(self: http.client.HTTPConnection, method: str, url: str, data: bytes, headers: dict[str, str]) -> None:
        text = f"{method} {url} HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in headers.items()) + "\r\n"
        with socket.create_connection(("127.0.0.1", port)) as raw:
            raw.sendall(text.encode() + data[: len(data) // 2])
        raise ConnectionAbortedError

    http.client.HTTPConnection.request = half  # type: ignore[method-assign,assignment]
    try:
        with pytest.raises(ConnectionAbortedError):
            device.put(name, body[:300_000])
    finally:
        http.client.HTTPConnection.request = real  # type: ignore[method-assign]
    for _ in range(200):
        if inbox.counting.refusals():
            break
        threading.Event().wait(0.02)
    assert inbox.counting.refusals() == {"hung-up": 1}
    assert files(inbox) == {}
    assert not received.is_set()


def begin(device: Device, name: ObjectName) -> str:
    answer = device.send("POST", str(name), query={"uploads": ""})
    return answer.body.decode().split("<UploadId>")[1].split("</UploadId>")[0]


def finish(device: Device, name: ObjectName, upload: str, etags: list[tuple[int, str]]) -> Answer:
    parts = "".join(f"<Part><ETag>{etag}</ETag><PartNumber>{number}</PartNumber></Part>" for number, etag in etags)
    document = f'<CompleteMultipartUpload xmlns="x">{parts}</CompleteMultipartUpload>'.encode()
    return device.send("POST", str(name), document, query={"uploadId": upload})


def test_upload_in_parts(inbox: Inbox, device: Device, source: Source) -> None:
    source.write(120, 1000)
    name, body = piece_of(source)
    upload = begin(device, name)
    etags = []
    # In any order, one of them twice.
    for number, part in ((2, body[100_000:]), (1, b"wrong first"), (1, body[:100_000])):
        answer = device.send("PUT", str(name), part, query={"partNumber": str(number), "uploadId": upload})
        assert answer.status == 200
        etags.append((number, answer.headers["etag"]))
    right = [etags[2], etags[0]]
    assert finish(device, name, upload, [etags[1], etags[0]]).code == "InvalidPart"
    assert finish(device, name, upload, right[::-1]).code == "InvalidPartOrder"
    assert finish(device, name, upload, []).code == "InvalidPartOrder"
    assert device.send("GET", str(name)).status == 404
    assert finish(device, name, upload, right).status == 200
    assert device.send("GET", str(name)).body == body
    assert finish(device, name, upload, right).code == "NoSuchUpload"
    assert list(files(inbox)) == [f"objects/{name}"]


def test_uploads_that_are_refused_leave_nothing(inbox: Inbox, device: Device, source: Source) -> None:
    names = [ObjectName(LINEAGE, GENERATION, Kind.SNAPSHOT, index) for index in range(4)]
    first = begin(device, names[0])
    query = {"partNumber": "1", "uploadId": first}
    assert device.send("PUT", str(names[0]), bytes(200_001), query=query).code == "EntityTooLarge"
    assert device.send("PUT", str(names[1]), b"x", query=query).code == "NoSuchUpload"
    assert device.send("PUT", str(names[0]), b"x", query=query | {"partNumber": "0"}).code == "InvalidArgument"
    assert device.send("PUT", str(names[0]), b"x", query=query | {"partNumber": "x"}).code == "InvalidArgument"
    for number in "12":
        assert device.send("PUT", str(names[0]), bytes(190_000), query=query | {"partNumber": number}).status == 200
    answer = device.send("PUT", str(names[0]), bytes(190_000), query=query | {"partNumber": "3"})
    assert answer.code == "EntityTooLarge"
    # A body that is no snapshot after all.
    garbage = device.send("PUT", str(names[0]), bytes(100), query=query)
    document = finish(device, names[0], first, [(1, garbage.headers["etag"])])
    assert document.code == "InvalidPiece"
    second = begin(device, names[1])
    again = begin(device, names[1])
    assert again != second
    assert device.send("DELETE", str(names[1]), query={"uploadId": second}).code == "NoSuchUpload"
    begin(device, names[2])
    answer = device.send("POST", str(names[3]), query={"uploads": ""})
    assert (answer.status, answer.code) == (503, "SlowDown")
    assert device.send("DELETE", str(names[1]), query={"uploadId": again}).status == 204
    assert files(inbox) == {}


def test_lists_in_pages_and_both_versions(device: Device, source: Source) -> None:
    wanted = []
    for _ in range(7):
        source.write()
        name, body = piece_of(source)
        assert device.put(name, body).status == 200
        wanted.append(str(name))
        if len(wanted) == 4:
            source.next_index()
    name, body = source.snapshot()
    assert device.put(name, body).status == 200
    wanted = sorted([*wanted, str(name)])

    def pages(query: dict[str, str], token: str, next_: str, item: str = "Contents") -> list[str]:
        found: list[str] = []
        while True:
            answer = device.send("GET", "", query=query)
            assert answer.status == 200
            text = answer.body.decode()
            inner = "Key" if item == "Contents" else "Prefix"
            found += [part.split(f"<{inner}>")[1].split("<")[0] for part in text.split(f"<{item}>")[1:]]
            if "<IsTruncated>true" not in text:
                return found
            query = query | {token: text.split(f"<{next_}>")[1].split("<")[0]}

    office = {"prefix": f"{OFFICE}/", "max-keys": "3"}
    assert pages(office, "marker", "NextMarker") == wanted
    assert pages(office | {"list-type": "2"}, "continuation-token", "NextContinuationToken") == wanted
    deep = {"prefix": f"{HOME}/wal/00000001", "delimiter": "/"}
    assert pages(deep, "marker", "NextMarker") == [key for key in wanted if "/wal/00000001" in key]
    folders = {"prefix": f"{HOME}/", "delimiter": "/", "max-keys": "1"}
    assert pages(folders, "marker", "NextMarker", "CommonPrefixes") == [f"{HOME}/snapshots/", f"{HOME}/wal/"]
    assert pages({"prefix": f"{OFFICE}/../office-18/"}, "marker", "NextMarker") == []
    for bad in ({"delimiter": "x"}, {"max-keys": "-1"}, {"list-type": "2", "continuation-token": "%%"}):
        assert 400 <= device.send("GET", "", query={"prefix": f"{OFFICE}/"} | bad).status <= 501


def test_deletes_many(inbox: Inbox, device: Device, source: Source) -> None:
    names = []
    for _ in range(3):
        source.write()
        name, body = piece_of(source)
        device.put(name, body)
        names.append(name)
    keys_ = [str(names[0]), str(names[1]), f"{HOME}/wal/00000009_00000000.wal.lz4", "office-18/x", f"{HOME}/x"]
    document = "".join(f"<Object><Key>{key}</Key></Object>" for key in keys_)
    answer = device.send("POST", "", f"<Delete>{document}</Delete>".encode(), query={"delete": ""})
    text = answer.body.decode()
    assert (text.count("<Deleted>"), text.count("<Error>")) == (3, 2)
    quiet = f"<Delete><Quiet>true</Quiet><Object><Key>{names[2]}</Key></Object></Delete>".encode()
    assert b"<Deleted>" not in device.send("POST", "", quiet, query={"delete": ""}).body
    assert [device.send("GET", str(name)).status for name in names] == [404] * 3
    assert b"<Contents>" not in device.send("GET", "", query={"prefix": f"{OFFICE}/"}).body
    # Out of sight, not out of the world.
    assert all(inbox.find(name, deleted=True) for name in names)
    bomb = b'<!DOCTYPE d [<!ENTITY a "aa">]><Delete><Object><Key>&a;</Key></Object></Delete>'
    for document_ in (bomb, b"<Delete/>", b"nonsense", b"<Other/>"):
        assert device.send("POST", "", document_, query={"delete": ""}).code == "MalformedXML"


def test_a_full_disk_is_our_own_fault_and_keeps_nothing(
    inbox: Inbox, device: Device, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, body = piece_of(source)

    def full(fd: int) -> None:
        raise OSError(errno.ENOSPC, "no room")

    monkeypatch.setattr(os, "fsync", full)
    answer = device.put(name, body)
    assert (answer.status, answer.code) == (503, "ServiceUnavailable")
    assert inbox.counting.refusals() == {"no-room": 1}
    assert files(inbox) == {}
    monkeypatch.undo()
    assert device.put(name, body).status == 200
