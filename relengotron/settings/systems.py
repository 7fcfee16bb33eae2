"""Where is the outside, and how do we log in there? ``config/systems.yaml``."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from relengotron.settings.kinds import (
    Duration,
    Frozen,
    Kind,
    LocalPath,
    Name,
    Principal,
    SecretFile,
    TopicPrefix,
    Url,
)
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


class Pdc(Section):
    """The product definition centre: what is made from what."""

    url: Url = Field(description="The address of PDC, up to and without `/rest_api/`.")
    token_file: SecretFile | None = Field(None, description="A file with the token; reading needs none.")
    timeout: Duration = Field(A_MINUTE, description="How long one request may take.")
    relation_types: Annotated[Mapping[Kind, Name], Frozen] = Field(
        {"ostree": "OSTreeIncludesRPM", "image": "ImageIncludesRPM"},
        description="Per kind of artifact, the relationship type that says which packages it includes.",
    )


class ResultsDb(Section):
    """Where results of composes and tests are kept."""

    url: Url = Field(description="The address of the API, such as `https://HOST/resultsdb_api/api/v2.0`.")
    timeout: Duration = Field(A_MINUTE, description="How long one request may take.")


class Mirror(Section):
    """The master mirror: what users get."""

    root: LocalPath = Field(description="The directory of the mirror, writable here.")
    url: Url = Field(description="How the same directory is seen from outside; published bits are checked there.")


class Bus(Section):
    """Who we are on the message bus; everything else about it stands in ``fedmsg.d/``."""

    name: Name = Field(
        description="The name in fedmsg's `endpoints` that we publish under, such as `relengotron.HOST`."
    )
    topic_prefix: TopicPrefix = Field(description="The beginning of every topic, such as `org.fedoraproject`.")
    environment: Literal["prod", "stg", "stage", "dev"] = Field(description="The word after the prefix.")


class Systems(Section):
    """Everything in ``systems.yaml``."""

    koji: Koji = Field(description="The build system; at most one way to log in.")
    bodhi: Bodhi = Field(description="The update system.")
    pdc: Pdc = Field(description="The product definition centre: which artifacts include which packages.")
    resultsdb: ResultsDb = Field(description="Where results of composes and tests are kept.")
    mirror: Mirror = Field(description="The master mirror: what users get.")
    bus: Bus = Field(description="Who we are on the message bus.")
