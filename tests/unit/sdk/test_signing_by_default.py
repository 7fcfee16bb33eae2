"""Is a plugin that knows nothing of keys kept from publishing what they should have signed?"""

from types import SimpleNamespace
from typing import Any, ClassVar

from relengotron.model.artifact import Artifact, Built
from relengotron.plugins.mash import MashPlugin
from relengotron.sdk.artifact import ArtifactPlugin
from relengotron.systems.signing.simulated import SimulatedSigner

ARTIFACT = Artifact("f24-updates", "stranger", "F24", ("x86_64",), "updates/24")
BUILT = Built("f24-updates", "stranger", "one", "out", None)


class Stranger(MashPlugin):
    """Written before there were keys."""

    kind: ClassVar[str] = "stranger"
    unsigned = ArtifactPlugin.unsigned


def test_where_there_is_a_key_all_of_it_is_missing() -> None:
    bench: Any = SimpleNamespace(signer=SimulatedSigner())
    assert Stranger().unsigned(BUILT, ARTIFACT, bench) == ("plugin stranger does not say what of it has to be signed",)


def test_without_a_key_nothing_is() -> None:
    bench: Any = SimpleNamespace(signer=None)
    assert Stranger().unsigned(BUILT, ARTIFACT, bench) == ()
