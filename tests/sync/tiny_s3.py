"""Just enough of S3 for Litestream 0.3: path style, PUT, GET, LIST version 1, in memory."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

KEY_ID = "office-17"


class TinyS3:
    """Objects by key, and a server that can be taken down and brought back on the same port."""

    def __init__(self) -> None:
        self.objects: dict[str, tuple[bytes, str]] = {}
        self.key_ids: set[str] = set()
        self.port = 0
        self._server: ThreadingHTTPServer | None = None

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def up(self) -> None:
        store = self

        class Handler(_Handler):
            s3 = store

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def down(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


class _Handler(BaseHTTPRequestHandler):
    s3: TinyS3

    def _key(self) -> str:
        authorization = self.headers.get("Authorization", "")
        self.s3.key_ids.add(authorization.partition("Credential=")[2].partition("/")[0])
        return unquote(urlsplit(self.path).path).split("/", 2)[2:][0] if "/" in self.path[1:] else ""

    def _answer(self, status: int, body: bytes = b"", kind: str = "application/xml") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", '"0"')
        self.end_headers()
        self.wfile.write(body)

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
        self.s3.objects[self._key()] = (body, now)
        self._answer(200)

    def do_GET(self) -> None:
        key, query = self._key(), parse_qs(urlsplit(self.path).query)
        if key:
            found = self.s3.objects.get(key)
            if found is None:
                self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
            else:
                self._answer(200, found[0], "application/octet-stream")
            return
        prefix, delimiter = query.get("prefix", [""])[0], query.get("delimiter", [""])[0]
        folders: set[str] = set()
        rows = []
        for name, (body, modified) in sorted(self.s3.objects.items()):
            rest = name.removeprefix(prefix)
            if not name.startswith(prefix):
                continue
            if delimiter and delimiter in rest:
                folders.add(prefix + rest.partition(delimiter)[0] + delimiter)
                continue
            rows.append(
                f"<Contents><Key>{escape(name)}</Key><LastModified>{modified}</LastModified>"
                f"<Size>{len(body)}</Size></Contents>"
            )
        common = "".join(
            f"<CommonPrefixes><Prefix>{escape(name)}</Prefix></CommonPrefixes>" for name in sorted(folders)
        )
        listed = "<IsTruncated>false</IsTruncated>" + "".join(rows) + common
        self._answer(200, f"<ListBucketResult>{listed}</ListBucketResult>".encode())

    def log_message(self, *_: object) -> None:
        """Silence."""


@contextmanager
def tiny_s3() -> Iterator[TinyS3]:
    server = TinyS3()
    server.up()
    try:
        yield server
    finally:
        server.down()
