"""The tables, as SQLAlchemy Core. Times are seconds since the epoch; secrets are stored hashed only.

A change here needs a migration beside it (``migrations/versions``) and the new ``HEAD`` in ``revision``; tests hold the
three together. Migrations of neighbouring versions only add, so that either version works with the database.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

__all__ = [
    "api_tokens",
    "attempts",
    "audit_log",
    "feed_entries",
    "feeds",
    "jwts",
    "key_values",
    "media",
    "metadata",
    "sessions",
    "users",
]

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _owner() -> Column[int]:
    return Column("user_id", Integer, ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True)


users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(128), nullable=False, unique=True),
    Column("password_hash", String(255), nullable=False),
    # Random, new with each password: whatever is bound to it dies with the password.
    Column("password_version", String(32), nullable=False),
    # 1 for the user that was registered while there was none, so that only one of two at once can be.
    Column("founder", Integer, unique=True),
    Column("created_at", Double, nullable=False),
    Column("password_changed_at", Double, nullable=False),
    # An id that was deleted must never name somebody else.
    sqlite_autoincrement=True,
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", Integer, primary_key=True),
    _owner(),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("remember", Boolean, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("expires_at", Double, index=True),
    Column("last_used_at", Double),
    Column("address", String(64), nullable=False),
    Column("user_agent", String(255), nullable=False),
    sqlite_autoincrement=True,
)

# Every JWT that is valid, by its identifier: a signature alone does not let anybody in.
jwts = Table(
    "jwts",
    metadata,
    Column("id", String(32), primary_key=True),
    _owner(),
    Column("created_at", Double, nullable=False),
    Column("expires_at", Double, index=True),
    Column("last_used_at", Double),
)

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("id", Integer, primary_key=True),
    _owner(),
    Column("name", String(128), nullable=False),
    Column("token_hash", String(64), nullable=False, unique=True),
    # A JSON list of patterns; NULL allows all that the user may do.
    Column("scopes", Text),
    Column("created_at", Double, nullable=False),
    Column("expires_at", Double, index=True),
    Column("last_used_at", Double),
    UniqueConstraint("user_id", "name"),
    sqlite_autoincrement=True,
)

attempts = Table(
    "sign_in_attempts",
    metadata,
    Column("id", String(160), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_at", Double, nullable=False, index=True),
)

audit_log = Table(
    "audit_log",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Double, nullable=False),
    Column("kind", String(64), nullable=False),
    Column("user_name", String(128)),
    Column("address", String(64), nullable=False),
    Column("details", Text, nullable=False),
    Index(None, "at"),
    sqlite_autoincrement=True,
)

key_values = Table(
    "key_values",
    metadata,
    Column("namespace", String(128), primary_key=True),
    Column("name", String(255), primary_key=True),
    Column("value", Text, nullable=False),
    Column("updated_at", Double, nullable=False),
)

# Feeds and what they had. The same two tables are in each file of its own that the configuration names for feeds.
feeds = Table(
    "feeds",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("url", String(2048), nullable=False, unique=True),
    Column("title", Text),
    Column("link", Text),
    # What the server wants to be told with the next request (RFC 9110, 13.1).
    Column("etag", Text),
    Column("last_modified", Text),
    Column("checked_at", Double),
    Column("changed_at", Double),
    sqlite_autoincrement=True,
)

feed_entries = Table(
    "feed_entries",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("feed_id", Integer, ForeignKey("feeds.id", ondelete="CASCADE"), nullable=False),
    # A hash of what makes the entry this one and no other.
    Column("key", String(64), nullable=False),
    Column("entry_id", Text),
    Column("url", Text),
    Column("title", Text),
    Column("summary", Text),
    Column("content", Text),
    Column("author", Text),
    Column("tags", Text),
    Column("image", Text),
    Column("enclosures", Text),
    Column("published", Double),
    # When it was published, or else seen first.
    Column("sorted_by", Double, nullable=False, index=True),
    # Whether the feed still has it.
    Column("listed", Boolean, nullable=False),
    # False for one that had to make room while the feed still has it: it must not look new the next time.
    Column("kept", Boolean, nullable=False),
    UniqueConstraint("feed_id", "key"),
    sqlite_autoincrement=True,
)

media = Table(
    "media",
    metadata,
    # SHA-1 of the source, in hexadecimal digits: clients have always known it as that.
    Column("id", String(40), primary_key=True),
    Column("source", Text, nullable=False),
    # The real path of a file, or a URL.
    Column("location", Text, nullable=False),
    Column("mime_type", String(127), nullable=False),
    Column("name", Text, nullable=False),
    Column("subtitles", Text),
    Column("added_at", Double, nullable=False, index=True),
)
