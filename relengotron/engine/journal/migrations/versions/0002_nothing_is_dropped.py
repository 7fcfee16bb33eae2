"""Senders, tries, refusals, watermarks and acknowledgements"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables forward."""

    op.add_column("inbox", sa.Column("sender", sa.String(length=256), nullable=True))
    op.add_column("outbox", sa.Column("recipients", sa.JSON(), nullable=True))
    for name in ("answer_by", "repeated_at", "acknowledged_at"):
        op.add_column("outbox", sa.Column(name, sa.Float(), nullable=True))
    op.create_index(op.f("ix_outbox_answer_by"), "outbox", ["answer_by"], unique=False)

    op.create_table(
        "tries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("message", sa.Integer(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("who", sa.String(length=128), nullable=False),
        sa.Column("what", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["message"], ["inbox.id"], name=op.f("fk_tries_message_inbox")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tries")),
    )
    op.create_index(op.f("ix_tries_message"), "tries", ["message"], unique=False)

    op.create_table(
        "refusals",
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("sender", sa.String(length=256), nullable=False),
        sa.Column("topic", sa.String(length=512), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("first_at", sa.Float(), nullable=False),
        sa.Column("last_at", sa.Float(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "sender", "topic", name=op.f("pk_refusals")),
    )

    op.create_table(
        "watermarks",
        sa.Column("category", sa.String(length=64), nullable=False),
        sa.Column("until", sa.Float(), nullable=False),
        sa.Column("looked_at", sa.Float(), nullable=False),
        sa.Column("trouble", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("category", name=op.f("pk_watermarks")),
    )

    op.create_table(
        "acknowledgements",
        sa.Column("msg_id", sa.String(length=128), nullable=False),
        sa.Column("who", sa.String(length=256), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("msg_id", "who", name=op.f("pk_acknowledgements")),
    )
