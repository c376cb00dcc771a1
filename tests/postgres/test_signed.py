"""What is deployed is what somebody signed: every way to run a commit's SQL asks for it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.postgres.deploying import Shop
from tests.signing import SshKey

from mainsql.config import Verify
from mainsql.errors import Refused
from mainsql.model import Plan, Refusal, Signer
from mainsql.operations.adopting import examine
from mainsql.operations.comparing import compare_with_tree
from mainsql.operations.deploying import accept
from mainsql.operations.loading import Trees
from mainsql.operations.outcome import State
from mainsql.operations.planning import preview, preview_between
from mainsql.operations.rehearsing import Place, Unplanned, rehearse
from mainsql.operations.target import Deployment
from mainsql.operations.telling import history_of, standing
from mainsql.source.keys import Keys

ADA = "ada@example.org"


class SignedShop(Shop):
    """A tree whose commits are verified; ``unsigned`` and ``signed`` make one each, and give its id."""

    def __init__(self, folder: Path, dsn: str, verify: Verify) -> None:
        super().__init__(folder, dsn)
        self.key = SshKey.make(folder / "key")
        self.allowed = folder / "allowed"
        self.allowed.write_text(self.key.allowed(ADA))
        self.configure(verify=verify, keys=Keys(self.allowed))
        self._number = 0

    def configure(self, **changes: object) -> None:
        config = self.deployment.config
        repository = replace(config.repository, **changes)
        self.deployment = Deployment(self.target, Trees(self.source, replace(config, repository=repository)))

    def unsigned(self, message: str = "unsigned") -> str:
        self._number += 1
        new = f"create table t{self._number} ();\n"
        path = self.repo.path / "main.sql"
        before = path.read_text() if path.exists() else ""
        return self.repo.commit({"main.sql": before + new}, message)

    def signed(self, message: str = "signed") -> str:
        self.unsigned(message)
        return self.key.sign(self.repo)


@pytest.fixture
def every(requires, database, tmp_path) -> Iterator[SignedShop]:
    requires("ssh-keygen")
    shop = SignedShop(tmp_path, database.dsn, Verify.EVERY)
    yield shop
    shop.close()


@pytest.fixture
def shop(requires, database, tmp_path) -> Iterator[SignedShop]:
    requires("ssh-keygen")
    shop = SignedShop(tmp_path, database.dsn, Verify.HEAD)
    yield shop
    shop.close()


def signers(shop: Shop) -> list[Signer | None]:
    return [version.signer for version in history_of(shop.target).versions]


def test_the_signer_is_recorded_and_part_of_the_hash(shop: SignedShop, database) -> None:
    shop.signed()
    assert shop.deploy().state is State.UP_TO_DATE
    shop.signed()
    assert shop.deploy().version == 2
    assert signers(shop) == [Signer(ADA, shop.key.fingerprint)] * 2
    assert not standing(shop.target).broken_links
    database.execute("update mainsql.versions set signer_key = 'x' where tree = 'shop' and version = 1")
    assert standing(shop.target).broken_links == [2]


def test_what_is_not_signed_is_refused_with_its_commit_and_author(shop: SignedShop, database) -> None:
    shop.signed()
    shop.deploy()
    commit_id = shop.unsigned("drop the guard")
    outcome = shop.deploy()
    assert (outcome.state, outcome.version) == (State.REFUSED, 1)
    assert outcome.report is not None
    reason = f"commit {commit_id[:10]} (drop the guard) by Ada <ada@example.org> is not signed"
    assert reason in outcome.report
    assert "git commit --amend --no-edit -S" in outcome.report
    assert "Nothing was changed: shop@test is still at version 1." in outcome.report
    assert database.execute("select to_regclass('t2'), (select count(*) from mainsql.attempts)") == [
        (None, 0)
    ]
    shop.key.sign(shop.repo)
    assert shop.deploy().version == 2


def test_where_nobody_asks_none_is_recorded(database, tmp_path) -> None:
    shop = Shop(tmp_path, database.dsn)
    shop.push({"main.sql": "create table t ();\n"})
    assert signers(shop) == [None]
    shop.close()


def test_no_command_runs_what_is_not_signed(shop: SignedShop, database) -> None:
    shop.unsigned()
    commit, deployment = shop.source.head(), shop.deployment
    (seen,) = preview(deployment, commit)
    assert isinstance(seen.outcome, Refusal)
    (rehearsed,) = rehearse(deployment, commit, Place(in_place=True)).results
    assert isinstance(rehearsed, Unplanned)
    for command in (
        lambda: examine(deployment, commit),
        lambda: accept(deployment, commit, ["main.sql"]),
        lambda: compare_with_tree(deployment, commit),
    ):
        with pytest.raises(Refused, match="is not signed"):
            command()
    assert shop.deploy().state is State.REFUSED
    assert database.execute("select to_regnamespace('mainsql')") == [(None,)]
    signed = shop.source.commit(shop.signed())
    (seen,) = preview_between(deployment.trees, commit, signed)
    assert isinstance(seen.outcome, Plan)
    assert seen.outcome.signer == Signer(ADA, shop.key.fingerprint)


def test_a_key_that_is_taken_away_holds_what_comes_and_not_what_is_there(shop: SignedShop) -> None:
    shop.signed()
    shop.deploy()
    shop.allowed.write_text("")
    assert shop.deploy().state is State.UP_TO_DATE
    shop.signed()
    outcome = shop.deploy()
    assert outcome.state is State.REFUSED
    assert outcome.report is not None
    assert f"is signed with the unknown SSH key {shop.key.fingerprint}" in outcome.report


def test_keys_that_cannot_be_read_hold_and_are_no_failure(shop: SignedShop, database) -> None:
    shop.signed()
    contents = shop.allowed.read_text()
    shop.allowed.unlink()
    outcome = shop.deploy()
    assert outcome.state is State.REFUSED
    assert outcome.report is not None
    assert f"'{shop.allowed}' cannot be read" in outcome.report
    shop.allowed.write_text(contents)
    assert shop.deploy().version == 1


def test_a_signed_commit_covers_those_before_it_when_only_heads_count(shop: SignedShop) -> None:
    shop.unsigned()
    shop.signed()
    assert shop.deploy().version == 1
    shop.unsigned()
    shop.signed()
    outcome = shop.deploy()
    assert (outcome.state, outcome.version) == (State.UP_TO_DATE, 2)
    assert [v.commit.subject for v in history_of(shop.target).versions] == ["signed", "signed"]


def test_nothing_rides_in_under_a_signed_merge(every: SignedShop) -> None:
    every.signed()
    every.deploy()
    every.repo.branch("feature")
    rider = every.repo.commit({"other.txt": "1"}, "rider")
    every.signed("more")
    every.repo.switch("main")
    every.repo.merge("feature")
    merge = every.key.sign(every.repo)
    outcome = every.deploy()
    assert outcome.state is State.REFUSED
    assert outcome.report is not None
    assert f"commit {rider[:10]} (rider) by Ada <ada@example.org> is not signed" in outcome.report
    assert f'signed_after = "{rider}"' in outcome.report
    every.configure(signed_after=rider)
    outcome = every.deploy()
    assert (outcome.state, outcome.version) == (State.UP_TO_DATE, 2)
    assert history_of(every.target).versions[-1].commit.id == merge


def test_nobody_is_told_to_let_pass_what_was_tampered_with(every: SignedShop) -> None:
    every.unsigned()
    signed = every.signed()
    other = every.repo.git("cat-file", "commit", signed).replace(b"\n\nsigned", b"\n\nforged")
    forged = every.repo.git("hash-object", "-t", "commit", "-w", "--stdin", input=other).decode().strip()
    every.repo.reset(forged)
    outcome = every.deploy()
    assert outcome.state is State.REFUSED
    assert outcome.report is not None
    assert "is not signed" in outcome.report
    assert "has a bad signature" in outcome.report
    assert "signed_after" not in outcome.report


def test_the_first_deploy_brings_all_of_history(every: SignedShop) -> None:
    last = [every.unsigned(f"old {number}") for number in range(8)][-1]
    every.signed()
    outcome = every.deploy()
    assert outcome.state is State.REFUSED
    assert outcome.report is not None
    assert outcome.report.count("is not signed") == 5
    assert "(old 0)" in outcome.report
    assert "3 more of the commits up to" in outcome.report
    assert f'signed_after = "{last}"' in outcome.report
    every.configure(signed_after=last)
    assert every.deploy().version == 1


def test_a_commit_that_is_let_pass_is_recorded_without_a_signer(shop: SignedShop) -> None:
    commit_id = shop.unsigned()
    shop.configure(signed_after=commit_id)
    assert shop.deploy().version == 1
    assert signers(shop) == [None]
    shop.unsigned()
    assert shop.deploy().state is State.REFUSED
    shop.configure(signed_after="1" * 40)
    outcome = shop.deploy()
    assert outcome.state is State.REFUSED
    assert outcome.report is not None
    assert f"'{'1' * 40}' is no commit of shop" in outcome.report


def test_what_has_been_applied_is_not_asked_for_again(every: SignedShop) -> None:
    every.configure(verify=Verify.NONE)
    every.unsigned()
    every.deploy()
    every.configure(verify=Verify.EVERY)
    assert every.deploy().state is State.UP_TO_DATE
    every.signed()
    assert every.deploy().version == 2
    assert signers(every) == [None, Signer(ADA, every.key.fingerprint)]
