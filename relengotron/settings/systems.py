"""Where is the outside, and how do we log in there? ``config/systems.yaml``."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from relengotron.settings.kinds import (
    AtLeastOne,
    Duration,
    Frozen,
    Kind,
    LocalPath,
    MasterUrl,
    Name,
    Principal,
    RefPattern,
    SecretFile,
    TopicPrefix,
    Topics,
    Url,
)
from relengotron.settings.policies import SubjectType
from relengotron.settings.readers import BelowRoot, Cache, MirrorModule, apart
from relengotron.settings.section import Section
from relengotron.settings.signing import Signing

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
    token_file: SecretFile | None = Field(
        None,
        description="To comment on updates: a file with an OpenID Connect token, which is read anew for each login. "
        "Without this key and `cookie_file` nothing is written to Bodhi.",
    )
    cookie_file: SecretFile | None = Field(
        None,
        description="To comment on updates of a Bodhi of before 2022: a file with the cookie `NAME=VALUE` of a session "
        "that was opened by OpenID, kept fresh by whoever opened it.",
    )
    acknowledges_as: tuple[Name, ...] = Field(
        (),
        description="The common names of the certificates that must acknowledge `push.complete`, as gilmsg does it; "
        "each must be allowed to send `gilmsg.ack` in `bus.senders`. Empty: nobody is waited for.",
    )

    @model_validator(mode="after")
    def _one_way_to_log_in(self) -> Self:
        if self.token_file is not None and self.cookie_file is not None:
            raise ValueError("allowed: token_file or cookie_file, not both")
        return self


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
    """Where others keep their waivers; the daemon only reads it."""

    url: Url = Field(description="The address of the API, such as `https://HOST/api/v1.0`.")
    token_file: SecretFile | None = Field(
        None,
        description="For `relengotron waive --also-waiverdb`: a file with the token of an account that may waive in "
        "the name of others. The daemon does not read it.",
    )
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


class RemoteMaster(Section):
    """A machine that shows the same as the master mirror, written by rsync; one way to log in that fits its URL."""

    name: Name = Field(description="How it is called in messages; what it is known to show is kept under this name.")
    url: MasterUrl = Field(
        description="Where it is written: `rsync://[USER@]HOST[:PORT]/MODULE[/PATH]` or `ssh://[USER@]HOST[:PORT]/PATH`."
    )
    password_file: SecretFile | None = Field(
        None, description="With `rsync://`: a file that holds only the password of the daemon's user."
    )
    key_file: SecretFile | None = Field(None, description="With `ssh://`: the private key, and no other is tried.")
    known_hosts: LocalPath | None = Field(
        None, description="With `ssh://`: the host keys that are trusted; without, those of the daemon's user."
    )
    timeout: Duration = Field(A_MINUTE, description="How long it may say nothing while files are sent.")
    longest: Duration = Field(timedelta(hours=4), description="How long one transfer may take.")

    @model_validator(mode="after")
    def _log_in_as_the_url_says(self) -> Self:
        if self.url.startswith("ssh://") and self.password_file is not None:
            raise ValueError("allowed: password_file only with rsync://; ssh takes key_file")
        if self.url.startswith("rsync://") and (self.key_file or self.known_hosts) is not None:
            raise ValueError("allowed: key_file and known_hosts only with ssh://; a daemon takes password_file")
        if any(mark in str(path) for path in (self.key_file, self.known_hosts) if path for mark in "'\"\\"):
            raise ValueError("allowed: paths of key_file and known_hosts without quotes and backslashes")
        return self


class Mirror(Section):
    """The master mirror: what users get."""

    root: LocalPath = Field(description="The directory of the mirror, writable here.")
    url: Url = Field(description="How the same directory is seen from outside; published bits are checked there.")
    link_packages: bool = Field(
        False,
        description="Whether packages are hard-linked to the mirror instead of copied, where both lie on one file "
        "system; only where nobody ever writes into a package in place.",
    )
    masters: tuple[RemoteMaster, ...] = Field(
        (), description="Other machines that show the same, each with a name of its own."
    )

    @model_validator(mode="after")
    def _every_master_has_its_own_name(self) -> Self:
        names = [each.name for each in self.masters]
        if len(set(names)) < len(names):
            raise ValueError(f"allowed: a name for one master only; found {', '.join(names)}")
        return self

    states_kept: int = Field(
        2,
        ge=1,
        le=100,
        description="How many earlier states of a repo or an image stay on the mirror: slow readers need the last one, "
        "and so many pushes can be rolled back, the newest first.",
    )

    modules: Annotated[Mapping[Name, MirrorModule], AfterValidator(apart), Frozen] = Field(
        {},
        description="The parts of the mirror that others copy with quick-fedora-mirror, by name: "
        "`fullfiletimelist-NAME`, `fullfilelist` and `imagelist-NAME` are kept in each. None: no file lists.",
    )
    lists_lock: LocalPath | None = Field(
        None,
        description="The lock file of everybody who writes file lists there, on storage that all their hosts see. It "
        "is locked as `flock` does it, and stays; name the file of another program only if that does the same. Without "
        "it, a hidden file in `root`.",
    )
    website: BelowRoot | None = Field(
        None,
        description="The JSON file below `root` that says what users get now, for download pages. Without it, none is "
        "written.",
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
    topic_prefix: TopicPrefix = Field(
        description="The beginning of every topic, such as `org.fedoraproject`; only `anitya.*` comes under "
        "`org.release-monitoring`."
    )
    environment: Literal["prod", "stg", "stage", "dev"] = Field(description="The word after the prefix.")
    senders: Annotated[Mapping[Topics, tuple[Name, ...]], Frozen] = Field(
        {},
        description="Per topic that we listen to, without prefix and environment, the certificates (by common name) "
        "that may send it; `buildsys.*` stands for every topic that begins so, and the longest entry counts. An empty "
        "list: nobody. Every topic needs its entry where signatures are validated; only `anitya.*` and `hotness.*` may "
        "do without, and then nobody may send them.",
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
    cdn: Annotated[Mapping[Name, Cache], Frozen] = Field(
        {},
        description="The caches in front of the mirror, by name. Each is told to forget what a push or a way back "
        "changes, and read afterwards.",
    )
    signing: Signing = Field(
        Signing(), description="The keys that artifacts are signed with. Without any, nothing is signed or demanded."
    )
    ostree: Ostree = Field(Ostree(), description="How people's commands treat repos of trees.")
    bus: Bus = Field(description="Who we are on the message bus.")
