"""What Prometheus reads of an office: counts and states, nothing of a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from fastapi import APIRouter
from starlette.responses import Response

from appliance.api.context import AppContext
from sync.exposition import CONTENT_TYPE, Metric, Sample, exposition, gauge


def routes(context: AppContext) -> APIRouter:
    """The route of the metrics, outside the API: `/metrics` is where Prometheus looks."""
    router = APIRouter(include_in_schema=False)

    @router.get("/metrics")
    async def metrics() -> Response:
        """The state of the office in Prometheus' text format."""
        return Response(exposition(metrics_of(context)), media_type=CONTENT_TYPE)

    return router


def metrics_of(context: AppContext) -> Iterator[Metric]:
    """Every metric of the office, from memory: no disk is read."""
    office = context.writer.office
    labels = {"office": office.id, "incarnation": str(office.incarnation), "version": context.settings.version}
    yield gauge("talon_office_info", "Which office this is.", Sample(1, labels))
    yield gauge("talon_writer_alive", "Whether commands are answered.", Sample(context.writer.alive))
    yield gauge("talon_journal_seq", "The newest entry of the journal.", Sample(office.seq))
    yield gauge("talon_day_open", "Whether a day is open.", Sample(office.open_day is not None))
    yield gauge("talon_hall_paused", "Whether the hall stands still.", Sample(office.pause is not None))
    moment = context.clock.now().moment
    yield gauge("talon_clock_trusted", "Whether the clock is believed.", Sample(moment.trusted))
    tickets = Counter(ticket.state.value for ticket in office.tickets.values())
    yield _by_state("talon_tickets", "Numbers of the day by state.", tickets)
    yield _by_state("talon_desks", "Desks by state.", Counter(desk.state.value for desk in office.desks.values()))
    devices = context.health.devices()
    yield gauge(
        "talon_device_ready",
        "1 for a device that works, also with a warning.",
        *(Sample(d.condition in ("ready", "warning"), {"device": d.name, "kind": d.kind}) for d in devices),
    )
    replica = context.replica()
    if replica is not None:
        running = replica.condition == "running"
        yield gauge("talon_replica_running", "Whether the replica is kept.", Sample(running))
        yield gauge("talon_replica_lag_seconds", "Age of what the target lacks.", Sample(replica.lag_s))
        yield gauge("talon_replica_lag_bytes", "Bytes that the target lacks.", Sample(replica.lag_bytes))
        yield gauge("talon_replica_restarts", "How often it was started anew.", Sample(replica.restarts))


def _by_state(name: str, text: str, found: Counter[str]) -> Metric:
    return gauge(name, text, *(Sample(n, {"state": state}) for state, n in sorted(found.items())))
