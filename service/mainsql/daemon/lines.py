"""A log event as a line of text: for people, or as JSON. Nothing leaves here with a password in it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

import click
from twisted.logger import LogEvent, LogLevel, formatEvent

from mainsql.redaction import redact

_LABELS = {LogLevel.warn: "warning", LogLevel.error: "error", LogLevel.critical: "critical"}
_COLOURS = {LogLevel.warn: "yellow", LogLevel.error: "red", LogLevel.critical: "red"}


@dataclass(frozen=True, slots=True)
class _Said:
    """What an event says, whether it is ours or Twisted's. ``report`` is the text under its line."""

    event: str
    message: str
    about: Mapping[str, str]
    fields: Mapping[str, object]
    report: str

    @classmethod
    def of(cls, event: LogEvent) -> "_Said":
        failure = event.get("log_failure")
        message = formatEvent(event)
        if failure is not None and not message:
            message = failure.getErrorMessage()
        fields = dict(event.get("mainsql_fields", {}))
        report = fields.pop("report", None) or (failure.getTraceback() if failure else "")
        return cls(
            event=event.get("mainsql_event") or event.get("log_namespace", "log"),
            message=message,
            about=event.get("mainsql_about", {}),
            fields=fields,
            report=str(report),
        )


def human(event: LogEvent, *, zone: tzinfo | None = None, colours: bool = False) -> str:
    """``2026-11-21 06:40:01  shop@production  deployed …``; what has more lines is indented.

    The time is that of ``zone``, by default of this computer. What could steer a terminal or
    pass for another line is escaped: messages quote commits and servers.
    """
    said = _Said.of(event)
    level = event.get("log_level", LogLevel.info)
    when = datetime.fromtimestamp(event["log_time"], UTC).astimezone(zone)
    time = when.strftime("%Y-%m-%d %H:%M:%S")
    about = _visible(redact(" ".join(said.about.values()) or "mainsql"))
    label = f"{_LABELS[level]}: " if level in _LABELS else ""
    if colours:
        time, about = click.style(time, dim=True), click.style(about, bold=True)
        label = click.style(label, fg=_COLOURS.get(level)) if label else ""
    first, *rest = _visible(redact(f"{said.message}\n{said.report}".rstrip())).split("\n")
    return "\n".join([f"{time}  {about}  {label}{first}", *(f"    {line}" for line in rest)])


def as_json(event: LogEvent) -> str:
    """One object: time (ISO 8601, UTC), level, event, message, what it is about, and its fields."""
    said = _Said.of(event)
    level = event.get("log_level", LogLevel.info)
    when = datetime.fromtimestamp(event["log_time"], UTC).isoformat(timespec="milliseconds")
    head = {
        "time": when.replace("+00:00", "Z"),
        "level": _LABELS.get(level, level.name),
        "event": said.event,
        "message": said.message,
    }
    report = {"report": said.report} if said.report else {}
    return json.dumps(_plain({**head, **said.about, **said.fields, **report, **head}))


def _visible(text: str) -> str:
    return "".join(c if c.isprintable() or c in "\n\t" else _escaped(c) for c in text)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def _plain(value: object) -> object:
    match value:
        case None | bool() | int() | float():
            return value
        case timedelta():
            return value.total_seconds()
        case datetime():
            return value.isoformat()
        case Mapping():
            return {str(key): _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case _:
            return redact(str(value))
