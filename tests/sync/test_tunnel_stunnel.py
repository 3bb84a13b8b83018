"""The tunnel: what it writes, what it says of the way, and that it comes back."""

from __future__ import annotations

import http.client
import os
import signal
import ssl
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from enrol_centre import Serving, await_true

from sync.centre.authority import Authority
from sync.centre_keys import CentreKeys
from sync.device_keys import DeviceKeyFiles
from sync.tunnel import PORTS, Tunnel, TunnelCondition, find_stunnel, hint_of, render_stunnel

needs_stunnel = pytest.mark.skipif(find_stunnel() is None, reason="stunnel is not installed (apt install stunnel4)")
YEARS_MS = 3 * 365 * 86_400_000


def now_ms() -> int:
    return time.time_ns() // 1_000_000


async def hello(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
    await send({"type": "http.response.body", "body": b"hello"})


def keys_of(authority: Authority, data: Path, *urls: str) -> CentreKeys:
    """A device's keys, as an enrolment leaves them."""
    keys = CentreKeys(data, "office-17", "d1", urls or ("https://127.0.0.1:9",), "", "d1.1")
    files = DeviceKeyFiles(keys.folder)
    files.ensure()
    keys.certificate.write_text(authority.sign_device(files.request("d1"), "d1").pem)
    keys.ca.write_text(authority.ca_pem)
    return keys


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"), now_ms)


@pytest.fixture(scope="module")
def server(authority: Authority) -> Iterator[Serving]:
    files = authority.server([])
    serving = Serving(
        hello,
        ssl_keyfile=files.key,
        ssl_certfile=files.certificate,
        ssl_ca_certs=str(files.ca),
        ssl_cert_reqs=ssl.CERT_REQUIRED,
    )
    yield serving
    serving.close()


def ask(tunnel: Tunnel) -> bytes:
    host = tunnel.endpoint.removeprefix("http://")
    connection = http.client.HTTPConnection(host, timeout=5)
    try:
        connection.request("GET", "/")
        return connection.getresponse().read()
    finally:
        connection.close()


def refused(tunnel: Tunnel, hint: str) -> None:
    """Ask until the tunnel says why nothing gets through; nothing may get through."""

    def told() -> bool:
        with pytest.raises((OSError, http.client.HTTPException)):
            ask(tunnel)
        return tunnel.state().hint == hint

    await_true(told, f"{hint}: {tunnel.state()}")
    assert tunnel.state().condition is TunnelCondition.FAILED


@needs_stunnel
def test_it_carries_keeps_its_port_and_comes_back_from_a_kill(
    authority: Authority, server: Serving, tmp_path: Path
) -> None:
    keys = keys_of(authority, tmp_path / "data with a space", server.url)
    tunnel = Tunnel(keys, tmp_path / "work")
    began = time.monotonic()
    tunnel.start()
    assert time.monotonic() - began < 2.0
    try:
        assert tunnel.wait_listening()
        assert ask(tunnel) == b"hello"
        await_true(lambda: tunnel.state().condition is TunnelCondition.RUNNING, f"{tunnel.state()}")
        pid = tunnel.state().pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        await_true(lambda: tunnel.state().pid not in (None, pid), "a new stunnel")
        assert tunnel.wait_listening()
        assert ask(tunnel) == b"hello"
        assert tunnel.state().restarts == 1
        endpoint, pid = tunnel.endpoint, tunnel.state().pid
    finally:
        tunnel.stop()
    assert tunnel.state().condition is TunnelCondition.STOPPED
    assert pid is not None
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert Tunnel(keys, tmp_path / "work").endpoint == endpoint
    config = (tmp_path / "work/stunnel.conf").read_text()
    assert keys.s3_secret.read_text().strip() not in config


@needs_stunnel
def test_a_centre_out_of_reach_is_a_state_and_heals(authority: Authority, server: Serving, tmp_path: Path) -> None:
    # The first address answers nothing, and the tunnel is told of the second only afterwards.
    tunnel = Tunnel(keys_of(authority, tmp_path / "data", "https://127.0.0.1:9"), tmp_path / "work")
    tunnel.start()
    try:
        assert tunnel.wait_listening()
        refused(tunnel, "unreachable")
    finally:
        tunnel.stop()
    both = keys_of(authority, tmp_path / "data", "https://127.0.0.1:9", server.url)
    tunnel = Tunnel(both, tmp_path / "work")
    tunnel.start()
    try:
        assert tunnel.wait_listening()
        assert ask(tunnel) == b"hello", "the second address takes over"
        await_true(lambda: tunnel.state().hint == "", f"{tunnel.state()}")
    finally:
        tunnel.stop()


@needs_stunnel
def test_another_centre_is_not_believed(authority: Authority, tmp_path: Path) -> None:
    impostor = Authority(tmp_path / "impostor", now_ms).server([])
    other = Serving(hello, ssl_keyfile=impostor.key, ssl_certfile=impostor.certificate)
    tunnel = Tunnel(keys_of(authority, tmp_path / "data", other.url), tmp_path / "work")
    tunnel.start()
    try:
        assert tunnel.wait_listening()
        refused(tunnel, "not-the-centre")
    finally:
        tunnel.stop()
        other.close()


@needs_stunnel
def test_the_name_is_checked(authority: Authority, tmp_path: Path) -> None:
    # A certificate of the right authority for another name: only the loopback's address is in it.
    files = authority.server([])
    serving = Serving(hello, ssl_keyfile=files.key, ssl_certfile=files.certificate)
    keys = keys_of(authority, tmp_path / "data", serving.url)
    config = render_stunnel(keys, 20_001)
    assert "checkIP = 127.0.0.1" in config
    named = replace(keys, urls=(serving.url.replace("127.0.0.1", "localhost.localdomain"),))
    tunnel = Tunnel(replace(keys, urls=(serving.url,)), tmp_path / "work")
    tunnel._config = tunnel._config.replace("checkIP = 127.0.0.1", "checkIP = 10.1.2.3")
    tunnel.start()
    try:
        assert tunnel.wait_listening()
        refused(tunnel, "not-the-centre")
    finally:
        tunnel.stop()
        serving.close()
    assert "checkHost = localhost.localdomain" in render_stunnel(named, 20_001)


@needs_stunnel
@pytest.mark.parametrize("case", ["certificate-expired", "refused"])
def test_a_certificate_that_the_centre_does_not_take_is_told(
    authority: Authority, server: Serving, tmp_path: Path, case: str
) -> None:
    signer = Authority(authority._folder, lambda: now_ms() - YEARS_MS)
    ends_ms = now_ms() - 1 if case == "certificate-expired" else 0
    if case == "refused":
        signer = Authority(tmp_path / "stranger", now_ms)
    keys = replace(keys_of(signer, tmp_path / "data", server.url), certificate_ends_ms=ends_ms)
    keys.ca.write_text(authority.ca_pem)
    tunnel = Tunnel(keys, tmp_path / "work")
    tunnel.start()
    try:
        assert tunnel.wait_listening()
        refused(tunnel, case)
    finally:
        tunnel.stop()


def test_without_stunnel_it_is_a_state(authority: Authority, tmp_path: Path) -> None:
    tunnel = Tunnel(keys_of(authority, tmp_path / "data"), tmp_path / "work", binary=tmp_path / "no-such")
    tunnel.start()
    try:
        await_true(lambda: tunnel.state().hint == "no-stunnel", "no stunnel")
    finally:
        tunnel.stop()


@needs_stunnel
def test_without_keys_it_is_a_state_and_heals(authority: Authority, server: Serving, tmp_path: Path) -> None:
    keys = keys_of(authority, tmp_path / "data", server.url)
    text = keys.certificate.read_text()
    keys.certificate.unlink()
    tunnel = Tunnel(keys, tmp_path / "work")
    tunnel.start()
    try:
        await_true(lambda: tunnel.state().hint == "keys-unreadable", "no keys")
        keys.certificate.write_text(text)
        assert tunnel.wait_listening(20)
        assert ask(tunnel) == b"hello"
    finally:
        tunnel.stop()


def test_a_centre_on_the_loopback_needs_none(tmp_path: Path) -> None:
    keys = CentreKeys(tmp_path, "office-17", "d1", ("http://127.0.0.1:8091",), "", "d1.1")
    tunnel = Tunnel(keys, tmp_path / "work")
    tunnel.start()
    tunnel.stop()
    assert tunnel.endpoint == "http://127.0.0.1:8091"
    assert tunnel.state().condition is TunnelCondition.DIRECT
    assert not (tmp_path / "work").exists()


@pytest.mark.parametrize("url", ["http://centre.example", "https://", "https://evil.example\naccept = 0.0.0.0:1"])
def test_what_is_no_address_is_not_written_into_a_configuration(tmp_path: Path, url: str) -> None:
    keys = CentreKeys(tmp_path, "office-17", "d1", (url,), "", "d1.1")
    with pytest.raises(ValueError):
        render_stunnel(keys, 20_000)


def test_a_folder_with_a_line_break_is_refused(tmp_path: Path) -> None:
    keys = CentreKeys(tmp_path / "a\nb", "office-17", "d1", ("https://centre.example",), "", "d1.1")
    with pytest.raises(ValueError):
        render_stunnel(keys, 20_000)


def test_hints_come_from_the_log() -> None:
    lines = {
        b"LOG5[2]: Connection closed: 170 byte(s) sent to TLS, 312 byte(s) sent to socket": "",
        b"LOG5[2]: Connection closed: 170 byte(s) sent to TLS, 0 byte(s) sent to socket": "refused",
        b"LOG5[2]: Connection closed: 0 byte(s) sent to TLS, 0 byte(s) sent to socket": None,
        b"LOG3[0]: s_connect: connect 127.0.0.1:9: Connection refused (111)": "unreachable",
        b"LOG4[0]: CERT: Verification error: self-signed certificate": "not-the-centre",
        b"SSL_read: error:0A000415:SSL routines::sslv3 alert certificate expired": "certificate-expired",
        b"LOG6[0]: Service [centre] accepted connection from 127.0.0.1:1": None,
    }
    assert {line: hint_of(line) for line in lines} == lines


def test_a_taken_port_is_left_to_who_has_it(authority: Authority, tmp_path: Path) -> None:
    first = Tunnel(keys_of(authority, tmp_path / "data"), tmp_path / "work")
    port = int(first.endpoint.rpartition(":")[2])
    assert port in PORTS
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        assert Tunnel(keys_of(authority, tmp_path / "data"), tmp_path / "work").endpoint != first.endpoint
