"""The command that tries what a deploy would do, and its undo."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from mainsql.cli import options, values
from mainsql.cli.consequences import show_kept
from mainsql.cli.exits import Exit
from mainsql.cli.output import as_json, counted, say, took
from mainsql.cli.program import main
from mainsql.cli.running import interruptibly
from mainsql.errors import ConfigurationError, Refused
from mainsql.model import Undo, UndoKind
from mainsql.operations.rehearsal import Rehearsed, Verdict
from mainsql.operations.rehearsing import Place, Rehearsal, Unplanned, rehearse
from mainsql.operations.target import Target
from mainsql.workplace import Workplace

_STYLES = {
    Verdict.PROVEN: "bold green",
    Verdict.ORDER: "bold green",
    Verdict.LOSSY: "bold yellow",
    Verdict.IMPOSSIBLE: "bold yellow",
    Verdict.FAILED: "bold red",
}


@main.command(name="rehearse")
@options.target
@options.revision
@click.option(
    "--times",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="How often each version is taken back and applied again.",
)
@options.on
@click.option("--in-place", is_flag=True, help="In the target itself, in a transaction that is rolled back.")
@click.option(
    "--lock-timeout",
    type=options.Duration(),
    default="1s",
    show_default=True,
    help="With --in-place: how long a statement waits for a lock.",
)
@click.option(
    "--data",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="A script that loads rows before; then they are compared, too.",
)
@options.as_json
@options.tree_options
def rehearse_(
    *,
    target: str | None,
    revision: str | None,
    times: int,
    on: str | None,
    in_place: bool,
    lock_timeout: float,
    data: Path | None,
    json: bool,
    **where: Any,
) -> int:
    """Tries what a deploy would do, and whether it can be taken back.

    Each version that the target lacks is applied, taken back, compared with what was there before,
    applied again, and compared with the first time: in a scratch database made like the target, which
    is only read. Exits with 0 when all of it is proven, 1 when not, 3 when a commit is refused.
    """
    if in_place and on is not None:
        raise click.UsageError("say either --on URL or --in-place")
    place = Place(on, in_place, lock_timeout, None if data is None else (data.name, _read(data)))
    with Workplace(options.request(**where)) as workplace:
        deployment = options.only(workplace.deployments(target))
        repository = deployment.repository
        repository.fetch()
        head = repository.commit(revision) if revision else repository.head()
        found = interruptibly(
            lambda interrupt: rehearse(deployment, head, place, times=times, interrupt=interrupt)
        )
    if json:
        as_json(_plain(deployment.target, found))
    else:
        _show(deployment.target, found)
    return _exit(found)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigurationError(f"cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"cannot read {path}: it is not UTF-8") from None


def _exit(found: Rehearsal) -> Exit:
    if found.proven:
        return Exit.DONE
    refused = [isinstance(e, Unplanned) and isinstance(e.error, Refused) for e in found.results]
    failed = [isinstance(e, Rehearsed) and not e.verdict.passed for e in found.results]
    return Exit.REFUSED if any(refused) and not any(failed) else Exit.FAILED


def _show(target: Target, found: Rehearsal) -> None:
    if not found.results:
        say(f"{target.label} is up to date: there is nothing to rehearse", "green")
    for each in found.results:
        if isinstance(each, Unplanned):
            say(
                f"{target.label}: {each.commit.short} ({each.commit.subject}) would not be deployed",
                "bold yellow",
            )
            say(each.error.report())
        else:
            _show_version(target, each)
    if found.held is not None:
        say(f"locks in {target.label} were held for {took(found.held)}; all of it was taken back")


def _show_version(target: Target, found: Rehearsed) -> None:
    commit = found.plan.commit
    what = f"version {found.plan.version} from {commit.short} ({commit.subject})"
    say(f"{target.label}: {what}: {found.verdict}", _STYLES[found.verdict])
    for unit, undo in found.undos.items():
        say(f"  {unit}; undo: {_undo(undo)}")
    for loss in found.losses:
        say(f"  lost when it is taken back: {loss}", "yellow")
    show_kept(found.keeps, indent="  ", everything=True)
    if found.verdict is not Verdict.IMPOSSIBLE:  # of that the units tell
        for line in found.why:
            say(f"  {line}")
    if found.applied_in is not None:
        back = f", taken back in {took(found.undone_in)}" if found.undone_in is not None else ""
        say(f"  applied in {took(found.applied_in)}{back}", "dim")
    if found.locks:
        listed = ", ".join(f"{lock.relation} ({lock.mode})" for lock in found.locks)
        say(f"  locks {counted(len(found.locks), 'relation')}: {listed}", "dim")


def _undo(undo: Undo) -> str:
    if undo.kind is UndoKind.MISSING:
        return f"none: {undo.reason}"
    return undo.kind.value + (f" ({undo.reason})" if undo.reason else "")


def _plain(target: Target, found: Rehearsal) -> dict[str, Any]:
    return {
        "target": target.name,
        "tree": target.tree,
        "proven": found.proven,
        "held": found.held,
        "versions": [_result(each) for each in found.results],
    }


def _result(found: Rehearsed | Unplanned) -> dict[str, Any]:
    if isinstance(found, Unplanned):
        return {"commit": values.commit(found.commit), "verdict": None, "error": found.error.report()}
    return {
        "commit": values.commit(found.plan.commit),
        "version": found.plan.version,
        "verdict": found.verdict.value,
        "why": list(found.why),
        "units": [
            {"unit": unit, "undo": undo.kind.value, "undo_reason": undo.reason, "losses": list(undo.losses)}
            for unit, undo in found.undos.items()
        ],
        "losses": list(found.losses),
        "keeps": [values.foretold(each) for each in found.keeps],
        "locks": [{"relation": lock.relation, "mode": lock.mode} for lock in found.locks],
        "applied_in": _seconds(found.applied_in),
        "undone_in": _seconds(found.undone_in),
    }


def _seconds(duration: timedelta | None) -> float | None:
    return None if duration is None else duration.total_seconds()
