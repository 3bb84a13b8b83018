"""The link over TLS: certificates on both sides, and a box that doesn't know what day it is."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from appliance.process import open_listener
from sync.centre.authority import SERVER_DAYS, Authority
from sync.centre_keys import CentreKeys, read_centre_keys
from sync.link_clock import CentreClock
from sync.link_http import CentreLine, LinkError
from sync.private_files import write_private
from tests.sync.link_scene import DEVICE, Centre, enrol, now_ms, until

TARGET = "/link/v1/directives?after=0"
DAY_MS = 24 * 3600_000


class TlsCentre(Centre):
    """A centre that serves with a certificate of its own authority and wants one of it."""

    def __init__(self, folder: Path, authority: Authority) -> None:
        super().__init__(folder)
        self.authority = authority

    def start(self, port: int = 0) -> None:
        import threading

        listener = open_listener("127.0.0.1", port)
        self.port = listener.getsockname()[1]
        files = self.authority.server(["127.0.0.1"])
        config = uvicorn.Config(
            self.app,
            log_config=None,
            lifespan="off",
            timeout_graceful_shutdown=3,
            ssl_keyfile=str(files.key),
            ssl_certfile=str(files.certificate),
            ssl_ca_certs=str(files.ca),
            ssl_cert_reqs=ssl.CERT_REQUIRED,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([listener],), daemon=True)
        self._thread.start()
        until(lambda: self._server is not None and self._server.started)

    def enrol(self, data: Path, signer: Authority | None = None, *, believed: Authority | None = None) -> CentreKeys:
        """Keys in `data`: a certificate signed by `signer`, and `believed` as the only authority."""
        enrol(self, data, url=f"https://127.0.0.1:{self.port}")
        keys = read_centre_keys(data)
        assert keys is not None
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "x")])
        csr = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
        made = (signer or self.authority).sign_device(csr.public_bytes(Encoding.PEM).decode(), DEVICE)
        write_private(keys.tls_key, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        write_private(keys.certificate, made.pem.encode())
        write_private(keys.ca, (believed or self.authority).ca_pem.encode())
        return keys


@contextmanager
def serving(folder: Path, authority: Authority) -> Iterator[TlsCentre]:
    found = TlsCentre(folder / "centre", authority)
    found.start()
    try:
        yield found
    finally:
        found.stop()
        found.store.close()


def refusal(keys: CentreKeys, *, dates_count: bool = True) -> str:
    line = CentreLine(keys, CentreClock(), lambda: dates_count)
    try:
        line.ask("GET", TARGET)
    except LinkError as error:
        return error.code
    finally:
        line.close()
    return ""


def test_both_ends_show_a_certificate_of_the_centres_own_authority(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "authority", now_ms)
    other = Authority(tmp_path / "other", now_ms)
    with serving(tmp_path, authority) as one:
        good = one.enrol(tmp_path / "data")
        assert refusal(good) == ""
        stream = CentreLine(good, CentreClock()).stream(TARGET, lambda _: None)
        assert next(stream).kind == ""
        stream.close()  # type: ignore[attr-defined]
        assert refusal(one.enrol(tmp_path / "stranger", believed=other)) == "certificate"
        # The centre's reset may overtake its alert; either way nothing passes.
        assert refusal(one.enrol(tmp_path / "unsigned", signer=other)) in ("certificate-refused", "no-line")
        wrong_name = replace(good, urls=(f"https://localhost.invalid:{one.port}",))
        assert refusal(wrong_name) == "no-line"


def test_a_box_that_does_not_know_the_day_believes_the_authority_all_the_same(tmp_path: Path) -> None:
    """The server's certificate has expired: that is how a good one looks to a box whose clock is wrong."""
    today = Authority(tmp_path / "authority", now_ms)
    long_ago = Authority(tmp_path / "authority", lambda: now_ms() - (SERVER_DAYS + 60) * DAY_MS)
    with serving(tmp_path, long_ago) as one:
        keys = one.enrol(tmp_path / "data", signer=today)
        assert refusal(keys) == "certificate"
        assert refusal(keys, dates_count=False) == ""
        other = Authority(tmp_path / "other", now_ms)
        assert refusal(one.enrol(tmp_path / "stranger", today, believed=other), dates_count=False) == "certificate"
