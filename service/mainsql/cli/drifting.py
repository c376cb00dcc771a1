"""The command that compares a target with what its ledger says."""

from typing import Any

from mainsql.cli import options
from mainsql.cli.controls import some
from mainsql.cli.exits import Exit
from mainsql.cli.output import as_json, counted, say
from mainsql.cli.program import main
from mainsql.operations.drifting import Drift, find_drift
from mainsql.operations.target import Target
from mainsql.undo.differences import plain
from mainsql.workplace import Workplace


@main.command()
@options.target
@options.as_json
@options.database_options
def drift(*, target: str | None, json: bool, **where: Any) -> int:
    """Shows what was changed in a target by other means since its versions were deployed.

    Exits with 0 when there is nothing, 1 when there is.
    """
    with Workplace(options.request(**where)) as workplace:
        found = [(each, find_drift(each)) for each in some(workplace, target)]
    if json:
        as_json([_plain(each, drifted) for each, drifted in found])
    else:
        for each, drifted in found:
            _show(each, drifted)
    return Exit.FAILED if any(drifted.found for _, drifted in found) else Exit.DONE


def _show(target: Target, found: Drift) -> None:
    looked = f"{counted(found.objects, 'object')} of version {found.version}"
    if found.found:
        say(f"{target.label}: somebody changed by other means what was deployed ({looked}):", "bold yellow")
        for line in found.lines():
            say(f"  {line}")
    else:
        say(f"{target.label} is as it was deployed ({looked})", "green")
    for number in found.unrecorded:
        say(f"  version {number} was not looked at: what it made was not recorded", "dim")


def _plain(target: Target, found: Drift) -> dict[str, Any]:
    return {
        "target": target.name,
        "tree": target.tree,
        "version": found.version,
        "objects": found.objects,
        "unrecorded": list(found.unrecorded),
        **plain(found.comparison),
    }
