"""One serial line with Modbus RTU: requests and answers through pymodbus, and every way in which one can fail.

Not thread-safe: one thread owns a line. pymodbus is imported when the port is opened first.
"""

from __future__ import annotations

import importlib
import logging
import os
import select
import time
from collections.abc import Callable
from math import ceil
from pathlib import Path
from typing import Any

from hardware.config.model import ModbusBusConfig
from hardware.modbus.cycle import ANSWER_BYTES, REQUEST_BYTES, SHORTEST_SILENCE_S, SILENT_CHARACTERS, byte_s

TIMEOUT_S = 0.2
"""A device that has not answered by then is silent; it takes some milliseconds else."""

MOST_BYTES = 260

_PARITY = {"none": "N", "even": "E", "odd": "O"}


class PortClosedError(Exception):
    """The port can't be opened, or has gone. `reason` is a code: port-missing, port-denied or port-busy."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NoAnswerError(Exception):
    """No answer in time. `heard`: bytes came, but they were none."""

    def __init__(self, heard: bool) -> None:
        super().__init__("garbage" if heard else "silence")
        self.heard = heard


class RefusedError(Exception):
    """The device answered with an exception of the standard: `code`, to `function`."""

    def __init__(self, function: int, code: int) -> None:
        super().__init__(f"exception {code} to function {function}")
        self.function, self.code = function, code


class ModbusLine:
    """The port of one bus."""

    def __init__(self, config: ModbusBusConfig) -> None:
        self._config = config
        self._client: Any = None
        self._heard = False
        self._wanted = b""
        self._byte_s = byte_s(config)
        silence = SILENT_CHARACTERS * self._byte_s
        self._silence_s = silence if config.baud <= 19200 else max(silence, SHORTEST_SILENCE_S)

    @property
    def is_open(self) -> bool:
        """Whether there is a port to ask at."""
        return self._client is not None and self._client.connected

    def open(self) -> None:
        """Open the port. Raises PortClosedError."""
        port = Path(self._config.port)
        if not port.exists():
            raise PortClosedError("port-missing")
        if not os.access(port, os.R_OK | os.W_OK):
            raise PortClosedError("port-denied")
        if self._client is None:
            self._client = _client(self._config, self._listen)
        if not self._client.connect():
            raise PortClosedError("port-busy" if port.exists() else "port-missing")
        _answer_at_once(self._client.socket)

    def close(self) -> None:
        """Release the port; may be called twice."""
        if self._client is not None:
            self._client.close()

    def read_inputs(self, address: int, count: int) -> tuple[bool, ...]:
        """The levels of the first `count` inputs (function 02)."""
        expected = ANSWER_BYTES + ceil(count / 8)
        answer = self._ask(address, 2, expected, lambda c: c.read_discrete_inputs(0, count=count, device_id=address))
        if len(answer.bits) < count:
            raise NoAnswerError(heard=True)
        return tuple(answer.bits[:count])

    def read_registers(self, address: int, first: int, count: int) -> tuple[int, ...]:
        """Holding registers (function 03)."""
        expected = ANSWER_BYTES + 2 * count
        answer = self._ask(
            address, 3, expected, lambda c: c.read_holding_registers(first, count=count, device_id=address)
        )
        if len(answer.registers) != count:
            raise NoAnswerError(heard=True)
        return tuple(answer.registers)

    def write_coil(self, address: int, coil: int, on: bool) -> None:
        """Switch one output (function 05)."""
        self._ask(address, 5, REQUEST_BYTES, lambda c: c.write_coil(coil, on, device_id=address))

    def write_registers(self, address: int, first: int, values: tuple[int, ...]) -> None:
        """Write registers (function 16; one alone by function 06)."""
        if len(values) == 1:
            self._ask(address, 6, REQUEST_BYTES, lambda c: c.write_register(first, values[0], device_id=address))
        else:
            listed = list(values)
            self._ask(address, 16, REQUEST_BYTES, lambda c: c.write_registers(first, listed, device_id=address))

    def _ask(self, address: int, function: int, expected: int, request: Callable[[Any], Any]) -> Any:
        """One request and its answer of `expected` bytes. Raises PortClosedError, NoAnswerError, RefusedError."""
        if not self.is_open:
            raise PortClosedError("port-missing")
        exceptions = importlib.import_module("pymodbus.exceptions")
        self._heard = False
        self._wanted = bytes((address, function))
        self._client.rest_s = (expected - 1) * self._byte_s
        try:
            answer = request(self._client)
        except (exceptions.ConnectionException, OSError) as error:
            self._client.close()
            raise PortClosedError("port-missing") from error
        except Exception as error:  # whatever pymodbus makes of garbage
            raise NoAnswerError(self._heard) from error
        finally:
            time.sleep(self._silence_s)
        if answer.isError():
            raise RefusedError(function, int(answer.exception_code))
        return answer

    def _listen(self, sending: bool, data: bytes) -> bytes:
        """Hand pymodbus an answer from its first byte on.

        A line whose drivers change sides often carries a byte that nobody sent, and pymodbus gives up at it.
        """
        if sending:
            return data
        self._heard = True
        address, function = self._wanted
        starts = (data.find(self._wanted), data.find(bytes((address, function | 0x80))))
        begin = min((start for start in starts if start >= 0), default=len(data))
        return data[begin:]


def _client(config: ModbusBusConfig, trace: Callable[[bool, bytes], bytes]) -> Any:
    """The library's client for this line."""
    client = importlib.import_module("pymodbus.client")
    # What it would log at every poll is a state of ours, told once.
    logging.getLogger("pymodbus.logging").setLevel(logging.CRITICAL)

    class Client(client.ModbusSerialClient):  # type: ignore[misc, name-defined]
        """The library's own wait goes by the time of day, and a clock that is set back would stop all keys."""

        rest_s = 0.0
        """How long an answer goes on after its first byte; waking for each byte would cost thrice the time."""

        def recv(self, size: int | None) -> bytes:
            """What has come in, as soon as something has; nothing after the timeout."""
            ready, _, _ = select.select([self.socket.fileno()], [], [], TIMEOUT_S)
            if not ready:
                return b""
            time.sleep(self.rest_s)
            self.rest_s = 0.0
            data = os.read(self.socket.fileno(), size or MOST_BYTES)
            if not data:
                raise OSError("the port has gone")
            return data

    return Client(
        config.port,
        baudrate=config.baud,
        parity=_PARITY[config.parity],
        timeout=TIMEOUT_S,
        retries=0,
        trace_packet=trace,
    )


def _answer_at_once(port: Any) -> None:
    """Ask a USB adapter not to collect bytes: some keep an answer for 16 ms, as long as a module takes for it."""
    try:
        port.set_low_latency_mode(True)
    except (ValueError, NotImplementedError, OSError):
        return  # a port that is no USB adapter has nothing to collect
