"""The pages of the situation centre: wall, office with its directives, alarms, periods, network, audit."""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import FastAPI

from appliance.routing import join
from sync.centre.audit import Audit
from sync.centre.people import People
from web.assets import Assets, HashedFiles
from web.centre import alarms, audit, care, feed, history, network, office, plans, sign_in, stop_figures, wall
from web.centre.asking import answer_refusals
from web.centre.guard import Guard
from web.centre.pages import Pages
from web.centre.reading import Reading
from web.centre.who import House

__all__ = ["mount_centre"]


def mount_centre(app: FastAPI, reading: Reading, people: People, audit_book: Audit, hosts: Iterable[str] = ()) -> Pages:
    """Add the pages, `/static` and the acts under `/api/v1` to `app`, behind a guard of Host and Origin.

    `hosts`: the names and addresses without a port by which people call the centre, besides loopback.
    """
    assets = Assets()
    pages = Pages(reading, assets)
    house = House(people, audit_book)
    app.state.centre_house = house
    app.mount("/static", HashedFiles(assets), name="static")
    join(app, feed.router(pages))
    join(app, wall.router(pages))
    for part in (sign_in, office, care, plans, stop_figures, alarms, history, network, audit):
        join(app, part.router(pages, house))
    answer_refusals(app, pages)
    app.add_middleware(Guard, hosts=tuple(hosts))
    return pages
