import json
from datetime import UTC, datetime, timedelta, timezone

import click
import pytest
from daemon_fakes import commit
from twisted.logger import Logger
from twisted.python.failure import Failure

from mainsql.daemon import lines
from mainsql.daemon.log import Log

AT = datetime(2026, 11, 21, 6, 40, 1, 250_000, tzinfo=UTC).timestamp()


def said(say, **about):
    """The one event that ``say`` logs, at a fixed time."""
    events = []
    say(Log(events.append, **about))
    [event] = events
    return {**event, "log_time": AT}


def deployed(log):
    log.info("deployed", "deployed version {version} in {duration:.1f} s", version=2, duration=0.25)


def failed(log):
    log.error("failed", "version {version} failed", version=3, report="foo.sql:1: no\nhint: do it")


def human(event, **more):
    return lines.human(event, zone=UTC, **more)


def test_a_line_for_people():
    event = said(deployed, target="shop@production")
    assert human(event) == "2026-11-21 06:40:01  shop@production  deployed version 2 in 0.2 s"


def test_the_time_is_that_of_the_zone():
    event = said(deployed)
    zone = timezone(timedelta(hours=2))
    assert lines.human(event, zone=zone).startswith("2026-11-21 08:40:01  mainsql  ")
    here = datetime.fromtimestamp(AT, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    assert lines.human(event).startswith(here)


@pytest.mark.parametrize(
    ("say", "label"),
    [
        (lambda log: log.debug("e", "text"), ""),
        (lambda log: log.info("e", "text"), ""),
        (lambda log: log.warning("e", "text"), "warning: "),
        (lambda log: log.error("e", "text"), "error: "),
    ],
)
def test_the_level_is_shown_when_it_is_a_warning_or_worse(say, label):
    assert human(said(say)) == f"2026-11-21 06:40:01  mainsql  {label}text"


def test_a_report_is_indented_under_its_line():
    assert human(said(failed, target="shop@p")).split("\n") == [
        "2026-11-21 06:40:01  shop@p  error: version 3 failed",
        "    foo.sql:1: no",
        "    hint: do it",
    ]


def test_json_has_time_level_event_message_and_the_fields():
    assert json.loads(lines.as_json(said(deployed, target="shop@production"))) == {
        "time": "2026-11-21T06:40:01.250Z",
        "level": "info",
        "event": "deployed",
        "message": "deployed version 2 in 0.2 s",
        "target": "shop@production",
        "version": 2,
        "duration": 0.25,
    }


def test_json_begins_with_what_every_event_has():
    read = json.loads(lines.as_json(said(failed, target="t")), object_pairs_hook=list)
    assert [key for key, _ in read] == [
        *("time", "level", "event", "message", "target", "version", "report"),
    ]


def test_a_report_is_one_string_in_json():
    text = lines.as_json(said(failed))
    assert "\n" not in text
    assert json.loads(text)["report"] == "foo.sql:1: no\nhint: do it"


def test_no_report_no_field():
    assert "report" not in json.loads(lines.as_json(said(lambda log: log.info("e", "m", report=None))))


def test_a_field_cannot_pass_for_what_every_event_has():
    event = said(lambda log: log.info("e", "m", time="never", level2=1, message="other"))
    read = json.loads(lines.as_json(event))
    assert read["time"] == "2026-11-21T06:40:01.250Z"
    assert read["message"] == "m"


def test_json_of_every_kind_of_field():
    def say(log):
        log.info(
            "e",
            "m",
            seconds=timedelta(minutes=1),
            at=datetime(2026, 1, 2, tzinfo=UTC),
            names=("a", "b"),
            deep={"key": [1, None, True]},
            commit=commit(1),
        )

    read = json.loads(lines.as_json(said(say)))
    assert read["seconds"] == 60
    assert read["at"] == "2026-01-02T00:00:00+00:00"
    assert read["names"] == ["a", "b"]
    assert read["deep"] == {"key": [1, None, True]}
    assert read["commit"].startswith("Commit(")


def tell_secrets(log):
    url = "postgresql://ann:secret@db/shop"
    log.error(
        "failed",
        "cannot reach {url}",
        url=url,
        many=[url, {"conninfo": "host=db password=secret"}],
        report=f"tried {url}\nand password='secret'",
    )


@pytest.mark.parametrize("line", [human, lines.as_json])
def test_no_secret_leaves(line):
    text = line(said(tell_secrets, target="postgresql://ann:secret@db"))
    assert "secret" not in text
    assert "***" in text
    if line is lines.as_json:
        json.loads(text)


def test_a_traceback_is_the_report_of_a_bug_and_has_no_secret():
    def say(log):
        try:
            int("postgresql://ann:hunter2@db is odd")
        except ValueError:
            log.critical("bug", "a bug", Failure())

    event = said(say, target="t")
    first, *rest = human(event).split("\n")
    assert first == "2026-11-21 06:40:01  t  critical: a bug"
    assert all(line.startswith("    ") for line in rest)
    assert any("ValueError" in line for line in rest)
    assert "Traceback" in json.loads(lines.as_json(event))["report"]
    assert "hunter2" not in human(event) + lines.as_json(event)


def test_what_could_steer_a_terminal_or_forge_a_line_is_escaped():
    subject = "nice\x1b[2J\r2026-11-21 06:40:01\u2028\x85 {braces} \udc80"
    text = human(said(lambda log: log.info("head", "at {subject}", subject=subject)))
    assert text.endswith(r"at nice\x1b[2J\r2026-11-21 06:40:01\u2028\x85 {braces} \udc80")


def test_a_newline_in_a_field_does_not_begin_a_new_event():
    text = human(said(lambda log: log.info("head", "at {subject}", subject="x\n2026-11-21 forged")))
    assert text.split("\n")[1] == "    2026-11-21 forged"


def test_colours_only_when_asked():
    event = said(failed, target="shop@p")
    assert "\x1b" not in human(event)
    coloured = human(event, colours=True)
    assert "\x1b" in coloured.split("\n")[0]
    assert click.unstyle(coloured) == human(event)


def test_a_message_that_does_not_fit_its_fields_is_still_a_line():
    assert "Unable to format" in human(said(lambda log: log.info("e", "version {version}")))


def test_events_of_twisted_look_the_same():
    events = []
    logger = Logger("twisted.web", observer=events.append)
    logger.warn("odd {what}", what="request")
    logger.failure("", Failure(ZeroDivisionError("oops")))
    warned, broken = ({**event, "log_time": AT} for event in events)
    assert human(warned) == "2026-11-21 06:40:01  mainsql  warning: odd request"
    assert json.loads(lines.as_json(warned)) == {
        "time": "2026-11-21T06:40:01.250Z",
        "level": "warning",
        "event": "twisted.web",
        "message": "odd request",
    }
    assert human(broken).startswith("2026-11-21 06:40:01  mainsql  critical: oops\n    Traceback")
