"""The tables of feeds and their entries.

Revision ID: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables. The version before does not look at them."""
    op.create_table(
        "feeds",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("url", sa.String(2048), nullable=False),
        sa.Column("title", sa.Text),
        sa.Column("link", sa.Text),
        sa.Column("etag", sa.Text),
        sa.Column("last_modified", sa.Text),
        sa.Column("checked_at", sa.Double),
        sa.Column("changed_at", sa.Double),
        sa.PrimaryKeyConstraint("id", name="pk_feeds"),
        sa.UniqueConstraint("url", name="uq_feeds_url"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "feed_entries",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("feed_id", sa.Integer, nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("entry_id", sa.Text),
        sa.Column("url", sa.Text),
        sa.Column("title", sa.Text),
        sa.Column("summary", sa.Text),
        sa.Column("content", sa.Text),
        sa.Column("author", sa.Text),
        sa.Column("tags", sa.Text),
        sa.Column("image", sa.Text),
        sa.Column("enclosures", sa.Text),
        sa.Column("published", sa.Double),
        sa.Column("sorted_by", sa.Double, nullable=False),
        sa.Column("listed", sa.Boolean, nullable=False),
        sa.Column("kept", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_feed_entries"),
        sa.ForeignKeyConstraint(["feed_id"], ["feeds.id"], ondelete="CASCADE", name="fk_feed_entries_feed_id"),
        sa.UniqueConstraint("feed_id", "key", name="uq_feed_entries_feed_id_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_feed_entries_sorted_by", "feed_entries", ["sorted_by"])


def downgrade() -> None:
    """Refused: a rollback of the program keeps the database, which older neighbouring versions understand."""
    raise NotImplementedError("Databases are not downgraded: the version before works with this one.")
