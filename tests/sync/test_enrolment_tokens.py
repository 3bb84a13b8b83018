"""A token makes one device of one office, and nothing else of anybody."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from enrol_centre import OFFICE, EnrolCentre

from sync import enrolment
from sync.centre.enrolling import EnrolRefusedError
from sync.centre.keys import KeyRefusedError
from sync.centre.offices import OfficeEntry
from sync.centre.tokens import TokenKind
from sync.centre_keys import read_centre_keys
from sync.enrolment import EnrolmentError, Joined, bind, confirm, finish, join, read_token, refresh, renew
from sync.signing import load_key

DAY_MS = 86_400_000


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EnrolCentre]:
    centre = EnrolCentre(tmp_path_factory.mktemp("centre"))
    yield centre
    centre.close()


@pytest.fixture
def office(request: pytest.FixtureRequest, running: EnrolCentre) -> str:
    """An office of the register that only this test has."""
    name = f"office-{abs(hash(request.node.name)) % 10**8}"
    running.enrolling.offices.put(OfficeEntry(name, "Test"))
    return name


@pytest.fixture
def centre(running: EnrolCentre) -> EnrolCentre:
    running.clock.ahead_ms = 0
    running.waited += 10_000  # whatever an earlier test did wrong is forgotten
    running.news.clear()
    running.clones.clear()
    return running


def token_for(centre: EnrolCentre, office: str, kind: TokenKind = TokenKind.NEW) -> str:
    return centre.enrolling.issue_token(office, kind, "admin")


def enrol(centre: EnrolCentre, data: Path, token: str, office: str) -> Joined:
    return join(data, centre.enrol.url, read_token(token), office, {"talon": "1"})


def code_of(centre: EnrolCentre, data: Path, token: str, office: str) -> str:
    with pytest.raises(EnrolmentError) as refused:
        enrol(centre, data, token, office)
    return refused.value.code


def test_a_new_office_joins_and_holds_all_that_it_needs(centre: EnrolCentre, office: str, tmp_path: Path) -> None:
    token = token_for(centre, office)
    joined = enrol(centre, tmp_path, f" {token.upper()[:30]} {token.upper()[30:]}\n", office)
    assert (joined.kind, joined.plan, joined.incarnations, joined.head) == ("new", "", (), None)
    assert joined.office["name"] == "Test"
    keys = confirm(bind(joined.keys, "0001-abcd"))
    assert read_centre_keys(tmp_path) == keys
    assert (keys.incarnation, keys.confirmed, keys.urls) == ("0001-abcd", True, (centre.devices.url,))
    assert keys.directive_publics == centre.authority.directives.trusted()
    known = centre.keys.key(keys.s3_key_id)
    assert known is not None
    assert (known.office, known.incarnation, known.revoked) == (office, "0001-abcd", False)
    assert known.secret == keys.s3_secret.read_text().strip()
    assert centre.keys.public_key(keys.device) == load_key(keys.signing_key).public
    for file in (keys.signing_key, keys.tls_key, keys.s3_secret, tmp_path / "keys/centre.json"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    assert stat.S_IMODE(keys.folder.stat().st_mode) == 0o700
    assert centre.codes() == ["enrolled", "bound"]


def test_nothing_secret_lies_open_at_the_centre(centre: EnrolCentre, office: str, tmp_path: Path) -> None:
    token = token_for(centre, office)
    keys = enrol(centre, tmp_path, token, office).keys
    folder = Path(str(centre.store.engine.url.database)).parent
    raw = b"".join(path.read_bytes() for path in folder.glob("centre.db*"))
    assert keys.device.encode() in raw
    for secret in (keys.s3_secret.read_text().strip(), token.rpartition(".")[2]):
        assert secret.encode() not in raw


def test_a_token_is_worth_one_device(centre: EnrolCentre, office: str, tmp_path: Path) -> None:
    token = token_for(centre, office)
    first = enrol(centre, tmp_path / "a", token, office)
    # The same device may ask again until it has confirmed: its first answer may have been lost.
    again = enrol(centre, tmp_path / "a", token, office)
    assert again.keys.device == first.keys.device
    assert code_of(centre, tmp_path / "b", token, office) == "token-used"
    confirm(bind(again.keys, "0001-a"))
    # Stolen afterwards, and even with the device's own key, it opens nothing.
    assert code_of(centre, tmp_path / "b", token, office) == "token-used"
    (tmp_path / "a/keys/centre.json").unlink()
    assert code_of(centre, tmp_path / "a", token, office) == "token-used"
    assert centre.codes() == ["enrolled", "enrolled", "token-used", "bound", "token-used", "token-used"]
    assert len(centre.keys.devices(office)) == 1


def test_a_token_ends_and_can_be_withdrawn(centre: EnrolCentre, office: str, tmp_path: Path) -> None:
    withdrawn = token_for(centre, office)
    (known,) = centre.enrolling.tokens.all(office)
    assert known.id not in withdrawn
    centre.enrolling.tokens.withdraw(known.id)
    token = token_for(centre, office)
    centre.clock.ahead_ms = 7 * DAY_MS - 60_000
    assert code_of(centre, tmp_path, withdrawn, office) == "token-withdrawn"
    centre.clock.ahead_ms = 7 * DAY_MS + 60_000
    assert code_of(centre, tmp_path, token, office) == "token-expired"
    assert centre.keys.devices(office) == []


def test_a_token_of_another_office_is_not_burnt_by_the_mistake(
    centre: EnrolCentre, office: str, tmp_path: Path
) -> None:
    token = token_for(centre, office)
    assert code_of(centre, tmp_path, token, OFFICE) == "other-office"
    assert enrol(centre, tmp_path, token, office).keys.office == office


def test_nothing_is_said_to_a_centre_with_another_authority(centre: EnrolCentre, office: str, tmp_path: Path) -> None:
    real = token_for(centre, office)
    _, fingerprint, secret = real.split(".")
    other = fingerprint[:-1] + ("a" if fingerprint[-1] != "a" else "b")
    seen: list[str] = []
    original = centre.enrolling.join
    centre.enrolling.join = lambda *a: seen.append("join") or original(*a)  # type: ignore[method-assign]
    try:
        assert code_of(centre, tmp_path, f"talon1.{other}.{secret}", office) == "not-the-centre"
        assert seen == []
        assert enrol(centre, tmp_path, real, office).keys.office == office
        assert seen == ["join"]
    finally:
        centre.enrolling.join = original  # type: ignore[method-assign]


def test_a_name_that_the_certificate_does_not_carry_is_not_the_centre(
    centre: EnrolCentre, office: str, tmp_path: Path
) -> None:
    token = read_token(token_for(centre, office))
    with pytest.raises(EnrolmentError) as refused:
        # 127.0.0.2 reaches the listener only where it listens on every address; a refusal of the line counts too.
        join(tmp_path, centre.enrol.url.replace("127.0.0.1", "127.0.0.2"), token, office, {})
    assert refused.value.code in ("not-the-centre", "no-line")
    with pytest.raises(EnrolmentError) as insecure:
        join(tmp_path, "http://centre.example:8091", token, office, {})
    assert insecure.value.code == "insecure"


@pytest.mark.parametrize("text", ["", "talon1", "talon1.abc.def", "talon2." + "a" * 26 + "." + "b" * 26])
def test_what_is_no_token_is_told_before_anything_is_asked(text: str) -> None:
    with pytest.raises(EnrolmentError) as refused:
        read_token(text)
    assert refused.value.code == "token-malformed"


def test_guessing_waits_longer_and_longer_and_nobody_is_shut_out(
    centre: EnrolCentre, office: str, tmp_path: Path
) -> None:
    token = token_for(centre, office)
    head = token.rpartition(".")[0]
    codes = [code_of(centre, tmp_path, f"{head}.{'a' * 25}{letter}", office) for letter in "abcdefgh"]
    assert codes[:5] == ["token-unknown"] * 5
    assert "wait" in codes[5:]
    centre.waited += 61
    assert enrol(centre, tmp_path, token, office).keys.office == office


def test_a_second_device_needs_a_token_for_a_replacement(centre: EnrolCentre, office: str, tmp_path: Path) -> None:
    spare = token_for(centre, office)
    keys = finish(enrol(centre, tmp_path / "a", token_for(centre, office), office).keys, "0001-a")
    with pytest.raises(EnrolRefusedError) as refused:
        token_for(centre, office)
    assert refused.value.code == "office-has-device"
    assert code_of(centre, tmp_path / "b", spare, office) == "office-has-device"
    fresh = enrol(centre, tmp_path / "b", token_for(centre, office, TokenKind.REPLACE), office).keys
    # Until the successor begins its incarnation the old one goes on.
    old_key = centre.keys.key(keys.s3_key_id)
    assert old_key is not None
    assert not old_key.revoked
    finish(fresh, "0002-b")
    old_key, old = centre.keys.key(keys.s3_key_id), centre.keys.get(keys.device)
    assert old_key is not None
    assert old is not None
    assert old_key.revoked
    assert (old.revoked_reason, old.replaced_by) == ("replaced", fresh.device)
    assert centre.keys.public_key(keys.device) is None
    with pytest.raises(EnrolmentError) as shut_out:
        refresh(keys)
    assert shut_out.value.code == "revoked"


def test_an_unknown_office_gets_no_token(centre: EnrolCentre) -> None:
    with pytest.raises(EnrolRefusedError) as refused:
        token_for(centre, "nowhere")
    assert refused.value.code == "office-unknown"


def test_keys_copied_to_a_second_card_are_refused_and_told(centre: EnrolCentre, office: str, tmp_path: Path) -> None:
    keys = finish(enrol(centre, tmp_path, token_for(centre, office), office).keys, "0001-a")
    for _ in range(2):
        with pytest.raises(EnrolmentError) as refused:
            bind(keys, "0001-b")
        assert refused.value.code == "other-incarnation"
    assert centre.clones == [(keys.device, "0001-b")] * 2
    with pytest.raises(EnrolmentError) as refused:
        finish(keys, "0001-b")
    assert refused.value.code == "other-incarnation"
    assert bind(keys, "0001-a") == keys
    with pytest.raises(KeyRefusedError):
        centre.keys.bind(keys.device, "0002-c")


def test_a_revoked_device_is_refused_at_once_everywhere(centre: EnrolCentre, office: str, tmp_path: Path) -> None:
    keys = finish(enrol(centre, tmp_path, token_for(centre, office), office).keys, "0001-a")
    assert centre.keys.public_key(keys.device) is not None
    centre.keys.revoke(keys.device, "stolen")
    key = centre.keys.key(keys.s3_key_id)
    assert key is not None
    assert key.revoked
    assert centre.keys.public_key(keys.device) is None
    for asked in (lambda: refresh(keys), lambda: renew(keys), lambda: bind(keys, "0001-a")):
        with pytest.raises(EnrolmentError) as refused:
            asked()
        assert refused.value.code == "revoked"


def test_keys_are_changed_without_a_gap(centre: EnrolCentre, office: str, tmp_path: Path) -> None:
    old = finish(enrol(centre, tmp_path, token_for(centre, office), office).keys, "0001-a")
    assert refresh(old) == old
    centre.keys.ask_renewal(old.device)
    new = refresh(old)
    assert (new.device, new.incarnation, new.confirmed, new.set_number) == (old.device, "0001-a", True, 2)
    assert new.s3_key_id != old.s3_key_id
    assert load_key(new.signing_key).public != load_key(old.signing_key).public
    assert centre.keys.public_key(new.device) == load_key(new.signing_key).public
    assert new.s3_secret.read_text() != old.s3_secret.read_text()
    for key_id in (old.s3_key_id, new.s3_key_id):
        key = centre.keys.key(key_id)
        assert key is not None
        assert (key.revoked, key.incarnation) == (False, "0001-a")
    centre.clock.ahead_ms = 11 * 60_000
    ended, lasting = centre.keys.key(old.s3_key_id), centre.keys.key(new.s3_key_id)
    assert ended is not None
    assert lasting is not None
    assert (ended.revoked, lasting.revoked) == (True, False)
    assert refresh(new) == new, "asked once, changed once"
    third = renew(new)
    assert third.set_number == 3
    assert sorted(one.name for one in (tmp_path / "keys").iterdir()) == ["2", "3", "centre.json"]


@pytest.mark.parametrize("days", [-59, 400], ids=["soon", "long-ago"])
def test_a_certificate_that_ends_soon_or_has_ended_is_renewed(
    centre: EnrolCentre, office: str, tmp_path: Path, days: int
) -> None:
    old = finish(enrol(centre, tmp_path, token_for(centre, office), office).keys, "0001-a")
    at_ms = old.certificate_ends_ms + days * DAY_MS
    centre.clock.ahead_ms = at_ms - centre.clock.now_ms()
    new = refresh(old, lambda: at_ms)
    assert new.set_number == 2
    assert new.certificate_ends_ms > old.certificate_ends_ms + 600 * DAY_MS


@pytest.mark.parametrize("cut", ["write_private", "write_centre_keys"])
@pytest.mark.parametrize("nth", range(3))
def test_power_cuts_anywhere_are_mended_by_doing_it_again(
    centre: EnrolCentre, office: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cut: str, nth: int
) -> None:
    """The power goes at the n-th file that is written while joining and while renewing; then the same is done again."""
    token = token_for(centre, office)

    class CutError(BaseException):
        pass

    original, left = getattr(enrolment, cut), [nth]

    def cutting(*arguments: object) -> None:
        if left[0] == 0:
            left[0] = -1
            raise CutError
        left[0] -= 1
        original(*arguments)

    def through(step: object) -> object:
        for _ in range(3):
            try:
                return step()  # type: ignore[operator]
            except CutError:
                continue
        raise AssertionError("cut for ever")

    monkeypatch.setattr(enrolment, cut, cutting)

    def enrolled() -> enrolment.CentreKeys:
        found = read_centre_keys(tmp_path)
        if found is not None and found.incarnation:
            return finish(found, "0001-a")
        return finish(enrol(centre, tmp_path, token, office).keys, "0001-a")

    through(enrolled)
    left[0] = nth
    through(lambda: renew(read_centre_keys(tmp_path)))  # type: ignore[arg-type]
    keys = read_centre_keys(tmp_path)
    assert keys is not None
    assert keys.confirmed
    assert refresh(keys) == keys
    device = centre.keys.get(keys.device)
    assert device is not None
    assert device.current.s3_key_id == keys.s3_key_id
    assert len(centre.keys.devices(office)) == 1
    key = centre.keys.key(keys.s3_key_id)
    assert key is not None
    assert key.secret == keys.s3_secret.read_text().strip()


def test_lost_answers_are_mended_by_asking_again(
    centre: EnrolCentre, office: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each request of enrolment and renewal arrives, and its answer is lost once."""
    lost: set[str] = set()
    original = enrolment._EnrolLine._exchange

    def losing(self: object, method: str, target: str, *rest: object) -> object:
        answer = original(self, method, target, *rest)  # type: ignore[arg-type]
        if target not in lost:
            lost.add(target)
            raise EnrolmentError("no-line")
        return answer

    monkeypatch.setattr(enrolment._EnrolLine, "_exchange", losing)
    token = token_for(centre, office)

    def step() -> None:
        keys = read_centre_keys(tmp_path)
        if keys is None or (not keys.incarnation and not keys.confirmed):
            keys = enrol(centre, tmp_path, token, office).keys
        renew(finish(keys, "0001-a"))

    for _ in range(12):
        try:
            step()
            break
        except EnrolmentError as error:
            assert error.code == "no-line"
    monkeypatch.undo()
    keys = read_centre_keys(tmp_path)
    assert keys is not None
    assert lost == {f"/enrol/v1/{what}" for what in ("ca", "join", "incarnation", "confirm", "renew")}
    assert keys.confirmed
    assert len(centre.keys.devices(office)) == 1
    assert refresh(keys) == keys


def test_a_device_with_a_clock_of_1999_enrols_all_the_same(centre: EnrolCentre, office: str, tmp_path: Path) -> None:
    # As seen from the device: the centre's clock is far ahead of its own.
    centre.clock.ahead_ms = 9000 * DAY_MS
    assert finish(enrol(centre, tmp_path, token_for(centre, office), office).keys, "0001-a").confirmed


def test_requests_of_others_are_refused(centre: EnrolCentre, office: str, tmp_path: Path) -> None:
    a = finish(enrol(centre, tmp_path / "a", token_for(centre, office), office).keys, "0001-a")
    forged = replace(a, device="d0123456789abcdef")
    with pytest.raises(EnrolmentError) as unknown:
        refresh(forged)
    assert unknown.value.code == "unknown-device"
    other = tmp_path / "other/keys/1"
    enrolment.DeviceKeyFiles(other).ensure()
    for name in ("tls.pem", "ca.pem"):
        (other / name).write_bytes((a.folder / name).read_bytes())
    with pytest.raises(EnrolmentError) as bad:
        refresh(replace(a, data=tmp_path / "other"))
    assert bad.value.code == "bad-signature"
    assert "bad-signature" in centre.codes()


def test_directive_keys_are_changed_and_retired(centre: EnrolCentre, office: str, tmp_path: Path) -> None:
    keys = finish(enrol(centre, tmp_path, token_for(centre, office), office).keys, "0001-a")
    directives = centre.authority.directives
    first = directives.signer.id
    second = directives.rotate().id
    assert directives.signer.id == second
    assert set(refresh(keys).directive_keys) >= {first, second}
    with pytest.raises(ValueError):
        directives.retire(second)
    directives.retire(first)
    refreshed = refresh(keys)
    assert first not in refreshed.directive_keys
    assert second in refreshed.directive_keys
    stored = json.loads((tmp_path / "keys/centre.json").read_text())
    assert stored["directive_keys"] == dict(refreshed.directive_keys)
