"""The table of media that players fetch.

Revision ID: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table. The version before does not look at it."""
    op.create_table(
        "media",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("location", sa.Text, nullable=False),
        sa.Column("mime_type", sa.String(127), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("subtitles", sa.Text),
        sa.Column("added_at", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_media"),
    )
    op.create_index("ix_media_added_at", "media", ["added_at"])


def downgrade() -> None:
    """Refused: a rollback of the program keeps the database, which older neighbouring versions understand."""
    raise NotImplementedError("Databases are not downgraded: the version before works with this one.")
