"""Gates: builds that stand there, closings, passes, and what upstream released"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables forward."""

    op.create_table(
        "gated_builds",
        sa.Column("gate", sa.String(length=64), nullable=False),
        sa.Column("nvr", sa.String(length=256), nullable=False),
        sa.Column("package", sa.String(length=256), nullable=False),
        sa.Column("epoch", sa.String(length=16), nullable=False),
        sa.Column("owner", sa.String(length=128), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("batch", sa.String(length=96), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("arrived_at", sa.Float(), nullable=False),
        sa.Column("since", sa.Float(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("side_tag", sa.String(length=128), nullable=True),
        sa.PrimaryKeyConstraint("gate", "nvr", name=op.f("pk_gated_builds")),
    )
    op.create_index(op.f("ix_gated_builds_batch"), "gated_builds", ["batch"])
    op.create_index("ix_gated_builds_gate_state", "gated_builds", ["gate", "state", "since"])
    op.create_index("ix_gated_builds_gate_package", "gated_builds", ["gate", "package"])
    op.create_index("ix_gated_builds_nvr", "gated_builds", ["nvr"])
    op.create_table(
        "gate_looks",
        sa.Column("gate", sa.String(length=64), nullable=False),
        sa.Column("looked_at", sa.Float(), nullable=True),
        sa.Column("trouble", sa.Text(), nullable=False),
        sa.Column("trouble_since", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("gate", name=op.f("pk_gate_looks")),
    )
    op.create_table(
        "closings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("gate", sa.String(length=64), nullable=False),
        sa.Column("who", sa.String(length=128), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("until", sa.Float(), nullable=True),
        sa.Column("opened_at", sa.Float(), nullable=True),
        sa.Column("opened_by", sa.String(length=128), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_closings")),
    )
    op.create_index(op.f("ix_closings_gate"), "closings", ["gate"])
    op.create_table(
        "passes",
        sa.Column("gate", sa.String(length=64), nullable=False),
        sa.Column("nvr", sa.String(length=256), nullable=False),
        sa.Column("who", sa.String(length=128), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("gate", "nvr", "who", name=op.f("pk_passes")),
    )
    op.create_table(
        "upstream_versions",
        sa.Column("package", sa.String(length=256), nullable=False),
        sa.Column("version", sa.String(length=128), nullable=False),
        sa.Column("old_version", sa.String(length=128), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("bug", sa.Integer(), nullable=True),
        sa.Column("seen_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("package", "version", name=op.f("pk_upstream_versions")),
    )
