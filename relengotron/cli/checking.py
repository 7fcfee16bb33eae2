"""``relengotron check-config``: is the configuration fit to start with?"""

import click

from relengotron.cli import page
from relengotron.cli.exits import Exit, Refusal
from relengotron.cli.surroundings import Surroundings
from relengotron.errors import SettingsError
from relengotron.sdk.discovery import discover
from relengotron.settings import Settings


@click.command("check-config")
@click.option(
    "--without-secrets", is_flag=True, help="Do not look at the files with secrets: they are not on this machine."
)
@click.pass_obj
def check_config(surroundings: Surroundings, without_secrets: bool) -> None:
    """Check the whole configuration and tell every mistake: file, line, key, value found, what is allowed."""
    place = surroundings.config
    try:
        settings = surroundings.settings(examine_secrets=not without_secrets)
        _check_plugins(settings)
    except SettingsError as refused:
        count = len(str(refused).splitlines())
        text = f"{count} {'mistake' if count == 1 else 'mistakes'} in {place}:\n{refused}"
        raise Refusal(text, Exit.NO) from refused
    page.say(f"{place} is fit to start with.", state="done")
    for lane in settings.lanes:
        names = " -> ".join(artifact.name for artifact in settings.artifacts_for(lane))
        page.say(f"  {lane}: {names or 'nothing is composed'}")


def _check_plugins(settings: Settings) -> None:
    plugins = discover()
    for name, reason in plugins.broken.items():
        page.say(f"The plugin {name} is left out: {reason}", state="failed")
    settings.check_plugin_settings({kind: plugin.settings for kind, plugin in plugins.by_kind.items()})
