"""What only git repositories have: merges, links, encodings, rewritten history, hooks."""

import os
import shutil
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest
from tests.contract.origins import GitOrigin, Opener, Processes, git_checkout
from tests.gitrepo import GitRepo, Link

from mainsql.errors import MainsqlError, Retry, SourceError, SourceUnavailable
from mainsql.model import Stored
from mainsql.source.git import GitRepository

MEGABYTE = 1_000_000


def hashed(repo: GitRepo, raw: bytes) -> str:
    """Makes a commit that git itself would not, and gives its hash."""
    command = ("hash-object", "-t", "commit", "-w", "--literally", "--stdin")
    return repo.git(*command, input=raw).decode().strip()


def report(caught: pytest.ExceptionInfo[MainsqlError]) -> str:
    return caught.value.report()


# History


def test_changes_follow_first_parents_and_merges_show_what_they_bring(
    git_origin: GitOrigin, opener: Opener
) -> None:
    repo = git_origin.repo
    base = repo.commit({"main.sql": "1", "both.sql": "1\n2\n3\n4\n5\n"}, "base")
    repo.branch("feature")
    repo.commit({"feature-1.sql": "1"}, "f1")
    feature = repo.commit({"both.sql": "one\n2\n3\n4\n5\n"}, "f2")
    repo.switch("main")
    repo.commit({"both.sql": "1\n2\n3\n4\nfive\n"}, "m1")
    merge = repo.merge("feature", "the merge")
    last = repo.commit({"main.sql": "2"}, "m2")
    git_origin.publish()
    repository = opener(git_origin.url)
    changes = repository.changes(base, last)
    assert [c.commit.subject for c in changes] == ["m1", "the merge", "m2"]
    assert [c.paths for c in changes] == [{"both.sql"}, {"feature-1.sql", "both.sql"}, {"main.sql"}]
    assert repository.is_ancestor(feature, merge)
    assert not repository.is_ancestor(merge, feature)
    assert [c.commit.subject for c in repository.changes(feature, last)] == ["m1", "the merge", "m2"]


def test_a_merge_that_changes_nothing_has_no_paths(git_origin: GitOrigin, opener: Opener) -> None:
    repo = git_origin.repo
    base = repo.commit({"main.sql": "1"})
    repo.branch("feature")
    repo.commit({}, "empty")
    repo.switch("main")
    merge = repo.merge("feature")
    git_origin.publish()
    (change,) = opener(git_origin.url).changes(base, merge)
    assert change.paths == frozenset()


def test_what_a_configuration_says_of_logs_changes_nothing(
    git_origin: GitOrigin, opener: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configuration, gpg = tmp_path / "gitconfig", tmp_path / "gpg"
    gpg.write_text("#!/bin/sh\necho 'gpg: Good signature' >&2\necho '[GNUPG:] GOODSIG 1 A'\n")
    gpg.chmod(0o755)
    configuration.write_text(
        f"[gpg]\nprogram={gpg}\n"
        "[log]\nshowSignature=true\ndiffMerges=combined\nshowRoot=false\ndecorate=full\ndate=relative\n"
        "[diff]\nrenames=copies\nrelative=true\nnoprefix=true\nexternal=false\n[color]\nui=always\n"
        "[format]\npretty=oneline\n[core]\nquotePath=true\nabbrev=5\n"
        "[i18n]\nlogOutputEncoding=latin-1\n"
    )
    repo = git_origin.repo
    base = repo.commit({"a.sql": "1", "ü.sql": "1"})
    repo.branch("feature")
    repo.commit({"a.sql": None, "b.sql": "1"}, "move")
    repo.switch("main")
    repo.commit({"ü.sql": "2"}, "Grüße")
    repo.merge("feature", "the merge")
    signature = b"gpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----\n\n"
    merge = hashed(repo, repo.git("cat-file", "commit", "HEAD").replace(b"\n\n", b"\n" + signature, 1))
    repo.reset(merge)
    git_origin.publish()
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(configuration))
    repository = opener(git_origin.url)
    changes = repository.changes(base, merge)
    assert [(c.commit.subject, set(c.paths)) for c in changes] == [
        ("Grüße", {"ü.sql"}),
        ("the merge", {"a.sql", "b.sql"}),
    ]
    assert repository.head() == changes[-1].commit
    assert repository.head().id == merge


def test_rewritten_history_is_seen_after_a_fetch(git_origin: GitOrigin, opener: Opener) -> None:
    first = git_origin.commit({"a.sql": "1"})
    old = git_origin.commit({"a.sql": "2"}, "regretted")
    repository = opener(git_origin.url)
    assert repository.head().id == old
    git_origin.repo.reset(first)
    new = git_origin.commit({"a.sql": "3"}, "better")
    repository.fetch()
    assert repository.head().id == new
    assert not repository.is_ancestor(old, new)
    assert repository.is_ancestor(first, new)


def test_replacements_and_grafts_do_not_change_what_a_commit_is(
    git_origin: GitOrigin, opener: Opener
) -> None:
    repo = git_origin.repo
    first = repo.commit({"a.sql": "first"})
    second = repo.commit({"a.sql": "second"})
    third = repo.commit({"a.sql": "third"})
    git_origin.publish()
    repository = opener(git_origin.url)
    mirrors = list(opener.state.glob("shop-*/"))
    read = mirrors[0] if mirrors else Path(git_origin.bare or repo.path / ".git")
    repo.git("--git-dir", str(read), "replace", second, first)
    (read / "info").mkdir(exist_ok=True)
    (read / "info" / "grafts").write_text(f"{third} {first}\n")
    assert repository.files(second).read("a.sql") == b"second"
    assert [c.commit.id for c in repository.changes(first, third)] == [second, third]


def test_what_somebody_wrote_gives_a_terminal_no_orders(git_origin: GitOrigin, opener: Opener) -> None:
    message = "red \x1b[31m\x9b1m\a and back\u202e\r\n\tsecond\u200c line\r"
    git_origin.repo.commit({}, message, author="E\x1b[5mve <eve@example.org>")
    git_origin.publish()
    found = opener(git_origin.url).head()
    assert found.author == "E?[5mve <eve@example.org>"
    assert found.message == "red ?[31m?1m? and back?\n\tsecond\u200c line\n"


def test_messages_and_authors_are_read_in_any_encoding(git_origin: GitOrigin, opener: Opener) -> None:
    repo = git_origin.repo
    base = repo.commit({})
    repo.commit({}, "Grüße".encode("latin-1"), author="Jörg <j@x.de>".encode("latin-1"), encoding="latin-1")
    raw = f"tree {repo.resolve('HEAD^{tree}')}\nparent {repo.head}\n".encode()
    for role in (b"author", b"committer"):
        raw += role + b" J\xf6rg <j@x.de> 1700000000 +0100\n"
    repo.reset(hashed(repo, raw + b"\nundeclared \xfc"))
    last = repo.commit({}, b"of no such encoding \xfc", encoding="klingon-1")
    git_origin.publish()
    repository = opener(git_origin.url)
    declared, undeclared, unknown = (c.commit for c in repository.changes(base, last))
    assert (declared.message.strip(), declared.author) == ("Grüße", "Jörg <j@x.de>")
    assert (undeclared.message, undeclared.author) == ("undeclared �", "J�rg <j@x.de>")
    assert unknown.message == "of no such encoding �"
    assert repository.head() == unknown


def test_dates_are_aware_whatever_they_are(git_origin: GitOrigin, opener: Opener) -> None:
    repo = git_origin.repo
    date = datetime(2021, 5, 4, 3, 2, 1, tzinfo=timezone(timedelta(hours=-9, minutes=-30)))
    dated = repo.commit({}, date=date)
    tree = repo.resolve("HEAD^{tree}")
    for number, when in enumerate(("99999999999999 +0000", "nonsense", "")):
        raw = f"tree {tree}\nauthor A <a@b.c> {when}\ncommitter A <a@b.c> {when}\n\nodd\n".encode()
        repo.git("update-ref", f"refs/heads/odd-{number}", hashed(repo, raw))
    git_origin.publish()
    repository = opener(git_origin.url)
    assert repository.commit(dated).committed_at == date
    for number in range(3):
        assert repository.commit(f"odd-{number}").committed_at.tzinfo is UTC


# Files


def test_links_are_followed_inside_the_commit(git_origin: GitOrigin, opener: Opener) -> None:
    commit_id = git_origin.commit(
        {
            "lib/v2/a.sql": b"a of v2",
            "lib/current": Link("v2"),
            "file.sql": Link("lib/v2/a.sql"),
            "through.sql": Link("./lib/current/a.sql"),
            "chain.sql": Link("through.sql"),
            "deep/down/up.sql": Link("../../chain.sql"),
            "all": Link("lib"),
            "dangling.sql": Link("nothing.sql"),
            "folder": Link("lib/v2"),
        }
    )
    files = opener(git_origin.url).files(commit_id)
    reached = ("lib/current/a.sql", "file.sql", "through.sql", "chain.sql", "deep/down/up.sql")
    for path in (*reached, "all/current/a.sql", "all/v2/../current/a.sql", "folder/a.sql", "./file.sql"):
        assert files.read(path) == b"a of v2", path
    assert files.read("dangling.sql") is None
    assert files.read("folder") is None
    assert files.read("file.sql/x") is None
    assert "chain.sql" in files.paths()


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ("/etc/passwd", "out of the repository, to '/etc/passwd'"),
        ("../../outside.sql", "out of the repository"),
        ("down/../../../main.sql", "out of the repository"),
        ("link.sql", "leads back to itself"),
        ("other.sql", "leads back to itself"),
    ],
)
def test_links_out_of_the_commit_and_in_circles_are_errors(
    git_origin: GitOrigin, opener: Opener, target: str, says: str
) -> None:
    links = {"in/link.sql": Link(target), "in/other.sql": Link("link.sql"), "main.sql": "1"}
    commit_id = git_origin.commit(links)
    with pytest.raises(SourceError, match=says) as caught:
        opener(git_origin.url).files(commit_id).read("in/link.sql")
    assert "'in/link.sql'" in report(caught)


@pytest.mark.parametrize("path", ["../main.sql", "a/../../main.sql", ".."])
def test_a_path_that_leaves_the_repository_is_an_error(
    git_origin: GitOrigin, opener: Opener, path: str
) -> None:
    commit_id = git_origin.commit({"main.sql": "1"})
    with pytest.raises(SourceError, match="out of the repository"):
        opener(git_origin.url).files(commit_id).read(path)


def test_submodules_are_named_and_not_read(git_origin: GitOrigin, opener: Opener) -> None:
    repo = git_origin.repo
    repo.commit({"main.sql": "1", "into": Link("vendor/lib")})
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{repo.head},vendor/lib")
    repo.git("commit", "--quiet", "--message", "submodule")
    git_origin.publish()
    files = opener(git_origin.url).files(repo.head)
    for path in ("vendor/lib/a.sql", "vendor/lib", "into/a.sql"):
        with pytest.raises(SourceError, match="submodule 'vendor/lib'"):
            files.read(path)
    assert set(files.paths()) == {"main.sql", "into"}


def test_names_that_are_not_utf8_are_read(git_origin: GitOrigin, opener: Opener) -> None:
    name = b"gr\xfc\xdfe.sql".decode("utf-8", "surrogateescape")
    base = git_origin.commit({})
    try:
        commit_id = git_origin.commit({name: "latin-1", "link.sql": Link(name)})
    except OSError:
        pytest.skip("this file system takes only names in UTF-8")
    repository = opener(git_origin.url)
    files = repository.files(commit_id)
    assert set(files.paths()) == {name, "link.sql"}
    assert files.read(name) == files.read("link.sql") == b"latin-1"
    assert [c.paths for c in repository.changes(base, commit_id)] == [{name, "link.sql"}]


def test_thousands_of_files_are_read_by_two_processes(
    git_origin: GitOrigin, opener: Opener, processes: Processes
) -> None:
    contents = {f"{n % 40}/{n}.sql": f"select {n};" for n in range(2000)}
    commit_id = git_origin.commit(contents)
    repository = opener(git_origin.url)
    processes.clear()
    for _ in range(2):
        files = repository.files(commit_id)
        assert {path: files.read(path) for path in files.paths()} == {
            path: text.encode() for path, text in contents.items()
        }
    assert [command[1] for command in processes] == ["ls-tree", "cat-file"]


def test_git_takes_little_memory_for_a_large_file_in_a_pack(tmp_path: Path, opener: Opener) -> None:
    origin = git_checkout(tmp_path)
    origin.repo.git("config", "core.compression", "0")  # it would take longer than all the rest
    commit_id = origin.commit({"large.bin": os.urandom(48 * MEGABYTE)})
    origin.repo.git("repack", "-a", "-d", "--quiet")
    large = opener(origin.url).files(commit_id).read("large.bin")
    assert isinstance(large, Stored)
    with large.open() as stream:
        for _ in range(44):
            assert len(stream.read(MEGABYTE)) == MEGABYTE
        (reader,) = _children("cat-file")
        assert psutil.Process(reader).memory_info().rss < 24 * MEGABYTE


def test_a_reader_that_was_killed_is_started_again(
    git_origin: GitOrigin, opener: Opener, processes: Processes
) -> None:
    commit_id = git_origin.commit({"a.sql": "1", "b.sql": "2"})
    repository = opener(git_origin.url)
    files = repository.files(commit_id)
    assert files.read("a.sql") == b"1"
    (reader,) = _children("cat-file")
    os.kill(reader, signal.SIGKILL)
    assert files.read("b.sql") == b"2"
    assert files.read("a.sql") == b"1"


def test_closing_leaves_no_process(git_origin: GitOrigin, opener: Opener) -> None:
    commit_id = git_origin.commit({"a.sql": "1"})
    repository = opener(git_origin.url)
    repository.files(commit_id).read("a.sql")
    assert _children("cat-file")
    repository.close()
    assert not _children("cat-file")


def _children(word: str) -> list[int]:
    """The ids of the processes that this one has started, with a word in their command lines."""
    listed = subprocess.run(
        ["ps", "-Aww", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True
    )
    rows = [line.split(None, 2) for line in listed.stdout.splitlines()]
    return [int(row[0]) for row in rows if int(row[1]) == os.getpid() and word in row[2]]


# Branches and revisions


def test_a_branch_is_watched_by_its_name(git_origin: GitOrigin, opener: Opener) -> None:
    main = git_origin.commit({"a.sql": "1"})
    git_origin.repo.branch("release/1.0")
    release = git_origin.commit({"a.sql": "2"})
    git_origin.repo.switch("main")
    git_origin.publish()
    assert opener(git_origin.url, "release/1.0").head().id == release
    assert opener(git_origin.url, "refs/heads/main").head().id == main
    assert opener(git_origin.url).head().id == main


def test_a_branch_is_not_mistaken_for_a_tag(git_origin: GitOrigin, opener: Opener) -> None:
    git_origin.repo.commit({"a.sql": "1"})
    git_origin.repo.git("tag", "live")
    git_origin.repo.branch("live")
    live = git_origin.commit({"a.sql": "2"})
    assert opener(git_origin.url, "live").head().id == live


def test_a_head_that_moves_to_another_branch_is_followed(git_origin: GitOrigin, opener: Opener) -> None:
    main = git_origin.commit({"a.sql": "1"})
    repository = opener(git_origin.url)
    assert isinstance(repository, GitRepository)
    assert (repository.head().id, repository.watched) == (main, "main")
    git_origin.repo.branch("trunk")
    git_origin.publish()
    repository.fetch()
    assert repository.watched == "trunk"
    trunk = git_origin.commit({"a.sql": "2"})
    repository.fetch()
    assert repository.head().id == trunk


def test_a_branch_that_is_not_there_lists_those_that_are_best_first(
    git_origin: GitOrigin, opener: Opener
) -> None:
    git_origin.repo.commit({"a.sql": "1"})
    for number in range(12):
        git_origin.repo.git("branch", f"feature-{number}")
    git_origin.repo.git("branch", "production")
    git_origin.publish()
    with pytest.raises(SourceError, match="shop has no branch 'produktion'") as caught:
        opener(git_origin.url, "produktion").head()
    assert "its branches are: production, " in report(caught)
    assert report(caught).endswith(" and 4 more")
    assert report(caught).count("feature-") <= 9


def test_a_branch_that_disappears_and_comes_back(git_origin: GitOrigin, opener: Opener) -> None:
    git_origin.repo.commit({"a.sql": "1"})
    git_origin.repo.branch("live")
    git_origin.commit({"a.sql": "2"})
    repository = opener(git_origin.url, "live")
    repository.head()
    git_origin.repo.switch("main")
    git_origin.repo.git("branch", "--quiet", "-D", "live")
    git_origin.publish()
    repository.fetch()
    with pytest.raises(SourceError, match="no branch 'live'") as caught:
        repository.head()
    assert "main" in (caught.value.hint or "")
    git_origin.repo.branch("live")
    back = git_origin.commit({"a.sql": "3"})
    repository.fetch()
    assert repository.head().id == back


def test_a_head_that_names_no_branch_says_which_there_are(git_origin: GitOrigin, opener: Opener) -> None:
    git_origin.commit({"a.sql": "1"})
    repository = opener(git_origin.url)
    repository.head()
    read = git_origin.bare or git_origin.repo.path / ".git"
    git_origin.repo.git("--git-dir", str(read), "symbolic-ref", "HEAD", "refs/heads/unborn")
    repository.fetch()
    with pytest.raises(SourceError, match="HEAD of shop names a branch that has no commits") as caught:
        repository.head()
    assert "say which branch to watch; there are: main" in report(caught)


def test_a_head_on_no_branch_is_read(git_origin: GitOrigin, opener: Opener) -> None:
    repo = git_origin.repo
    first = git_origin.commit({"a.sql": "1"})
    stray = repo.commit({"a.sql": "stray"})
    repo.git("tag", "stray")
    repo.reset(first)
    git_origin.publish()
    repository = opener(git_origin.url)
    assert isinstance(repository, GitRepository)
    for commit_id in (stray, first):
        read = git_origin.bare or repo.path / ".git"
        repo.git("--git-dir", str(read), "update-ref", "--no-deref", "HEAD", commit_id)
        repository.fetch()
        assert repository.head().id == commit_id
        assert repository.watched == "HEAD"


def test_revisions_are_what_git_takes_them_for(git_origin: GitOrigin, opener: Opener) -> None:
    first = git_origin.repo.commit({"a.sql": "1"})
    git_origin.repo.git("tag", "--annotate", "--message", "one", "v1")
    second = git_origin.commit({"a.sql": "2"})
    repository = opener(git_origin.url)
    for revision in (first, first[:10], "v1", "main~1", "HEAD^", "refs/tags/v1"):
        assert repository.commit(revision).id == first, revision
    assert repository.commit("main").id == second
    blob = git_origin.repo.resolve("HEAD:a.sql")
    with pytest.raises(SourceError, match="is no commit of shop"):
        repository.commit(blob)
    with pytest.raises(SourceError):
        repository.files(blob)


HOSTILE_BRANCHES = (
    "-x",
    "--upload-pack=x",
    "a b",
    "a..b",
    "a:b",
    "*",
    "",
    "/",
    "a\0b",
    "a\nb",
    "@{-1}",
    "x.lock",
)


@pytest.mark.parametrize("branch", HOSTILE_BRANCHES)
def test_what_cannot_be_a_branch_is_refused_at_once(
    git_origin: GitOrigin, opener: Opener, branch: str
) -> None:
    git_origin.commit({"a.sql": "1"})
    with pytest.raises(SourceError):
        opener(git_origin.url, branch, fetch=False)


# Surroundings


def test_the_environment_of_a_hook_of_another_repository_does_not_confuse(
    git_origin: GitOrigin, opener: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = GitRepo(tmp_path / "other")
    other.commit({"a.sql": "other"}, "other")
    ours = git_origin.commit({"a.sql": "ours"}, "ours")
    for name, value in {
        "GIT_DIR": other.path / ".git",
        "GIT_COMMON_DIR": other.path / ".git",
        "GIT_WORK_TREE": tmp_path / "no-such-work-tree",
        "GIT_INDEX_FILE": other.path / ".git" / "index",
        "GIT_OBJECT_DIRECTORY": other.path / ".git" / "objects",
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": other.path / ".git" / "objects",
        "GIT_QUARANTINE_PATH": other.path / ".git" / "objects",
        "GIT_NAMESPACE": "elsewhere",
        "GIT_PREFIX": "sub/",
        "GIT_SHALLOW_FILE": tmp_path / "shallow",
    }.items():
        monkeypatch.setenv(name, str(value))
    repository = opener(git_origin.url)
    assert repository.head().id == ours
    assert repository.files(ours).read("a.sql") == b"ours"
    assert repository.name == "shop"
    assert not repository.is_ancestor(other.head, ours)


def test_it_works_from_within_a_hook(tmp_path: Path) -> None:
    watched, hooked = GitRepo(tmp_path / "watched"), GitRepo(tmp_path / "hooked")
    expected = watched.commit({"a.sql": "1"})
    script = tmp_path / "script.py"
    script.write_text(
        f"#!{sys.executable}\n"
        "import pathlib\n"
        "from mainsql.source.open import open_repository\n"
        f"state = pathlib.Path({str(tmp_path / 'state')!r})\n"
        f"repository = open_repository({watched.path.as_uri()!r}, branch=None, state=state)\n"
        "repository.fetch()\n"
        f"pathlib.Path({str(tmp_path / 'head')!r}).write_text(repository.head().id)\n"
        "repository.close()\n"
    )
    hook = hooked.path / ".git" / "hooks" / "post-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.symlink_to(script)
    script.chmod(0o755)
    hooked.commit({"b.sql": "2"})
    assert (tmp_path / "head").read_text() == expected


def test_a_repository_of_somebody_else_comes_with_the_advice_of_git(
    git_origin: GitOrigin, opener: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    git_origin.commit({"a.sql": "1"})
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    with pytest.raises(SourceError, match="dubious ownership in repository at") as caught:
        opener(git_origin.url).head()
    assert "git config --global --add safe.directory" in report(caught)


def test_without_git_it_says_so(tmp_path: Path) -> None:
    code = (
        "import pathlib\n"
        "from mainsql.errors import SourceError\n"
        "from mainsql.source.open import open_repository\n"
        "try:\n"
        "    open_repository('.', branch=None, state=pathlib.Path('state'))\n"
        "except SourceError as error:\n"
        "    print(error.report())\n"
    )
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "env").symlink_to(shutil.which("env") or "/usr/bin/env")
    hooked = {"GIT_DIR": "/nowhere"}
    surroundings: list[tuple[str, dict[str, str]]] = [("none", {}), ("none", hooked), ("bin", hooked)]
    for path, variables in surroundings:
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={"PATH": str(tmp_path / path), "PYTHONPATH": os.pathsep.join(sys.path), **variables},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout == (
            "git was not found\nhint: install git, or put the folder that it is in on the PATH\n"
        )
        assert done.stderr == ""


# Odd repositories


def test_a_shallow_clone_gives_what_it_has_and_no_nonsense(tmp_path: Path, opener: Opener) -> None:
    repo = GitRepo(tmp_path / "origin")
    cut, boundary, middle, last = (repo.commit({f"{n}.sql": "1"}, str(n)) for n in range(4))
    repo.git("clone", "--quiet", "--depth=3", repo.path.as_uri(), str(tmp_path / "shallow"))
    for url in (str(tmp_path / "shallow"), (tmp_path / "shallow").as_uri()):
        repository = opener(url)
        assert repository.head().id == last
        assert [c.commit.id for c in repository.changes(boundary, last)] == [middle, last]
        assert not repository.is_ancestor(cut, last)
        with pytest.raises(SourceError):
            repository.changes(cut, last)
        with pytest.raises(SourceError):
            repository.files(cut)


def test_a_partial_clone_fetches_what_is_read(tmp_path: Path, opener: Opener) -> None:
    repo = GitRepo(tmp_path / "origin")
    repo.git("config", "uploadpack.allowFilter", "true")
    commit_id = repo.commit({"a.sql": "1", "b.sql": "2"})
    clone = tmp_path / "partial"
    repo.git("clone", "--quiet", "--no-checkout", "--filter=blob:none", repo.path.as_uri(), str(clone))
    repository = opener(str(clone))
    assert repository.files(commit_id).read("a.sql") == b"1"
    repo.path.rename(tmp_path / "moved")
    with pytest.raises(SourceError, match="git cannot read its object"):
        repository.files(commit_id).read("b.sql")
    assert repository.files(commit_id).read("a.sql") == b"1"


def test_a_repository_with_sha256_is_read(tmp_path: Path, opener: Opener) -> None:
    (tmp_path / "new").mkdir()
    GitRepo(tmp_path / "x").git(
        "init", "--quiet", "--object-format=sha256", "-b", "main", str(tmp_path / "new")
    )
    repo = GitRepo(tmp_path / "new")
    first, second = repo.commit({"a.sql": "1"}), repo.commit({"a.sql": "2"})
    repository = opener(str(repo.path))
    assert len(second) == 64
    assert repository.head().id == second
    assert repository.files(first).read("a.sql") == b"1"
    assert [c.paths for c in repository.changes(first, second)] == [{"a.sql"}]


def test_a_linked_work_tree_has_a_head_and_a_location_of_its_own(tmp_path: Path, opener: Opener) -> None:
    repo = GitRepo(tmp_path / "shop")
    repo.commit({"a.sql": "1"})
    repo.git("worktree", "add", "--quiet", "-b", "side", str(tmp_path / "tree"))
    side = GitRepo(tmp_path / "tree").commit({"a.sql": "2"})
    main, linked = opener(str(repo.path)), opener(str(tmp_path / "tree"))
    assert linked.head().id == side
    assert main.head().id != side
    assert (main.location, linked.location) == (str(repo.path), str(tmp_path / "tree"))
    assert main.name == linked.name == "shop"


def test_packing_and_pruning_under_its_feet_is_no_trouble(tmp_path: Path, opener: Opener) -> None:
    repo = GitRepo(tmp_path / "shop")
    first = repo.commit({"a.sql": "1"})
    repository = opener(str(repo.path))
    files = repository.files(first)
    assert files.read("a.sql") == b"1"
    second = repo.commit({"a.sql": "2"})
    repo.git("gc", "--quiet", "--prune=now")
    assert repository.files(second).read("a.sql") == b"2"
    assert files.read("a.sql") == b"1"


# Paths


def test_a_path_may_be_relative_or_in_the_home_folder_or_have_spaces(
    tmp_path: Path, opener: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = GitRepo(tmp_path / "home" / "my shop $HOME" / "a:b")
    commit_id = repo.commit({"deep/down/a.sql": "1"})
    monkeypatch.chdir(repo.path.parent)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "link").symlink_to(repo.path / "deep")
    for url in (
        str(repo.path),
        "./a:b",
        "~/my shop $HOME/a:b",
        "./a:b/deep/down",
        "./a:b/.git",
        str(tmp_path / "link"),
    ):
        repository = opener(url)
        assert repository.head().id == commit_id, url
        assert repository.files(commit_id).read("deep/down/a.sql") == b"1"
        assert repository.location == str(repo.path), url
        assert repository.name == "a:b"
    monkeypatch.chdir(repo.path / "deep")
    repository = opener(".")
    monkeypatch.chdir("/")
    assert repository.head().id == commit_id


def test_it_is_named_after_its_origin(tmp_path: Path, opener: Opener) -> None:
    repo = GitRepo(tmp_path / "checkout-7")
    assert opener(str(repo.path)).name == "checkout-7"
    repo.git("remote", "add", "origin", "https://ada:secret@example.org/group/shop.git/")
    assert opener(str(repo.path)).name == "shop"


def test_what_is_no_repository_says_what_is_expected(tmp_path: Path, opener: Opener) -> None:
    (tmp_path / "file.sql").write_text("")
    (tmp_path / "empty").mkdir()
    for name, says in (
        ("missing", "there is no folder"),
        ("file.sql", "is a file, not a repository"),
        ("empty", "is not in a git repository"),
    ):
        with pytest.raises(SourceError, match=says) as caught:
            opener(str(tmp_path / name))
        assert caught.value.hint
        assert caught.value.retry is Retry.NEVER
        assert str(tmp_path / name) in report(caught)
    for url in ("a\0b", "~nobody-has-this-name/x", ""):
        with pytest.raises(SourceError):
            opener(url or str(tmp_path / "empty"))


def test_a_repository_that_goes_away_is_an_error_and_comes_back(tmp_path: Path, opener: Opener) -> None:
    repo = GitRepo(tmp_path / "shop")
    commit_id = repo.commit({"a.sql": "1"})
    repository = opener(str(repo.path))
    repo.path.rename(tmp_path / "away")
    for ask in (repository.head, lambda: repository.is_ancestor(commit_id, "1" * 40)):
        with pytest.raises(SourceError) as caught:
            ask()
        assert not isinstance(caught.value, SourceUnavailable)
        assert f"'{repo.path}' is not there any more" in report(caught)
    (tmp_path / "away").rename(repo.path)
    assert repository.head().id == commit_id
