"""What the doctor and the technician's acts say, as English sentences by code; `doctor_words` tells them.

A code of a device that `words` knows already has a shorter sentence here, `found-<code>`: the doctor tells what is
wrong and what to do in two sentences, where a row of a list has one for both.
"""

from __future__ import annotations

from collections.abc import Mapping

BOX: Mapping[str, str] = {
    "under-voltage": "The supply voltage is too low right now: the card may be damaged.",
    "under-voltage-earlier": "The supply voltage has dropped too low since the box was switched on.",
    "replace-power-supply": (
        "Take the original power supply with its own cable. Unplug everything but power and network: if the fault "
        "stays, replace the supply; if it goes, one device draws too much, so give it a supply of its own."
    ),
    "too-hot": "The processor is at {degrees}\u00a0°C and slows itself down.",
    "cool-the-box": "Free the openings of the case, keep it away from heaters and sunlight, and check the fan.",
    "temperature": "{degrees}\u00a0°C",
    "no-clock-chip": (
        "There is no clock that runs without power: after a power cut without a line the box doesn't know the date."
    ),
    "fit-clock-chip": "Fit a DS3231 clock module and add its line to config.txt. Until then a person opens the day.",
    "battery-not-charged": "The clock's battery isn't being charged: after some days without power the clock stops.",
    "charge-clock-battery": (
        "Make sure that the battery is a rechargeable one, then switch its charging on in config.txt."
    ),
    "port-not-there": "{port} isn't there.",
    "plug-in-or-correct-port": (
        "Plug the cable in. If the port stays away, try another cable, then another socket; if it appears under "
        "another name, correct hardware.toml."
    ),
    "port-denied": "The office may not use {port}; the group {group} may.",
    "join-group": "Add the user talon to the group {group}, then restart the office.",
    "port-name-changes": "{port} may have another name after the next restart.",
    "use-lasting-name": "Write {lasting} into hardware.toml instead.",
    "port-no-device": "{port} is an ordinary file, not a device.",
    "console-on-port": "The system's console writes to {port} too ({console}).",
    "free-serial-console": "Take {console} out of cmdline.txt, switch the serial console off, and restart the box.",
    "spi-missing": "{device} isn't there: SPI is switched off.",
    "enable-spi": "Switch SPI on in config.txt and restart the box.",
}
"""What the operating system says of the box."""

WIRING: Mapping[str, str] = {
    "pins-by": "reached through {factory}",
    "pins-by-fallback": "They are reached through {factory}, the second choice: {trouble}.",
    "install-gpiod": "The keys work. Install Talon's package again, so that gpiod is there, and restart the office.",
    "cycle-computed": "reading all keys takes {computed}\u00a0ms by computation, {allowed}\u00a0ms are allowed",
    "cycle-measured": (
        "reading all keys takes {measured}\u00a0ms, {computed}\u00a0ms by computation, {allowed}\u00a0ms are allowed"
    ),
    "cycle-slow": (
        "Reading all keys takes {measured}\u00a0ms instead of {computed}\u00a0ms: a short press may get lost."
    ),
    "check-bus-wiring": (
        "Check both wires, the common ground and the 120\u00a0Ω resistors at the two ends. Then disconnect one module "
        "after the other: if the bus is fast without one of them, replace that module or its cable."
    ),
    "keys-well": "at rest and readable: {count}",
    "found-key-stuck": "The key has been held down for a long time and is left out of account.",
    "found-free-the-key": (
        "Free the key. If that doesn't help, disconnect its wire ({point}): if the fault goes, replace the key or its "
        "cable, else the input board."
    ),
    "found-pin-unavailable": "The office can't claim this pin ({point}).",
    "found-check-hardware-toml": (
        "Another program, or a line of config.txt, holds the pin. Free it, or put the wire on another pin and correct "
        "hardware.toml."
    ),
    "found-pin-unreadable": "The pin can't be read any more ({point}).",
    "found-run-doctor": "Restart the office. If it comes back, put the wire on another pin, or replace the board.",
    "module-silent": "It doesn't answer.",
    "check-module": (
        "Look whether its lamp is lit. Put a module that answers in its place, set to address {address}: if that one "
        "answers there, replace the module; if it is silent too, look at the supply and at the two wires."
    ),
    "module-refuses": "It answers, but refuses what it is asked (function {function}, code {code}).",
    "check-module-config": "Compare its inputs, outputs and latch in hardware.toml with its papers.",
    "display-silent": "It doesn't answer.",
    "check-display": (
        "Look whether it is lit. Put a display that works in its place, set to address {address}: if that one shows "
        "numbers there, replace the display; if it stays dark too, look at the supply and at the two wires."
    ),
    "display-refuses": "It answers, but refuses what it is sent (function {function}, code {code}).",
    "check-display-config": "Compare its register, digits and encoding in hardware.toml with its papers.",
    "port-busy": "Another program uses {port}.",
    "free-port": "End that program (fuser -v {port} names it) or the serial console, then restart the office.",
    "connect-bus": (
        "Plug the adapter in. If the port stays away, take another cable, then another socket, then another adapter: "
        "what helps is what was broken."
    ),
    "keypad-missing": "It isn't plugged in.",
    "connect-keypad": (
        "Plug it into the same socket: it is known by that. If it stays away, try it at another computer: dead there "
        "too, it is the keypad, else the socket."
    ),
    "keypad-shared": "Another program reads this keypad too: a press may reach it instead of the queue.",
    "restart-office": "End that program, then restart the office.",
    "loop-cut": "The loop is open: a wire is cut, or the button doesn't come back.",
    "check-loop": (
        "Bridge its two wires at the box ({point}): if the fault goes, the cable or the button outside is broken, "
        "else the input."
    ),
    "on-battery": "The mains are away, the box runs on its battery.",
    "check-mains": (
        "Look at the fuse and at the plug. If there is power, bridge the contact at the box ({point}): if the warning "
        "goes, the relay is broken, else the input."
    ),
    "found-gpio-missing": "The pins of the board can't be reached, so no key that is wired to them acts.",
}
"""Pins, buses and keys."""

DEVICES: Mapping[str, str] = {
    "found-paper-out": "The paper has run out: numbers appear on the screen only.",
    "found-paper-near-end": "The paper is running out.",
    "found-cover-open": "The cover is open.",
    "found-offline": "It has been switched to pause.",
    "found-printer-error": "It reports a fault of the cutter or of the head.",
    "found-port-missing": "It isn't found at its port.",
    "found-connect-printer": (
        "Plug its cable in at both ends. If it stays away, take another cable, then another USB socket: what helps is "
        "what was broken."
    ),
    "found-silent": "It is connected but doesn't answer.",
    "found-check-power": (
        "Switch it on and look at its lamp. If it is lit, take another data cable; if it still says nothing, compare "
        "speed and flow control in hardware.toml with the printer's own settings slip."
    ),
    "found-check-printer-network": (
        "Look at the lamps of its network socket, and compare its address with the slip of its own settings. If it "
        "answers at another address, correct hardware.toml, else take another cable."
    ),
    "found-no-loudspeaker": "No loudspeaker is connected: calls appear on the board only.",
    "found-no-voice": "No loudspeaker is connected: calls appear on the board only.",
    "found-not-started": "It hasn't been started yet.",
    "found-no-replica": "No live copy is set up: a dead card would take today's queue along.",
    "found-replica-stopped": "The live copy has stopped; the queue goes on.",
    "found-replica-behind": "The live copy is {lag}\u00a0s behind.",
    "found-disk-low": "{gigabytes}\u00a0GB are left.",
    "found-disk-full": "There is no space left: visitors are called, but no new numbers are given out.",
    "found-clock-untrusted": "The box doesn't know the time yet: slips bear no time, and a person opens the day.",
    "found-clock-doubtful": "The clock has jumped and isn't believed now.",
    "found-confirm-clock": "Compare the clock with your watch and confirm it on the technician's page.",
    "found-writer-stopped": "The database takes no changes any more; nothing that was shown is lost.",
    "found-internal-errors": "Some requests were refused by an error of the program: {errors}.",
    "found-plan-wrong": "plan.toml has mistakes, so the plan in force stays.",
    "found-not-in-plan": "hardware.toml names {name}, which the plan doesn't know: its key is refused.",
}
"""What a device reports, without the advice that its own sentence gives along."""

WELL: Mapping[str, str] = {
    "well-power": "strong enough",
    "well-clock-chip": "runs without power",
    "well-port": "{port} is there and may be used",
    "well-serial-console": "leaves this port alone",
    "well-spi": "{device} is there",
    "well-bus": "answers",
    "well-module": "answers",
    "well-keypad": "answers",
    "well-display": "answers",
    "well-printer": "answers and has paper",
    "well-board": "shows the calls",
    "well-voice": "ready",
    "well-bell": "the loop is whole and at rest",
    "well-power-contact": "the mains are there",
    "well-buttons": "at rest and readable",
    "well-clock": "the box says {time}",
    "well-disk": "{gigabytes}\u00a0GB are free",
    "well-replica": "written to {target}, {lag}\u00a0s behind",
    "well-store": "takes changes",
}
"""What a check says that found nothing wrong, by `well-<check>`: it follows the name of what was checked."""

ACTS: Mapping[str, str] = {
    "doctor-print-printed": "The test came out: the printer itself has confirmed it.",
    "doctor-print-sent": "The test was sent. This printer can't confirm it: look whether the paper came out whole.",
    "doctor-print-unknown": (
        "The printer fell silent in the middle. Look whether the paper came out whole, check its cable."
    ),
    "doctor-print-failed": "Nothing was printed.",
    "doctor-print-no-printer": "hardware.toml names no printer.",
    "doctor-chime": "The chime was played. Heard nothing? Check the loudspeaker's power, volume and cable.",
    "doctor-no-chime": "The chime could not be played. See the row of the loudspeaker for why.",
    "doctor-boards": (
        "All dots and digits light up for some seconds; displays: {count}. Look whether one of them stays dark."
    ),
    "doctor-no-boards": "hardware.toml names no display that could show a test picture.",
    "walk-begun": "Press every key once. That press does nothing in the queue.",
    "walk-ended": "The walk is over: every key acts again.",
    "lesson-begun": "Press the keys of {desk_word:name} {desk} one after the other, as the page asks for them.",
    "lesson-again": "Begun anew. Press NEXT first.",
    "lesson-saved": (
        "Saved in hardware.toml; what was there before lies beside it as hardware.toml.before. It counts after a "
        "restart."
    ),
    "lesson-ended": "The lesson is over; nothing was written.",
    "key-taken": "This key belongs to “{owner}” already ({point}). Press another one, or correct that one first.",
    "key-elsewhere": (
        "This key hangs elsewhere ({point}) than the first one. The three keys of a panel lie on one bus and one "
        "module: press one of these, or begin anew."
    ),
    "letters-saved": (
        "Line {number} is saved: slips will be set in the printer's own letters, {codepage} in slot {slot}. It counts "
        "after a restart."
    ),
    "letters-drawn": "Saved: slips will be drawn dot by dot, which every printer can do. It counts after a restart.",
    "restarting": "The office begins again. This takes some seconds; the page goes on by itself.",
}
"""What came out of an act of the technician."""

COMMAND: Mapping[str, str] = {
    "doctor-actions": "There is no such action. Choose one of: {actions}.",
    "doctor-summary": (
        "Faults: {faults}, warnings: {warnings}, in order: {well}. The examination took {seconds}\u00a0s."
    ),
    "doctor-no-remedy": "There is nothing that lines in a file could mend.",
    "doctor-in-a-shell": "in a shell, as root",
    "doctor-press-each": "Press every key once; keys: {count}. Ctrl-C ends it.",
    "hardware-toml": "{mistake}.",
    "correct-hardware-toml": "Correct hardware.toml, check it with talon hardware check, then restart the office.",
}
"""What `talon doctor` says on the command line."""

REFUSALS: Mapping[str, str] = {
    "no-devices": "This office was started without its devices. Open the page of the box itself.",
    "no-printer": "hardware.toml names no printer. Add one, then restart the office.",
    "no-lesson": "No panel is being learnt now. Choose where, then begin.",
    "lesson-unfinished": "Not all three keys have been pressed. Press the missing ones, then save.",
    "unknown-line": "The test slip has no line {number}. Look at the slip again.",
    "hardware-has-mistakes": "hardware.toml would have mistakes, so it stays as it is: {mistakes}",
    "hardware-not-saved": (
        "hardware.toml could not be written, so it stays as it is: {error}. Check its owner and the disk, then save "
        "again."
    ),
    "slip-has-mistakes": "The slip can't be drawn so: {mistakes}. Correct its template or its logo.",
    "no-restart": "This office can't begin again by itself. Restart its service on the box.",
}
"""What the technician's routes refuse."""

SENTENCES: Mapping[str, str] = {**BOX, **WIRING, **DEVICES, **WELL, **ACTS, **COMMAND, **REFUSALS}

TITLES: Mapping[str, str] = {
    "power": "Power supply",
    "power-contact": "Contact of the mains",
    "heat": "Processor",
    "clock-chip": "Clock chip",
    "port": "Port of the bus {subject}",
    "port-printer": "Port of the printer",
    "serial-console": "Serial console",
    "spi": "SPI of the display {subject}",
    "pins": "Pins of the board",
    "cycle": "Speed of the bus {subject}",
    "buttons": "Keys",
    "bus": "Bus {subject}",
    "module": "Module {module} of the bus {bus}",
    "keypad": "USB keypad {subject}",
    "display": "Number display {subject}",
    "printer": "Ticket printer",
    "board": "Display {subject}",
    "voice": "Loudspeaker",
    "bell": "Call bell {subject}",
    "clock": "Clock",
    "disk": "Memory card",
    "replica": "Live copy of the database",
    "store": "Database",
    "plan": "Plan",
    "config": "hardware.toml",
}
"""What was looked at, by the check's code."""

CONTROLS: Mapping[str, str] = {
    "desk": "{desk_word:Name} {name}, key {key}",
    "panel": "{desk_word:Name} {name}, panel",
    "kiosk": "Kiosk, key “{service}”",
    "bell": "Call bell {name}",
    "answer": "Answer to the bell {name}",
    "power": "Contact of the mains",
}
"""How a key is called, by the first part of its name in hardware.toml."""

VERDICTS: Mapping[str, str] = {
    "fault": "Out of order",
    "warning": "Attention",
    "well": "In order",
}
"""How a check ended."""

CAPS: Mapping[str, str] = {
    "next": "NEXT",
    "repeat": "REPEAT",
    "finish": "FINISH",
}
"""The three keys of a panel."""

POINTS: Mapping[str, str] = {
    "gpio": "GPIO\u00a0{line}, contact J8:{contact}",
    "module": "bus {bus}, module\u00a0{module}, input\u00a0{line}",
    "keypad": "keypad {bus}, key {line}",
}
"""Where a wire ends."""
