"""The command `talon`: run an office, look at its database, restore it, check its documents, play a day."""

from __future__ import annotations

import argparse
import errno
import logging
import os
import shutil
import sqlite3
import sys
from collections.abc import Sequence
from dataclasses import replace
from importlib import resources
from pathlib import Path

from appliance.centre_commands import add_centre_commands
from appliance.config import ConfigError, OfficeConfig, read_config
from appliance.domain.plans.reader import PlanError
from appliance.enrol_commands import add_enrol_commands
from appliance.hardware_commands import add_hardware_commands, mistakes
from appliance.paper_commands import add_slip_commands
from appliance.plan_commands import add_plan_commands, add_roster_commands, mistake
from appliance.simulation.command import add_parser
from appliance.technician.commands import add_doctor_command
from sync.centre.config import CentreConfigError

LANGUAGES = ("ru", "uk", "en")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 when all is well, 1 when the answer is no, 2 when it could not be asked."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(
        level=logging.DEBUG if options.verbose else logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    try:
        answer: int = options.run(options)
    except BrokenPipeError:
        return 0
    except (ConfigError, PlanError, CentreConfigError) as error:
        for found in error.mistakes:
            print(mistake(found, options.language), file=sys.stderr)
        return 2
    except Exception as error:
        told = _told(error, options)
        if told is None:
            raise
        print(told, file=sys.stderr)
        return 2
    return answer


def _told(error: Exception, options: argparse.Namespace) -> str | None:
    """What the person at the keyboard should do about an error that is theirs to mend; None for a bug."""
    from appliance.document_words import database
    from appliance.folder_lock import FolderInUseError
    from appliance.replication import WrongOfficeError
    from appliance.store.database import TooNewError
    from hardware.config.mistakes import HardwareConfigError

    language = options.language
    if isinstance(error, HardwareConfigError):
        return "\n".join(mistakes(error, language))
    if isinstance(error, FolderInUseError):
        return database("folder-in-use", language, path=error.folder)
    if isinstance(error, sqlite3.Error):
        return database("database-failed", language, detail=error)
    if isinstance(error, PermissionError):
        return database("not-permitted", language, path=error.filename)
    if isinstance(error, WrongOfficeError):
        return database("other-office", language, path=error.path, found=error.found, wanted=error.wanted)
    if isinstance(error, TooNewError):
        return database("too-new", language, path=getattr(options, "config", ""), detail=error)
    if isinstance(error, FileNotFoundError):
        return database("file-missing", language, path=error.filename)
    return None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="talon", description=__doc__)
    parser.add_argument("-v", "--verbose", action="store_true", help="log every step")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    office = commands.add_parser("office", help="run the office that office.toml describes")
    office.add_argument("config", type=Path, help="office.toml")
    office.set_defaults(run=_office)

    demo = commands.add_parser("demo", help="run an office with simulated hardware")
    demo.add_argument("folder", type=Path, nargs="?", default=Path("var/demo"))
    demo.add_argument("--port", type=int, default=int(os.environ.get("TALON_PORT", "0")) or None)
    demo.add_argument("--people", metavar="ARRIVALS/SERVICE/STAFFED", help="with visitors and operators: 40/240/1.0")
    demo.set_defaults(run=_demo)

    network = commands.add_parser("network", help="run a centre and a district of offices with simulated hardware")
    network.add_argument("folder", type=Path, nargs="?", default=Path("var/network"))
    network.add_argument("--port", type=int, default=int(os.environ.get("TALON_PORT", "0")) or 8090)
    network.add_argument("--offices", type=int, default=17)
    network.add_argument("--tls", action="store_true", help="with certificates on both sides, as in earnest")
    network.set_defaults(run=_network)

    owner = commands.add_parser("owner", help="make a new owner code; on the box itself only")
    owner.add_argument("config", type=Path, help="office.toml")
    owner.set_defaults(run=_owner)

    verify = commands.add_parser("verify", help="is the database what its journal says?")
    verify.add_argument("database", type=Path)
    verify.set_defaults(run=_verify)

    journal = commands.add_parser("journal", help="print the journal")
    journal.add_argument("database", type=Path)
    journal.add_argument("--jsonl", action="store_true", help="one JSON object for each row")
    journal.add_argument("--redated", action="store_true", help="give untrusted entries their corrected time")
    journal.add_argument("--after", type=int, default=0, metavar="SEQ")
    journal.set_defaults(run=_journal)

    restore = commands.add_parser("restore", help="restore the office from a replica, as a new incarnation")
    restore.add_argument("config", type=Path, help="office.toml of the new card")
    restore.add_argument("source", type=Path, nargs="?", help="the replica's folder; else the place in office.toml")
    restore.add_argument("--incarnation", help="an older one than the newest")
    restore.set_defaults(run=_restore)

    add_centre_commands(commands)
    add_plan_commands(commands)
    add_roster_commands(commands)
    add_enrol_commands(commands)

    add_hardware_commands(commands)
    add_slip_commands(commands)
    add_doctor_command(commands)

    day = commands.add_parser("day", help="play a day written as text")
    day.add_argument("file", type=Path)
    day.add_argument("--plan", type=Path, help="instead of the demonstration office's")
    day.add_argument("--keep", type=Path, metavar="FOLDER", help="keep the database and papers there")
    day.set_defaults(run=_day)

    add_parser(commands)

    parser.set_defaults(language=_language())
    _add_common(commands)
    return parser


def _add_common(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """What every command and every action of it understands, wherever on the line it stands."""
    for command in commands.choices.values():
        command.add_argument("-v", "--verbose", action="store_true", default=argparse.SUPPRESS, help="log every step")
        command.add_argument("--language", choices=LANGUAGES, default=argparse.SUPPRESS, help="of what is told")
        for action in command._actions:
            if isinstance(action, argparse._SubParsersAction):
                _add_common(action)


def _language() -> str:
    """The reader's language by the environment; English where it is none of ours."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        code = os.environ.get(name, "")[:2]
        if code in LANGUAGES:
            return code
    return "en"


def require_file(path: Path) -> None:
    """Refuse a path where SQLite would make an empty database."""
    if not path.is_file():
        raise FileNotFoundError(errno.ENOENT, "no such file", str(path))


def _office(options: argparse.Namespace) -> int:
    from appliance.process import run_office

    run_office(read_config(options.config))
    return 0


def _owner(options: argparse.Namespace) -> int:
    from appliance.document_words import database
    from appliance.store.local import LocalStore

    config = read_config(options.config)
    config.data.mkdir(parents=True, exist_ok=True)
    code = LocalStore(config.local_db).renew_owner()
    print(database("owner-renewed", options.language, code=code))
    return 0


def _demo(options: argparse.Namespace) -> int:
    from appliance.process import run_office

    folder: Path = options.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "replica").mkdir(exist_ok=True)
    for name in ("office.toml", "plan.toml", "hardware.toml"):
        if not (folder / name).exists():
            source = resources.files("appliance.demo").joinpath(name)
            with resources.as_file(source) as file:
                shutil.copyfile(file, folder / name)
    config: OfficeConfig = read_config(folder / "office.toml")
    if options.port is not None:
        config = replace(config, web=replace(config.web, port=options.port))
    if options.people is None:
        run_office(config, ports=20, demo=True)
        return 0
    from appliance.demo.people import habits_of, visiting

    run_office(config, ports=20, demo=True, company=visiting(habits_of(options.people)))
    return 0


def _network(options: argparse.Namespace) -> int:
    from appliance.demo.network import run_network
    from appliance.process import say

    return run_network(options.folder.resolve(), options.port, options.offices, say, tls=options.tls)


def _verify(options: argparse.Namespace) -> int:
    from appliance.document_words import database
    from appliance.store.verify import verify

    require_file(options.database)
    report = verify(options.database, lambda n: print(f"... {n} entries", file=sys.stderr))
    for code, detail in report.faults:
        print(f"{database(f'verify-{code}', options.language)} {detail}")
    verdict = "clean" if report.clean else "NOT clean"
    print(f"{verdict}: {report.entries} journal entries, {report.rows} rows")
    return 0 if report.clean else 1


def _journal(options: argparse.Namespace) -> int:
    import json

    from appliance.domain.moment import iso
    from appliance.domain.redating import corrections, redate
    from appliance.store import journal
    from appliance.store.reader import connect_reader

    require_file(options.database)
    db = connect_reader(options.database)
    known = corrections(map(journal.record_of, journal.rows(db))) if options.redated else {}
    for row in journal.rows(db, options.after + 1):
        values = dict(zip(journal.COLUMNS, row, strict=True))
        if options.redated:
            moment = redate(journal.record_of(row), known).moment
            values["at"], values["clock_trusted"] = iso(moment.at_ms), int(moment.trusted)
        if options.jsonl:
            values["body"] = json.loads(str(values["body"]))
            values["chain"] = row[-1].hex()
            print(json.dumps(values, ensure_ascii=False))
        else:
            print(f"{values['seq']:>6} {values['at']} {values['actor']:<16} {values['kind']:<18} {values['body']}")
    return 0


def _restore(options: argparse.Namespace) -> int:
    from appliance.document_words import database
    from appliance.replication import restore_office
    from appliance.workers.clock import SOURCES, OfficeClock

    config = read_config(options.config)
    clock = OfficeClock(SOURCES[config.clock])
    done = restore_office(config, clock, options.source, options.incarnation)
    code, detail = f"restore-{done.report.code.value}", done.report.detail
    print(database(code, options.language, source=done.source, output=config.queue_db, detail=detail))
    for skipped in done.report.skipped:
        print(f"  {skipped.generation}: {skipped.detail}")
    if done.office is None:
        return 1
    block = done.office.day.block if done.office.day else 0
    print(
        f"office={done.office.id} incarnation={done.office.incarnation} entries={done.office.seq} "
        f"block={block} took={done.report.elapsed_s:.1f}s"
    )
    return 0


def _day(options: argparse.Namespace) -> int:
    from appliance.scenario.playing import play_file

    return play_file(options.file, options.plan, options.keep, options.language)
