"""`talon centre ...`: make a centre, run it, and do on its own console what its pages do."""

from __future__ import annotations

import argparse
import sys
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sync.centre.centre import Centre


def add_centre_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `centre` to the commands of `talon`."""
    parser = commands.add_parser("centre", help="the situation centre: run it, enrol offices, revoke keys")
    actions = parser.add_subparsers(required=True, metavar="ACTION")

    init = actions.add_parser("init", help="write a centre.toml to begin with")
    init.add_argument("folder", type=Path)
    init.set_defaults(run=_init)

    run = actions.add_parser("run", help="run the centre that centre.toml describes")
    run.add_argument("config", type=Path, help="centre.toml")
    run.set_defaults(run=_run)

    office = actions.add_parser("office", help="add an office to the register, or change it")
    office.add_argument("config", type=Path, help="centre.toml")
    office.add_argument("id")
    office.add_argument("name")
    office.add_argument("--mobile", action="store_true", help="a bus")
    office.add_argument("--address", default="")
    office.add_argument("--neighbour", action="append", default=[], metavar="ID", help="where visitors may be sent")
    office.add_argument("--plan", type=Path, help="a plan.toml for its shelf: the office receives it when it enrols")
    office.set_defaults(run=_office)

    token = actions.add_parser("token", help="a single-use token for `talon enrol` on the office's box")
    token.add_argument("config", type=Path, help="centre.toml")
    token.add_argument("office")
    token.add_argument("--replace", action="store_true", help="for a box in place of a dead one")
    token.add_argument("--days", type=int, default=7)
    token.set_defaults(run=_token)

    devices = actions.add_parser("devices", help="list the devices and their keys")
    devices.add_argument("config", type=Path, help="centre.toml")
    devices.set_defaults(run=_devices)

    revoke = actions.add_parser("revoke", help="refuse a device's keys from now on")
    revoke.add_argument("config", type=Path, help="centre.toml")
    revoke.add_argument("device")
    revoke.add_argument("--reason", default="console")
    revoke.set_defaults(run=_revoke)

    renew = actions.add_parser("renew", help="ask a device to make new keys at its next word")
    renew.add_argument("config", type=Path, help="centre.toml")
    renew.add_argument("device")
    renew.set_defaults(run=_renew)

    signing = actions.add_parser(
        "new-signing-key", help="sign directives with a new key; offices learn it within a day"
    )
    signing.add_argument("config", type=Path, help="centre.toml")
    signing.add_argument("--retire", metavar="KEY", help="instead: no office believes this old key any more")
    signing.set_defaults(run=_signing)

    personal = actions.add_parser(
        "personal-key", help="make the owner's key that opens the sealed copies of personal.db"
    )
    personal.add_argument("file", type=Path, help="where the secret goes; keep it off this machine")
    personal.set_defaults(run=_personal)

    admin = actions.add_parser("admin", help="a new code for the administrator; on the centre's console only")
    admin.add_argument("config", type=Path, help="centre.toml")
    admin.set_defaults(run=_admin)


def _init(options: argparse.Namespace) -> int:
    folder: Path = options.folder
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "centre.toml"
    if path.exists():
        print(f"{path}: exists already", file=sys.stderr)
        return 1
    path.write_text(resources.files("appliance.demo").joinpath("centre.toml").read_text(encoding="utf-8"))
    print(path)
    return 0


def _run(options: argparse.Namespace) -> int:
    from appliance.centre_process import run_centre
    from appliance.process import say
    from sync.centre.config import read_centre_config

    run_centre(read_centre_config(options.config), say)
    return 0


def _opened(options: argparse.Namespace) -> Centre:
    """The centre's parts, not running: the register and the keys may be changed while another process serves."""
    from appliance.workers.public_calendar import CalendarSource
    from sync.centre.centre import Centre
    from sync.centre.config import read_centre_config

    return Centre(read_centre_config(options.config), CalendarSource)


def _office(options: argparse.Namespace) -> int:
    from sync.centre.offices import OfficeEntry

    centre = _opened(options)
    known = centre.offices.get(options.id)
    zone = known.zone if known is not None else centre.config.zone
    entry = OfficeEntry(options.id, options.name, options.mobile, options.address, tuple(options.neighbour), zone)
    centre.offices.put(entry)
    if options.plan is not None:
        centre.plans.put(options.id, options.plan.read_text(encoding="utf-8"), "console")
    return 0


def _token(options: argparse.Namespace) -> int:
    from sync.centre.enrolling import EnrolRefusedError
    from sync.centre.tokens import TokenKind

    kind = TokenKind.REPLACE if options.replace else TokenKind.NEW
    try:
        print(_opened(options).enrolling.issue_token(options.office, kind, "console", options.days))
    except EnrolRefusedError as refusal:
        from appliance.enrol_words import enrolment

        print(enrolment(refusal.code, options.language, office=options.office), file=sys.stderr)
        return 1
    return 0


def _devices(options: argparse.Namespace) -> int:
    for device in _opened(options).keys.devices():
        state = "revoked" if device.revoked_ms else "bound" if device.incarnation else "waiting"
        print(f"{device.id:<20} {device.office:<16} {device.incarnation or '-':<20} {state}")
    return 0


def _revoke(options: argparse.Namespace) -> int:
    from sync.centre.keys import KeyRefusedError

    try:
        _opened(options).keys.revoke(options.device, options.reason)
    except KeyRefusedError as refusal:
        print(refusal, file=sys.stderr)
        return 1
    return 0


def _renew(options: argparse.Namespace) -> int:
    from sync.centre.keys import KeyRefusedError

    try:
        _opened(options).keys.ask_renewal(options.device)
    except KeyRefusedError as refusal:
        print(refusal, file=sys.stderr)
        return 1
    return 0


def _signing(options: argparse.Namespace) -> int:
    keys = _opened(options).directive_keys
    if options.retire is None:
        keys.rotate()
    else:
        keys.retire(options.retire)
    for key in keys.all():
        print(key)
    return 0


def _personal(options: argparse.Namespace) -> int:
    from sync.seal import write_identity

    print(write_identity(options.file))
    return 0


def _admin(options: argparse.Namespace) -> int:
    print(_opened(options).people.renew_admin())
    return 0
