"""What the daemon watches, made from what is configured: what stays the same is the same object."""

import pytest
from tests.gitrepo import GitRepo

from mainsql.daemon.adapters import Watches
from mainsql.errors import ConfigurationError, SourceError
from mainsql.workplace import Request, Workplace

FIRST = """
[repositories.shop]
url = "shop"
[repositories.bank]
url = "bank"
[trees.shop]
repository = "shop"
[trees.bank]
repository = "bank"
[targets.staging]
tree = "shop"
database = "host=/nowhere dbname=staging"
[targets.production]
tree = "shop"
database = "host=/nowhere dbname=production"
[targets.bank]
tree = "bank"
database = "host=/nowhere dbname=bank"
drift_interval = 0
"""


@pytest.fixture
def reread(tmp_path):
    """Gives the watches of a configuration, each time of another one."""
    for name in ("shop", "bank"):
        GitRepo(tmp_path / name).commit({"main.sql": "select 1;\n"})
    file = tmp_path / "mainsql.toml"
    file.write_text(FIRST)
    made = Watches()
    with Workplace(Request(config=file)) as workplace:

        def read(text=FIRST):
            file.write_text(text)
            return made.of(workplace.reread())

        yield read


def parts(watches):
    """All objects, by name."""
    found = {watch.repository.name: watch.repository for watch in watches}
    found |= {target.name: target for watch in watches for target in watch.targets}
    return found | {f"drift {each.name}": each for watch in watches for each in watch.guarded}


def changed(before, after):
    """The names of those that are not the same object any more, or were not there before."""
    return {name for name, part in parts(after).items() if parts(before).get(name) is not part}


def test_repositories_are_called_as_they_are_configured(reread):
    url = FIRST.replace('[repositories.bank]\nurl = "bank"', '[repositories.bank]\nurl = "shop"')
    assert [watch.repository.name for watch in reread(url)] == ["shop", "bank"]


def test_all_of_it_is_made(reread):
    watches = reread()
    assert [(watch.repository.name, watch.interval) for watch in watches] == [("shop", 5.0), ("bank", 5.0)]
    assert [target.name for target in watches[0].targets] == ["shop@staging", "shop@production"]
    assert [each.name for each in watches[0].guarded] == ["shop@staging", "shop@production"]
    assert watches[1].guarded == []
    assert {target.tree for target in watches[0].targets} == {"shop"}
    assert len({target.database for target in watches[0].targets}) == 2


@pytest.mark.parametrize(
    ("old", "new", "others"),
    [
        ("", "", set()),
        ("", "# a comment\nstop_timeout = 5\n", set()),
        ('url = "shop"', 'url = "shop"\ninterval = "1h"', set()),
        (
            "dbname=staging",
            "dbname=other",
            {"shop@staging", "drift shop@staging"},
        ),
        ("[trees.bank]", "[trees.bank]\nvariables = { a = 1 }", {"bank@bank"}),
        (
            'url = "shop"',
            'url = "shop"\nbranch = "main"',
            {"shop", "shop@staging", "shop@production", "drift shop@staging", "drift shop@production"},
        ),
        ("drift_interval = 0", "", {"bank@bank", "drift bank@bank"}),
        ("[targets.staging]", "[targets.test]", {"shop@test", "drift shop@test"}),
    ],
)
def test_only_what_was_changed_is_made_anew(reread, old, new, others):
    before = reread()
    text = FIRST.replace(old, new) if old else new + FIRST
    assert changed(before, reread(text)) == others
    assert changed(before, before) == set()


def test_the_interval_is_the_new_one(reread):
    reread()
    assert reread(FIRST.replace('url = "shop"', 'url = "shop"\ninterval = "1h"'))[0].interval == 3600.0


def test_what_comes_back_is_made_anew(reread):
    before = reread()
    reread(FIRST.replace("[targets.staging]", "[targets.test]"))
    assert changed(before, reread()) == {"shop@staging", "drift shop@staging"}


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (FIRST + "nonsense = 1\n", ConfigurationError),
        ("this is not TOML", ConfigurationError),
        (FIRST.replace('url = "bank"', 'url = "nowhere"'), SourceError),
    ],
)
def test_one_that_is_not_valid_changes_nothing(reread, text, error):
    before = reread()
    with pytest.raises(error):
        reread(text)
    assert changed(before, reread()) == set()


def test_without_a_file_there_is_nothing_to_read_again():
    with (
        Workplace(Request(main="main.sql", database="host=/nowhere")) as workplace,
        pytest.raises(ConfigurationError, match="no configuration file"),
    ):
        workplace.reread()
