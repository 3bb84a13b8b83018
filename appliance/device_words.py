"""What the drivers of devices tell beyond the first ones: reasons and hints, in English."""

from __future__ import annotations

from collections.abc import Mapping

DRIVERS: Mapping[str, str] = {
    "aplay-missing": (
        "The program that plays sound is not installed: calls appear on the board only. Install alsa-utils."
    ),
    "at-once": "It answers before the paper has moved: that proves only that the bytes have arrived.",
    "board-failed": "The line of dots {board} was stopped by an error of the program: {error}.",
    "busy": "The printer has a slip in hand. Wait until it is out, then try again.",
    "check-printer-network": (
        "Check that the printer is switched on, that its network cable is plugged in, and that its address is"
        " still {port}."
    ),
    "check-screen": (
        "Go to the screen {name}. Dark: check its power, its cable and its input. Lit: its address must end "
        "in ?screen={name}; if it does, restart its computer."
    ),
    "check-sound-device": "Check the sound device in hardware.toml.",
    "check-template": "Correct the file, check it with talon slip check, then restart the office.",
    "clips-missing": (
        "Some words have no recording and are left out of the calls ({count}): {clips}. Restore these files."
    ),
    "clips-unfit": (
        "Some of the office’s own recordings can’t be used, the shipped voice is heard instead ({count}): "
        "{clips}. Convert them to WAV, one channel, 16 bits, 24 kHz."
    ),
    "confirm-better": (
        'This printer can do more than hardware.toml asks of it: write confirm = "{confirm}" instead of '
        '"{configured}" and restart the office.'
    ),
    "confirm-false": (
        "confirm = \"{configured}\" can't be trusted with this printer: it doesn't answer, or answers before "
        'the paper has moved. Write confirm = "{confirm}" in hardware.toml and restart the office.'
    ),
    "confirm-right": 'confirm = "{configured}" is right for this printer: nothing has to be changed.',
    "convert-clips": "Convert the recordings as docs/voice.md says.",
    "end-other-sound": "End the program that uses the loudspeaker.",
    "flapping": (
        "This device changes all the time: a loose contact. Check its plug and cable; it is noted again once "
        "it has been calm for ten minutes."
    ),
    "found-aplay-missing": "The program that plays sound is not installed: calls appear on the board only.",
    "found-clips-missing": "Some words have no recording and are left out of the calls ({count}): {clips}.",
    "found-clips-unfit": (
        "Some of the office’s own recordings can’t be used, the shipped voice is heard instead ({count}): {clips}."
    ),
    "found-loudspeaker-busy": "Another program is using it: calls appear on the board only.",
    "found-loudspeaker-stuck": "It hangs: calls appear on the board only.",
    "found-playback-failed": "It refuses to play: {detail}. Calls appear on the board only.",
    "found-sound-not-allowed": "Talon’s user may not open the sound cards: calls appear on the board only.",
    "honest": "It answers after the paper has moved: it can be trusted.",
    "install-alsa-utils": "Install the package alsa-utils.",
    "join-audio-group": "Add Talon’s user to the group audio and restart.",
    "keys-out-of-order": (
        "No key of this office works. Look at the wiring board and its power; the list names what is wrong with each."
    ),
    "loudspeaker-busy": (
        "Another program is using the loudspeaker {device}: calls appear on the board only. End that program."
    ),
    "loudspeaker-stuck": (
        "The loudspeaker {device} hangs: calls appear on the board only. Unplug it and plug it in again."
    ),
    "none": "It doesn't answer.",
    "not-configured": (
        "hardware.toml no longer names this device. Nothing need be done if it was taken away on purpose."
    ),
    "number-too-long": (
        "{number} has no room on the display {desk_word:of} {desk}: it has too few places ({digits}) and stays dark."
    ),
    "playback-failed": (
        "The loudspeaker {device} refuses to play: {detail}. Calls appear on the board only. Check the sound "
        "device in hardware.toml."
    ),
    "port-missing": "It isn't found at its port. Check its cable and its plug.",
    "probe-failed": (
        "The printer could not be examined: it isn't ready, or it has a slip in hand. Put right what its row "
        "says, then examine it again."
    ),
    "replug-loudspeaker": "Unplug the loudspeaker and plug it in again.",
    "restart-box": "Restart the box. If it comes back, take another Raspberry Pi.",
    "restart-screen": (
        "Wait two minutes: the browser is begun anew by itself. If it stays so, restart the computer of the "
        "screen {name}."
    ),
    "restore-clips": "Restore the missing files of the voice.",
    "screen-never-seen": "The screen {name} has not been seen since the office started.",
    "screen-silent": (
        "The screen {name} has told nothing for more than a minute: it is dark, or shows a picture that stands still."
    ),
    "screen-stale": "The screen {name} lives, but shows what was true {age} s ago.",
    "sound-not-allowed": (
        "The sound cards may not be opened by Talon’s user: calls appear on the board only. Add the user to "
        "the group audio and restart."
    ),
    "spi-failed": "{device} takes no data: {error}.",
    "template-wrong": "The office's own layout of the slip can't be used, so slips look as Talon makes them: {detail}.",
    "too-often": "This screen has told of itself a moment ago. Once in a second is enough: try again in a second.",
    "unconfirmed": (
        "The printer prints, but doesn't confirm its slips as hardware.toml says. Check on the technician's "
        "page what it can confirm."
    ),
    "unknown": "The device gave a reason that Talon doesn't know. Tell the technician.",
    "widen-display": (
        "If the display has more places, correct `digits` in hardware.toml; otherwise fit one with more places."
    ),
}
"""By code; placeholders are the facts of the state."""
