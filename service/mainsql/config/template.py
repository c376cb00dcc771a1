"""What ``mainsql init`` writes."""

TEMPLATE = """\
# mainsql.toml: which repositories are watched, which trees they hold, and to which databases
# they are deployed. What is commented out is the default.
#
# Values may take variables from the environment: "${NAME}", or "${NAME:-default}"; write $${ for
# a plain ${. Durations are "500ms", "5s", "1m30s", "2h", or a number of seconds.
# Names (here "here", "main", "local") are letters, digits, and _ . - as you like.

# How long a transaction in hand may take to finish when mainsql is told to stop.
# stop_timeout = "30s"


# A repository that is watched. Any number of them: [repositories.other] ...
[repositories.here]

# What git can fetch (https://..., ssh://..., git@host:path) or svn can read (svn://.../trunk), or a
# path, relative to this file.
url = "."

# What it is, "git" or "svn"; left out, it is looked up.
# vcs = "git"

# The branch that is deployed; left out, it is the repository's own HEAD.
# branch = "main"

# Or tags = "v*": the newest version of the tags that match is deployed; also a list of patterns.

# Who fetches it, where the URL and git's own settings do not say so, see docs/git.md: username and
# password (or password_file) for https, ssh_key and known_hosts for ssh. ca_file names the authority of a
# server's certificate, where the system does not trust it.

# How often it is looked at.
# interval = "5s"

# Which commits must be signed: "none", "head" (each that becomes a version), or "every" (that one, and
# all that it brings). It needs keys that count: allowed_signers = "FILE" for SSH, keyring = "FILE" (as
# `gpg --export` writes it) for OpenPGP, or both; see docs/signatures.md.
# verify = "none"


# A main script with all that it includes. Its name is in the ledger: choose it for good.
[trees.main]

# The repository that it is in; may be left out when there is only one.
# repository = "here"

# The main script, from the root of the repository; left out, it is the only main.sql there is.
# main = "main.sql"

# What \\i is relative to: "main" (the folder of the main script), "repository" (its root),
# or a folder in it. \\ir is always relative to the file it stands in.
# include_root = "main"

# "changes": what is new or changed in the tree runs.
# "whole": all of main.sql runs for each commit that changes it, as `psql -1 -f main.sql` would.
# apply = "changes"

# What becomes of files that leave the tree: "keep" (what they did stays, and is reported),
# "undo" (it is taken back by their undo scripts), or "refuse" (a person must decide).
# on_removed = "keep"

# "each": a database that is several commits behind gets a version for each of them.
# "newest": it gets one, for the newest.
# catch_up = "each"

# What is demanded of undo scripts, for targets that do not say it themselves: see there.
# undo = "derived"

# Variables for the scripts, as `psql -v name=value` sets them.
# variables = { schema = "shop" }
# What the scripts may read of mainsql's own environment, with \\getenv.
# environment = ["SHOP_STAGE"]


# A database to which a tree is deployed.
[targets.local]

# The tree; may be left out when there is only one.
# tree = "main"

# Where the database is: a URL, or settings such as "host=... dbname=...". Keep passwords out of
# this file: in the environment, or in ~/.pgpass. Left out, it is mainsql's own embedded server.
# database = "postgresql://deployer:${SHOP_PASSWORD}@db.example.com/shop"

# How long a statement waits for a lock before the deployment is put off and tried again.
# lock_timeout = "5s"

# How long one statement may run; 0 is without end.
# statement_timeout = 0

# How long a deployment is tried again, as a whole and with growing pauses, that met a lock, a
# deadlock, a serialization failure or a lost connection; 0 is not at all.
# retry_for = "10m"

# What takes a version back: "derived" (where nobody wrote an undo script, it is derived from the
# catalogs), "required" (and tried; a version that cannot be taken back is refused), "optional" (what
# people wrote, and no more), or "keep-data": as "derived", and the rows of tables and columns that a
# version drops, and the values that a change of type loses, are kept in the database and put back when
# it is rolled back. ["required", "keep-data"] is both. Left out, it is as the tree says.
# undo = "derived"

# How often the daemon looks whether somebody has changed what was deployed; 0 is never. And what
# becomes of a deploy that is about what was changed: "report" (it goes on) or "refuse".
# drift_interval = "1h"
# on_drift = "report"

# Whether each version is tried before it is deployed, and taken back: "never", "before" (in a scratch
# database like this one, on an embedded server) or "in-place" (in this one, and rolled back).
# rehearse = "never"

# How old the rows that were kept may become, and how much they may be in all: what goes beyond that is
# dropped, the oldest first, unless the undo of a version needs it. Left out, there is no limit.
# archive_age = "90d"
# archive_size = "10GB"
"""
