"""A dead box is replaced: the real Litestream, stunnel and uvicorn with client certificates, from end to end."""

from __future__ import annotations

import http.client
import shutil
import sqlite3
import ssl
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from enrol_centre import OFFICE, EnrolCentre, Head, await_true

import appliance.enrolling as enrolling
from appliance.cli import main
from appliance.config import OfficeConfig, read_config
from appliance.domain.days import OpenDay
from appliance.domain.identity import AdoptPlan
from appliance.domain.tickets import TakeTicket
from appliance.enrolling import EnrolProblemError, enrol_office
from appliance.plan_file import read_plan_file
from appliance.replication import KeptReplica, incarnation_name, keep_replica
from appliance.store.writer import QueueWriter
from appliance.workers.clock import OfficeClock
from sync.centre.tokens import TokenKind
from sync.centre_keys import CentreKeys
from sync.enrolment import EnrolmentError, renew
from sync.litestream import Pace
from sync.tunnel import find_stunnel

needs_stunnel = pytest.mark.skipif(find_stunnel() is None, reason="stunnel is not installed (apt install stunnel4)")


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[EnrolCentre]:
    """A centre on the loopback without TLS, as a demonstration runs."""
    yield from _centre(tmp_path, tls=False)


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[EnrolCentre]:
    yield from _centre(tmp_path, tls=True)


def _centre(tmp_path: Path, *, tls: bool) -> Iterator[EnrolCentre]:
    centre = EnrolCentre(tmp_path / "centre", tls=tls)
    document = resources.files("appliance.demo").joinpath("plan.toml").read_text(encoding="utf-8")
    centre.enrolling.plans.put(OFFICE, document.replace('office = "demo"', f'office = "{OFFICE}"'), "head")
    yield centre
    centre.close()


class Box:
    """An office's card: its folder, and what `talon enrol` and the office do with it."""

    def __init__(self, folder: Path, usb: Path | None = None) -> None:
        folder.mkdir()
        stick = f'usb = "{usb}"\nusb_folder = true\n' if usb is not None else ""
        text = f'schema = 1\noffice = "{OFFICE}"\n[replica]\nkind = "centre"\ninterval_ms = 100\n{stick}'
        (folder / "office.toml").write_text(text)
        self.config: OfficeConfig = read_config(folder / "office.toml")
        self.clock = OfficeClock(lambda: True)
        self.told: list[str] = []

    def enrol(self, centre: EnrolCentre, token: str, **options: Any) -> CentreKeys:
        def told(code: str, _: object) -> None:
            self.told.append(code)

        return enrol_office(self.config, centre.enrol.url, token, self.clock, told, **options)

    def open(self) -> QueueWriter:
        writer = QueueWriter(self.config.queue_db, self.clock.now, on_death=lambda _: None)
        self.clock.use_plan(writer.office)
        writer.start()
        plan = read_plan_file(self.config.plan, OFFICE)
        writer.submit(AdoptPlan(plan), actor="system").result(10)
        self.clock.use_plan(writer.office)
        return writer

    def replica(self, writer: QueueWriter) -> KeptReplica:
        kept = keep_replica(self.config, writer.office)
        assert kept is not None
        kept.start()
        return kept

    def numbers(self) -> list[int]:
        with closing(sqlite3.connect(self.config.queue_db)) as db:
            return [row[0] for row in db.execute("SELECT number FROM ticket ORDER BY id")]

    def seq(self) -> int:
        with closing(sqlite3.connect(self.config.queue_db)) as db:
            return int(db.execute("SELECT max(seq) FROM journal").fetchone()[0])


def issue(writer: QueueWriter, times: int) -> None:
    service = sorted(writer.office.plan.services)[0]  # type: ignore[union-attr]
    for _ in range(times):
        writer.submit(TakeTicket(service, paper=False, insist=True), actor="kiosk").result(10)


def complete(kept: KeptReplica, seconds: float = 20.0) -> None:
    asked = time.time()

    def done() -> bool:
        state = kept.states().get("main")
        measured = state is not None and state.measured_at is not None and state.measured_at.timestamp() > asked
        return measured and state is not None and state.lag_bytes == 0

    await_true(done, f"replica complete: {kept.glance()}", seconds)


def token(centre: EnrolCentre, kind: TokenKind) -> str:
    return centre.enrolling.issue_token(OFFICE, kind, "admin")


def opened_day(box: Box, centre: EnrolCentre, tickets: int) -> None:
    """A box joins, opens its day, issues tickets, replicates them and dies."""
    box.enrol(centre, token(centre, TokenKind.NEW))
    writer = box.open()
    kept = box.replica(writer)
    try:
        writer.submit(OpenDay(), actor="reception").result(10)
        issue(writer, tickets)
        complete(kept)
    finally:
        kept.stop()
        writer.stop()


def latest_incarnation(box: Box) -> str:
    writer = QueueWriter(box.config.queue_db, box.clock.now, on_death=lambda _: None)
    return incarnation_name(writer.office)


@needs_stunnel
def test_a_replaced_box_goes_on_with_todays_queue_in_a_fresh_block(centre: EnrolCentre, tmp_path: Path) -> None:
    """Through stunnel with the device's certificate to uvicorn that wants one; then the same way back."""
    old, new = Box(tmp_path / "old"), Box(tmp_path / "new")
    opened_day(old, centre, 3)
    (tmp_path / "old/data/keys/centre.json").unlink()
    centre.head = Head(latest_incarnation(old), old.seq())
    assert old.numbers() == [1, 2, 3]
    keys = new.enrol(centre, token(centre, TokenKind.REPLACE))
    assert new.told == ["plan-written", "restoring", "restored"]
    assert (keys.confirmed, keys.incarnation[:5]) == (True, "0002-")
    assert keys.incarnation == latest_incarnation(new)
    writer = new.open()
    kept = new.replica(writer)
    try:
        issue(writer, 2)
        numbers = new.numbers()
        assert numbers[:3] == [1, 2, 3]
        assert min(numbers[3:]) > 100, "the old card can't have used these"
        complete(kept)
        assert kept.glance().condition == "running"
        assert centre.incarnations(OFFICE)[0] == keys.incarnation
        # A renewal while everything runs: the copies go on with the new keys.
        fresh = renew(keys)
        await_true(lambda: kept._way.keys == fresh, "the new keys are taken over", 20)
        issue(writer, 1)
        complete(kept)
        centre.keys.revoke(keys.device, "stolen")
        issue(writer, 1)
        await_true(lambda: kept.glance().hint == "target-refused", f"refused: {kept.glance()}", 20)
    finally:
        kept.stop()
        writer.stop()


def test_the_stick_wins_when_it_is_newer_than_the_centre(
    plain: EnrolCentre, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("appliance.replication.STICK", Pace(sync_s=0.1))
    stick = tmp_path / "stick"
    stick.mkdir()
    old, new = Box(tmp_path / "old", stick), Box(tmp_path / "new", stick)
    opened_day(old, plain, 2)
    reached = old.seq()
    # The line is down for the last tickets of the old box; the stick has them.
    alone = replace(old.config, replica=replace(old.config.replica, kind="none"))
    writer = old.open()
    kept = keep_replica(alone, writer.office)
    assert kept is not None
    kept.start()
    try:
        issue(writer, 2)
        complete(kept)
    finally:
        kept.stop()
        writer.stop()
    plain.head = Head(latest_incarnation(old), reached)
    new.enrol(plain, token(plain, TokenKind.REPLACE))
    assert new.numbers() == old.numbers()
    assert len(new.numbers()) == 4


def test_less_than_the_centre_knows_is_not_taken_silently(plain: EnrolCentre, tmp_path: Path) -> None:
    old, new = Box(tmp_path / "old"), Box(tmp_path / "new")
    opened_day(old, plain, 2)
    plain.head = Head(latest_incarnation(old), old.seq() + 5)
    spare = token(plain, TokenKind.REPLACE)
    with pytest.raises(EnrolProblemError) as stopped:
        new.enrol(plain, spare)
    assert stopped.value.code == "behind"
    assert not new.config.queue_db.exists()
    keys = new.enrol(plain, spare, older=True)
    assert keys.confirmed
    assert len(new.numbers()) == 2


def test_a_card_with_a_queue_of_its_own_is_not_written_over(plain: EnrolCentre, tmp_path: Path) -> None:
    old, new = Box(tmp_path / "old"), Box(tmp_path / "new")
    opened_day(old, plain, 1)
    new.config.data.mkdir()
    shutil.copyfile(old.config.queue_db, new.config.queue_db)
    with pytest.raises(EnrolProblemError) as stopped:
        new.enrol(plain, token(plain, TokenKind.REPLACE))
    assert stopped.value.code == "queue-exists"


def test_a_copied_card_is_refused_and_told(plain: EnrolCentre, tmp_path: Path) -> None:
    """Two devices with one key: the copy was restored on, so it has another incarnation."""
    old = Box(tmp_path / "old")
    opened_day(old, plain, 1)
    shutil.copytree(tmp_path / "old", tmp_path / "copy")
    copy = Box.__new__(Box)
    copy.config, copy.clock, copy.told = read_config(tmp_path / "copy/office.toml"), OfficeClock(lambda: True), []
    office = enrolling.begin_again(copy.config, copy.clock)
    writer = copy.open()
    kept = copy.replica(writer)
    try:
        assert kept.glance().hint == "other-incarnation"
        keys = enrolling.read_centre_keys(copy.config.data)
        assert keys is not None
        with pytest.raises(EnrolmentError) as refused:
            enrolling.bind(keys, incarnation_name(office))
        assert refused.value.code == "other-incarnation"
        assert plain.clones == [(keys.device, incarnation_name(office))]
    finally:
        kept.stop()
        writer.stop()


def test_a_revoked_card_can_be_enrolled_anew_and_keeps_its_queue(plain: EnrolCentre, tmp_path: Path) -> None:
    box = Box(tmp_path / "box")
    opened_day(box, plain, 2)
    first = enrolling.read_centre_keys(box.config.data)
    assert first is not None
    plain.keys.revoke(first.device, "stolen")
    keys = box.enrol(plain, token(plain, TokenKind.REPLACE))
    assert keys.device != first.device
    assert keys.incarnation[:5] == "0002-"
    assert keys.incarnation == latest_incarnation(box)
    assert len(box.numbers()) == 2
    assert box.enrol(plain, "whatever") == keys, "enrolled already: nothing is asked of the token"


def test_a_replacement_cut_between_any_two_steps_ends_well(
    plain: EnrolCentre, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The power goes before and after each step of the command, which is then given again with the same token."""
    opened_day(Box(tmp_path / "old"), plain, 2)

    class CutError(BaseException):
        pass

    steps = ("join", "_lay_plan", "restore_places", "write_centre_keys", "bind", "confirm")
    for name, step, after in [(f"{one}-{after}", one, after) for one in steps for after in (False, True)]:
        original, cut = getattr(enrolling, step), [True]

        def cutting(
            *arguments: Any, original: Any = original, cut: list[bool] = cut, after: bool = after, **options: Any
        ) -> Any:
            if cut[0] and not after:
                cut[0] = False
                raise CutError
            done = original(*arguments, **options)
            if cut[0]:
                cut[0] = False
                raise CutError
            return done

        monkeypatch.setattr(enrolling, step, cutting)
        new, spare = Box(tmp_path / name), token(plain, TokenKind.REPLACE)
        with pytest.raises(CutError):
            new.enrol(plain, spare)
        keys = new.enrol(plain, spare)
        monkeypatch.undo()
        assert keys.confirmed, name
        assert keys.incarnation == latest_incarnation(new), name
        assert keys.incarnation[:5] == "0002-", name
        assert len(new.numbers()) == 2, name
        assert new.config.plan.exists(), name
        living = [one.id for one in plain.keys.devices(OFFICE) if not one.revoked_ms]
        assert living == [keys.device], name


def test_the_command_says_what_it_did_or_what_to_do(
    plain: EnrolCentre, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Box(tmp_path / "box")
    spare = token(plain, TokenKind.NEW)
    command = ["--language", "en"]
    enrol = ["enrol", str(tmp_path / "box/office.toml"), "--centre", plain.enrol.url, *command, "--token"]
    assert main([*enrol, "talon1.nonsense"]) == 1
    assert "begins with talon1" in capsys.readouterr().out
    assert main([*enrol, spare]) == 0
    assert f"“{OFFICE}” is enrolled as device d" in capsys.readouterr().out
    assert main([*enrol, spare]) == 0
    assert "enrolled already" in capsys.readouterr().out
    Box(tmp_path / "other")
    assert main([*(str(tmp_path / "other/office.toml") if one.endswith(".toml") else one for one in enrol), spare]) == 1
    assert "used already" in capsys.readouterr().out


@needs_stunnel
def test_without_a_device_certificate_the_handshake_is_refused(centre: EnrolCentre, tmp_path: Path) -> None:
    box = Box(tmp_path / "box")
    keys = box.enrol(centre, token(centre, TokenKind.NEW))

    def ask(context: ssl.SSLContext) -> int:
        connection = http.client.HTTPSConnection("127.0.0.1", centre.devices.port, timeout=5, context=context)
        try:
            connection.request("GET", "/offices/x")
            return connection.getresponse().status
        finally:
            connection.close()

    # The control: with the device's own the handshake is fine, and only the missing S3 key is refused.
    assert ask(keys.tls()) in (400, 403)
    nothing = ssl.create_default_context(cafile=str(keys.ca))
    with pytest.raises(OSError) as refused:
        ask(nothing)
    assert "CERTIFICATE_REQUIRED" in str(refused.value).upper() or isinstance(refused.value, ConnectionError)
    stranger = EnrolCentreKeys(tmp_path / "stranger")
    context = ssl.create_default_context(cafile=str(keys.ca))
    context.load_cert_chain(stranger.certificate, stranger.key)
    with pytest.raises(OSError):
        ask(context)
    # And a device can't pass for the centre: its certificate is for a client.
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(keys.certificate, keys.tls_key)
    client = ssl.create_default_context(cafile=str(keys.ca))
    client.check_hostname = False
    with pytest.raises(ssl.SSLCertVerificationError, match="purpose"):
        _handshake(server, client)


class EnrolCentreKeys:
    """A certificate for a device, of another authority with the same names."""

    def __init__(self, folder: Path) -> None:
        from sync.centre.authority import Authority
        from sync.device_keys import DeviceKeyFiles

        authority = Authority(folder / "authority", lambda: time.time_ns() // 1_000_000)
        files = DeviceKeyFiles(folder / "device")
        files.ensure()
        self.certificate, self.key = folder / "device/tls.pem", folder / "device/tls.key"
        self.certificate.write_text(authority.sign_device(files.request("d1"), "d1").pem)


def _handshake(server: ssl.SSLContext, client: ssl.SSLContext) -> None:
    """A handshake in memory."""
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    server_side = server.wrap_bio(up, down, server_side=True)
    client_side = client.wrap_bio(down, up)
    for _ in range(6):
        for side in (client_side, server_side):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
