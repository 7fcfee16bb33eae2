"""Where is the example plugin, and how is it found without being installed?"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import EntryPoint
from pathlib import Path

from relengotron.sdk.discovery import GROUP

EXAMPLE = Path(__file__).parents[2] / "examples" / "plugins" / "relengotron-example-checksums"
EXAMPLE_POINT = EntryPoint("checksums", "relengotron_example_checksums:ChecksumsPlugin", GROUP)


@contextmanager
def on_the_path(folder: Path) -> Iterator[None]:
    """Modules of this folder can be imported meanwhile, and are forgotten afterwards."""
    known = set(sys.modules)
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        for name in set(sys.modules) - known:
            if str(getattr(sys.modules[name], "__file__", "")).startswith(str(folder)):
                del sys.modules[name]
