"""mainsql deploys raw SQL to PostgreSQL from a repository: one commit, one transaction, one version."""

__version__ = "0.1.0"
