"""The commands `talon plan` and `talon roster`: check, compare, import and edit the document of an office."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from appliance.domain.plan import Plan, canonical_series
from appliance.domain.plans.document import Mistake
from appliance.domain.plans.reader import PlanError, checked_plan

Commands = Any
"""What `ArgumentParser.add_subparsers` returns; argparse keeps the name of that class to itself."""


def add_plan_commands(commands: Commands) -> None:
    """`talon plan check | diff | import`."""
    plan = commands.add_parser("plan", help="check, compare or fill plans")
    actions = plan.add_subparsers(required=True, metavar="ACTION")

    check = actions.add_parser("check", help="every mistake of a plan, with its place")
    check.add_argument("file", type=Path)
    check.set_defaults(run=_check)

    diff = actions.add_parser("diff", help="what differs between two plans, and from when on it holds")
    diff.add_argument("old", type=Path)
    diff.add_argument("new", type=Path)
    diff.set_defaults(run=_diff)

    importing = actions.add_parser("import", help="make services of a CSV catalogue")
    importing.add_argument("csv", type=Path)
    importing.add_argument("--organisation", required=True, metavar="ID", help="whose services they are")
    importing.add_argument("--into", type=Path, metavar="PLAN", help="the plan they are added to")
    importing.add_argument("--series", metavar="LETTER", help="of services that give none; else the first free one")
    importing.add_argument("-o", "--output", type=Path, metavar="OUT", help="instead of the standard output")
    importing.set_defaults(run=_import)


def add_roster_commands(commands: Commands) -> None:
    """`talon roster copy | absent | show`."""
    roster = commands.add_parser("roster", help="show and change the roster of a plan")
    actions = roster.add_subparsers(required=True, metavar="ACTION")

    copy = actions.add_parser("copy", help="give a week the shifts of another")
    copy.add_argument("plan", type=Path)
    copy.add_argument("--from", dest="source", required=True, metavar="WEEK", help="such as 2026-W48")
    copy.add_argument("--to", dest="target", required=True, metavar="WEEK")
    copy.add_argument("--replace", action="store_true", help="in place of shifts that the week has already")
    copy.set_defaults(run=_copy)

    absent = actions.add_parser("absent", help="note that an operator is away")
    absent.add_argument("plan", type=Path)
    absent.add_argument("operator")
    absent.add_argument("first", help="the first day, such as 2026-11-30")
    absent.add_argument("last", help="the last day")
    absent.add_argument("--reason", default="", metavar="WORD", help="one word, such as vacation; nothing personal")
    absent.set_defaults(run=_absent)

    for command in (copy, absent):
        command.add_argument("-o", "--output", type=Path, metavar="OUT", help="instead of the plan itself")

    show = actions.add_parser("show", help="who works where in a week")
    show.add_argument("plan", type=Path)
    show.add_argument("--week", required=True, help="such as 2026-W48")
    show.set_defaults(run=_show)


def mistake(found: Mistake, language: str) -> str:
    """One mistake of a document in the reader's language."""
    from appliance.document_words import document

    return document(found.place, found.code, found.facts, found.nearest, language)


def load_plan(path: Path) -> Plan:
    """The plan of a file, whatever office it is of. Raises PlanError."""
    try:
        return checked_plan(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise PlanError([Mistake("plan", "not-readable", {"error": str(error)})]) from error


def _tell(error: PlanError, language: str) -> None:
    for found in error.mistakes:
        print(mistake(found, language), file=sys.stderr)


def _check(options: argparse.Namespace) -> int:
    from appliance.plan_words import summary

    try:
        plan = load_plan(options.file)
    except PlanError as error:
        for found in error.mistakes:
            print(mistake(found, options.language))
        return 1
    print(summary(plan, options.language))
    return 0


def _diff(options: argparse.Namespace) -> int:
    from appliance.domain.plans.diff import diff
    from appliance.plan_words import changes

    found = diff(load_plan(options.old), load_plan(options.new))
    print("\n".join(changes(found, options.language)))
    return 1 if found else 0


def _import(options: argparse.Namespace) -> int:
    from appliance.catalogue import free_letter, read_catalogue
    from appliance.plan_editing import appended, tables, write_whole
    from appliance.plan_words import said

    language: str = options.language
    plan = load_plan(options.into) if options.into else None
    if plan and options.organisation not in plan.organisations:
        known = ", ".join(plan.organisations)
        print(said("no-such-organisation", language, found=options.organisation, known=known), file=sys.stderr)
        return 2
    series = canonical_series(options.series or "") or free_letter(plan, options.organisation)
    catalogue = read_catalogue(options.csv.read_bytes(), options.organisation, series, plan.services if plan else ())
    for fault in catalogue.faults:
        print(said(fault.code, language, **fault.facts), file=sys.stderr)
    if not catalogue.services:
        return 1
    document = appended(plan.document, "service", catalogue.services) if plan else tables("service", catalogue.services)
    if options.output:
        write_whole(options.output, document)
    else:
        print(document, end="")
    count, left = len(catalogue.services), catalogue.left_out
    print(said("csv-done", language, count=count, left=left), file=sys.stderr)
    return _right(document, language) if plan else 0


def _right(document: str, language: str) -> int:
    """0 for a plan without mistakes; else they are told, such as services that no desk takes yet, and 1."""
    try:
        checked_plan(document)
    except PlanError as error:
        _tell(error, language)
        return 1
    return 0


def _copy(options: argparse.Namespace) -> int:
    from appliance.plan_words import said
    from appliance.roster_file import RosterError, copied_week

    plan = load_plan(options.plan)
    try:
        document, count = copied_week(plan, options.source, options.target, replace=options.replace)
    except RosterError as error:
        print(said(error.code, options.language, **error.facts), file=sys.stderr)
        return 1
    return _keep(options, document, "week-copied", count=count, source=options.source, target=options.target)


def _absent(options: argparse.Namespace) -> int:
    from appliance.plan_words import said
    from appliance.roster_file import RosterError, with_absence

    plan = load_plan(options.plan)
    try:
        document = with_absence(plan, options.operator, options.first, options.last, options.reason)
    except RosterError as error:
        print(said(error.code, options.language, **error.facts), file=sys.stderr)
        return 1
    return _keep(options, document, "absence-noted", operator=options.operator, first=options.first, last=options.last)


def _keep(options: argparse.Namespace, document: str, code: str, **facts: object) -> int:
    """Write the changed plan, unless it is none any more."""
    from appliance.plan_editing import write_whole
    from appliance.plan_words import said

    try:
        plan = checked_plan(document)
    except PlanError as error:
        _tell(error, options.language)
        return 1
    write_whole(options.output or options.plan, document)
    print(said(code, options.language, version=plan.version, **facts))
    return 0


def _show(options: argparse.Namespace) -> int:
    from appliance.domain.plans.hours import monday_of
    from appliance.plan_words import roster, said

    plan = load_plan(options.plan)
    if monday_of(options.week) is None:
        print(said("no-such-week", options.language, found=options.week), file=sys.stderr)
        return 1
    print("\n".join(roster(plan, options.week, options.language)))
    return 0
