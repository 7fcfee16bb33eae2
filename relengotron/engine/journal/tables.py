"""What the journal remembers: one table a noun. Times are UTC epoch seconds as floats."""

from sqlalchemy import JSON, Boolean, Column, Float, ForeignKey, Index, Integer, MetaData, Table

from relengotron.engine.journal.columns import Name, Words

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

inbox = Table(
    "inbox",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("msg_id", Name(128), nullable=False, unique=True),
    Column("business_key", Name(256), unique=True),
    Column("topic", Name(512), nullable=False),
    Column("raw", JSON, nullable=False),
    Column("received_at", Float, nullable=False),
    Column("state", Name(16), nullable=False, index=True),
    Column("reason", Words, nullable=False, default=""),
    Column("settled_at", Float),
    Column("sender", Name(256)),
)

tries = Table(
    "tries",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("message", Integer, ForeignKey("inbox.id"), nullable=False, index=True),
    Column("at", Float, nullable=False),
    Column("who", Name(128), nullable=False),
    Column("what", Name(32), nullable=False),
    Column("reason", Words, nullable=False, default=""),
)

refusals = Table(
    "refusals",
    metadata,
    Column("kind", Name(32), primary_key=True),
    Column("sender", Name(256), primary_key=True),
    Column("topic", Name(512), primary_key=True),
    Column("count", Integer, nullable=False),
    Column("first_at", Float, nullable=False),
    Column("last_at", Float, nullable=False),
    Column("reason", Words, nullable=False, default=""),
)

watermarks = Table(
    "watermarks",
    metadata,
    Column("category", Name(64), primary_key=True),
    Column("until", Float, nullable=False),
    Column("looked_at", Float, nullable=False),
    Column("trouble", Words, nullable=False, default=""),
)

acknowledgements = Table(
    "acknowledgements",
    metadata,
    Column("msg_id", Name(128), primary_key=True),
    Column("who", Name(256), primary_key=True),
    Column("at", Float, nullable=False),
)

runs = Table(
    "runs",
    metadata,
    Column("id", Name(40), primary_key=True),
    Column("number", Integer, nullable=False, index=True),
    Column("workflow", Name(64), nullable=False),
    Column("lane", Name(128), nullable=False),
    Column("key", Name(256), nullable=False, unique=True),
    Column("state", Name(16), nullable=False),
    Column("request", JSON, nullable=False),
    Column("reason", Words, nullable=False, default=""),
    Column("priority", Integer, nullable=False, default=10),
    Column("attempt", Integer, nullable=False, default=1),
    Column("trigger_msg_id", Name(128), nullable=False),
    Column("created_at", Float, nullable=False),
    Column("updated_at", Float, nullable=False),
    Column("finished_at", Float),
    Column("look_again_at", Float),
    Index("ix_runs_state_lane", "state", "lane"),
    Index("ix_runs_created_at", "created_at"),
)

steps = Table(
    "steps",
    metadata,
    Column("run", Name(40), ForeignKey("runs.id"), primary_key=True),
    Column("name", Name(96), primary_key=True),
    Column("state", Name(16), nullable=False),
    Column("note", Words, nullable=False, default=""),
    Column("output", JSON),
    Column("troubles", Integer, nullable=False, default=0),
    Column("trouble_since", Float),
    Column("started_at", Float, nullable=False),
    Column("finished_at", Float),
)

watches = Table(
    "watches",
    metadata,
    Column("system", Name(48), primary_key=True),
    Column("key", Name(256), primary_key=True),
    Column("run", Name(40), ForeignKey("runs.id"), primary_key=True),
)

effects = Table(
    "effects",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("run", Name(40), ForeignKey("runs.id"), nullable=False),
    Column("key", Name(256), nullable=False),
    Column("what", Words, nullable=False),
    Column("old", JSON),
    Column("result", JSON),
    Column("is_finished", Boolean, nullable=False),
    Column("intended_at", Float, nullable=False),
    Column("finished_at", Float),
    Index("uq_effects_run_key", "run", "key", unique=True),
)

holds = Table(
    "holds",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("run", Name(40), ForeignKey("runs.id"), nullable=False, index=True),
    Column("step", Name(96), nullable=False),
    Column("missing", JSON, nullable=False),
    Column("since", Float, nullable=False),
    Column("deadline", Float, nullable=False),
    Column("owner", Name(96), nullable=False),
    Column("command", Words, nullable=False),
    Column("closed_at", Float),
)

evidence = Table(
    "evidence",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("run", Name(40), ForeignKey("runs.id"), nullable=False),
    Column("step", Name(96), nullable=False),
    Column("subject_kind", Name(32), nullable=False),
    Column("subject", Name(512), nullable=False),
    Column("state", Name(32), nullable=False),
    Column("reason", Words, nullable=False),
    Column("facts", JSON, nullable=False),
    Column("at", Float, nullable=False),
    Index("ix_evidence_run_subject", "run", "subject_kind", "subject"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("msg_id", Name(128), nullable=False, unique=True),
    Column("run", Name(40)),
    Column("key", Name(256)),
    Column("topic", Name(128), nullable=False),
    Column("body", JSON, nullable=False),
    Column("written_at", Float, nullable=False),
    Column("sent_at", Float, index=True),
    Column("attempts", Integer, nullable=False, default=0),
    Column("trouble", Words, nullable=False, default=""),
    Column("recipients", JSON),
    Column("answer_by", Float),
    Column("repeated_at", Float),
    Column("acknowledged_at", Float),
    Index("uq_outbox_run_key", "run", "key", unique=True),
    Index("ix_outbox_answer_by", "answer_by"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Float, nullable=False),
    Column("who", Name(128), nullable=False),
    Column("what", Words, nullable=False),
    Column("run", Name(40), index=True),
)

relations = Table(
    "relations",
    metadata,
    Column("release", Name(128), primary_key=True),
    Column("package", Name(256), primary_key=True),
    Column("relation", Name(128), primary_key=True),
    Column("artifacts", Words, nullable=False, default=""),
    Column("asked_at", Float),
    Column("announced_at", Float),
    Column("wanted_at", Float, nullable=False),
)

related_releases = Table(
    "related_releases",
    metadata,
    Column("release", Name(128), primary_key=True),
    Column("announced_at", Float),
    Column("trouble_since", Float),
    Column("trouble", Words, nullable=False, default=""),
)

waivers = Table(
    "waivers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("subject_type", Name(32), nullable=False),
    Column("item", Name(512), nullable=False, index=True),
    Column("testcase", Name(256), nullable=False),
    Column("scenario", Name(256)),
    Column("product_version", Name(128), nullable=False),
    Column("who", Name(256), nullable=False),
    Column("why", Words, nullable=False),
    Column("at", Float, nullable=False),
    Column("until", Float),
    Column("withdrawn_at", Float),
    Column("withdrawn_by", Name(256)),
    Column("run", Name(40)),
)

calendar = Table(
    "calendar",
    metadata,
    Column("name", Name(128), primary_key=True),
    Column("rhythm", Name(96), nullable=False),
    Column("since", Float, nullable=False),
    Column("run", Name(40)),
    Column("wish", Name(128)),
)

gated_builds = Table(
    "gated_builds",
    metadata,
    Column("gate", Name(64), primary_key=True),
    Column("nvr", Name(256), primary_key=True),
    Column("package", Name(256), nullable=False),
    Column("epoch", Name(16), nullable=False),
    Column("owner", Name(128), nullable=False),
    Column("state", Name(16), nullable=False),
    Column("batch", Name(96), index=True),
    Column("reason", Words, nullable=False, default=""),
    Column("arrived_at", Float, nullable=False),
    Column("since", Float, nullable=False),
    Column("tries", Integer, nullable=False, default=1),
    Column("side_tag", Name(128)),
    Index("ix_gated_builds_gate_state", "gate", "state", "since"),
    Index("ix_gated_builds_gate_package", "gate", "package"),
    Index("ix_gated_builds_nvr", "nvr"),
)

gate_looks = Table(
    "gate_looks",
    metadata,
    Column("gate", Name(64), primary_key=True),
    Column("looked_at", Float),
    Column("trouble", Words, nullable=False, default=""),
    Column("trouble_since", Float),
)

closings = Table(
    "closings",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("gate", Name(64), nullable=False, index=True),
    Column("who", Name(128), nullable=False),
    Column("why", Words, nullable=False),
    Column("at", Float, nullable=False),
    Column("until", Float),
    Column("opened_at", Float),
    Column("opened_by", Name(128)),
)

passes = Table(
    "passes",
    metadata,
    Column("gate", Name(64), primary_key=True),
    Column("nvr", Name(256), primary_key=True),
    Column("who", Name(128), primary_key=True),
    Column("why", Words, nullable=False),
    Column("at", Float, nullable=False),
)

upstream_versions = Table(
    "upstream_versions",
    metadata,
    Column("package", Name(256), primary_key=True),
    Column("version", Name(128), primary_key=True),
    Column("old_version", Name(128)),
    Column("url", Words),
    Column("bug", Integer),
    Column("seen_at", Float, nullable=False),
)
