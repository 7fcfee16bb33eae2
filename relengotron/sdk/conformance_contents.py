"""Does a plugin know what its artifact contains, and when a compose brought nothing new?"""

import re

import pytest

from relengotron.model.artifact import Artifact, Plan
from relengotron.model.codec import from_json, to_json
from relengotron.model.outcome import Failed, Running
from relengotron.sdk.artifact import Detected
from relengotron.sdk.conformance_hands import FIRST, LONGEST_COMPOSE, OTHER, SECOND, Hands, demand
from relengotron.sdk.rehearsal import Workshop

DIGEST = re.compile(r"[0-9a-f]{64}")


class ContentsConformance(Hands):
    """``manifest``, ``contents``, ``detect`` and ``Built.same_as``; a plugin that does not know may say so."""

    def test_the_same_content_again_is_the_same_or_has_another_identity(self, workshop: Workshop) -> None:
        """What users have already is told as such, so that nothing is published twice under one identity."""
        first = self._made(workshop, "one", FIRST)
        demand(first.same_as is None, f"nothing is live, and yet: {first.same_as}")
        self._publish(workshop, first, FIRST)
        again, other = self._made(workshop, "one", SECOND), self._made(workshop, "two", OTHER)
        demand(again.same_as or again.identity != first.identity, f"{first.identity} is live, and nobody says so")
        demand(other.same_as is None, f"other content is taken for what is live: {other.same_as}")

    def test_the_manifest_is_one_digest_and_says_where_it_was_read(self, workshop: Workshop) -> None:
        """SHA-256 in hex, equal however often it is asked for, also by another run."""
        artifact = self.case.artifact(workshop)
        said = self._plugin().manifest(artifact, self._bench(workshop, artifact, "one", FIRST))
        if said is None:
            pytest.skip("nobody can edit what this plugin makes")
        demand(DIGEST.fullmatch(said.digest) and said.origin, f"no digest, or no origin: {said}")
        later = self._plugin().manifest(artifact, self._bench(workshop, artifact, "two", SECOND, attempt=2))
        demand(later == said, "a manifest depends on the run that asks for it")

    def test_what_is_live_remembers_its_manifest(self, workshop: Workshop) -> None:
        """Nothing is contained before anything is live; then, if the manifest is remembered, it is the one used."""
        artifact = self.case.artifact(workshop)
        bench = self._bench(workshop, artifact, "one", FIRST)
        demand(self._plugin().contents(artifact, bench) is None, "nothing is live, and it contains something")
        self._publish(workshop, self._made(workshop, "one", FIRST), FIRST)
        said, manifest = self._plugin().contents(artifact, bench), self._plugin().manifest(artifact, bench)
        if said is None:
            pytest.skip("this plugin does not know what is in it")
        demand(said.source, "contents must say who says so")
        wanted = None if manifest is None else manifest.digest
        demand(said.manifest in (None, wanted), f"it was made from {wanted}, and remembers {said.manifest}")

    def test_detection_tells_new_from_old(self, workshop: Workshop) -> None:
        """By one task at most, however often it is asked; and the compose afterwards makes a task of its own."""
        artifact = self.case.artifact(workshop)
        self._publish(workshop, self._made(workshop, "one", FIRST), FIRST)
        before = len(workshop.tasks())
        for content, run, is_changed in (("one", SECOND, False), ("two", OTHER, True)):
            found = self._detected(workshop, artifact, content, run)
            if found is None:
                pytest.skip("this plugin has no detection of its own")
            demand(found.is_changed is is_changed, f"content {content} after one: {found}")
            demand(found.reason, "detection must give its reason")
        asked = len(workshop.tasks()) - before
        demand(asked <= 2, f"two detections made {asked} tasks")
        self._made(workshop, "two", OTHER)
        demand(len(workshop.tasks()) > before + asked, "the compose took the detection for its own task")

    def _detected(self, workshop: Workshop, artifact: Artifact, content: str, run: str) -> Detected | None:
        bench = self._bench(workshop, artifact, content, run)
        plan = from_json(Plan, to_json(self._plugin().plan(artifact, bench)))
        for _ in range(LONGEST_COMPOSE):
            self._plugin().detect(plan, bench)
            match self._plugin().detect(plan, bench):
                case Running():
                    self._play_the_builder(workshop, content)
                case Failed() as failed:
                    raise AssertionError(f"detection failed: {failed.reason}")
                case Detected() | None as found:
                    return found
        raise AssertionError(f"no end after {LONGEST_COMPOSE} looks, although every task is finished")
