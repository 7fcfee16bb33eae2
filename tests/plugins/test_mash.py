"""Does the mash plugin keep the contract of every artifact plugin?"""

from relengotron.sdk.conformance import ArtifactConformance
from tests.plugins.cases import MashCase


class TestMash(ArtifactConformance):
    case = MashCase()
