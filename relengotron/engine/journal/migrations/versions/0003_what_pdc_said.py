"""The index of what PDC said"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables forward."""

    op.create_table(
        "relations",
        sa.Column("release", sa.String(length=128), nullable=False),
        sa.Column("package", sa.String(length=256), nullable=False),
        sa.Column("relation", sa.String(length=128), nullable=False),
        sa.Column("artifacts", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.Float(), nullable=True),
        sa.Column("announced_at", sa.Float(), nullable=True),
        sa.Column("wanted_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("release", "package", "relation", name=op.f("pk_relations")),
    )

    op.create_table(
        "related_releases",
        sa.Column("release", sa.String(length=128), nullable=False),
        sa.Column("announced_at", sa.Float(), nullable=True),
        sa.Column("trouble_since", sa.Float(), nullable=True),
        sa.Column("trouble", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("release", name=op.f("pk_related_releases")),
    )
