"""How does the daemon itself run? ``config/relengotron.yaml``."""

from datetime import timedelta
from enum import StrEnum
from typing import Self

from pydantic import Field, StrictBool, StrictInt, model_validator

from relengotron.settings.calendar import Appointment
from relengotron.settings.kinds import Duration, JournalUrl, LocalPath, Name, RunLink
from relengotron.settings.section import Section


class RunnerPlace(StrEnum):
    """Which process advances runs."""

    EMBEDDED = "embedded"
    SEPARATE = "separate"


class Journal(Section):
    """Where everything that must survive a power cut is written down."""

    url: JournalUrl = Field(
        description="The journal's database: `sqlite:////absolute/path` or `postgresql+psycopg://USER@HOST/DATABASE`. "
        "A password goes into a file that `?passfile=` names."
    )


class Pace(Section):
    """How many hands, and how often they look when no message calls them."""

    workers: StrictInt = Field(4, ge=1, le=64, description="Runs that may advance at the same time.")
    poll: Duration = Field(
        timedelta(seconds=30),
        description="How often everything that is waited for is asked about, in case a message was lost.",
    )
    inbox: Duration = Field(
        timedelta(seconds=5), description="How often stored messages are looked for when nothing announces them."
    )
    outbox: Duration = Field(
        timedelta(seconds=5), description="How often sending is tried again while the bus is in trouble."
    )
    digest: Duration = Field(
        timedelta(minutes=1),
        description="How long verdicts that change one after another are collected until people are told of them, "
        "together.",
    )
    recovery: Duration = Field(
        timedelta(minutes=5),
        description="How often messages that the bus has lost are looked for, besides at the start and after a gap; "
        "needs `datagrepper` in `systems.yaml`.",
    )
    audit: Duration = Field(
        timedelta(minutes=10),
        description="How often one question goes to PDC about the oldest answers in the index, so that they are fresh "
        "when a push needs them.",
    )


class Patience(Section):
    """How long things may take before a person is asked or an update is left behind."""

    trouble: Duration = Field(
        timedelta(minutes=30), description="How long a service may be in trouble before a person is asked."
    )
    hold: Duration = Field(timedelta(hours=24), description="How long a hold for a troubled service may last.")
    commit: Duration = Field(
        timedelta(minutes=2),
        description="How long Bodhi may take to show what a message announced; messages leave before its commit.",
    )
    signing: Duration = Field(
        timedelta(hours=6), description="How long the push waits for a build to be signed; then its update is ejected."
    )
    moves: Duration = Field(timedelta(hours=2), description="How long moving the builds to the target tag may take.")
    compose: Duration = Field(timedelta(hours=12), description="How long the compose of one artifact may take.")
    tests: Duration = Field(timedelta(hours=24), description="How long a test result may be missing.")
    gate: Duration = Field(timedelta(hours=72), description="How long a closed gate waits for a person.")
    probe: Duration = Field(
        timedelta(hours=2), description="How long published bits may stay unseen from outside before a person is asked."
    )
    doubt: Duration = Field(
        timedelta(minutes=2),
        description="How long readers may get what is neither new nor old, or what leads nowhere, before everything "
        "that the push published is withdrawn. Not shorter than a cache may be late.",
    )
    acknowledge: Duration = Field(
        timedelta(minutes=15),
        description="How long those who must acknowledge `push.complete` may be silent before a person is asked.",
    )
    invite: Duration = Field(
        timedelta(minutes=30),
        description="How long Bodhi may be in trouble while testers are invited there; then who could not be is left "
        "out.",
    )


class Links(Section):
    """Where people read on."""

    runs: RunLink | None = Field(
        None, description="The address of a run's page for messages; `{run}` stands for its id. null: no such page."
    )


class Daemon(Section):
    """Everything in ``relengotron.yaml``."""

    journal: Journal = Field(description="Where everything that must survive a power cut is written down.")
    state_dir: LocalPath = Field(description="The daemon's own directory: pid file, log, locks.")
    compose_store: LocalPath = Field(
        description="Where composes lie: a path that the daemon and the Koji builders see alike."
    )
    lab: StrictBool = Field(
        False,
        description="true only inside `relengotron lab`: the services are stand-ins and may be told to misbehave.",
    )
    runner: RunnerPlace = Field(
        RunnerPlace.EMBEDDED,
        description="Which process advances runs and speaks on the bus: `embedded` is the hub itself; with `separate` "
        "the hub only stores messages, and `relengotron runner` does the rest.",
    )
    pace: Pace = Field(Pace(), description="How many hands, and how often they look by themselves.")
    patience: Patience = Field(Patience(), description="How long things may take before a person is asked.")
    owner: Name = Field("releng", description="Who must act when nobody else is named: a group, a person, a channel.")
    links: Links = Field(Links(), description="Addresses that messages point to.")
    calendar: tuple[Appointment, ...] = Field(
        (), description="What is done again and again without a message: at each moment a run is opened."
    )

    @model_validator(mode="after")
    def _appointments_have_names_of_their_own(self) -> Self:
        names = [each.name for each in self.calendar]
        doubled = sorted({name for name in names if names.count(name) > 1})
        if doubled:
            raise ValueError(f"allowed: calendar with names of their own; found twice: {', '.join(doubled)}")
        return self
