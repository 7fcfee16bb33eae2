"""Does the Koji stand-in answer as the recorded hub did?"""

import json
import os
from pathlib import Path

from relengotron.systems.koji.simulated import Hub
from tests.contracts.koji_player import Player, differences

RECORDING = Path(os.environ.get("KOJI_RECORDING", Path(__file__).parents[1] / "corpus" / "koji-calls.json"))
EXCUSED: dict[int, str] = {}


def test_every_recorded_call_is_answered_alike(tmp_path: Path) -> None:
    entries = json.loads(RECORDING.read_text())
    hub = Hub.empty(topdir=tmp_path)
    found = {}
    for entry, answer in Player(hub, entries).play():
        different = differences(entry, answer)
        if different:
            found[entry["seq"]] = f"{entry['seq']} {entry['user']} {entry['method']}{entry['args']}: {different[:4]}"
    wrong = {seq: text for seq, text in found.items() if seq not in EXCUSED}
    alike = len(entries) - len(found)
    print(
        f"\nkoji: {len(entries)} recorded exchanges, {alike} alike, {len(found) - len(wrong)} excused {EXCUSED or ''}"
    )
    assert not wrong, "\n".join(wrong.values())
