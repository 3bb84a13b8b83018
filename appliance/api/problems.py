"""How the API says no: RFC 9457 problems in the reader's language.

A refusal of the rules is an answer, not an accident: its code becomes the problem's type, its facts go along, and
`detail` is the sentence that says what happened and what to do next.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from appliance import words
from appliance.api.mistakes import Mistake, mistakes
from appliance.domain.plan import Plan
from appliance.domain.refusal import Code, Refused

log = logging.getLogger("talon.api")

MEDIA_TYPE = "application/problem+json"
API = "/api/"


class Trouble(StrEnum):
    """What the API itself refuses, before the rules are asked."""

    NOT_SIGNED_IN = "not-signed-in"
    OTHER_DESK = "other-desk"
    OWNER_ONLY = "owner-only"
    WRONG_PIN = "wrong-pin"
    WRONG_CODE = "wrong-code"
    TOO_MANY_TRIES = "too-many-tries"
    SIGN_IN_BUSY = "sign-in-busy"
    TOO_OFTEN = "too-often"
    SIMPLE_PIN = "simple-pin"
    UNKNOWN_OPERATOR = "unknown-operator"
    FEED_FULL = "feed-full"
    HOST_REFUSED = "host-refused"
    ORIGIN_REFUSED = "origin-refused"
    BODY_TOO_LARGE = "body-too-large"
    NOT_JSON = "not-json"
    BAD_INPUT = "bad-input"
    NOT_FOUND = "not-found"
    METHOD_NOT_ALLOWED = "method-not-allowed"
    REQUEST_REFUSED = "request-refused"
    PLAN_WRONG = "plan-has-mistakes"
    OTHER_OFFICE = "plan-of-other-office"
    PLAN_NOT_SAVED = "plan-not-saved"
    PERIOD_WRONG = "period-wrong"
    NO_DEVICES = "no-devices"
    NO_PRINTER = "no-printer"
    NO_LESSON = "no-lesson"
    NO_RESTART = "no-restart"
    LESSON_UNFINISHED = "lesson-unfinished"
    UNKNOWN_LINE = "unknown-line"
    HARDWARE_WRONG = "hardware-has-mistakes"
    HARDWARE_NOT_SAVED = "hardware-not-saved"
    SLIP_WRONG = "slip-has-mistakes"


STATUS: Mapping[str, int] = {
    **{code.value: 404 for code in Code if code.value.startswith("unknown-")},
    Code.INTERNAL_ERROR: 500,
    Code.MAILBOX_FULL: 503,
    Code.STORE_FAILED: 503,
    Code.DISK_FULL: 503,
    Trouble.NOT_SIGNED_IN: 401,
    Trouble.WRONG_PIN: 401,
    Trouble.WRONG_CODE: 401,
    Trouble.OTHER_DESK: 403,
    Trouble.OWNER_ONLY: 403,
    Trouble.ORIGIN_REFUSED: 403,
    Trouble.UNKNOWN_OPERATOR: 404,
    Trouble.NOT_FOUND: 404,
    Trouble.METHOD_NOT_ALLOWED: 405,
    Trouble.BODY_TOO_LARGE: 413,
    Trouble.NOT_JSON: 415,
    Trouble.HOST_REFUSED: 421,
    Trouble.BAD_INPUT: 422,
    Trouble.SIMPLE_PIN: 422,
    Trouble.PLAN_WRONG: 422,
    Trouble.PLAN_NOT_SAVED: 503,
    Trouble.PERIOD_WRONG: 422,
    Trouble.UNKNOWN_LINE: 404,
    Trouble.HARDWARE_WRONG: 422,
    Trouble.HARDWARE_NOT_SAVED: 503,
    Trouble.SLIP_WRONG: 422,
    Code.MINUTES_OUT_OF_RANGE: 422,
    Code.NO_ESTIMATE: 404,
    Trouble.TOO_MANY_TRIES: 429,
    Trouble.TOO_OFTEN: 429,
    Trouble.FEED_FULL: 503,
    Trouble.SIGN_IN_BUSY: 503,
    Trouble.REQUEST_REFUSED: 400,
}
"""The status of each code; whatever isn't here conflicts with the state of the queue: 409."""

RETRY_AFTER_S: Mapping[str, int] = {
    Code.MAILBOX_FULL: 1,
    Code.STORE_FAILED: 2,
    Code.DISK_FULL: 60,
    Trouble.FEED_FULL: 5,
    Trouble.SIGN_IN_BUSY: 2,
    Trouble.TOO_OFTEN: 1,
}


def status_of(code: str) -> int:
    """The HTTP status that a code is answered with."""
    return STATUS.get(code, 409)


class Denied(Exception):  # noqa: N818 - an answer, not an error of the program
    """The API's own no. `facts` fill the sentence, `headers` go with the answer."""

    def __init__(self, trouble: Trouble, headers: Mapping[str, str] | None = None, **facts: str | int) -> None:
        super().__init__(trouble.value, facts)
        self.trouble = trouble
        self.headers = headers
        self.facts = facts


def problem(
    code: str,
    facts: Mapping[str, str | int],
    language: str,
    *,
    status: int | None = None,
    headers: Mapping[str, str] | None = None,
    plan: Plan | None = None,
    **more: object,
) -> Response:
    """The response that says no, in the words of the office's plan."""
    status = status or status_of(code)
    body = {
        "type": f"/problems/{code}",
        "title": words.title(status, language),
        "status": status,
        "detail": words.sentence(code, facts, language, plan),
        "code": code,
        "facts": dict(facts),
        **more,
    }
    told = {"Content-Language": language, **(headers or {})}
    if code in RETRY_AFTER_S:
        told.setdefault("Retry-After", str(RETRY_AFTER_S[code]))
    content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
    return Response(content, status, told, MEDIA_TYPE)


def language_of(request: Request) -> str:
    """The reader's language by Accept-Language."""
    header: str = request.headers.get("accept-language", "")
    return words.preferred(header)


def plan_of(request: Request) -> Plan | None:
    """The plan of the office that is asked."""
    known: Callable[[], Plan | None] | None = getattr(request.app.state, "plan", None)
    return known() if known is not None else None


async def refused(request: Request, error: Exception) -> Response:
    """A refusal of the rules."""
    assert isinstance(error, Refused)
    return problem(error.code.value, error.facts, language_of(request), plan=plan_of(request))


async def denied(request: Request, error: Exception) -> Response:
    """A refusal of the API."""
    assert isinstance(error, Denied)
    language = language_of(request)
    return problem(error.trouble.value, error.facts, language, headers=error.headers, plan=plan_of(request))


async def bad_input(request: Request, error: Exception) -> Response:
    """A request that doesn't fit its model: which field, and what is allowed there."""
    assert isinstance(error, RequestValidationError)
    language = language_of(request)
    found = mistakes(error.errors())
    told = [_told(mistake, language) for mistake in found]
    detail = " ".join(entry["detail"] for entry in told)
    facts = {"field": found[0].field, "mistakes": detail}
    return problem(Trouble.BAD_INPUT.value, facts, language, errors=told)


def _told(mistake: Mistake, language: str) -> dict[str, str]:
    sentence = words.sentence(mistake.code, {"field": mistake.field, **mistake.facts}, language)
    return {"field": mistake.field, "code": mistake.code, "detail": sentence}


async def http_error(request: Request, error: Exception) -> Response:
    """What the framework refuses: an unknown address, a wrong method, a body that broke off."""
    assert isinstance(error, HTTPException)
    language = language_of(request)
    code = {
        404: Trouble.NOT_FOUND,
        405: Trouble.METHOD_NOT_ALLOWED,
        413: Trouble.BODY_TOO_LARGE,
        415: Trouble.NOT_JSON,
    }.get(error.status_code, Trouble.REQUEST_REFUSED)
    facts: dict[str, str | int] = {}
    if code is Trouble.NOT_FOUND:
        facts["path"] = request.url.path[:120]
    if code is Trouble.METHOD_NOT_ALLOWED:
        facts["method"] = request.method[:20]
    if code is Trouble.BODY_TOO_LARGE:
        facts["limit_kib"] = BODY_LIMIT // 1024
    if not request.url.path.startswith(API):
        text = words.sentence(code.value, facts, language)
        return PlainTextResponse(text, error.status_code, error.headers)
    return problem(code.value, facts, language, status=error.status_code, headers=error.headers)


BODY_LIMIT = 16 * 1024
"""Bytes of a request body."""


def documented(*codes: str) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route: which codes come with which status."""
    by_status: dict[int, list[str]] = {}
    for code in (*codes, *EVERYWHERE):
        listed = by_status.setdefault(status_of(code), [])
        if code not in listed:
            listed.append(str(code))
    return {
        status: {
            "description": ", ".join(listed),
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status, listed in sorted(by_status.items())
    }


EVERYWHERE: Iterable[str] = (Trouble.HOST_REFUSED, Code.INTERNAL_ERROR)
