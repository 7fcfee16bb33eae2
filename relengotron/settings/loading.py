"""How is ``config/`` read? All of it, once, and with every mistake told at the same time."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from relengotron.errors import SettingsError
from relengotron.settings.artifacts import Declarations
from relengotron.settings.daemon import Daemon
from relengotron.settings.gates import Gate, Gates, gates_in_a_circle, tags_of_lanes, tags_of_two_gates
from relengotron.settings.kinds import EXAMINE_SECRETS
from relengotron.settings.lanes import Placed, Planner, keys_of_nobody, rollouts_without_a_page, tags_of_two_lanes
from relengotron.settings.mistakes import Mistake, explained
from relengotron.settings.policies import Policies, mistakes_in, policies_in
from relengotron.settings.releases import Release, Releases
from relengotron.settings.section import Section
from relengotron.settings.systems import Systems
from relengotron.settings.tree import Settings
from relengotron.settings.yaml_file import YamlFile, read

S = TypeVar("S", bound=Section)


def load(directory: Path, *, examine_secrets: bool = True) -> Settings:
    """Read and check everything below the directory.

    ``examine_secrets=False`` checks a tree on a machine that does not hold the secrets it names.

    Raises:
        SettingsError: every mistake, one a line.
    """
    return _Reading(directory, examine_secrets).settings()


class _Reading:
    def __init__(self, directory: Path, examine_secrets: bool) -> None:
        self._directory = directory
        self._context = {EXAMINE_SECRETS: examine_secrets}
        self._mistakes: list[Mistake] = []

    def settings(self) -> Settings:
        daemon = self._read("relengotron.yaml", Daemon)
        systems = self._read("systems.yaml", Systems)
        releases_file = read(self._directory / "releases.yaml")
        releases = self._understand(releases_file, Releases)
        declarations = self._declarations()
        if releases is None:
            raise self._refusal()
        self._mistakes.extend(tags_of_two_lanes(releases_file, releases.releases))
        self._mistakes.extend(keys_of_nobody(releases_file, releases.releases, systems))
        planner = Planner(releases.releases, declarations)
        artifacts = planner.plan()
        self._mistakes.extend(planner.mistakes)
        self._mistakes.extend(rollouts_without_a_page(declarations, systems))
        gates = self._gates(releases.releases)
        policies = self._policies()
        products = [each.product for each in releases.releases.values()]
        products += [each.product_version for each in gates.values()]
        self._mistakes.extend(mistakes_in(policies, products, has_gates=bool(gates)))
        if self._mistakes or daemon is None or systems is None:
            raise self._refusal()
        parts: dict[str, Any] = {name: getattr(daemon, name) for name in Daemon.model_fields}
        return Settings(
            **parts,
            directory=self._directory,
            systems=systems,
            releases=releases.releases,
            artifacts=artifacts,
            policies=policies_in(policies),
            gates=gates,
        )

    def _read(self, name: str, model: type[S]) -> S | None:
        return self._understand(read(self._directory / name), model)

    def _declarations(self) -> list[Placed]:
        placed = []
        paths = sorted((self._directory / "artifacts").glob("*.yaml"))
        if not paths:
            where = self._directory / "artifacts"
            self._mistakes.append(Mistake(where, None, (), "no *.yaml here: nothing would be composed"))
        for path in paths:
            file = read(path)
            declarations = self._understand(file, Declarations)
            if declarations is not None:
                placed += [
                    Placed(file, ("artifacts", place), declared)
                    for place, declared in enumerate(declarations.artifacts)
                ]
        return placed

    def _gates(self, releases: Mapping[str, Release]) -> Mapping[str, Gate]:
        """Without the file there are none."""
        if not (self._directory / "gates.yaml").exists():
            return {}
        file = read(self._directory / "gates.yaml")
        found = self._understand(file, Gates)
        if found is None:
            return {}
        self._mistakes.extend(tags_of_two_gates(file, found.gates))
        self._mistakes.extend(tags_of_lanes(file, found.gates, releases))
        self._mistakes.extend(gates_in_a_circle(file, found.gates))
        return found.gates

    def _policies(self) -> list[tuple[YamlFile, Policies]]:
        """Without a folder each artifact's own ``required_tests`` are all there is."""
        files = [read(path) for path in sorted((self._directory / "policies").glob("*.yaml"))]
        found = [(file, self._understand(file, Policies)) for file in files]
        return [(file, policies) for file, policies in found if policies is not None]

    def _understand(self, file: YamlFile, model: type[S]) -> S | None:
        self._mistakes.extend(file.mistakes)
        if file.content is None and file.mistakes:
            return None
        try:
            return model.model_validate(file.content, context=self._context)
        except ValidationError as error:
            for key, text in explained(error, model):
                self._mistakes.append(Mistake(file.path, file.line_of(key), key, text))
            return None

    def _refusal(self) -> SettingsError:
        mistakes = sorted(self._mistakes, key=lambda each: (each.file, each.line or 0))
        return SettingsError("\n".join(str(mistake) for mistake in mistakes))
