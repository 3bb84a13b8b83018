"""Every call is heard once before any is repeated; a repeat is a favour, and what is dropped is counted."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.domain.calling import CallBack, CallNext, HearCall, Miss, Recall
from appliance.domain.message import Command
from appliance.domain.office import TicketState
from appliance.domain.serving import Start
from appliance.domain.tickets import TakeTicket
from appliance.domain.undoing import UndoLast
from appliance.store.writer import QueueWriter
from appliance.workers.announcing import LATE_S, REPEAT_AFTER_S, AnnouncingWorker, Counts, unheard
from hardware.ports import DeviceState, Utterance
from hardware.simulator.voice import VirtualVoice
from hardware.sound.silent import SilentVoice
from hardware.sound.vocabulary import CLIPS, PAUSE, clip_of
from tests.plans import hall_of
from tests.store.rig import Office

DESKS = 14
SPEECH_S = 6.5
"""How long an announcement takes on the virtual clock."""

PATIENCE_S = 30.0


@pytest.fixture
def hall(office: Office) -> QueueWriter:
    office.do(TakeTicket("consult"))
    return office.writer


@pytest.fixture
def full_house(tmp_path: Path) -> Iterator[Office]:
    """Fourteen desks, and a visitor for each: every other one took the ticket in Ukrainian."""
    made = Office(tmp_path / "queue.db", hall_of(DESKS))
    made.furnish()
    for number in range(DESKS):
        made.do(TakeTicket("service-1", language="uk" if number % 2 else "ru", paper=False))
    yield made
    made.stop()


@pytest.fixture
def morning(full_house: Office) -> QueueWriter:
    return full_house.writer


def ask(writer: QueueWriter, command: Command) -> None:
    writer.submit(command, actor="test").result(PATIENCE_S)


def settle(writer: QueueWriter) -> None:
    """Whatever waits before it is in the book."""
    ask(writer, HearCall(0, 0))


def speak(writer: QueueWriter, worker: AnnouncingWorker) -> None:
    while worker.announce_one():
        settle(writer)


class VirtualHall:
    """The announcing worker on a clock of its own, which moves on while somebody speaks."""

    def __init__(self, writer: QueueWriter, speech_s: float = SPEECH_S) -> None:
        self.writer, self.now, self.speech_s = writer, 0.0, speech_s
        self.voice = VirtualVoice()
        self.worker = AnnouncingWorker(writer, self, repeats=True, now=lambda: self.now)
        self.begun: list[float] = []

    @property
    def languages(self) -> frozenset[str]:
        return self.voice.languages

    def say(self, utterance: Utterance) -> bool:
        self.begun.append(self.now)
        heard = self.voice.say(utterance)
        self.now += self.speech_s if heard else 0.0
        return heard

    def play_chime(self) -> bool:
        return self.voice.play_chime()

    def state(self) -> DeviceState:
        return self.voice.state()

    def close(self) -> None:
        self.voice.close()

    def texts(self) -> list[str]:
        return [spoken.text for spoken in self.voice.heard()]

    def places(self) -> list[str]:
        """The desks that were said, in words."""
        return [text.split(", ")[1] for text in self.texts()]

    def step(self) -> bool:
        spoke = self.worker.announce_one()
        settle(self.writer)
        return spoke

    def run(self, until: float) -> None:
        """Announce whatever there is to be announced until then."""
        while self.now < until:
            if not self.step():
                self.now += 1.0


def test_each_call_of_one_ticket_is_spoken(hall: QueueWriter) -> None:
    voice = VirtualVoice()
    worker = AnnouncingWorker(hall, voice)
    acts: list[list[Command]] = [
        [CallNext(1)],
        [UndoLast(1), CallNext(1)],
        [Recall(1)],
        [Miss(1), CallBack(1)],
    ]
    for number, commands in enumerate(acts, start=1):
        for command in commands:
            ask(hall, command)
        speak(hall, worker)
        assert len(voice.heard()) == number, commands
        assert hall.office.tickets[1].heard is not None, commands
    assert worker.counts == Counts(spoken=4)


def test_an_old_announcement_does_not_make_a_new_call_heard(hall: QueueWriter) -> None:
    ask(hall, CallNext(1))
    old = hall.office.tickets[1].called
    assert old is not None
    ask(hall, UndoLast(1))
    ask(hall, CallNext(1))
    ask(hall, HearCall(1, 1, old.seq))
    assert [ticket.id for ticket in unheard(hall.office)] == [1]


def test_what_was_spoken_and_not_booked_is_told_again_but_not_spoken_again(hall: QueueWriter) -> None:
    voice = VirtualVoice()
    worker = AnnouncingWorker(hall, voice)
    ask(hall, CallNext(1))
    told, hall.submit = hall.submit, lambda *_, **__: None  # type: ignore[method-assign,assignment,return-value]
    assert worker.announce_one()
    hall.submit = told  # type: ignore[method-assign]
    assert not worker.announce_one()
    worker.tell_again()
    settle(hall)
    assert hall.office.tickets[1].heard is not None
    assert len(voice.heard()) == 1


def test_fourteen_calls_at_once_in_two_languages_are_all_heard_in_their_order(morning: QueueWriter) -> None:
    hall = VirtualHall(morning)
    for desk in range(1, DESKS + 1):
        ask(morning, CallNext(desk))
    for number in range(1, DESKS + 1):
        assert morning.office.tickets[number].heard is None
        assert hall.step()
        assert morning.office.tickets[number].heard is not None
    assert [spoken.language for spoken in hall.voice.heard()] == ["ru", "uk"] * (DESKS // 2)
    assert hall.texts()[0] == "Талон А один, окно один"
    assert hall.texts()[13] == "Талон А чотирнадцять, вікно чотирнадцять"
    assert len(set(hall.texts())) == DESKS
    assert hall.worker.counts == Counts(spoken=DESKS)
    # Nobody has come yet. The repeats that are not late by now are heard, the others are dropped and counted.
    first_at = [number * SPEECH_S for number in range(DESKS)]
    hall.run(until=DESKS * SPEECH_S + 2 * LATE_S)
    counts = hall.worker.counts
    assert counts.spoken == DESKS
    assert counts.repeated + counts.repeats_dropped == DESKS
    assert counts.repeated > 0
    assert counts.repeats_dropped > 0
    repeated = hall.texts()[DESKS:]
    assert len(repeated) == len(set(repeated)) == counts.repeated
    for text, at in zip(repeated, hall.begun[DESKS:], strict=True):
        age = at - first_at[hall.texts().index(text)] - SPEECH_S
        assert REPEAT_AFTER_S <= age < LATE_S


def test_a_call_is_noted_as_heard_once_and_not_again_at_its_repeat(full_house: Office) -> None:
    hall = VirtualHall(full_house.writer)
    ask(full_house.writer, CallNext(1))
    hall.run(until=90.0)
    assert hall.worker.counts == Counts(spoken=1, repeated=1)
    assert hall.texts() == ["Талон А один, окно один"] * 2
    assert full_house.query("SELECT count(*) FROM journal WHERE kind = 'CallHeard'") == [(1,)]


def test_a_first_call_goes_before_a_repeat_that_is_due(morning: QueueWriter) -> None:
    hall = VirtualHall(morning)
    ask(morning, CallNext(1))
    assert hall.step()
    hall.now += REPEAT_AFTER_S
    ask(morning, CallNext(2))
    ask(morning, CallNext(3))
    for _ in range(3):
        assert hall.step()
    assert hall.places() == ["окно один", "вікно два", "окно три", "окно один"]


def test_nobody_is_called_once_more_who_has_come(morning: QueueWriter) -> None:
    hall = VirtualHall(morning)
    ask(morning, CallNext(1))
    assert hall.step()
    ask(morning, Start(1))
    hall.run(until=90.0)
    assert hall.worker.counts == Counts(spoken=1, repeats_dropped=1)


def test_a_call_whose_ticket_is_no_longer_called_is_dropped_and_counted(morning: QueueWriter) -> None:
    hall = VirtualHall(morning)
    for desk in (1, 2, 3):
        ask(morning, CallNext(desk))
    assert hall.step()
    ask(morning, UndoLast(2))
    while hall.step():
        pass
    assert hall.places() == ["окно один", "окно три"]
    assert hall.worker.counts == Counts(spoken=2, dropped=1)


def test_a_recall_speaks_again_and_takes_the_place_of_the_repeat(morning: QueueWriter) -> None:
    hall = VirtualHall(morning)
    ask(morning, CallNext(1))
    assert hall.step()
    ask(morning, Recall(1))
    assert morning.office.tickets[1].heard is None
    assert hall.step()
    assert morning.office.tickets[1].heard is not None
    hall.run(until=120.0)
    assert hall.worker.counts == Counts(spoken=2, repeated=1, repeats_dropped=1)


def test_one_who_recalls_again_and_again_keeps_nobody_from_being_heard(morning: QueueWriter) -> None:
    hall = VirtualHall(morning)
    for desk in range(1, 6):
        ask(morning, CallNext(desk))
    for _ in range(10):
        ask(morning, Recall(1))
        assert hall.step()
    assert hall.places()[:6] == ["окно один", "вікно два", "окно три", "вікно чотири", "окно пять", "окно один"]


def test_who_was_never_heard_goes_before_a_recall_of_the_same_moment(morning: QueueWriter) -> None:
    hall = VirtualHall(morning)
    ask(morning, CallNext(1))
    assert hall.step()
    ask(morning, Recall(1))
    ask(morning, CallNext(2))
    assert hall.step()
    assert hall.step()
    assert hall.places() == ["окно один", "вікно два", "окно один"]


def test_a_ticket_that_is_recalled_before_it_was_spoken_keeps_its_place(morning: QueueWriter) -> None:
    hall = VirtualHall(morning)
    for desk in (1, 2, 3):
        ask(morning, CallNext(desk))
    assert hall.step()
    ask(morning, Recall(2))
    assert hall.step()
    assert hall.texts()[-1] == "Талон А два, вікно два"
    assert hall.worker.counts.dropped == 0


def test_without_repeats_a_call_is_spoken_once(morning: QueueWriter) -> None:
    hall = VirtualHall(morning)
    hall.worker = AnnouncingWorker(morning, hall, now=lambda: hall.now)
    ask(morning, CallNext(1))
    hall.run(until=120.0)
    assert hall.worker.counts == Counts(spoken=1)


def test_where_there_is_no_voice_the_board_alone_is_the_call(morning: QueueWriter) -> None:
    worker = AnnouncingWorker(morning, SilentVoice(), repeats=True)
    ask(morning, CallNext(1))
    assert worker.announce_one()
    settle(morning)
    assert morning.office.tickets[1].heard is not None
    assert not worker.announce_one()
    assert worker.counts == Counts(silent=1)


def test_a_loudspeaker_that_is_back_in_time_speaks_the_repeat(morning: QueueWriter) -> None:
    hall = VirtualHall(morning)
    hall.voice.unplug()
    ask(morning, CallNext(1))
    ask(morning, CallNext(2))
    assert hall.step()
    assert hall.step()
    assert morning.office.tickets[2].heard is not None
    hall.voice.plug()
    hall.now = REPEAT_AFTER_S
    ask(morning, Start(2))
    assert hall.step()
    assert not hall.step()
    assert hall.texts() == ["Талон А один, окно один"]
    assert hall.worker.counts == Counts(silent=2, repeated=1, repeats_dropped=1)


@pytest.mark.parametrize(("spoken", "expected"), [("ru uk", "ru"), ("uk", "uk"), ("ru uk en", "en")])
def test_a_language_without_a_voice_is_called_in_the_first_of_the_office(
    office: Office, spoken: str, expected: str
) -> None:
    office.do(TakeTicket("consult", language="en"))
    office.do(CallNext(1))
    voice = VirtualVoice(languages=frozenset(spoken.split()))
    assert AnnouncingWorker(office.writer, voice).announce_one()
    assert voice.heard()[0].language == expected
    assert voice.heard()[0].text.startswith("Ticket" if expected == "en" else "Талон")


def test_only_number_and_desk_are_said(morning: QueueWriter) -> None:
    """Every word has a clip, and no clip is a name or a service."""
    hall = VirtualHall(morning)
    for desk in range(1, DESKS + 1):
        ask(morning, CallNext(desk))
    while hall.step():
        pass
    plan = morning.office.plan
    assert plan is not None
    for spoken in hall.voice.heard():
        assert all(word == PAUSE or clip_of(word) in CLIPS for word in spoken.words)
        for service in plan.services.values():
            assert not any(name in spoken.text for name in service.name.texts.values())


def test_what_goes_wrong_with_one_call_keeps_no_other_from_being_heard(morning: QueueWriter) -> None:
    class Hoarse(VirtualVoice):
        def say(self, utterance: Utterance) -> bool:
            if "один" in utterance.text:
                raise RuntimeError("hoarse")
            return super().say(utterance)

    voice = Hoarse()
    worker = AnnouncingWorker(morning, voice)
    for desk in (1, 2):
        ask(morning, CallNext(desk))
    speak(morning, worker)
    assert [spoken.text for spoken in voice.heard()] == ["Талон А два, вікно два"]
    assert worker.counts == Counts(spoken=1, silent=1)
    assert unheard(morning.office) == []


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = monotonic() + PATIENCE_S
    while not holds():
        assert monotonic() < deadline, "it never came true"
        sleep(0.01)


def test_the_thread_speaks_fourteen_simultaneous_calls(morning: QueueWriter) -> None:
    voice = VirtualVoice(seconds=0.02)
    worker = AnnouncingWorker(morning, voice, repeats=True)
    worker.start()
    desks = [threading.Thread(target=ask, args=(morning, CallNext(desk))) for desk in range(1, DESKS + 1)]
    for desk in desks:
        desk.start()
    for desk in desks:
        desk.join(PATIENCE_S)
    wait_until(lambda: len(voice.heard()) == DESKS and unheard(morning.office) == [])
    worker.stop()
    assert len({spoken.text for spoken in voice.heard()}) == DESKS


ACTS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["call", "recall", "start", "undo", "miss", "back"]), st.integers(1, 4)),
        st.tuples(st.just("speak"), st.integers(1, 3)),
        st.tuples(st.just("wait"), st.integers(1, 40)),
    ),
    max_size=30,
)
COMMANDS: dict[str, Callable[[int], Command]] = {
    "call": CallNext,
    "recall": Recall,
    "start": Start,
    "undo": UndoLast,
    "miss": Miss,
    "back": CallBack,
}


@settings(max_examples=25, deadline=None)
@given(acts=ACTS)
def test_whatever_happens_every_call_that_stands_is_heard_and_first_calls_go_first(
    tmp_path_factory: pytest.TempPathFactory, acts: list[tuple[str, int]]
) -> None:
    made = Office(tmp_path_factory.mktemp("hall") / "queue.db", hall_of(4))
    try:
        made.furnish()
        for _ in range(8):
            made.do(TakeTicket("service-1", language="ru", paper=False))
        hall = VirtualHall(made.writer, speech_s=3.0)
        for act, number in acts:
            if act == "wait":
                hall.now += number
            elif act == "speak":
                for _ in range(number):
                    waiting = unheard(made.writer.office)
                    before = hall.worker.counts
                    hall.step()
                    after = hall.worker.counts
                    if waiting:
                        assert (after.spoken, after.repeated) == (before.spoken + 1, before.repeated)
            else:
                made.submit(COMMANDS[act](number)).exception(PATIENCE_S)
        while unheard(made.writer.office):
            assert hall.step()
        called = [t for t in made.writer.office.tickets.values() if t.state is TicketState.CALLED]
        for ticket in called:
            assert ticket.heard is not None
    finally:
        made.stop()
