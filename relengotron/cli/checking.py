"""``relengotron check-config``: is the configuration fit to start with?"""

from collections.abc import Callable, Sequence

import click

from relengotron.cli import page
from relengotron.cli.exits import Exit, Refusal
from relengotron.cli.surroundings import Surroundings
from relengotron.errors import SettingsError
from relengotron.examination import bus, gates
from relengotron.sdk.discovery import discover
from relengotron.settings import Settings
from relengotron.systems.bus import fedmsg_d


@click.command("check-config")
@click.option(
    "--without-secrets",
    is_flag=True,
    help="Do not look at the files with secrets, keys and certificates: they are not on this machine.",
)
@click.pass_obj
def check_config(surroundings: Surroundings, without_secrets: bool) -> None:
    """Check the whole configuration and tell every mistake: file, line, key, value found, what is allowed.

    The fedmsg.d that a hub would find here is a part of it: what would stop the hub is a mistake.
    """
    place, examine_secrets = surroundings.config, not without_secrets
    settings = _told(place, lambda: surroundings.settings(examine_secrets=examine_secrets))
    read = fedmsg_d.files()
    mistakes = [
        *_mistakes_of_plugins(settings),
        *gates.mistakes(settings),
        *(_mistakes_of_bus(settings, examine_secrets) if read else ()),
    ]
    if mistakes:
        raise _refusal(place, mistakes)
    page.say(f"{place} is fit to start with.", state="done")
    page.say(f"The bus is, too; read: {', '.join(map(str, read))}" if read else _unchecked())
    for name, release in settings.releases.items():
        if release.artifacts_key is None:
            page.say(f"Note: {name} has no artifacts_key: what is published is not signed, and nobody demands it.")
    if unheard := bus.unheard(settings) if read else "":
        page.say(f"Note: {unheard}.")
    for lane in settings.lanes:
        names = " -> ".join(artifact.name for artifact in settings.artifacts_for(lane))
        page.say(f"  {lane}: {names or 'nothing is composed'}")
    for name, gate in settings.gates.items():
        page.say(f"  gate {name}: {gate.pending} -> {gate.target}, suspects to {gate.quarantine}")


def read_without_mistakes(place: object, read: Callable[[], Settings]) -> Settings:
    """A configuration that the plugins can use too.

    Raises:
        Refusal: with every mistake.
    """
    settings = _told(place, read)
    mistakes = _mistakes_of_plugins(settings)
    if mistakes:
        raise _refusal(place, mistakes)
    return settings


def _told(place: object, read: Callable[[], Settings]) -> Settings:
    try:
        return read()
    except SettingsError as refused:
        raise _refusal(place, str(refused).splitlines()) from refused


def _refusal(place: object, mistakes: Sequence[str]) -> Refusal:
    many = "1 mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
    return Refusal("\n".join([f"{many} in {place}:", *mistakes]), Exit.NO)


def _mistakes_of_plugins(settings: Settings) -> list[str]:
    plugins = discover()
    for name, reason in plugins.broken.items():
        page.say(f"The plugin {name} is left out: {reason}", state="failed")
    try:
        settings.check_plugin_settings({kind: plugin.settings for kind, plugin in plugins.by_kind.items()})
    except SettingsError as refused:
        return str(refused).splitlines()
    return []


def _mistakes_of_bus(settings: Settings, examine_keys: bool) -> list[str]:
    try:
        return bus.mistakes(settings, examine_keys=examine_keys)
    except SettingsError as refused:
        return [str(refused)]


def _unchecked() -> str:
    return f"The bus was not checked: {fedmsg_d.nowhere()}"
