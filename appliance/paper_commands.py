"""The commands `talon slip`: is a template right, how will a slip look, and the template to begin with."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

Commands = Any
"""What `ArgumentParser.add_subparsers` returns; argparse keeps the name of that class to itself."""


def add_slip_commands(commands: Commands) -> None:
    """`talon slip preview | check | template`."""
    slip = commands.add_parser("slip", help="check and preview the template of slips")
    actions = slip.add_subparsers(required=True, metavar="ACTION")

    preview = actions.add_parser("preview", help="draw a slip of a made-up visitor, as the printer would")
    preview.add_argument("output", type=Path, metavar="OUT.png")
    preview.add_argument("--plan", type=Path, required=True, help="the office's plan.toml")
    preview.add_argument("--template", type=Path, metavar="SLIP.toml", help="else Talon's own")
    preview.add_argument("--logo", type=Path, metavar="PICTURE", help="a PNG or JPEG")
    preview.add_argument("--width", type=int, choices=(58, 80), default=58, help="of the paper, in millimetres")
    preview.add_argument("--copy", action="store_true", help="marked as a copy")
    preview.set_defaults(run=_preview)

    check = actions.add_parser("check", help="every mistake of a template, with its place")
    check.add_argument("file", type=Path, metavar="SLIP.toml")
    check.set_defaults(run=_check)

    template = actions.add_parser("template", help="Talon's own template, to be changed")
    template.set_defaults(run=_template)


def _check(options: argparse.Namespace) -> int:
    from appliance.paper_words import paper_mistakes, said
    from hardware.paper.mistakes import PaperError
    from hardware.paper.template import load_template

    try:
        template = load_template(options.file)
    except PaperError as error:
        print("\n".join(paper_mistakes(error, options.language)))
        return 1
    kinds = ", ".join(block.kind for block in template.blocks)
    print(said("template-right", options.language, blocks=kinds))
    return 0


def _template(_options: argparse.Namespace) -> int:
    from hardware.paper.template import default_document

    print(default_document(), end="")
    return 0


def _preview(options: argparse.Namespace) -> int:
    from appliance.paper_words import paper_mistakes, said
    from appliance.plan_commands import load_plan
    from appliance.workers.slip_preview import preview
    from hardware.paper.logo import load_logo
    from hardware.paper.mistakes import PaperError
    from hardware.paper.template import load_template

    language: str = options.language
    plan = load_plan(options.plan)
    try:
        template = load_template(options.template) if options.template else None
        logo = load_logo(options.logo) if options.logo else None
    except PaperError as error:
        print("\n".join(paper_mistakes(error, language)), file=sys.stderr)
        return 1
    picture = preview(plan, language, width_mm=options.width, template=template, logo=logo, copy=options.copy)
    try:
        picture.save(options.output, "PNG")
    except OSError as error:
        detail = error.strerror or str(error)
        print(said("preview-not-saved", language, path=options.output, detail=detail), file=sys.stderr)
        return 2
    width, height = picture.size
    print(said("preview-saved", language, path=options.output, width=width, height=height, length=round(height / 8)))
    return 0
