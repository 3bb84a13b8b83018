"""`talon simulate`: what it may be told. The days themselves are played in `playing`, loaded only when asked for."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path

from appliance.domain.plan import PolicyKind


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `simulate` to the commands of `talon`."""
    parser = commands.add_parser("simulate", help="play generated days through the real rules and print their figures")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the first day")
    parser.add_argument("--seeds", type=_positive, default=1, metavar="N", help="so many days, their figures pooled")
    parser.add_argument("--visits", type=_positive, default=300)
    parser.add_argument("--permanent", type=_positive, default=11, help="desks open all day; every desk serves all")
    parser.add_argument("--reserve", type=int, default=3, help="desks that are opened on advice")
    parser.add_argument("--plan", type=Path, help="the hall of this plan instead, with its services, desks and roster")
    parser.add_argument("--date", type=date.fromisoformat, default=None, help="of the day; else a Tuesday")
    parser.add_argument("--service-mean", type=seconds, default=None, metavar="15m", help="from the call to the end")
    parser.add_argument("--cv", type=float, default=0.6, help="standard deviation of that by its mean")
    parser.add_argument("--priority", type=_share, default=0.08, help="share of visitors with a category")
    parser.add_argument("--no-show", type=_share, default=0.03, help="share of the called who don't come")
    parser.add_argument("--booked", type=_share, default=0.0, help="share of visitors with a booked time")
    parser.add_argument("--policy", choices=[kind.value for kind in PolicyKind], default="ageing", help="of the calls")
    parser.add_argument("--past-days", type=int, default=5, help="so many earlier days has the estimate learnt from")
    parser.add_argument("--advice", action="store_true", help="reserve desks are opened as advised")
    parser.add_argument("--no-estimates", action="store_true", help="tell visitors nothing: quicker")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--journal", type=Path, metavar="FILE", help="write the journal of the last day, JSON lines")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Play the days and print their figures. Raises PlanError for a plan that can't be used."""
    from appliance.simulation.playing import play

    return play(options)


def seconds(text: str) -> float:
    """`15m`, `900s` or `900`, as seconds."""
    factor = {"m": 60, "s": 1}.get(text[-1:])
    value = float(text[:-1]) * factor if factor else float(text)
    if not 1 <= value <= 24 * 3600:
        raise argparse.ArgumentTypeError(f"{text}: from a second to a day")
    return value


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text}: at least 1")
    return value


def _share(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text}: from 0 to 1")
    return value
