"""How is every master kept at the same state: the tree here, and the machines that mirror it?

The tree here is changed first and is the source of all others. Each of them is asked before anything is visible; when
one fails later the others go on, and the verb ends in trouble that names it and is repeated until all of them show it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import requests

from relengotron.errors import RelengError, StateDisagrees, SystemUnreachable
from relengotron.systems.mirror.client.ledger import Ledger
from relengotron.systems.mirror.client.local import MasterMirror
from relengotron.systems.mirror.client.relayed import Relayed
from relengotron.systems.mirror.client.remote import Remote
from relengotron.systems.mirror.client.remote_master import RemoteMaster, trouble_with
from relengotron.systems.mirror.client.rsync import Rsync
from relengotron.systems.mirror.disk import Disk, in_our_words
from relengotron.systems.mirror.ground import Ground
from relengotron.systems.mirror.paths import RelPath, rel_path
from relengotron.systems.mirror.port import Changes, Manifest, MasterSeen, Parcel, Staged, Switched
from relengotron.systems.mirror.records import Records


class Everywhere(MasterMirror):
    """The master mirror here, and the remote masters that show the same."""

    def __init__(
        self,
        root: Path,
        states: Path,
        base_url: str,
        remotes: tuple[Remote, ...],
        *,
        session: requests.Session | None = None,
        disk: Disk | None = None,
        links_packages: bool = False,
    ) -> None:
        super().__init__(root, states, base_url, session=session, disk=disk, links_packages=links_packages)
        self._rsyncs = {remote: Rsync(remote) for remote in remotes}

    @in_our_words
    def stage(self, source: Path, target: RelPath, run: str, changes: Changes | None = None) -> Staged:
        """As here; and each master can be reached and has the new packages, which nothing names there yet."""
        staged = super().stage(source, target, run, changes)
        records = self._records(target)
        with records.at_hand():
            if records.number() == staged.changes.base:
                self._each(target, lambda master: master.send_ahead(source, staged.changes, records))
        return staged

    def switch(self, staged: Staged) -> Switched:
        """As here, then there."""
        switched = super().switch(staged)
        self._show(staged.target)
        return switched

    def withdraw(self, target: RelPath, to_manifest: Manifest) -> Switched:
        """As here, then there."""
        switched = super().withdraw(target, to_manifest)
        self._show(target)
        return switched

    def sweep(self, target: RelPath, keep_generations: int = 1) -> tuple[str, ...]:
        """As here, then there; a master that was behind keeps for its readers what it showed until now."""
        records = self._records(target)
        with records.at_hand():
            self._each(target, lambda master: master.expect(records))
        gone = super().sweep(target, keep_generations)
        with self._alone(target) as (records, ground):
            self._each(target, lambda master: master.take_away(records, ground))
        return gone

    @in_our_words
    def spread(self, paths: Iterable[str]) -> None:
        """These files are at each master as here, whole at every moment; folders are made, and keep their modes."""
        wanted = sorted({rel_path(path) for path in paths})
        folders = sorted({path.rpartition("/")[0] for path in wanted} - {""})
        with Ground(self._root, self._disk) as ground:
            if missing := [path for path in wanted if ground.facts(path) is None]:
                raise StateDisagrees(f"{missing[0]} is not in {self._root}, or no plain file")
        troubles = []
        for remote, rsync in self._rsyncs.items():
            try:
                for folder in folders:
                    rsync.make_folder(folder)
                rsync.bring(self._root, wanted, "", at_once=True)
            except RelengError as trouble:
                troubles.append(f"master {remote.name} ({remote.url}): {trouble}")
        if troubles:
            raise SystemUnreachable("; ".join(troubles))

    def relay(
        self, place: Path, asked: tuple[str, ...], parcels: Callable[[Mapping[str, bytes]], Iterable[Parcel]]
    ) -> None:
        """Each master has it in its turn; the others too where one of them fails."""
        below = rel_path(place.resolve().relative_to(self._root.resolve()).as_posix())
        self._every(lambda remote, rsync: Relayed(remote.name, rsync, below, self._disk).bring(asked, parcels))

    def try_masters(self) -> tuple[MasterSeen, ...]:
        """Each remote master, and what keeps us from writing there."""
        return tuple(MasterSeen(each.name, each.url, _trouble(rsync)) for each, rsync in self._rsyncs.items())

    def _show(self, target: RelPath) -> None:
        with self._alone(target) as (records, ground):
            self._each(target, lambda master: master.show(records, ground))

    @contextmanager
    def _alone(self, target: RelPath) -> Iterator[tuple[Records, Ground]]:
        """Nobody changes the target here while it is copied: metadata never overtake their packages."""
        records = self._records(target)
        with records.alone(), self._mounted(target, records) as ground:
            yield records, ground

    def _each(self, target: RelPath, act: Callable[[RemoteMaster], None]) -> None:
        self._every(lambda remote, rsync: act(self._master(remote, rsync, target)))

    @in_our_words
    def _every(self, act: Callable[[Remote, Rsync], None]) -> None:
        """Every master has its turn; what went wrong is told with the name of each."""
        troubles: dict[str, RelengError] = {}
        for remote, rsync in self._rsyncs.items():
            try:
                act(remote, rsync)
            except RelengError as trouble:
                troubles[f"master {remote.name} ({remote.url})"] = trouble
        if not troubles:
            return
        kind = StateDisagrees if any(isinstance(each, StateDisagrees) for each in troubles.values()) else None
        told = "; ".join(f"{name}: {trouble}" for name, trouble in troubles.items())
        raise (kind or SystemUnreachable)(f"{told}. Nothing is half visible there")

    def _master(self, remote: Remote, rsync: Rsync, target: RelPath) -> RemoteMaster:
        ledger = Ledger(
            self._states / quote(rel_path(target), safe="") / f"master-{quote(remote.name, safe='')}.sqlite"
        )
        return RemoteMaster(remote.name, rsync, ledger, self._root, self._live(target), target, self._disk)


def _trouble(rsync: Rsync) -> str | None:
    try:
        trouble_with(rsync)
    except RelengError as trouble:
        return str(trouble)
    return None
