"""The register of devices on both databases: one device for a token, one incarnation for a device, at any pace."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import sync.centre.keys as keys_module
from appliance.demo import __file__ as demo
from appliance.domain.plans.reader import PlanError
from sync.centre.authority import Authority, AuthorityError
from sync.centre.enrolling import Address, Enrolling, EnrolRefusedError
from sync.centre.keys import GRACE_MS, DeviceKeys, KeyRefusedError
from sync.centre.offices import OfficeEntry
from sync.centre.plans import Plans
from sync.centre.store import Store
from sync.centre.tokens import TokenKind
from sync.device_keys import DeviceKeyFiles
from sync.signing import make_key

OFFICE = "office-17"


class Clock:
    def __init__(self) -> None:
        self.ms = time.time_ns() // 1_000_000

    def now_ms(self) -> int:
        return self.ms


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"), lambda: time.time_ns() // 1_000_000)


@pytest.fixture(scope="module")
def csr(tmp_path_factory: pytest.TempPathFactory) -> str:
    files = DeviceKeyFiles(tmp_path_factory.mktemp("device"))
    files.ensure()
    return files.request("whatever it says")


class Scene:
    def __init__(self, store: Store, authority: Authority, csr: str) -> None:
        self.store, self.authority, self.csr, self.clock = store, authority, csr, Clock()
        self.clones: list[tuple[str, str]] = []
        self.keys = self.register()
        self.enrolling = Enrolling(store, authority, self.keys, self.clock.now_ms, lambda: Address(("u",), "e"))
        self.enrolling.offices.put(OfficeEntry(OFFICE, "Seventeen"))

    def register(self) -> DeviceKeys:
        """As another process has it."""
        return DeviceKeys(self.store, self.authority, self.clock.now_ms, lambda d, i: self.clones.append((d.id, i)))

    def token(self, kind: TokenKind = TokenKind.NEW) -> str:
        return self.enrolling.issue_token(OFFICE, kind, "admin").rpartition(".")[2]

    def join(self, token: str, public: bytes | None = None) -> str:
        body = {"token": token, "office": OFFICE, "csr": self.csr, "s3_secret": "s" * 40, "versions": {"talon": "1"}}
        return str(self.enrolling.join(body, public or make_key().public)["device"])


@pytest.fixture
def scene(store: Store, authority: Authority, csr: str) -> Scene:
    return Scene(store, authority, csr)


def at_once(work: Callable[[int], object], times: int) -> list[object]:
    """Each result, or the code of the refusal, of calls that begin together."""
    gate = threading.Barrier(times)

    def one(number: int) -> object:
        gate.wait(10)
        try:
            return work(number)
        except (EnrolRefusedError, KeyRefusedError) as error:
            return error.code

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(one, range(times)))


def test_one_token_makes_one_device_however_many_say_it_at_once(scene: Scene) -> None:
    token = scene.token()
    told = at_once(lambda _: scene.join(token), 8)
    assert told.count("token-used") == 7
    assert len(scene.keys.devices(OFFICE)) == 1


def test_one_incarnation_has_one_device_however_many_ask_at_once(scene: Scene) -> None:
    devices = [scene.join(scene.token(TokenKind.REPLACE)) for _ in range(4)]
    told = at_once(lambda number: scene.keys.bind(devices[number], "0001-a"), 4)
    assert told.count(None) == 1
    assert set(told) <= {None, "incarnation-taken", "revoked"}
    bound = [one for one in scene.keys.devices(OFFICE) if one.incarnation]
    assert len(bound) == 1
    assert not bound[0].revoked_ms
    assert {one.replaced_by for one in scene.keys.devices(OFFICE) if one.id != bound[0].id} == {bound[0].id}


def test_one_device_has_one_incarnation_however_many_are_asked_at_once(scene: Scene) -> None:
    device = scene.join(scene.token())
    told = at_once(lambda number: scene.keys.bind(device, f"000{number}-a"), 4)
    assert sorted(map(str, told)) == ["None", *["other-incarnation"] * 3]
    assert len(scene.clones) == 3


def test_another_process_knows_of_a_revocation_within_two_seconds(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys_module, "FRESH_S", 0.2)
    device = scene.join(scene.token())
    other = scene.register()
    key = other.key(f"{device}.1")
    assert key is not None
    assert (key.revoked, key.secret, key.office, key.incarnation) == (False, "s" * 40, OFFICE, "")
    scene.keys.bind(device, "0001-a")
    scene.keys.revoke(device, "stolen")
    mine = scene.keys.key(f"{device}.1")
    assert mine is not None
    assert mine.revoked, "here at once"
    until = time.monotonic() + 4
    while not other.key(f"{device}.1").revoked:  # type: ignore[union-attr]
        assert time.monotonic() < until
        time.sleep(0.02)
    assert other.public_key(device) is None
    assert other.key("d0000.1") is None


def test_old_and_new_keys_live_side_by_side_for_the_grace(scene: Scene) -> None:
    device = scene.join(scene.token())
    scene.keys.confirm(device, 1)
    old_public, new_public = scene.keys.public_key(device), make_key().public
    second = scene.keys.renew(device, new_public, scene.csr, "t" * 40)
    assert scene.keys.renew(device, new_public, scene.csr, "t" * 40) == second, "a lost answer is asked for again"
    assert scene.keys.public_key(device) == old_public
    assert scene.keys.public_key(f"{device}:2") == new_public
    given_up, third_public = second, make_key().public
    third = scene.keys.renew(device, third_public, scene.csr, "u" * 40)
    with pytest.raises(KeyRefusedError):
        scene.keys.confirm(device, given_up.number)
    scene.keys.confirm(device, third.number)
    assert scene.keys.public_key(device) == third_public
    states = [scene.keys.key(f"{device}.{number}").revoked for number in (1, 2, 3)]  # type: ignore[union-attr]
    assert states == [False, True, False]
    scene.clock.ms += GRACE_MS
    states = [scene.keys.key(f"{device}.{number}").revoked for number in (1, 2, 3)]  # type: ignore[union-attr]
    assert states == [True, True, False]


def test_a_look_up_costs_no_query(scene: Scene) -> None:
    device = scene.join(scene.token())
    scene.keys.key(f"{device}.1")
    began = time.perf_counter()
    for _ in range(1000):
        scene.keys.key(f"{device}.1")
    assert (time.perf_counter() - began) / 1000 < 200e-6  # about 2 µs; a query is a hundred times that


def test_when_a_device_was_seen_is_kept(scene: Scene) -> None:
    device = scene.join(scene.token())
    began = scene.clock.ms
    scene.keys.seen(device)
    assert scene.register().devices(OFFICE)[0].seen_ms == began
    scene.clock.ms += 30_000
    scene.keys.seen(device)
    assert scene.keys.devices(OFFICE)[0].seen_ms == began + 30_000
    assert scene.register().devices(OFFICE)[0].seen_ms == began, "written once a minute"
    scene.clock.ms += 31_000
    scene.keys.seen(device)
    assert scene.register().devices(OFFICE)[0].seen_ms == began + 61_000


def test_secrets_are_bound_to_their_name_and_folder(authority: Authority, tmp_path: Path) -> None:
    sealed = authority.seal("d1.1", "secret")
    assert authority.unseal("d1.1", sealed) == "secret"
    with pytest.raises(AuthorityError):
        authority.unseal("d2.1", sealed)
    with pytest.raises(AuthorityError):
        Authority(tmp_path, lambda: time.time_ns() // 1_000_000).unseal("d1.1", sealed)


@pytest.mark.parametrize("text", ["", "no request", "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n"])
def test_what_is_no_request_is_not_signed(authority: Authority, text: str) -> None:
    with pytest.raises(AuthorityError):
        authority.sign_device(text, "d1")


def test_the_servers_certificate_follows_its_names(authority: Authority) -> None:
    first = authority.server(["centre.example"]).certificate.read_bytes()
    assert authority.server(["centre.example"]).certificate.read_bytes() == first
    assert authority.server(["centre.example", "10.0.0.5"]).certificate.read_bytes() != first


def test_the_authority_is_the_same_after_a_restart(tmp_path: Path) -> None:
    first = Authority(tmp_path, lambda: time.time_ns() // 1_000_000)
    again = Authority(tmp_path, lambda: time.time_ns() // 1_000_000)
    assert (first.fingerprint, first.directives.signer.id) == (again.fingerprint, again.directives.signer.id)
    rotated = first.directives.rotate().id
    assert again.directives.signer.id == rotated, "another process signs with the new key"
    assert all(path.stat().st_mode & 0o077 == 0 for path in tmp_path.rglob("*"))


def test_the_shelf_keeps_every_plan_and_takes_no_broken_one(store: Store) -> None:
    plans = Plans(store, lambda: 5)
    document = (Path(demo).parent / "plan.toml").read_text(encoding="utf-8")
    first = plans.put("demo", document, "head")
    assert plans.put("demo", document, "head") == first
    second = plans.put("demo", document.replace("version = 1", "version = 2", 1), "head")
    assert (second.number, second.version, second.author, second.put_ms) == (2, 2, "head", 5)
    assert plans.newest("demo") == second
    assert [one.number for one in plans.all("demo")] == [2, 1]
    for broken, office in (("nonsense =", "demo"), (document, "other")):
        with pytest.raises(PlanError):
            plans.put(office, broken, "head")
    assert plans.get("demo", 1) == first
    assert plans.newest("other") is None
