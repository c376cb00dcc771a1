"""mainsql.toml: what it gives, and that every fault is told, with its key and without its value."""

import math
import os
import re
import stat
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainsql.config import (
    TEMPLATE,
    Apply,
    CatchUp,
    Config,
    Rehearse,
    RepositoryConfig,
    TargetConfig,
    TreeConfig,
    UndoConfig,
    Verify,
    duration,
    find_config,
    load_config,
    size,
    state_folder,
)
from mainsql.errors import ConfigurationError
from mainsql.model import ArchiveLimits, OnRemoved, UndoPolicy, Vcs
from mainsql.source.access import Access
from mainsql.source.keys import Keys

MINIMAL = '[repositories.here]\nurl = "."\n[trees.main]\n[targets.local]\n'


def load(folder: Path, text: str, **environment: str) -> Config:
    path = folder / "mainsql.toml"
    path.write_text(text, encoding="utf-8")
    return load_config(path, environment)


def faults(folder: Path, text: str, **environment: str) -> tuple[str, ...]:
    with pytest.raises(ConfigurationError) as caught:
        load(folder, text, **environment)
    assert str(folder / "mainsql.toml") in caught.value.message
    return caught.value.faults


def test_every_key(tmp_path: Path) -> None:
    config = load(
        tmp_path,
        """
        stop_timeout = "1m"
        [repositories.shop]
        url = "https://git.example.com/shop.git"
        branch = "production"
        interval = "1m30s"
        verify = "every"
        allowed_signers = "keys/allowed"
        revoked_signers = "/etc/mainsql/revoked"
        keyring = "~/keyring.asc"
        signed_after = "0123456789012345678901234567890123456789"
        username = "deployer"
        password = "${TOKEN}"
        [repositories.other]
        url = "git@example.com:other.git"
        tags = "v*"
        ssh_key = "keys/id"
        known_hosts = "/etc/ssh/known"
        [repositories.third]
        url = "https://git.example.com/third.git"
        tags = ["v*", "v*-*"]
        password_file = "token"
        ca_file = "authority.pem"
        partial = true
        [repositories.fourth]
        url = "svn://svn.example.com/other"
        branch = "trunk"
        vcs = "svn"
        [trees.shop]
        repository = "shop"
        main = "./sql//main.sql"
        include_root = "repository"
        apply = "whole"
        on_removed = "undo"
        catch_up = "newest"
        undo = "keep-data"
        variables = { schema = "shop", retries = 3, debug = true, "größe" = "x" }
        environment = ["STAGE", "NONE"]
        [targets.production]
        tree = "shop"
        database = "postgresql://deployer@db/shop"
        lock_timeout = "500ms"
        statement_timeout = "2h"
        rehearse = "in-place"
        undo = ["required", "keep-data"]
        archive_age = "90d"
        archive_size = "10GB"
        """,
        STAGE="test",
        TOKEN="p@ss",  # noqa: S106
    )
    shop = RepositoryConfig(
        "shop",
        "https://git.example.com/shop.git",
        "production",
        90,
        access=Access("deployer", "p@ss"),
        verify=Verify.EVERY,
        keys=Keys(tmp_path / "keys/allowed", Path("/etc/mainsql/revoked"), Path.home() / "keyring.asc"),
        signed_after="0123456789012345678901234567890123456789",
    )
    access = Access(ssh_key=tmp_path / "keys/id", known_hosts=Path("/etc/ssh/known"))
    other = RepositoryConfig("other", "git@example.com:other.git", None, 5, tags=("v*",), access=access)
    third = RepositoryConfig(
        "third",
        "https://git.example.com/third.git",
        tags=("v*", "v*-*"),
        partial=True,
        access=Access(password_file=tmp_path / "token", ca_file=tmp_path / "authority.pem"),
    )
    fourth = RepositoryConfig("fourth", "svn://svn.example.com/other", "trunk", vcs=Vcs.SVN)
    variables = {"schema": "shop", "retries": "3", "debug": "true", "größe": "x"}
    environment = {"STAGE": "test", "NONE": None}
    tree = TreeConfig(
        "shop",
        shop,
        "sql/main.sql",
        "repository",
        Apply.WHOLE,
        OnRemoved.UNDO,
        CatchUp.NEWEST,
        variables,
        environment,
        UndoConfig(keeps_data=True),
    )
    target = TargetConfig(
        "production",
        tree,
        "postgresql://deployer@db/shop",
        0.5,
        7200,
        rehearse=Rehearse.IN_PLACE,
        undo=UndoConfig(UndoPolicy.REQUIRED, keeps_data=True),
        archives=ArchiveLimits(timedelta(days=90), 10 * 2**30),
    )
    assert config == Config(
        {"shop": shop, "other": other, "third": third, "fourth": fourth},
        {"shop": tree},
        {"production": target},
        60,
        tmp_path / "mainsql.toml",
    )


def test_what_is_left_out_has_the_defaults_of_the_values(tmp_path: Path) -> None:
    config = load(tmp_path, MINIMAL)
    repository = RepositoryConfig("here", str(tmp_path))
    tree = TreeConfig("main", repository)
    assert config.repositories == {"here": repository}
    assert config.trees == {"main": tree}
    assert config.targets == {"local": TargetConfig("local", tree)}
    assert config.stop_timeout == Config().stop_timeout == 30
    assert load(tmp_path, "") == Config(path=tmp_path / "mainsql.toml")


@pytest.mark.parametrize(
    ("url", "keys", "key", "fault"),
    [
        (".", 'branch = "main"\ntags = "v*"', "tags", "goes without branch"),
        (".", "tags = 1", "tags", "must be a list"),
        (".", 'tags = ["-x"]', "tags.0", "must not begin with a dash"),
        (".", 'password = "x"', "password", "goes with http://, https:// and svn:// only"),
        (".", "partial = true", "partial", "goes with a URL"),
        ("git@h:x", 'username = "x"', "username", "for ssh use ssh_key"),
        ("https://h/x", 'password = "a\\nb"', "password", "control characters"),
        ("https://h/x", 'password = "x"\npassword_file = "x"', "password_file", "goes without password"),
        ("https://h/x", 'ssh_key = "x"', "ssh_key", "goes with ssh://"),
        ("file:///x", 'known_hosts = "x"', "known_hosts", "goes with ssh://"),
        ("http://h/x", 'ca_file = "x"', "ca_file", "goes with https:// only"),
    ],
)
def test_what_does_not_go_together_is_a_fault(
    tmp_path: Path, url: str, keys: str, key: str, fault: str
) -> None:
    (found,) = faults(tmp_path, MINIMAL.replace('url = "."', f'url = "{url}"\n{keys}'))
    assert found.startswith(f"repositories.here.{key}: ")
    assert fault in found


@pytest.mark.parametrize(
    ("keys", "key", "fault"),
    [
        ('verify = "head"', "verify", "needs keys to verify with: allowed_signers (SSH), keyring"),
        ('verify = "all"\nkeyring = "x"', "verify", "must be 'none', 'head' or 'every'"),
        ('allowed_signers = "x"', "allowed_signers", 'has no effect without verify = "head" or "every"'),
        ('verify = "none"\nkeyring = "x"', "keyring", "has no effect without verify"),
        ('verify = "head"\nkeyring = "x"\nrevoked_signers = "y"', "revoked_signers", "goes with allowed"),
        ('verify = "head"\nkeyring = "x"\nsigned_after = "main"', "signed_after", "must be the full id"),
    ],
)
def test_a_guard_that_would_guard_nothing_is_a_fault(tmp_path: Path, keys: str, key: str, fault: str) -> None:
    (found,) = faults(tmp_path, MINIMAL.replace('url = "."', f'url = "."\n{keys}'))
    assert found.startswith(f"repositories.here.{key}: ")
    assert fault in found


def test_values_cannot_be_changed(tmp_path: Path) -> None:
    config = load(tmp_path, MINIMAL)
    with pytest.raises(TypeError):
        config.targets["x"] = config.targets["local"]  # type: ignore[index]
    with pytest.raises(TypeError):
        config.trees["main"].variables["x"] = "y"  # type: ignore[index]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("../shop", "{folder}/shop"),
        (".", "{folder}/etc"),
        ("a:b/c", "a:b/c"),
        ("./a:b", "{folder}/etc/a:b"),
        ("/srv/shop", "/srv/shop"),
        ("~/shop", "{home}/shop"),
        ("file:///srv/shop", "file:///srv/shop"),
        ("git@host:shop", "git@host:shop"),
        ("ssh://host/shop", "ssh://host/shop"),
    ],
)
def test_a_path_is_relative_to_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, expected: str
) -> None:
    monkeypatch.setenv("HOME", "/home/somebody")
    (tmp_path / "etc").mkdir()
    config = load(tmp_path / "etc", f'[repositories.shop]\nurl = "{url}"\n')
    assert config.repositories["shop"].url == expected.format(folder=tmp_path, home="/home/somebody")


def test_a_linked_file_speaks_of_the_folder_of_the_link(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    load(tmp_path / "elsewhere", MINIMAL)
    (tmp_path / "mainsql.toml").symlink_to("elsewhere/mainsql.toml")
    assert load_config(tmp_path / "mainsql.toml").repositories["here"].url == str(tmp_path)


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    found = faults(
        tmp_path,
        """
        stop_timeout = -1
        verbose = true
        [target.shop]
        [repositories.one]
        url = "-oProxyCommand=touch"
        branch = " x"
        interval = 0
        [repositories.two]
        [repositories."no way"]
        url = 3
        [trees.mainsql]
        repository = "three"
        main = "/etc/main.sql"
        include_root = "../.."
        aply = "whole"
        apply = "some"
        lock_timeout = "5s"
        variables = { "a-b" = "x", list = [1], price = 1.5 }
        environment = ["A=B"]
        [trees.second]
        main = "sql/"
        environment = "HOME"
        [targets.shop]
        tree = "shop"
        database = "shop"
        lock_timeot = "5s"
        lock_timeout = "5 parsecs"
        statement_timeout = true
        [targets]
        flat = "x"
        """,
    )
    assert sorted(found) == sorted(
        (
            "stop_timeout: must not be negative",
            "verbose: unknown key; there is repositories, trees, targets, stop_timeout",
            "target: unknown key; did you mean targets?",
            "repositories.one.url: must not begin with a dash: it would be taken for an option",
            "repositories.one.branch: must be one line of visible text, with no space around it",
            "repositories.one.interval: must be longer than zero",
            "repositories.two.url: is missing",
            'repositories."no way": a name has only letters, digits, and _ . -',
            'repositories."no way".url: must be a string, in quotes',
            "trees.mainsql: this name is kept for the ledger's own tree",
            "trees.mainsql.repository: there is no [repositories.three], but one, two, no way",
            "trees.mainsql.main: must be a relative path inside the repository",
            "trees.mainsql.include_root: must be a relative path inside the repository",
            "trees.mainsql.aply: unknown key; did you mean apply?",
            "trees.mainsql.apply: must be 'changes' or 'whole'",
            "trees.mainsql.lock_timeout: unknown key here; it belongs into a [targets.NAME]",
            "trees.mainsql.variables.a-b: cannot be the name of a psql variable: letters, digits and _ only",
            "trees.mainsql.variables.list: must be a string, a whole number, true or false: "
            "write it in quotes",
            "trees.mainsql.variables.price: must be a string, a whole number, true or false: "
            "write it in quotes",
            "trees.mainsql.environment.0: cannot be the name of an environment variable",
            "trees.second.repository: is missing: choose one of one, two, no way",
            "trees.second.main: must name a file",
            "trees.second.environment: must be a list, in brackets",
            "targets.shop.tree: there is no [trees.shop], but mainsql, second",
            "targets.shop.database: is neither a URL (postgresql://user@host/database) "
            "nor settings (host=… dbname=…)",
            "targets.shop.lock_timeot: unknown key; did you mean lock_timeout?",
            "targets.shop.lock_timeout: is not a duration: write 500ms, 5s, 1m30s, 2h or a number of seconds",
            'targets.shop.statement_timeout: must be a duration such as "5s", or a number of seconds',
            "targets.flat: must be a table: [targets.NAME]",
        )
    )


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("repositories = 3", "repositories: must be a table: [repositories.NAME]"),
        ("[trees.main]", "trees.main.repository: there is no [repositories.NAME] in the file"),
        ("[targets.local]", "targets.local.tree: there is no [trees.NAME] in the file"),
        ("[repository.here]", "repository: unknown key; did you mean repositories?"),
        ("lock_timeout = 5", "lock_timeout: unknown key here; it belongs into a [targets.NAME]"),
        (f"{MINIMAL}tree = 3", "targets.local.tree: must be a string, in quotes"),
        (f"{MINIMAL}tree = [3]", "targets.local.tree: must be a string, in quotes"),
        (f'{MINIMAL}database = ""', "targets.local.database: must be one line of visible text"),
        (f'{MINIMAL}database = "host=a\\nb"', "targets.local.database: must be one line of visible"),
    ],
)
def test_a_fault(tmp_path: Path, text: str, fault: str) -> None:
    (found,) = faults(tmp_path, text)
    assert found.startswith(fault)


@pytest.mark.parametrize("main", ["..", "../main.sql", "a/../../main.sql", "/main.sql", ".", ""])
def test_the_main_script_is_inside_the_repository(tmp_path: Path, main: str) -> None:
    (found,) = faults(tmp_path, f'[repositories.r]\nurl="."\n[trees.t]\nmain = "{main}"\n')
    assert found.startswith("trees.t.main: must ")


@pytest.mark.parametrize("root", ["main", "repository", ".", "./main", "sql/shared"])
def test_an_include_root_stays_as_it_is_written(tmp_path: Path, root: str) -> None:
    text = f'[repositories.r]\nurl="."\n[trees.t]\ninclude_root = "{root}"\n'
    assert load(tmp_path, text).trees["t"].include_root == root


@pytest.mark.parametrize(
    ("database", "where"),
    [("", "the embedded server"), ('database = "dbname=shop"\n', "the same database")],
)
def test_one_tree_goes_into_a_database_once(tmp_path: Path, database: str, where: str) -> None:
    text = f"{MINIMAL}{database}[targets.again]\n{database}"
    assert faults(tmp_path, text) == (
        f"targets.again.database: the target local deploys the tree main to {where} too",
    )


def test_two_trees_go_into_one_database(tmp_path: Path) -> None:
    config = load(
        tmp_path,
        """
        [repositories.r]
        url = "."
        [trees.a]
        main = "a/main.sql"
        [trees.b]
        main = "b/main.sql"
        [targets.a]
        tree = "a"
        database = "dbname=shop"
        [targets.b]
        tree = "b"
        database = "dbname=shop"
        """,
    )
    assert config.trees["a"].repository is config.trees["b"].repository
    assert [target.tree.name for target in config.targets.values()] == ["a", "b"]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("${A}", "one"),
        ("x${A}${A}y", "xoneoney"),
        ("$${A}", "${A}"),
        ("${NONE:-two}", "two"),
        ("${EMPTY:-two}", "two"),
        ("${EMPTY}", ""),
        ("${NONE:-}", ""),
        ("${A:-two}", "one"),
        ("$A and $", "$A and $"),
        ("${NESTED}", "${A}"),
    ],
)
def test_the_environment(tmp_path: Path, written: str, expected: str) -> None:
    text = f'{MINIMAL}[trees.main.variables]\nv = "{written}"\n'
    config = load(tmp_path, text, A="one", EMPTY="", NESTED="${A}")
    assert config.trees["main"].variables == {"v": expected}


def test_the_environment_stands_in_for_any_value(tmp_path: Path) -> None:
    text = '[repositories.r]\nurl = "${URL}"\ninterval = "${EVERY}"\n'
    assert load(tmp_path, text, URL="/srv/r", EVERY="7").repositories["r"].interval == 7


def test_faults_of_the_environment(tmp_path: Path) -> None:
    text = """
        [repositories.r]
        url = "${A}/${B}"
        branch = "${1}"
        [trees.t]
        repository = "${C}"
        [targets.t]
        database = "dbname=${D"
        """
    usage = "write ${NAME} or ${NAME:-default} for a variable, $${ for a plain ${"
    assert faults(tmp_path, text) == (
        "repositories.r.url: A and B are not set in the environment",
        f"repositories.r.branch: {usage}",
        "trees.t.repository: C is not set in the environment",
        f"targets.t.database: {usage}",
    )


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("a = 1\n[trees.x\n", "2:9: not TOML: Expected"),
        ('a = 1\nb = "x', "2:7: not TOML: Unterminated"),
        ("a = 1\r\na = 2\r\n", "2:"),
        ("x =", "1:4: not TOML: Invalid value"),
    ],
)
def test_broken_toml_names_line_and_column(tmp_path: Path, text: str, where: str) -> None:
    (tmp_path / "mainsql.toml").write_bytes(text.encode())
    with pytest.raises(ConfigurationError) as caught:
        load_config(tmp_path / "mainsql.toml")
    assert caught.value.message.startswith(f"{tmp_path}/mainsql.toml:{where}")


def test_bytes_that_are_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "mainsql.toml"
    path.write_bytes(b"\xef\xbb\xbfa = 1\nb = '\xc3\xa4\xe4'")
    with pytest.raises(ConfigurationError, match=re.escape(f"{path}:2:7: this is not UTF-8")):
        load_config(path)


def test_a_byte_order_mark_is_ignored(tmp_path: Path) -> None:
    assert load(tmp_path, f"\ufeff{MINIMAL}").targets


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"cannot read .*: Is a directory"):
        load_config(tmp_path)


SECRET = "s3cr3t"  # noqa: S105


@pytest.mark.parametrize(
    "text",
    [
        f'[targets.x]\ndatabase = "{SECRET}"\nlock_timeout = "{SECRET}"\n',
        f'[targets.x]\ntre = "{SECRET}"\ndatabase = ["{SECRET}"]\n',
        f'[repositories.x]\nurl = "-{SECRET}"\nbranch = " {SECRET}"\n',
        f'[repositories.x]\nurl = "{SECRET}\\n"\ninterval = "{SECRET}"\n',
        f'[trees.x]\nmain = "/{SECRET}"\napply = "{SECRET}"\nvariables = "{SECRET}"\n',
        f'database = "postgresql://u:{SECRET}@h/d\n',
        f'database = "{SECRET}',
        f'database = "{SECRET}" x',
        f'[targets.x]\ndatabase = "${{{SECRET}"\n',
    ],
)
def test_no_report_shows_a_value(tmp_path: Path, text: str) -> None:
    (tmp_path / "mainsql.toml").write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        load_config(tmp_path / "mainsql.toml")
    error: BaseException | None = caught.value
    while error is not None:
        assert SECRET not in repr(error) + str(error) + repr(vars(error))
        error = error.__cause__ or error.__context__


def test_no_repr_shows_a_secret(tmp_path: Path) -> None:
    config = load(
        tmp_path,
        """
        [repositories.r]
        url = "https://u:${SECRET}@h/r"
        [trees.t]
        variables = { password = "${SECRET}" }
        [targets.t]
        database = "postgresql://u:${SECRET}@h/d"
        """,
        SECRET=SECRET,
    )
    assert SECRET in str(config.targets["t"].database)
    assert SECRET not in repr(config)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("5s", 5),
        ("500ms", 0.5),
        ("1m30s", 90),
        ("1m 30s", 90),
        ("2h", 7200),
        ("1d", 86400),
        ("1.5 h", 5400),
        ("1m1ms", 60.001),
        (" 5 ", 5),
        ("0.25", 0.25),
        ("0", 0),
        ("0s", 0),
        (7, 7),
        (0.5, 0.5),
    ],
)
def test_a_duration(text: str | float, seconds: float) -> None:
    assert duration(text) == seconds


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "is not a duration"),
        (" ", "is not a duration"),
        ("s", "is not a duration"),
        ("5x", "is not a duration"),
        ("30s1m", "is not a duration"),
        ("1s1s", "is not a duration"),
        ("-5s", "is not a duration"),
        ("1e3", "is not a duration"),
        ("inf", "is not a duration"),
        ("٥s", "is not a duration"),
        (-1, "negative"),
        (-math.inf, "negative"),
        (math.inf, "longer than 24 days"),
        (10**400, "longer than 24 days"),
        ("9999h", "longer than 24 days"),
        ("9" * 400, "longer than 24 days"),
        ("9" * 400 + "h", "longer than 24 days"),
        (math.nan, "not a number"),
        ("0.1ms", "shorter than a millisecond"),
        (True, "must be a duration"),
    ],
)
def test_no_duration(text: str | float, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        duration(text)


def test_a_duration_may_be_longer_where_it_is_no_timeout() -> None:
    assert duration("90d", longest=100 * 86400) == 90 * 86400
    with pytest.raises(ValueError, match="longer than 100 days"):
        duration("101d", longest=100 * 86400)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("500MB", 500 * 2**20),
        ("10 GB", 10 * 2**30),
        ("1TB", 2**40),
        ("8kB", 8192),
        ("12", 12),
        ("7B", 7),
        (9, 9),
    ],
)
def test_an_amount_of_data(text: str | int, amount: int) -> None:
    assert size(text) == amount


@pytest.mark.parametrize("text", ["", "GB", "10gb", "1.5GB", "-1", -1, True, 1.5, "9" * 30, "٥GB"])
def test_no_amount_of_data(text: str | int) -> None:
    with pytest.raises(ValueError, match=r"amount of data|negative"):
        size(text)


@pytest.mark.parametrize("text", ["0", "0s", 0, 0.0])
def test_an_interval_is_positive(text: str | float) -> None:
    with pytest.raises(ValueError, match="longer than zero"):
        duration(text, positive=True)


@given(st.integers(0, 23), st.integers(0, 59), st.integers(0, 59), st.integers(0, 999))
def test_the_parts_of_a_duration_add_up(h: int, m: int, s: int, ms: int) -> None:
    assert duration(f"{h}h{m}m{s}s{ms}ms") == pytest.approx(h * 3600 + m * 60 + s + ms / 1000)


@given(st.text() | st.floats() | st.integers())
def test_a_duration_is_sound_or_refused(text: str | float) -> None:
    try:
        seconds = duration(text, positive=True)
    except ValueError:
        return
    assert 0.001 <= seconds < 2**31 / 1000


def test_the_template_loads(tmp_path: Path) -> None:
    config = load(tmp_path, TEMPLATE)
    assert config.repositories["here"].url == str(tmp_path)
    assert config.targets["local"].tree.repository.name == "here"


def test_the_template_shows_every_key_with_its_default(tmp_path: Path) -> None:
    plain = load(tmp_path, TEMPLATE)
    text = re.sub(r"(?m)^# (\w+ = |\[)", r"\1", TEMPLATE)
    full = load(tmp_path, text, SHOP_PASSWORD="x")  # noqa: S106
    for key in ("interval", "include_root", "apply", "lock_timeout", "statement_timeout", "retry_for"):
        assert re.search(rf"(?m)^{key} = ", text), key
    assert full.stop_timeout == plain.stop_timeout
    assert full.repositories["here"].interval == plain.repositories["here"].interval
    assert full.repositories["here"].branch == "main"
    tree = full.trees["main"]
    assert (tree.include_root, tree.apply) == ("main", Apply.CHANGES)
    assert (tree.main, tree.variables) == ("main.sql", {"schema": "shop"})
    assert full.targets["local"].lock_timeout == plain.targets["local"].lock_timeout
    assert full.targets["local"].statement_timeout == plain.targets["local"].statement_timeout
    assert full.targets["local"].retry_for == plain.targets["local"].retry_for == 600
    assert full.targets["local"].database is not None


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three folders in which a configuration is looked for; the first is the working directory."""
    for name in ("cwd", "user/mainsql", "system/mainsql"):
        (tmp_path / name).mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "cwd")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "user"))
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(tmp_path / "system"))
    return tmp_path


def test_where_the_configuration_is_found(places: Path) -> None:
    assert find_config() is None
    for name in ("system/mainsql", "user/mainsql", "cwd"):
        path = places / name / "mainsql.toml"
        path.touch()
        found = find_config()
        assert found is not None
        assert found.absolute() == path
    (places / "other.toml").touch()
    assert find_config(places / "other.toml") == places / "other.toml"


def test_a_configuration_that_was_asked_for_must_be_there(places: Path) -> None:
    (places / "cwd" / "mainsql.toml").touch()
    with pytest.raises(ConfigurationError, match=r"no configuration file other\.toml"):
        find_config(Path("other.toml"))


def test_a_place_that_cannot_be_looked_at_has_no_configuration(
    places: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", "/" + "x" * 300)
    assert find_config() is None
    (places / "system/mainsql/mainsql.toml").touch()
    assert find_config() == places / "system/mainsql/mainsql.toml"


def test_a_folder_is_no_configuration(places: Path) -> None:
    (places / "cwd" / "mainsql.toml").mkdir()
    assert find_config() is None


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MAINSQL_STATE", "STATE_DIRECTORY", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("nowhere")
def test_where_state_is_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert state_folder() == Path("/var/lib/mainsql")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert state_folder() == tmp_path / "mainsql"
    monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/a:/var/lib/b")
    assert state_folder() == Path("/var/lib/a")
    monkeypatch.setenv("MAINSQL_STATE", str(tmp_path / "mine"))
    assert state_folder() == tmp_path / "mine"
    assert not (tmp_path / "mine").exists()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MAINSQL_STATE", "here")
    assert state_folder() == tmp_path / "here"


@pytest.mark.usefixtures("nowhere")
def test_a_user_without_a_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for function in ("getuid", "geteuid"):
        monkeypatch.setattr(os, function, lambda: 2**31 - 3)
    for name in ("HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ConfigurationError, match="no home") as caught:
        state_folder()
    assert "MAINSQL_STATE" in str(caught.value.hint)
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(tmp_path))
    monkeypatch.setenv("MAINSQL_STATE", "~/state")
    monkeypatch.chdir(tmp_path)
    assert state_folder() == tmp_path / "~" / "state"
    assert find_config() is None


def test_a_configuration_may_come_from_a_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)
    assert find_config(tmp_path / "pipe") == tmp_path / "pipe"


@pytest.mark.parametrize(
    ("tree", "target", "expected"),
    [
        ("", "", UndoConfig()),
        ('undo = "keep-data"', "", UndoConfig(keeps_data=True)),
        ('undo = "keep-data"', 'undo = "required"', UndoConfig(UndoPolicy.REQUIRED)),
        ('undo = "optional"', 'undo = ["keep-data", "derived"]', UndoConfig(keeps_data=True)),
    ],
)
def test_undo_is_as_the_target_says_or_else_the_tree(
    tmp_path: Path, tree: str, target: str, expected: UndoConfig
) -> None:
    config = load(tmp_path, f'[repositories.a]\nurl = "."\n[trees.a]\n{tree}\n[targets.a]\n{target}')
    assert config.targets["a"].undo == expected


@pytest.mark.parametrize(
    ("undo", "fault"),
    [
        ('"keep"', 'must be one of "required", "derived", "optional", "keep-data", or a list'),
        ("true", "must be one of"),
        ("[]", "must be one of"),
        ('["required", "derived"]', '"derived" and "required" exclude each other'),
        ('["optional", "keep-data"]', '"optional" and "keep-data" exclude each other'),
    ],
)
def test_words_of_undo_that_do_not_go_together(tmp_path: Path, undo: str, fault: str) -> None:
    (found,) = faults(tmp_path, f'[repositories.a]\nurl = "."\n[trees.a]\nundo = {undo}\n[targets.a]')
    assert found.startswith(f"trees.a.undo: {fault}")
