"""Does an artifact plugin sign what it should, once, and publish nothing unsigned?"""

from contextlib import suppress
from dataclasses import replace

import pytest

from relengotron.errors import PowerCut, RequestRefused
from relengotron.model.artifact import Built
from relengotron.sdk.conformance_hands import FIRST, Hands, demand
from relengotron.sdk.rehearsal import Workshop
from relengotron.sdk.rehearsal_bench import RehearsalBench


class SigningConformance(Hands):
    """The contract of ``unsigned`` and ``sign``, and what ``publish`` owes to a release with a key."""

    def test_nothing_unsigned_is_published_where_there_is_a_key(self, workshop: Workshop) -> None:
        """``publish`` refuses what was not signed, shows nothing of it, and publishes it once it is."""
        built, bench = self._to_be_signed(workshop)
        artifact = self.case.artifact(workshop)
        with pytest.raises(RequestRefused):
            self._plugin().publish(built, artifact, bench)
        demand(not any(self._shown(workshop).values()), "something unsigned is shown")
        self._plugin().sign(built, artifact, bench)
        demand(not self._plugin().unsigned(built, artifact, bench), "sign left something unsigned")
        published = self._plugin().publish(built, artifact, bench)
        demand(published.identity == built.identity, "signing changed the identity of the compose")
        demand(self._plugin().probe(published, bench).is_live, "what was signed is not seen from outside")

    def test_what_is_signed_is_left_alone(self, workshop: Workshop) -> None:
        """Signing again, in whatever process, makes no second signature."""
        built, bench = self._to_be_signed(workshop)
        artifact = self.case.artifact(workshop)
        self._plugin().sign(built, artifact, bench)
        made = len(workshop.signer.made)
        demand(made, "nothing was signed")
        self._plugin().sign(built, artifact, bench)
        demand(len(workshop.signer.made) == made, "what was signed already was signed again")

    def test_signing_goes_on_after_a_power_cut(self, workshop: Workshop) -> None:
        """The power is cut before each signature; the next call signs what is missing, and no more."""
        built, bench = self._to_be_signed(workshop)
        artifact, made = self.case.artifact(workshop), workshop.signer.made
        for _ in range(len(self._plugin().unsigned(built, artifact, bench))):
            workshop.power.acts.clear()
            workshop.power.cut_at = 2  # one signature, and then the next one
            with suppress(PowerCut):
                self._plugin().sign(built, artifact, bench)
        workshop.power.cut_at = None
        self._plugin().sign(built, artifact, bench)
        demand(not self._plugin().unsigned(built, artifact, bench), "something was never signed")
        demand(len(made) == len(set(made)), "something was signed twice")

    def _to_be_signed(self, workshop: Workshop) -> tuple[Built, RehearsalBench]:
        built, artifact = self._made(workshop, "one", FIRST), self.case.artifact(workshop)
        bench = replace(workshop.bench(artifact, {}, run=FIRST), signer=workshop.signer)
        if not self._plugin().unsigned(built, artifact, bench):
            pytest.skip("this plugin has nothing to sign")
        return built, bench
