"""The wire format of protocol buffers, as little of it as an expression's syntax tree needs.

A message is a list of fields `(number, wire type, value)`: wire type 0 is an int, 2 is bytes, 1 is eight bytes (a
double). Source: the encoding guide of Protocol Buffers.
"""

from typing import TypeAlias

Field: TypeAlias = tuple[int, int, int | bytes]
VARINT, EIGHT, BYTES = 0, 1, 2
NEGATIVE, WRAP = 1 << 63, 1 << 64


def read(message: bytes) -> list[Field]:
    """Return the fields of a message in their order. Raises ValueError where it is not one."""
    fields: list[Field] = []
    place = 0
    while place < len(message):
        tag, place = _varint(message, place)
        if tag & 7 == VARINT:
            value, place = _varint(message, place)
            fields.append((tag >> 3, VARINT, value))
            continue
        if tag & 7 == BYTES:
            size, place = _varint(message, place)
        elif tag & 7 == EIGHT:
            size = 8
        else:
            raise ValueError(f"wire type {tag & 7} is not one that a syntax tree has")
        if place + size > len(message):
            raise ValueError("the message ends within a field")
        fields.append((tag >> 3, tag & 7, message[place : place + size]))
        place += size
    return fields


def write(fields: list[Field]) -> bytes:
    """Return the message that has these fields."""
    parts: list[bytes] = []
    for number, kind, value in fields:
        parts.append(_encoded(number << 3 | kind))
        if isinstance(value, int):
            parts.append(_encoded(value))
        elif kind == EIGHT:
            parts.append(value)
        else:
            parts.extend((_encoded(len(value)), value))
    return b"".join(parts)


def chunks(fields: list[Field], number: int) -> list[bytes]:
    """Return all values of a field that is bytes (a text, a message)."""
    return [value for field, _, value in fields if field == number and isinstance(value, bytes)]


def chunk(fields: list[Field], number: int) -> bytes:
    """Return the last value of a field that is bytes; empty where it is absent, as the format has it."""
    return next(reversed(chunks(fields, number)), b"")


def whole(fields: list[Field], number: int) -> int:
    """Return the last value of a field that is a whole number; 0 where it is absent, as the format has it."""
    found = [value for field, _, value in fields if field == number and isinstance(value, int)]
    return found[-1] if found else 0


def signed(value: int) -> int:
    """Return a varint as the int64 that it stands for."""
    return value - WRAP if value >= NEGATIVE else value


def _varint(message: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if place >= len(message) or shift > 63:
            raise ValueError("the message ends within a number, or the number has no end")
        byte = message[place]
        place += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, place


def _encoded(value: int) -> bytes:
    out = bytearray()
    value %= WRAP
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)
