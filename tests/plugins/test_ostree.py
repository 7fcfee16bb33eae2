"""Does the ostree plugin keep the contract of every artifact plugin?"""

import shutil

import pytest

from relengotron.sdk.conformance import ArtifactConformance
from tests.plugins.cases import OstreeCase


@pytest.mark.skipif(shutil.which("ostree") is None, reason="ostree is not installed")
class TestOstree(ArtifactConformance):
    case = OstreeCase()
