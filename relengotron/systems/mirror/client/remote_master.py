"""How does a master on another machine come to show what is published here, in an order that its readers can bear?

Packages and named metadata go ahead, before anything is switched; then the rest in the order of publishing, each group
whole before the next begins; what left the list is taken away later. Sent is what changed since the last state shown.
"""

import secrets
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from relengotron.errors import StateDisagrees
from relengotron.systems.mirror.client.ledger import Ledger, State
from relengotron.systems.mirror.client.rsync import Rsync
from relengotron.systems.mirror.disk import Disk
from relengotron.systems.mirror.ground import Ground
from relengotron.systems.mirror.order import has_one_content_for_ever, in_order, is_package, is_pointer
from relengotron.systems.mirror.paths import PRIVATE, RelPath
from relengotron.systems.mirror.port import Changes
from relengotron.systems.mirror.records import Records


class RemoteMaster:
    """One target on one master: ``live`` is the folder below the root here whose state it shall show."""

    def __init__(
        self, name: str, rsync: Rsync, ledger: Ledger, root: Path, live: str, target: RelPath, disk: Disk
    ) -> None:
        self._name = name
        self._rsync = rsync
        self._ledger = ledger
        self._root = root
        self._live = live
        self._target = target
        self._disk = disk

    def send_ahead(self, source: Path, changes: Changes, records: Records) -> None:
        """It can be reached, nobody else works there, and the new packages lie there, named by nothing yet."""
        if changes.base and self._shows(_state(records, changes.base)):
            self._nobody_else_may_have_changed(changes, records)
        else:
            self._step("folder", lambda: self._rsync.make_folder(self._target))
        ahead = [path for path in changes.shown if has_one_content_for_ever(path)]
        self._ledger.touch(ahead)
        self._step("send ahead", lambda: self._rsync.bring(source, ahead, self._target))

    def show(self, records: Records, ground: Ground) -> None:
        """Its readers see the present state; whoever calls holds the target."""
        state = _state(records, records.number())
        touched = self._ledger.touched()
        if self._shows(state) and not touched:
            return
        changes = self._changes_to(state, records)
        present = {*changes.shown, *records.known(touched)}
        absent = {*changes.gone, *touched} - present
        self._must_lie_here(present, ground)
        self._ledger.touch({*present, *absent}, is_changing=True)
        filled = set() if _is_kept(self._ledger.shown(), records) else self._fill(present)
        self._send(present - filled)
        pointers = [path for path in absent if is_pointer(path)]
        self._step("hide", lambda: self._rsync.remove(pointers, self._target))
        self._step("ledger", lambda: self._ledger.settle(state, present, absent))

    def expect(self, records: Records) -> None:
        """What the present state does not name any more is known, before the record of earlier states is shortened."""
        shown, state = self._ledger.shown(), _state(records, records.number())
        if shown != state and _is_kept(shown, records):
            self._ledger.expect(records.between(shown.number, state.number).gone)

    def take_away(self, records: Records, ground: Ground) -> None:
        """What left the list and is not here any more is not there either; one that was behind keeps it once more."""
        if not self._shows(_state(records, records.number())) or self._ledger.touched():
            self.show(records, ground)
            return
        gone = {path for path in self._ledger.leaving() if ground.facts(f"{self._live}/{path}") is None}
        folders = {str(parent) for path in gone for parent in Path(path).parents if parent.parts}
        emptied = {folder for folder in folders if not (self._place / folder).is_dir()}
        self._step("take away", lambda: self._rsync.remove(gone | emptied, self._target))
        self._ledger.forget(gone)

    def _fill(self, paths: Iterable[str]) -> set[str]:
        """All packages come to a master that may have none; which they are. Those copied there before are not read."""
        self._step("folder", lambda: self._rsync.make_folder(self._target))
        packages = sorted(filter(is_package, paths))
        self._step("fill", lambda: self._rsync.fill(self._place, packages, self._target))
        return set(packages)

    def _send(self, paths: set[str]) -> None:
        """What readers start from comes last, after everything that it may name."""
        pointers = {path for path in paths if is_pointer(path)}
        named = in_order(paths - pointers)
        self._step("send", lambda: self._rsync.bring(self._place, named, self._target))
        last = in_order(pointers)
        self._step("send pointers", lambda: self._rsync.bring(self._place, last, self._target, at_once=True))

    def _must_lie_here(self, paths: Iterable[str], ground: Ground) -> None:
        """rsync would follow a folder that was swapped for a link, and the ground never does."""
        if missing := sorted(path for path in paths if ground.facts(f"{self._live}/{path}") is None):
            raise StateDisagrees(f"{missing[0]} is not in {self._place} any more, and was published there")

    @property
    def _place(self) -> Path:
        return self._root / self._live

    def _shows(self, state: State) -> bool:
        return self._ledger.shown() == state and not self._ledger.is_changing()

    def _changes_to(self, state: State, records: Records) -> Changes:
        """All of it for a master of which nothing is known any more."""
        shown = self._ledger.shown()
        if _is_kept(shown, records):
            return records.between(shown.number, state.number)
        return Changes(0, records.rows(state.number) if state.number else {}, frozenset())

    def _nobody_else_may_have_changed(self, changes: Changes, records: Records) -> None:
        """What its readers start from is what was shown there; whoever emptied it gets everything anew."""
        points = [path for path in records.starting_points(changes.base) if is_pointer(path)]
        here = [path for path in points if (self._place / path).is_file()]
        differing = self._rsync.differing(self._place, here, self._target)
        other = sorted(path for path, is_other in differing.items() if is_other)
        if other:
            raise StateDisagrees(
                f"{self._target}/{other[0]} there is not what was published last: somebody else changed it."
                " Find out who; remove it there, then retry. Nothing was published over it"
            )
        if here and len(differing) == len(here):
            self._ledger.begin_anew()
            self._step("folder", lambda: self._rsync.make_folder(self._target))

    def _step(self, effect: str, act: Callable[[], None]) -> None:
        self._disk.before(f"{effect} on {self._name}", self._place)
        act()


def trouble_with(rsync: Rsync) -> None:
    """Write a small hidden file there and take it away again; raises what keeps us from it."""
    with TemporaryDirectory() as folder:
        name = f"{PRIVATE}-doctor-{secrets.token_hex(4)}"
        Path(folder, name).write_text(name)
        rsync.bring(Path(folder), [name], "")
        rsync.remove([name], "")


def _state(records: Records, number: int) -> State:
    return State(number, f"{records.weight(number) or 0:x}") if number else State()


def _is_kept(state: State, records: Records) -> bool:
    """Say whether it is a state that the record still knows, and not the one before any."""
    return state.number > 0 and state == _state(records, state.number)
