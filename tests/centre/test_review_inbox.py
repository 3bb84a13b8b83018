"""One office that sends much, or slowly, takes no place from another."""

from __future__ import annotations

import hashlib
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sync.centre.inbox import BUCKET, Inbox
from sync.centre.inbox.inbox import Limits
from sync.centre.inbox.names import Kind, Lineage, ObjectName
from sync.centre.inbox.signature import SignedRequest, authorization
from tests.centre.inbox_helpers import KEY, NEIGHBOUR, Device, Source, keys, packed, served


def name_of(key: object, index: int) -> ObjectName:
    lineage = Lineage(key.office, key.incarnation, "queue")  # type: ignore[attr-defined]
    return ObjectName(lineage, "0" * 16, Kind.SNAPSHOT, index)


@contextmanager
def half_sent(port: int, name: ObjectName, body: bytes) -> Iterator[None]:
    """A device that has sent half of a body and keeps the line open."""
    path, date = f"/{BUCKET}/{name}", time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    headers = {
        "host": f"127.0.0.1:{port}",
        "x-amz-date": date,
        "x-amz-content-sha256": hashlib.sha256(body).hexdigest(),
    }
    headers["authorization"] = authorization(SignedRequest("PUT", path, "", headers), KEY.key_id, KEY.secret, date)
    headers["content-length"] = str(len(body))
    text = f"PUT {path} HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in headers.items()) + "\r\n"
    with socket.create_connection(("127.0.0.1", port)) as raw:
        raw.sendall(text.encode() + body[: len(body) // 2])
        yield


def test_an_office_has_so_many_bodies_on_their_way_and_another_has_its_own(tmp_path: Path) -> None:
    source = Source(tmp_path / "queue.db")
    source.write(3)
    body = packed((tmp_path / "queue.db").read_bytes())
    source.close()
    inbox = Inbox(tmp_path / "inbox", keys(), limits=Limits(bodies=1))
    with served(inbox) as port:
        device, neighbour = Device(port), Device(port, NEIGHBOUR)
        with half_sent(port, name_of(KEY, 1), body):
            until, answer = time.monotonic() + 20, device.put(name_of(KEY, 2), body)
            while answer.status == 200 and time.monotonic() < until:
                answer = device.put(name_of(KEY, 2), body)
            assert (answer.status, answer.code) == (503, "SlowDown")
            assert neighbour.put(name_of(NEIGHBOUR, 1), body).status == 200
        while answer.status != 200 and time.monotonic() < until:
            time.sleep(0.05)
            answer = device.put(name_of(KEY, 3), body)
        assert answer.status == 200, "the place is free again"
        device.close()
        neighbour.close()


def test_what_is_on_its_way_counts_in_bytes_too(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "inbox", keys(), limits=Limits(coming=100))
    with served(inbox) as port:
        device = Device(port)
        assert device.put(name_of(KEY, 1), packed(b"SQLite format 3\x00" * 300) + bytes(200)).code == "SlowDown"
        device.close()
