"""Does a plugin know the way back before it goes it, and the way forward after it?"""

from relengotron.sdk.conformance_hands import FIRST, OTHER, SECOND, Hands, demand, kept, world_of
from relengotron.sdk.rehearsal import Workshop


class WayBackConformance(Hands):
    """``way_back``, and what ``withdraw`` answers; a plugin that answers nothing is not held to it."""

    def test_the_way_back_is_told_and_changes_nothing(self, workshop: Workshop) -> None:
        """What withdrawing would do, in sentences, as long as it can be done."""
        self._publish(workshop, self._made(workshop, "one", FIRST), FIRST)
        published, artifact = self._publish(workshop, self._made(workshop, "two", SECOND), SECOND)
        before, bench = world_of(workshop), self._bench(workshop, artifact, "two", OTHER)
        way = self._plugin().way_back(published, artifact, bench)
        demand(way.effects and all(way.effects) and way.impossible is None, f"the way back is not open: {way}")
        demand(way.artifact == artifact.name, f"the way back of {way.artifact!r}")
        demand(world_of(workshop) == before, "way_back changed something")

    def test_what_was_taken_back_can_be_shown_again(self, workshop: Workshop) -> None:
        """What withdraw answers is seen from outside, survives the journal, and can be withdrawn in its turn."""
        self._publish(workshop, self._made(workshop, "one", FIRST), FIRST)
        published, artifact = self._publish(workshop, self._made(workshop, "two", SECOND), SECOND)
        shown, bench = self._shown(workshop), self._bench(workshop, artifact, "two", OTHER)
        back = self._plugin().withdraw(published, artifact, bench)
        if back is None:
            return
        back = kept(back)
        demand(self._plugin().probe(back, bench).is_live, "what is live after withdraw is not what it said")
        for _ in range(2):
            self._plugin().withdraw(back, artifact, bench)
            demand(self._shown(workshop) == shown, "what was taken back could not be shown again")
