"""What the calendar remembers"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables forward."""

    op.create_table(
        "calendar",
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("rhythm", sa.String(length=96), nullable=False),
        sa.Column("since", sa.Float(), nullable=False),
        sa.Column("run", sa.String(length=40), nullable=True),
        sa.Column("wish", sa.String(length=128), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_calendar")),
    )
