"""`talon enrol` and `talon discover`."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

from appliance.config import read_config
from appliance.enrol_words import discovery, enrolment


def add_enrol_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Both commands; what they need of cryptography and the network is imported when they run."""
    enrol = commands.add_parser("enrol", help="make this box the device of its office at the centre")
    enrol.add_argument("config", type=Path, help="office.toml")
    enrol.add_argument("--centre", metavar="URL", help="the centre's address for enrolment; else it is looked for")
    enrol.add_argument("--token", required=True, help="the token that the centre has shown once; - reads it")
    enrol.add_argument("--older", action="store_true", help="restore what there is, though the centre knows more")
    enrol.set_defaults(run=_enrol)

    discover = commands.add_parser("discover", help="find Talon boxes, centres and printers on the local network")
    discover.add_argument("--seconds", type=float, default=3.0, help="how long to listen")
    discover.set_defaults(run=_discover)


def _enrol(options: argparse.Namespace) -> int:
    from appliance.document_words import database
    from appliance.enrolling import EnrolProblemError, enrol_office
    from appliance.workers.clock import SOURCES, OfficeClock
    from sync.enrolment import EnrolmentError

    language = options.language
    config = read_config(options.config)
    token = input() if options.token == "-" else options.token
    url = options.centre or ""

    def told(code: str, facts: Mapping[str, object]) -> None:
        print(enrolment(code, language, **facts), flush=True)

    try:
        clock = OfficeClock(SOURCES[config.clock])
        url = url or _found_centre(token)
        if not url:
            print(enrolment("no-centre-found", language))
            return 1
        keys = enrol_office(config, url, token, clock, told, older=options.older)
    except EnrolmentError as error:
        print(enrolment(error.code, language, office=config.office, url=url, detail=error.detail))
        return 1
    except EnrolProblemError as error:
        say = database if error.code.startswith("restore-") else enrolment
        print(say(error.code, language, **error.facts))
        return 1
    told("enrolled", {"office": keys.office, "device": keys.device, "incarnation": keys.incarnation})
    return 0


def _found_centre(token: str) -> str:
    """The address of the centre on the local network whose fingerprint the token carries; '' for none."""
    from sync.discovery import browse
    from sync.enrolment import read_token

    wanted = read_token(token).fingerprint
    try:
        found = [one for one in browse(3.0) if one.role == "centre" and one.facts.get("fingerprint") == wanted]
    except OSError:
        return ""
    return f"https://{found[0].address}:{found[0].port}" if found else ""


def _discover(options: argparse.Namespace) -> int:
    from sync.discovery import browse

    language = options.language
    try:
        found = browse(options.seconds)
    except OSError as error:
        print(discovery("no-network", language, detail=error))
        return 2
    for one in found:
        facts = " ".join(f"{name}={value}" for name, value in sorted(one.facts.items()))
        print(f"{discovery(one.role, language):<18} {one.name:<32} {one.address}:{one.port} {facts}".rstrip())
    if not found:
        print(discovery("nothing-found", language, seconds=options.seconds))
        return 1
    return 0
