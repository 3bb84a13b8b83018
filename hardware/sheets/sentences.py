"""What the sheets say, as English sentences by code; `render_sheet` is given the reader's language."""

from __future__ import annotations

from collections.abc import Mapping

SHEETS: Mapping[str, str] = {
    "wiring": "Wiring",
    "parts": "Parts list",
    "labels": "Labels",
    "commissioning": "Taking into use",
    "lead-wiring": (
        "Every wire of this office once. Write its number on both of its ends; tick it when it is connected."
    ),
    "lead-parts": "Counted from hardware.toml. Measure the cables on the spot and write the metres in.",
    "lead-labels": "Cut along the lines. A wire has two labels, one for each end.",
    "lead-commissioning": (
        "Try everything here with the office running, write in what you found, and sign. The box itself helps: "
        "talon doctor, talon doctor buttons."
    ),
    "simulated": ('This hardware.toml says mode = "simulated": nothing on this sheet is used before it says "real".'),
    "nothing": "Nothing in hardware.toml belongs on this sheet.",
    "fill-date": "Date",
    "fill-by": "Done by",
}
"""What each paper is, and what stands at its head."""

HEADINGS: Mapping[str, str] = {
    "head-before": "Before you connect",
    "head-header": "Header of the Pi (J8)",
    "head-module": "Bus {bus}, module {address}",
    "head-keypad": "USB keypad {bus}",
    "head-chain": "RS-485 line {bus}",
    "head-strip": "Line of dots “{board}”",
    "head-panels": "Panels of the desks",
    "head-keys": "Keys",
    "head-lights": "Lamps, buzzers, relays",
    "head-stations": "Modules and displays",
    "head-wires": "Ends of the wires",
    "head-signatures": "Signatures",
    "head-remarks": "Remarks",
    "group-box": "The box",
    "group-panels": "Panels and ticket buttons",
    "group-bells": "Call bells",
    "group-bus": "RS-485",
    "group-paper": "Printer and paper",
    "group-boards": "Boards and voice",
    "group-small": "Small parts",
    "group-cables": "Cables",
    "group-end": "At the end",
}
"""Of groups and of tables."""

COLUMNS: Mapping[str, str] = {
    "col-number": "No.",
    "col-done": "Done",
    "col-what": "What",
    "col-bcm": "BCM",
    "col-contact": "Contact of J8",
    "col-terminal": "Terminal",
    "col-cap": "Key of the keypad",
    "col-notes": "Mind",
    "col-core": "Colour of the core",
    "col-place": "Place in the line",
    "col-station": "Device",
    "col-address": "Address",
    "col-end": "End of the line",
    "col-signal": "Terminal of the board",
    "col-count": "Count",
    "col-got": "Bought",
    "col-wire": "Wire",
    "col-rest": "Level at rest",
    "col-found": "Found",
    "col-pressed": "Pressed, seen",
    "col-lit": "Works",
    "col-try": "Try",
    "col-wanted": "Must come out",
    "col-role": "Who",
    "col-name": "Surname and initials",
    "col-signature": "Signature",
}
"""Heads of columns."""

WIRES: Mapping[str, str] = {
    "next": "NEXT",
    "repeat": "REPEAT",
    "finish": "FINISH",
    "desk": "Desk {desk}",
    "desks": "Desks {desks}",
    "no-desks": "No keys of a desk",
    "wire-key": "Desk {owner}, key {key}",
    "wire-lamp": "Desk {owner}, lamp",
    "wire-ticket": "Ticket button “{owner}”",
    "wire-power": "Power-fail contact",
    "wire-bell-press": "Bell {owner}, loop",
    "wire-bell-answer": "Bell {owner}, answer key inside",
    "wire-bell-heard": "Bell {owner}, lamp “heard”",
    "wire-bell-coming": "Bell {owner}, lamp “coming”",
    "wire-bell-buzzer": "Bell {owner}, buzzer inside",
    "wire-bell-reset": "Bell {owner}, reset of the latch relay",
    "input": "input {line}",
    "output": "output {line}",
    "point-header": "GPIO {line}, J8:{contact}",
    "point-input": "{bus} {module}, input {line}",
    "point-output": "{bus} {module}, output {line}",
    "point-keypad": "{bus}, key {line}",
    "label-bell": "Call for help",
    "label-answer": "Coming to {owner}",
    "label-speed": "{baud} baud",
}
"""What hangs on a wire, and where it ends."""

STATIONS: Mapping[str, str] = {
    "station-adapter": "USB adapter at the box",
    "station-module": "Module",
    "station-display": "Digit display",
    "station-inputs": "{inputs} inputs",
    "station-outputs": "{inputs} inputs, {outputs} outputs",
    "parity-none": "no parity",
    "parity-even": "even parity",
    "parity-odd": "odd parity",
    "terminated": "120\u00a0Ω",
}
"""Devices of a line."""

NOTES: Mapping[str, str] = {
    "note-closed": "closed at rest",
    "note-opto": "through the opto-isolator",
    "note-driver": "through a driver",
    "note-resistor": "LED with its resistor",
    "note-board-pull-up": "pull-up on the Pi's board",
    "before-off": "Connect with the power off.",
    "before-5v": "The pins bear 3.3\u00a0V. Never bring 5\u00a0V or more to one of them.",
    "before-ground": "The second wire of each key goes to ground, contacts {grounds} of J8.",
    "before-pull-up": (
        "A line longer than 2\u00a0m gets a pull-up of 1 to 4.7\u00a0kΩ from its pin to 3.3\u00a0V (contacts 1 and "
        "17 of J8); to another room, an opto-isolator or a bus."
    ),
    "before-opto": (
        "The loop of a bell outdoors has a supply of its own, 12 to 24\u00a0V, and enters through an "
        "opto-isolator; its cable is a shielded pair."
    ),
    "before-closed": (
        "A contact that is closed at rest opens when it acts: so a cut wire is seen. Measure with the key "
        "released: the loop must conduct."
    ),
    "before-driver": (
        "A lamp outdoors, a buzzer or a relay draws more than a pin gives: put a driver (transistor, diode across "
        "the coil) between."
    ),
    "before-outputs": "Lamps on a module's outputs are fed by the modules' supply, not by the box.",
    "before-keypad": (
        "A USB keypad has no wires of its own: plug it into the socket that hardware.toml names and put the "
        "captions on its keys."
    ),
    "chain-format": "Port {port}, {baud} baud, 8 data bits, {parity}, 1 stop bit: set the same in every device.",
    "chain-order": (
        "One twisted pair from device to device without branches, A to A and B to B, with a common ground. Another "
        "order serves too: write it in."
    ),
    "chain-ends": "120\u00a0Ω at both ends of the line and nowhere else; the bias resistors once, at the adapter.",
    "strip-supply": (
        "Modules: {modules}. They have a 5\u00a0V supply of their own, its ground joined to the box's; the signals "
        "come through a level shifter. At most 1\u00a0m of cable."
    ),
}
"""What whoever connects a wire must know, in the row and before all."""

PARTS: Mapping[str, str] = {
    "part-pi": "Raspberry Pi 4 or 5, 2\u00a0GB or more, with its case",
    "part-supply": "Original power supply for it",
    "part-card": "microSD card, 32\u00a0GB, of a make for constant writing",
    "part-clock": "Clock with a battery: DS3231 for a Pi 4, a rechargeable cell for a Pi 5",
    "part-battery": "Battery board with a contact that tells of a power failure",
    "part-key": "Key of a panel, contact open at rest",
    "part-lamp": "LED lamp of a panel",
    "part-ticket-key": "Ticket button for the hall",
    "part-keypad": "Numeric USB keypad",
    "part-bell-key-closed": "Bell button for outdoors, contact closed at rest",
    "part-bell-key-open": "Bell button for outdoors, contact open at rest",
    "part-bell-lamp": "Lamp for outdoors",
    "part-buzzer": "Buzzer",
    "part-answer-key": "Answer key inside",
    "part-latch": "Relay that holds a press, with reset",
    "part-rs485": "Isolated USB adapter for RS-485 with a serial number of its own",
    "part-module": "Modbus RTU module, inputs: {inputs}, outputs: {outputs}",
    "part-module-latch": "Modbus RTU module with an input latch, inputs: {inputs}, outputs: {outputs}",
    "part-terminator": "Terminating resistor, 120\u00a0Ω",
    "part-printer": "Receipt printer {profile}, paper of {width}\u00a0mm",
    "part-printer-any": "Receipt printer with ESC/POS, paper of {width}\u00a0mm",
    "part-network-cable": "Network cable to the printer",
    "part-roll": "Rolls of thermal paper, {width}\u00a0mm",
    "part-screen": "Screen for the hall with HDMI, and its cable",
    "part-digits": "Modbus RTU digit display, places: {digits}",
    "part-dots": "MAX7219 module of 8 by 8 dots",
    "part-level-shifter": "Level shifter from 3.3 to 5\u00a0V for a line of dots",
    "part-dots-supply": "5\u00a0V supply for a line of dots",
    "part-loudspeaker": "Active loudspeaker with a USB sound card",
    "part-opto": "Opto-isolator for a loop of 12 to 24\u00a0V",
    "part-driver": "Driver for a lamp, a buzzer or a relay",
    "part-resistor": "Resistor for an LED, 330\u00a0Ω",
    "part-pull-up": "Pull-up resistors, 1 to 4.7\u00a0kΩ, one for each key whose line is over 2\u00a0m",
    "part-field-supply": "24\u00a0V supply for modules, displays and loops",
    "part-key-cable": "Cable to panels and buttons, m",
    "part-bell-cable": "Shielded pair to the bells, m",
    "part-bus-cable": "Twisted pair for RS-485, with a ground core, m",
    "part-speaker-cable": "Cable to the loudspeaker, m",
}
"""What is bought."""

STEPS: Mapping[str, str] = {
    "rest-note": "The level at rest is that of the pin or input while the key is released: 1 means high, 0 low.",
    "try-doctor": "Run talon doctor",
    "want-no-fault": "no fault",
    "try-clock": "Pull the network cable and the power for 10 minutes, then start",
    "want-clock": "the time is right",
    "try-power-fail": "Switch the mains off, battery in place",
    "want-shutdown": "the box is told and shuts down by itself",
    "try-terminators": "Bus {bus}: measure between A and B, power off",
    "want-60-ohms": "about 60\u00a0Ω",
    "try-cycle": "Bus {bus}: time to read all keys, ms (talon doctor)",
    "want-cycle": "computed {computed}, at most {allowed}",
    "try-module": "Bus {bus}, module {address}. {desks}",
    "want-answer": "it answers",
    "try-bell": "Bell {bell}: press outside",
    "want-bell-lamp": "seen at reception, lamp “heard” is lit",
    "want-bell": "seen at reception",
    "try-answer": "Bell {bell}: press the answer key",
    "want-coming": "lamp “coming” is lit",
    "want-answered": "the call is answered",
    "try-cut": "Bell {bell}: open the loop for more than {seconds}\u00a0s",
    "want-cut": "the cut wire is told as a fault",
    "try-latch": "Bell {bell}: press while the box is off, then start it",
    "want-kept": "the press has been kept",
    "try-slip": "Print a test slip on {profile}, {width}\u00a0mm",
    "want-slip": "printed whole, confirmed",
    "try-slip-any": "Print a test slip, {width}\u00a0mm",
    "try-line": "Print the list of the printer’s own letters",
    "want-line": "line {line} is readable",
    "try-code": "Read the code of the slip with a telephone",
    "want-code": "it is read",
    "try-paper-out": "Open the cover, take a number, close it",
    "want-paper-out": "told on the screen, then the slip comes",
    "try-screen": "Screen “{board}”",
    "want-hall": "shows the hall page after a start",
    "try-dots": "Line of dots “{board}”: test picture",
    "want-dots": "all dots of {modules} modules are lit",
    "try-digits": "Display of desk {desk} (bus {bus}, address {address}): test picture",
    "want-digits": "all segments are lit",
    "try-chime": "Chime, from the far end of the hall",
    "want-heard": "heard",
    "try-voice": "Announcement, from the far end of the hall",
    "want-understood": "number and desk are understood",
    "try-visit": "Take a number, call it from each desk in turn, finish",
    "want-visit": "slip, boards and voice say the same",
    "try-plug": "Pull the plug in the middle of a call, plug in again",
    "want-back": "starts by itself, nobody is lost",
    "sign-built": "Installed by",
    "sign-taught": "Staff instructed by",
    "sign-accepted": "Accepted for the office",
}
"""What is tried, and what must come out."""

SENTENCES: Mapping[str, str] = {**SHEETS, **HEADINGS, **COLUMNS, **WIRES, **STATIONS, **NOTES, **PARTS, **STEPS}
"""All of them."""
