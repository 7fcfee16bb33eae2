"""Where is the outside, and how do we log in there? ``config/systems.yaml``."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from relengotron.settings.kinds import (
    AtLeastOne,
    Duration,
    Frozen,
    Kind,
    LocalPath,
    Name,
    Principal,
    RefPattern,
    SecretFile,
    TopicPrefix,
    Topics,
    Url,
)
from relengotron.settings.policies import SubjectType
from relengotron.settings.section import Section

A_MINUTE = timedelta(seconds=60)


class Koji(Section):
    """The build system; at most one way to log in."""

    hub: Url = Field(description="The XML-RPC address of the hub.")
    weburl: Url = Field(description="The address of the web pages, for links that people follow.")
    store: LocalPath = Field(description="Where the hub's storage (`/mnt/koji`) is mounted here.")
    user: Name | None = Field(None, description="The account's name; needed with `password_file`.")
    password_file: SecretFile | None = Field(
        None, description="Log in by password: a file that holds only the password."
    )
    keytab: SecretFile | None = Field(None, description="Log in by Kerberos: the keytab; needs `principal`.")
    principal: Principal | None = Field(None, description="Log in by Kerberos: whose keytab it is.")
    cert: SecretFile | None = Field(None, description="Log in by certificate: a PEM file with certificate and key.")
    serverca: LocalPath | None = Field(None, description="The authority that signed the hub's certificate, for `cert`.")
    timeout: Duration = Field(A_MINUTE, description="How long one call may take.")

    @model_validator(mode="after")
    def _one_way_to_log_in(self) -> Self:
        ways = [name for name in ("password_file", "keytab", "cert") if getattr(self, name) is not None]
        if len(ways) > 1:
            raise ValueError(f"allowed: one way to log in; found {' and '.join(ways)}")
        if self.password_file is not None and self.user is None:
            raise ValueError("allowed: password_file together with user")
        if (self.keytab is None) != (self.principal is None):
            raise ValueError("allowed: keytab and principal, both or none")
        if self.serverca is not None and self.cert is None:
            raise ValueError("allowed: serverca only together with cert")
        return self


class Bodhi(Section):
    """The update system."""

    url: Url = Field(description="The address of Bodhi, without a path such as `/updates/`.")
    timeout: Duration = Field(A_MINUTE, description="How long one request may take.")
    acknowledges_as: tuple[Name, ...] = Field(
        (),
        description="The common names of the certificates that must acknowledge `push.complete`, as gilmsg does it; "
        "each must be allowed to send `gilmsg.ack` in `bus.senders`. Empty: nobody is waited for.",
    )


class Pdc(Section):
    """The product definition centre: what is made from what."""

    url: Url = Field(description="The address of PDC, up to and without `/rest_api/`.")
    token_file: SecretFile | None = Field(None, description="A file with the token; reading needs none.")
    timeout: Duration = Field(A_MINUTE, description="How long one request may take.")
    relation_types: Annotated[Mapping[Kind, Name], Frozen] = Field(
        {"ostree": "OSTreeIncludesRPM", "image": "ImageIncludesRPM"},
        description="Per kind of artifact, the relationship type that says which packages it includes.",
    )
    index_fresh_for: Duration = Field(
        timedelta(hours=12),
        description="How long an answer is taken from the index without asking PDC, unless a message announces a "
        "change of it.",
    )
    index_usable_for: Duration = Field(
        timedelta(hours=36),
        description="How old an answer may be that is used while PDC cannot be read; older ones hold the push. At "
        "least `index_fresh_for`.",
    )
    index_kept_for: Duration = Field(
        timedelta(days=30), description="How long an answer is kept fresh that no push has asked for."
    )

    @model_validator(mode="after")
    def _usable_at_least_while_fresh(self) -> Self:
        if self.index_usable_for < self.index_fresh_for:
            raise ValueError("allowed: index_usable_for at least as long as index_fresh_for")
        return self


class ResultsDb(Section):
    """Where results of composes and tests are kept."""

    url: Url = Field(description="The address of the API, such as `https://HOST/resultsdb_api/api/v2.0`.")
    timeout: Duration = Field(A_MINUTE, description="How long one request may take.")


class Greenwave(Section):
    """A gate outside, asked for every test case that its policies want."""

    url: Url = Field(description="The address of the API, such as `https://HOST/api/v1.0`.")
    timeout: Duration = Field(A_MINUTE, description="How long one request may take.")
    subject_types: Annotated[tuple[SubjectType, ...], AtLeastOne] = Field(
        ("koji_build", "bodhi_update"),
        description="What it is asked about. It must have a policy for each `koji_build` and `compose` named here: "
        "none is a gap that holds the push.",
    )


class WaiverDb(Section):
    """Where others keep their waivers; it is only read."""

    url: Url = Field(description="The address of the API, such as `https://HOST/api/v1.0`.")
    timeout: Duration = Field(A_MINUTE, description="How long one request may take.")


class Datagrepper(Section):
    """The history of the message bus, where lost messages are found."""

    url: Url = Field(description="The address of datagrepper, without a path such as `/raw`.")
    timeout: Duration = Field(A_MINUTE, description="How long one request may take.")
    delay: Duration = Field(
        A_MINUTE,
        description="How long a message usually takes until datagrepper shows it; younger ones are looked for again.",
    )
    overlap: Duration = Field(
        timedelta(minutes=10),
        description="How much of what was looked at before is looked at again: messages are stored late, and clocks "
        "differ.",
    )
    first_look: Duration = Field(timedelta(hours=24), description="How far back the very first look goes.")


class Mirror(Section):
    """The master mirror: what users get."""

    root: LocalPath = Field(description="The directory of the mirror, writable here.")
    url: Url = Field(description="How the same directory is seen from outside; published bits are checked there.")
    link_packages: bool = Field(
        False,
        description="Whether packages are hard-linked to the mirror instead of copied, where both lie on one file "
        "system; only where nobody ever writes into a package in place.",
    )


class Retention(Section):
    """Which commits of a ref are kept when garbage is collected; its head always is."""

    refs: RefPattern = Field(
        description="Which refs: a name in which `*` stands for anything; the first entry that fits a ref counts."
    )
    depth: int = Field(0, ge=0, le=1_000_000, description="How many commits below the head are kept in any case.")
    age: Duration | None = Field(None, description="Commits that are not older are kept as well.")


class Ostree(Section):
    """How people's commands treat repos of trees; where the repos are stands in `artifacts/`."""

    lock_wait: Duration = Field(
        timedelta(seconds=30), description="How long a command waits for another one that writes to the same ref."
    )
    retention: tuple[Retention, ...] = Field(
        (), description="What is kept of the history of refs. A ref that no entry names keeps all of it."
    )
    unreferenced_kept_for: Duration = Field(
        timedelta(days=14),
        description="How long a commit is kept, from its arrival, that no ref leads to: composes that wait for their "
        "tests are such.",
    )
    deployed: LocalPath | None = Field(
        None,
        description="A file with the commits that machines are known to run, one id a line; they are kept. When it "
        "cannot be read, nothing is collected.",
    )


class Bus(Section):
    """Who we are on the message bus; everything else about it stands in ``fedmsg.d/``."""

    name: Name = Field(
        description="The name in fedmsg's `endpoints` that we publish under, such as `relengotron.HOST`."
    )
    topic_prefix: TopicPrefix = Field(description="The beginning of every topic, such as `org.fedoraproject`.")
    environment: Literal["prod", "stg", "stage", "dev"] = Field(description="The word after the prefix.")
    senders: Annotated[Mapping[Topics, tuple[Name, ...]], Frozen] = Field(
        {},
        description="Per topic that we listen to, without prefix and environment, the certificates (by common name) "
        "that may send it; `buildsys.*` stands for every topic that begins so, and the longest entry counts. An empty "
        "list: nobody. Every topic needs its entry where signatures are validated.",
    )


class Systems(Section):
    """Everything in ``systems.yaml``."""

    koji: Koji = Field(description="The build system; at most one way to log in.")
    bodhi: Bodhi = Field(description="The update system.")
    pdc: Pdc = Field(description="The product definition centre: which artifacts include which packages.")
    resultsdb: ResultsDb = Field(description="Where results of composes and tests are kept.")
    greenwave: Greenwave | None = Field(
        None,
        description="A Greenwave that must be content too, by its own policies. Those of `policies/` hold with and "
        "without it.",
    )
    waiverdb: WaiverDb | None = Field(
        None,
        description="Where others keep their waivers. Without it only those count that `relengotron waive` wrote.",
    )
    datagrepper: Datagrepper | None = Field(
        None,
        description="The history of the message bus, where messages are found that the bus has lost. Without it only "
        "what is waited for is found, by polls; a push whose order was lost must be ordered again.",
    )
    mirror: Mirror = Field(description="The master mirror: what users get.")
    ostree: Ostree = Field(Ostree(), description="How people's commands treat repos of trees.")
    bus: Bus = Field(description="Who we are on the message bus.")
