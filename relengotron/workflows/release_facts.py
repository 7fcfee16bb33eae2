"""What does the configuration say of a lane, in a plugin's words?"""

from relengotron.model.lane import Lane
from relengotron.sdk.workbench import ReleaseFacts
from relengotron.settings import Settings


def release_facts(settings: Settings, lane: Lane) -> ReleaseFacts:
    """The release and the request of a lane."""
    release, target = settings.release(lane.release), settings.request_target(lane)
    return ReleaseFacts(
        release=lane.release,
        version=release.version,
        request=lane.request,
        repo=target.repo,
        tag=target.tag,
        signing_key=release.signing_key,
        build_tag=release.build_tag,
        target=release.target,
        base_repos=release.base_repos,
        artifacts_key=release.artifacts_key,
    )
