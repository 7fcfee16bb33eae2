"""Many stories begin with the same past: it is lived through once, and each goes on in a copy of that world."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Protocol

from tests.crash.lives import another_life
from tests.stage.stage import Stage
from tests.stories.conftest import check_schemas


class HasAStage(Protocol):
    """What a story finds when it begins."""

    @property
    def stage(self) -> Stage: ...


def in_another_life(story: Callable[..., None]) -> Callable[..., None]:
    """The story, which is given its ``past``, told by a child process; nothing of it is left for the next one."""

    @wraps(story)
    def lived(past: HasAStage, **more: Any) -> None:
        def live() -> None:
            past.stage.come_back()
            story(past=past, **more)
            check_schemas(past.stage)

        came = another_life(past.stage.root, live)
        assert came is None, came

    return lived
