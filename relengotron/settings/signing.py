"""With which keys are artifacts signed, and by whom? The part ``signing`` of ``config/systems.yaml``."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from relengotron.settings.kinds import Duration, Fingerprint, Frozen, LocalPath, Name, SecretFile
from relengotron.settings.section import Section


class Key(Section):
    """One key: who signs with it, and how its signatures are known."""

    signer: Literal["gpg", "sigul", "wait"] = Field(
        description="Who signs: `gpg` on this machine, a `sigul` server through its command line, or `wait`: an "
        "auto-signer such as robosignatory, whose signatures are waited for as long as `patience.signing`."
    )
    fingerprint: Fingerprint = Field(
        description="The whole fingerprint of the primary key: 40 or 64 hex digits, in quotes. Signatures of any other "
        "key are refused, whatever `public_key` holds."
    )
    public_key: LocalPath = Field(
        description="The exported public key, with which every signature is checked, as users do it."
    )
    homedir: LocalPath | None = Field(
        None, description="For `gpg`: the private GNUPGHOME that holds the secret key; nobody else works with it."
    )
    passphrase_file: SecretFile | None = Field(
        None, description="For `gpg` and `sigul`: a file whose first line is the passphrase. `sigul` needs one."
    )
    sigul_key: Name | None = Field(
        None, description="For `sigul`: what the server calls the key, if it is not the name here."
    )
    sigul_config: LocalPath | None = Field(
        None, description="For `sigul`: the client's configuration, if it is not where the client looks for it."
    )
    timeout: Duration = Field(timedelta(seconds=60), description="How long one signature may take.")

    @model_validator(mode="after")
    def _what_its_signer_needs(self) -> Self:
        if (self.signer == "gpg") != (self.homedir is not None):
            raise ValueError("allowed: homedir with signer gpg, which needs it, and with no other")
        if self.signer == "sigul" and self.passphrase_file is None:
            raise ValueError("allowed: signer sigul together with passphrase_file")
        if self.signer == "wait" and self.passphrase_file is not None:
            raise ValueError("allowed: passphrase_file only where we sign: with signer gpg or sigul")
        if self.signer != "sigul" and (self.sigul_key is not None or self.sigul_config is not None):
            raise ValueError("allowed: sigul_key and sigul_config only with signer sigul")
        return self


class Signing(Section):
    """The keys that sign artifacts; which release is signed with which stands in ``releases.yaml``."""

    keys: Annotated[Mapping[Name, Key], Frozen] = Field(
        {}, description="Every key by its name, which `artifacts_key` in `releases.yaml` refers to."
    )
