"""Every sentence that the office says about a code, in the reader's language.

The house speaks codes; here they become words. Message ids are the English sentences; `locale/*.rules.po` holds the
Russian and Ukrainian of this module and of the slip, `*.pages.po` those of the pages, `*.documents.po` those of the
command line, `*.figures.po` of the head's figures, `*.doctor.po` of the technician, `*.hardware.po` of
hardware.toml, `*.paper.po` of the template of slips, `*.centre.po` of the situation centre, `*.link.po` of the line
to it. One catalogue serves all.
"""

from __future__ import annotations

import gettext
import io
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from appliance import doctor_sentences
from appliance.desk_word import DeskWord
from appliance.device_words import DRIVERS
from appliance.domain.plan import Plan
from appliance.link_words import LINK
from appliance.reason_words import HOURS

LANGUAGES = ("ru", "uk", "en")
FALLBACK = "en"
PARTS = (
    *("rules", "pages", "documents", "figures", "doctor", "hardware", "bench", "sheets", "drivers", "paper", "centre"),
    "link",
)


class Facts(dict[str, object]):
    """A fact that nobody gave leaves a dash, not an exception: a poor sentence beats none."""

    def __missing__(self, name: str) -> str:
        return "—"


@lru_cache(maxsize=8)
def translations(language: str) -> gettext.NullTranslations:
    """The words of `language`, for gettext and for Jinja; English and unknown languages need none."""
    merged = None
    for part in PARTS:
        source = files("appliance.locale").joinpath(f"{language}.{part}.po")
        if language not in LANGUAGES or not source.is_file():
            continue
        catalogue = read_po(io.BytesIO(source.read_bytes()), locale=language, domain="talon")
        if merged is None:
            merged = catalogue
            continue
        for message in catalogue:
            if message.id:
                merged.add(message.id, message.string, context=message.context)
    if merged is None:
        return gettext.NullTranslations()
    compiled = io.BytesIO()
    write_mo(compiled, merged)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def sentence(code: str, facts: Mapping[str, object], language: str, plan: Plan | None = None) -> str:
    """What happened and what to do next, for a refusal, a problem, a reason, or a device's reason or hint.

    With the office's plan it says the office's own words: for a desk, and the names of services and categories.
    """
    message = SENTENCES.get(code, UNKNOWN)
    known = {"code": code, "desk_word": DeskWord(plan.desk_word if plan else "", language)}
    named = _named(facts, language, plan) if plan is not None else facts
    return translations(language).gettext(message).format_map(Facts({**known, **named}))


def _named(facts: Mapping[str, object], language: str, plan: Plan) -> Mapping[str, object]:
    """The facts with names instead of the ids that people don't know."""
    named = dict(facts)
    service, category = plan.services.get(str(facts.get("service"))), plan.categories.get(str(facts.get("category")))
    if service is not None:
        named["service"] = service.short.get(language)
    if category is not None:
        named["category"] = category.name.get(language)
    return named


def title(status: int, language: str) -> str:
    """The title of a problem with this HTTP status."""
    return translations(language).gettext(TITLES.get(status, TITLES[500]))


@lru_cache(maxsize=128)
def preferred(header: str) -> str:
    """The best of our languages by an Accept-Language header; English when it names none of them."""
    best, best_quality = FALLBACK, 0.0
    for part in header[:200].split(","):
        tag, _, rest = part.partition(";")
        language = tag.strip().lower().split("-")[0]
        name, _, value = rest.strip().partition("=")
        quality = 1.0
        if name.strip() == "q":
            try:
                quality = float(value)
            except ValueError:
                continue
        if language in LANGUAGES and best_quality < quality <= 1.0:
            best, best_quality = language, quality
    return best


RULES: Mapping[str, str] = {
    "day-not-open": "The working day is not open. Open it at reception, or press NEXT at any {desk_word:name}.",
    "day-already-open": ("The day of {date} is open already. Go on working; close it first if you want to begin anew."),
    "issuing-closed": "Numbers are given out until {closes}. Come on the next working day, or ask the administrator.",
    "issuing-not-yet": "Numbers are given out from {opens} on. Come back then, or ask the administrator.",
    "not-today": "“{service}” has no reception today. Come on another day, or ask the administrator.",
    "limit-reached": (
        "Today's numbers are used up: {limit} have been given out. Come on another day, or ask the administrator."
    ),
    "no-time-left": (
        "The wait is about {wait_min} min, and reception ends at {closes}: there may be no time left for "
        "you. Wait without a promise, or come on another day."
    ),
    "hall-paused": (
        "The hall stands still: nobody is called and no numbers are given out. All keep their places; wait "
        "until it goes on."
    ),
    "not-paused": "The hall isn't on a pause, so there is nothing to resume. Go on as usual.",
    "unknown-purpose": "“{service}” has no purpose “{purpose}”. Reload the page and choose again.",
    "unknown-category": (
        "The plan of this office has no category of priority “{category}”. Reload the page and choose again."
    ),
    "unknown-need": "There is no access need “{need}”. Choose time, step-free or voice.",
    "unknown-reason": "The reason “{reason}” isn't known here. Reload the page and choose again.",
    "no-estimate": "Nobody can say yet how long the wait is. Look again in a minute.",
    "no-category": (
        "There is no claim of priority of {number} to decide on. If there is a right to it, choose the category."
    ),
    "route-too-long": (
        "One number may have at most {limit} further services. Settle some of them first, or give another number."
    ),
    "minutes-out-of-range": "The minutes must lie between {low} and {high}. Enter another number.",
    "may-not-pick": (
        "Whoever is signed in {desk_word:at} {desk} may not call by number. Press NEXT, or ask the head of the office."
    ),
    "desk-cannot-serve": (
        "{desk_word:Name} {desk} can't serve {number}. Choose another {desk_word:name} or another service."
    ),
    "too-few-desks": (
        "No break now: without {desk_word:name} {desk} only {working} would "
        "receive visitors, and {needed} must. Wait until somebody is back."
    ),
    "unknown-service": ("The plan of this office has no service “{service}”. Reload the page and choose again."),
    "unknown-desk": "The plan of this office has no {desk_word:name} {desk}. Check the number, or the page's address.",
    "unknown-ticket": ("There is no ticket with the id {ticket} today. Reload the list and choose again."),
    "unknown-slip": "There is no slip with the id {slip} today. Reload the list and choose again.",
    "numbers-exhausted": (
        "All numbers of the series {series} have been given out today. Give out emergency "
        "numbers on paper and enter them at reception."
    ),
    "number-known": (
        "Ticket {series} {number} is in the queue already. Find it in the list instead of entering it again."
    ),
    "number-not-ours": (
        "{series} {number} can't be a paper from before: this box gives out such numbers "
        "itself. Check the letter and the number on the paper."
    ),
    "disk-full": (
        "There is no free space on the disk. Visitors are still called, but no new numbers "
        "are given out: call the technician to free space."
    ),
    "nobody-waiting": (
        "Nobody is waiting for {desk_word:name} {desk}. The number will appear as soon as somebody comes."
    ),
    "nobody-missed": "There is nobody to call back {desk_word:at} {desk}. Press NEXT to call the next visitor.",
    "already-returned": "{number} has been returned once already. Give the visitor a new number.",
    "desk-closed": "{desk_word:Name} {desk} is closed. Press NEXT to open it.",
    "desk-busy": "{desk_word:Name} {desk} is busy with {number}. Finish that first.",
    "desk-not-calling": "{desk_word:Name} {desk} has not called anybody. Press NEXT to call.",
    "desk-not-serving": "Nobody is being served {desk_word:at} {desk}. Call a visitor and start first.",
    "desk-already-open": "{desk_word:Name} {desk} is open already. Press NEXT to call.",
    "desk-has-ticket": (
        "{desk_word:Name} {desk} still holds {number}. Finish it or mark it as not come, then close the "
        "{desk_word:name}."
    ),
    "desk-on-break": "{desk_word:Name} {desk} is on a break. Press NEXT to end it.",
    "ticket-not-missed": (
        "{number} is neither missed nor set aside, so there is nothing to return. Look at its state in the list."
    ),
    "ticket-not-in-queue": ("{number} is not in the queue any more. Give the visitor a new number if they need one."),
    "no-transfer-target": "{desk_word:Name} {desk} has no usual next service. Choose the service on the screen.",
    "nobody-serves": "No {desk_word:name} of this office serves “{service}”. Choose another service.",
    "nothing-to-undo": "There is nothing to take back {desk_word:at} {desk}. Go on as usual.",
    "undo-too-late": (
        "It is too late: an action can be taken back within {seconds} s. Correct it with the "
        "other keys or at reception."
    ),
    "undo-moved-on": (
        "{number} has moved on since then, so the action can't be taken back. Find the ticket at reception."
    ),
    "unknown-bell": "There is no bell “{bell}”. Reload the page and look which one rings.",
    "bell-silent": "Nobody is ringing the bell “{bell}” now: the call is over. Nothing need be done.",
    "bell-not-answered": "Nobody has answered the bell “{bell}” yet. Answer it first, then go out.",
    "unknown-device": "“{device}” can't be the name of a device. Use small Latin letters, digits, dots and slashes.",
    "unknown-condition": "“{condition}” isn't a condition of a device. Send ready, warning, missing or fault.",
    "too-many-devices": "The book has room for {limit} devices and all of it is taken. Tell the technician.",
    "key-has-no-effect": "This key does nothing {desk_word:at} {desk} now. The screen there shows what each key does.",
    "changed-meanwhile": "Something has changed {desk_word:at} {desk} meanwhile. Look at the screen and press again.",
    "no-plan": ("This office has no plan of services and desks yet. The technician puts plan.toml in place."),
    "plan-in-use": (
        "The new plan lacks what is in use now: {what}. Wait until the day is closed, or put it back into the plan."
    ),
    "service-stopped": (
        "The situation centre has stopped giving out numbers for “{service}” today. Choose another "
        "service, or ask at reception."
    ),
    "service-redirected": (
        "Visitors for “{service}” are received today at another office: {office}. Go there, or ask at reception."
    ),
    "desk-not-on-break": (
        "{desk_word:Name} {desk} isn't on a break, so there is none to end. Look at its state first."
    ),
    "nothing-standing": (
        "Nothing of this kind has been changed by the situation centre, or it is over already. Reload the page."
    ),
    "directive-gap": (
        "Directives came out of order: number {expected} is expected. The link asks for it again by "
        "itself; nothing need be done."
    ),
    "condition-not-met": (
        "What the directive takes for granted no longer holds here ({what}). Look at the hall as it is "
        "now and decide anew."
    ),
    "bad-directive": (
        "The office can't understand this directive ({what}). Correct it and give it again; check the "
        "release of the office."
    ),
    "internal-error": (
        "Something went wrong inside the box; the queue is as it was before. Try again, and "
        "tell the technician if it repeats."
    ),
    "key-reused": ("This request key has been used for something else. Send the request again with a new key."),
    "mailbox-full": "The box has more requests than it can take at once. Try again in a second.",
    "store-failed": (
        "Nobody knows yet whether this was saved. Ask again with the same key: nothing will happen twice."
    ),
}
"""What the rules refuse: what happened, and what to do next."""

API: Mapping[str, str] = {
    "not-signed-in": "Nobody is signed in on this screen. Sign in with your PIN.",
    "other-desk": "You are not signed in {desk_word:at} {desk}. Sign in there with your PIN.",
    "owner-only": "Only the owner of this box may do this. Sign in with the owner's code.",
    "wrong-pin": ("The operator or the PIN isn't right. Check both and try again; the owner can set a new PIN."),
    "wrong-code": (
        "This is not the owner's code. It was printed at the first start; a new one is made "
        "on the box itself: talon owner."
    ),
    "too-many-tries": "Too many wrong tries from this place. Wait {seconds} s and try again.",
    "sign-in-busy": "Several people are signing in right now. Try again in two seconds.",
    "simple-pin": ("This PIN is too easy to guess. Choose one that isn't a single digit or a plain run."),
    "unknown-operator": "There is no operator “{operator}”. Reload the list and choose again.",
    "feed-full": ("Too many screens are connected at once. Close unused pages; this one will try again by itself."),
    "host-refused": (
        "This box doesn't answer to the name “{host}”. Open it by its own address; the technician sets further names."
    ),
    "origin-refused": (
        "The request came from a page of another site and was not carried out. Open this box's own page."
    ),
    "body-too-large": "The request is larger than {limit_kib} KiB. Send less.",
    "not-json": "The request must be JSON. Send it with Content-Type: application/json.",
    "bad-input": "The request isn't right. {mistakes}",
    "not-found": "There is nothing at {path}. Check the address.",
    "method-not-allowed": ("{method} can't be used here. See the description of the API: /api/v1/openapi.json."),
    "request-refused": "The request broke off or could not be read. Send it again.",
    "plan-has-mistakes": (
        "The plan has mistakes, so the one in force stays: {mistakes}. Correct them and send it again."
    ),
    "plan-of-other-office": (
        "This plan is for the office “{found}”, and this is “{wanted}”. Send the plan of this office."
    ),
    "plan-not-saved": (
        "The plan could not be written to the disk, so the one in force stays: {error}. Free space, then send it again."
    ),
    "period-wrong": "The period must not end before it begins, and may have at most {days} days. Choose other dates.",
    "input-missing": "“{field}” is missing. Add it.",
    "input-unknown": "“{field}” isn't known here. Check its spelling or leave it out.",
    "input-choice": "“{field}” must be one of: {allowed}.",
    "input-too-short": "“{field}” is too short, the least length is {low}.",
    "input-too-long": "“{field}” is too long, the greatest length is {high}.",
    "input-pattern": "“{field}” must look like {allowed}.",
    "input-digits": "“{field}” may hold digits only.",
    "input-time": "“{field}” must be a time such as 09:30.",
    "input-id": "“{field}” may hold 1 to 40 small Latin letters, digits and hyphens.",
    "input-visible": "“{field}” may hold visible ASCII characters only, without spaces.",
    "input-too-small": "“{field}” is too small, the least is {low}.",
    "input-too-large": "“{field}” is too large, the greatest is {high}.",
    "input-integer": "“{field}” must be a whole number.",
    "input-boolean": "“{field}” must be true or false.",
    "input-text": "“{field}” must be text.",
    "input-object": "“{field}” must be a JSON object.",
    "input-list": "“{field}” must be a JSON list.",
    "input-json": "The body isn't valid JSON. Check brackets, quotes and commas.",
    "input-wrong": "“{field}” isn't right. See the description of the API: /api/v1/openapi.json.",
}
"""What the API refuses before the rules are asked; `input-*` are the mistakes of one field."""

DEVICES: Mapping[str, str] = {
    "paper-out": "The paper has run out: numbers are given out on the screen only. Load a roll.",
    "paper-near-end": "The paper is running out. Keep a new roll at hand.",
    "cover-open": "The printer's cover is open. Close it until it clicks.",
    "offline": "The printer has been switched to pause. Press its feed button once.",
    "printer-offline": "The printer has been switched to pause. Press its feed button once.",
    "printer-error": (
        "The printer reports a fault: the cutter or the head. Switch it off, clear the paper path, switch it on."
    ),
    "silent": "The printer is connected but doesn't answer. Check that it is switched on.",
    "key-stuck": "A key stays pressed and is left out of account. Free it, or replace the panel.",
    "stuck-key": "A key stays pressed and is left out of account. Free it, or replace the panel.",
    "not-started": ("This part hasn't been started yet. Wait a minute; if it stays so, restart the box."),
    "gpio-missing": "The pins of the board can't be reached. Tell the technician.",
    "pin-unavailable": ("A pin named in hardware.toml is taken or doesn't exist. Correct hardware.toml."),
    "pin-unreadable": ("A pin can't be read any more. Check the panel's cable."),
    "no-loudspeaker": "No loudspeaker is connected: calls appear on the board only. Connect one.",
    "no-voice": "No loudspeaker is connected: calls appear on the board only. Connect one.",
    "no-replica": (
        "No live copy of the database is set up: a dead card would take today's queue along. Set a target for the copy."
    ),
    "no-binary": ("The program that keeps the copy (Litestream) isn't installed. Install the package again."),
    "replica-stopped": ("The live copy has stopped; the queue goes on. Look at the place it is written to."),
    "replica-behind": ("The live copy is {lag} s behind. It catches up by itself when the line is back."),
    "disk-low": "{free} MB are left on the disk. Free space before numbers stop.",
    "clock-untrusted": (
        "The box doesn't know the time yet: slips bear no time, and a person opens the day. "
        "Connect the line, or set the clock."
    ),
    "clock-doubtful": ("The clock has jumped and isn't believed now. Compare it with your watch and confirm it."),
    "country-unknown": (
        "The plan names a country whose public calendar isn't known: only the office's own days off count. "
        "Correct the country in the plan."
    ),
    "calendar-missing": (
        "The public calendar isn't installed: only the office's own days off count. Install the package again."
    ),
    "calendar-failed": (
        "The public calendar could not be read: only the office's own days off count. It is tried again in an hour."
    ),
    "writer-stopped": ("The database takes no changes any more. Restart the box; nothing that was shown is lost."),
    "internal-errors": (
        "Some requests were refused by an error of the program: {errors}. Send the journal to the developers."
    ),
    "plan-wrong": "plan.toml has mistakes, so the plan in force stays. Check the file: talon plan check.",
    "plan-older": (
        "plan.toml has a lower version than the plan in force, which stays. Raise its version if it is the right one."
    ),
    "plan-refused": (
        "plan.toml lacks a service or a desk that is in use, so the plan in force stays. "
        "Restart the box after the day is closed."
    ),
    "not-in-plan": "hardware.toml names {name}, which the plan doesn't know: its key is refused. Correct one of them.",
    "check-plan": "Compare plan.toml and hardware.toml.",
    "run-doctor": "Open the technician's page: it says what to do.",
    "check-hardware-toml": "Check the pins in hardware.toml.",
    "free-the-key": "Free the key, or replace the panel.",
    "connect-printer": "Connect the printer's cable.",
    "check-power": "Check the printer's power and its switch.",
    "load-paper": "Load a roll of paper.",
    "close-cover": "Close the printer's cover until it clicks.",
    "restart-printer": "Switch the printer off, clear the paper path, switch it on.",
    "press-feed": "Press the printer's feed button once.",
    "connect-loudspeaker": "Connect a loudspeaker.",
    "set-replica": "Set the target of the copy in office.toml.",
    "check-replica-target": "Check the place where the copy is written.",
    "check-line": "Check the network cable and the line.",
    "free-disk": "Free space on the disk: old journals and packages go first.",
    "confirm-clock": "Compare the clock with your watch and confirm it on this page.",
    "restart": "Restart the box.",
    "send-journal": "Send the box's log to the developers.",
    "target-refused": "The place of the copy refuses the key. Check the key and its rights.",
    "target-not-writable": "The place of the copy can't be written to. Check its rights.",
    "target-missing": ("The place of the copy isn't there. Plug in the stick, or check the name of the bucket."),
    "target-unreachable": "The place of the copy can't be reached. Check the line.",
    "target-wiped": (
        "The place of the copy has been emptied. A full copy is being made anew; find out who emptied it."
    ),
    "database-busy": ("The database is busy with something else. Close other programs that have it open."),
    "already-running": "Another copying process is running already. Stop it, or restart the box.",
    "litestream-ended": ("The copying program ended and is being started again. If it repeats, look at the box's log."),
    "see-error": "The copying program reports an error. Its text is in the box's log.",
    "secret-unreadable": ("The key file of the copy can't be read. Check that it exists and who owns it."),
    "not-enrolled": "This box isn't enrolled at the centre, so nothing is copied there. Run talon enrol with a token.",
    "not-bound": (
        "The centre doesn't know yet which incarnation this box writes. It is told as soon as the line is there."
    ),
    "other-incarnation": (
        "The keys belong to another card of this office. A card is never copied: enrol this box anew."
    ),
    "keys-unreadable": (
        "The keys for the centre can't be read. Check the folder “keys” and who owns it, or enrol the box anew."
    ),
    "no-stunnel": "The program for the encrypted way to the centre isn't installed. Install the package stunnel4.",
    "port-taken": "The port of the encrypted way to the centre is taken. Restart the box.",
    "certificate-expired": (
        "The certificate of this box has expired. Check the clock; "
        "it is renewed by itself as soon as the centre answers."
    ),
    "certificate-refused": (
        "The centre doesn't take the certificate of this box. Ask the centre whether the device was shut out."
    ),
    "not-the-centre": (
        "Whoever answers at the centre's address isn't the centre. Nothing was sent. "
        "Check the address and tell the centre."
    ),
    "waiting-for-database": "The copy begins as soon as the database exists. Nothing to do.",
    "output-exists": "There is a database at that place already. Move it away first.",
}
"""Reasons and hints of devices and of the live copy."""

TITLES: Mapping[int, str] = {
    400: "The request can't be read",
    401: "Sign in first",
    403: "Not allowed",
    404: "Not found",
    405: "Wrong method",
    409: "Not possible now",
    413: "Too large",
    415: "Wrong kind of content",
    421: "Unknown name of the box",
    422: "Check what was entered",
    429: "Too many tries",
    500: "Error inside the box",
    503: "Try again in a moment",
}
"""The title of a problem by its status: it names no number, so that it stays the same from case to case."""

UNKNOWN = "Something is out of order ({code}). Tell the technician."
"""For a code that has no sentence yet."""

SENTENCES: Mapping[str, str] = {**DEVICES, **LINK, **DRIVERS, **doctor_sentences.SENTENCES, **HOURS, **API, **RULES}
