"""Signed commits, as a user meets them."""

import json

import pytest
from tests.signing import SshKey

CONFIG = """\
[repositories.shop]
url = "shop"
verify = "every"
allowed_signers = "allowed"
[trees.shop]
[targets.test]
"""


@pytest.fixture
def ada(requires, tmp_path):
    """A key that counts for the program."""
    requires("ssh-keygen")
    key = SshKey.make(tmp_path / "ada")
    (tmp_path / "allowed").write_text(key.allowed("ada@example.org"))
    (tmp_path / "mainsql.toml").write_text(CONFIG)
    return key


def test_what_is_signed_is_deployed_and_its_signer_told(program, repo, ada, tmp_path):
    config = ("--config", str(tmp_path / "mainsql.toml"))
    repo.commit({"main.sql": "create table t ();\n"}, "the first")
    refused = program.run("deploy", *config)
    assert refused.returncode == 3
    assert "(the first) by Ada <ada@example.org> is not signed" in refused.stderr
    ada.sign(repo)
    planned = program.run("plan", *config)
    assert f"\n  signed by ada@example.org ({ada.fingerprint})\n" in planned.stdout
    assert program.run("deploy", *config).returncode == 0
    shown = program.run("show", "1", *config)
    assert f"\nsigned       ada@example.org ({ada.fingerprint})\n" in shown.stdout
    assert "SIGNED BY        APPLIED" in program.run("history", *config).stdout
    (standing,) = json.loads(program.run("status", "--json", *config).stdout)
    assert standing["current"]["signer"] == {"name": "ada@example.org", "key": ada.fingerprint}
