"""Which keys may a configuration describe, and which may a release name?"""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from relengotron.errors import SettingsError
from relengotron.settings import load
from relengotron.settings.signing import Key
from relengotron.systems.signing.client.awaited import AwaitedSigner
from relengotron.systems.signing.client.gpg import GpgSigner
from relengotron.systems.signing.client.sigul import SigulSigner
from relengotron.systems.world import signers_of
from tests.stage.configuration import ARTIFACTS_KEY, settings_for

FINGERPRINT = "5048bdbba5e776e547b09ccc73bde98381b46521"
WAITING = {"signer": "wait", "fingerprint": FINGERPRINT, "public_key": "/etc/keys/f24.asc"}
GPG = {**WAITING, "signer": "gpg", "homedir": "/etc/gnupg"}
SIGUL = {**WAITING, "signer": "sigul", "passphrase_file": "/etc/passphrase"}


@pytest.mark.parametrize(
    "key", [WAITING, GPG, {**GPG, "passphrase_file": "/etc/p"}, SIGUL, {**SIGUL, "sigul_key": "f"}]
)
def test_each_signer_has_what_it_needs(key: dict[str, Any]) -> None:
    assert Key.model_validate(key).fingerprint == FINGERPRINT.upper()


@pytest.mark.parametrize(
    "key",
    [
        {**GPG, "homedir": None},
        {**WAITING, "homedir": "/etc/gnupg"},
        {**SIGUL, "passphrase_file": None},
        {**WAITING, "passphrase_file": "/etc/p"},
        {**GPG, "sigul_key": "f"},
        {**GPG, "homedir": "gnupg"},
        {**WAITING, "fingerprint": "81b46521"},
        {**WAITING, "fingerprint": f"0x{FINGERPRINT[2:]}"},
        {**WAITING, "signer": "shell"},
        {**WAITING, "passphrase": "secret"},
    ],
)
def test_what_does_not_fit_is_refused(key: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Key.model_validate(key)


def test_a_release_may_only_name_a_key_that_is_described(tmp_path: Path) -> None:
    settings_for(tmp_path, is_signed=True)
    file = tmp_path / "config" / "releases.yaml"
    file.write_text(file.read_text().replace(f"artifacts_key: {ARTIFACTS_KEY}", "artifacts_key: stag"))

    with pytest.raises(SettingsError, match=r"artifacts_key: found 'stag' \(did you mean 'stage'\?\)"):
        load(tmp_path / "config")


def test_every_kind_of_signer_is_opened_without_reading_a_secret() -> None:
    settings = load(Path("config"), examine_secrets=False)
    keys = {name: Key.model_validate(key) for name, key in {"a": GPG, "b": SIGUL, "c": WAITING}.items()}
    signing = settings.systems.signing.model_copy(update={"keys": keys})
    systems = settings.systems.model_copy(update={"signing": signing})
    found = signers_of(settings.model_copy(update={"systems": systems}))

    assert [type(each) for each in found.values()] == [GpgSigner, SigulSigner, AwaitedSigner]
