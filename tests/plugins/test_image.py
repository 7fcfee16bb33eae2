"""Does the image plugin keep the contract of every artifact plugin, with both of its carriers?"""

from relengotron.sdk.conformance import ArtifactConformance
from tests.plugins.cases import ImageCase


class TestInstaller(ArtifactConformance):
    case = ImageCase("lorax")


class TestDiskImage(ArtifactConformance):
    case = ImageCase("image")
