"""Which builders are there, and which channels do they serve?"""

from __future__ import annotations

from typing import Any

import koji

from .call import Call, exposed
from .lookups import lookup, name_or_id, verify_name
from .queries import apply_options
from .store import Row
from .users import HOST, PERSON, add_user

CONFIG = ("arches", "capacity", "description", "comment", "enabled")
BUILT_IN_CHANNELS = ("default", "createrepo", "maven", "livecd", "appliance", "vm", "image", "livemedia")


def add_channel_row(call: Call, name: str, description: str | None = None) -> Row:
    """A new channel that is enabled."""
    channel_id = call.store.sequences.next("channels")
    row = {"id": channel_id, "name": name, "description": description, "enabled": True, "comment": None}
    return call.store["channels"].insert(row)


def find_host(call: Call, info: Any, event: int | None = None) -> Row | None:
    """What ``getHost`` shows of a builder."""
    row = call.store["host"].one(**name_or_id(info))
    configs = call.versions("host_config", event, host_id=row["id"]) if row else []
    if row is None or not configs:
        return None
    own = {column: row[column] for column in ("id", "user_id", "name", "update_ts", "ready", "task_load")}
    return {**own, **{column: configs[0][column] for column in CONFIG}}


def _required_host(call: Call, info: Any) -> Row:
    host = find_host(call, info)
    if host is None:
        raise koji.GenericError(f"host does not exist: {info}")
    return host


def channels_of(call: Call, host: int) -> list[int]:
    """Ids of the channels a builder serves."""
    return [row["channel_id"] for row in call.store["host_channels"].where(host_id=host, active=True)]


def all_arches(call: Call) -> list[str]:
    """Every arch that some builder offers, canonical."""
    configs = call.store["host_config"].where(active=True)
    return sorted({str(koji.canonArch(arch)) for row in configs for arch in (row["arches"] or "").split()})


def channel_arches(call: Call, channel: Any) -> set[str]:
    """Every arch that the enabled builders of a channel offer, as written and canonical."""
    row = lookup(call, "channels", channel)
    if row is None:
        raise koji.GenericError(f"No such channel: {channel}")
    serving = {link["host_id"] for link in call.store["host_channels"].where(channel_id=row["id"], active=True)}
    configs = [c for c in call.store["host_config"].where(active=True) if c["enabled"] and c["host_id"] in serving]
    written = {arch for config in configs for arch in (config["arches"] or "").split()}
    return written | {str(koji.canonArch(arch)) for arch in written}


@exposed("addHost")
def add_host(
    call: Call, hostname: Any, arches: list[str], krb_principal: str | None = None, force: bool = False
) -> int:
    """A new builder with its user; its id."""
    call.assert_perm("host")
    verify_name(hostname)
    cleaned = koji.parse_arches(" ".join(arches), strict=True)
    if find_host(call, hostname):
        raise koji.GenericError(f"host already exists: {hostname}")
    user_id = _host_user(call, hostname, force)
    host_id = call.store.sequences.next("host")
    idle = {"update_ts": None, "ready": False, "task_load": 0.0}
    call.store["host"].insert({"id": host_id, "user_id": user_id, "name": hostname, **idle})
    settings: Row = {"capacity": 2.0, "description": None, "comment": None, "enabled": True}
    call.create("host_config", host_id=host_id, arches=cleaned, **settings)
    default = lookup(call, "channels", "default", strict=True)
    assert default is not None  # noqa: S101 - strict raises
    call.create("host_channels", host_id=host_id, channel_id=default["id"])
    return host_id


def _host_user(call: Call, hostname: str, force: bool) -> int:
    user = call.store["users"].one(name=hostname)
    if user is None:
        return add_user(call, hostname, usertype=HOST, password=call.host_password)
    if user["usertype"] != HOST:
        if not (force and user["usertype"] == PERSON):
            raise koji.GenericError(f"user {hostname} already exists and it is not a host")
        call.store["users"].update(user, usertype=HOST)
    return int(user["id"])


@exposed("getHost")
def get_host(call: Call, hostInfo: Any, strict: bool = False, event: int | None = None) -> Row | None:
    """One builder, or None."""
    host = find_host(call, hostInfo, event)
    if host is None and strict:
        raise koji.GenericError(f"Invalid hostInfo: {hostInfo}")
    return host


@exposed("listHosts")
def list_hosts(
    call: Call,
    arches: Any = None,
    channelID: Any = None,
    ready: bool | None = None,
    enabled: bool | None = None,
    userID: int | None = None,
    queryOpts: Row | None = None,
) -> Any:
    """All builders that match."""
    hosts = [host for row in call.store["host"] if (host := find_host(call, row["id"])) is not None]
    if arches is not None:
        wanted = {arches} if isinstance(arches, str) else set(arches)
        hosts = [host for host in hosts if wanted & set((host["arches"] or "").split())]
    if channelID is not None:
        channel = lookup(call, "channels", channelID, strict=True)
        hosts = [host for host in hosts if channel is not None and channel["id"] in channels_of(call, host["id"])]
    for column, value in (("ready", ready), ("enabled", enabled), ("user_id", userID)):
        if value is not None:
            hosts = [host for host in hosts if host[column] == value]
    return apply_options(hosts, queryOpts)


@exposed("editHost")
def edit_host(call: Call, hostInfo: Any, **wanted: Any) -> bool:
    """Change a builder's settings; False when nothing changes."""
    call.assert_perm("host")
    host = get_host(call, hostInfo, strict=True)
    assert host is not None  # noqa: S101 - strict raises
    changes = {key: wanted[key] for key in CONFIG if key in wanted and wanted[key] != host[key]}
    if not changes:
        return False
    _configure(call, host, changes)
    return True


def _configure(call: Call, host: Row, changes: Row) -> None:
    call.revoke("host_config", host_id=host["id"])
    call.create("host_config", host_id=host["id"], **{**{key: host[key] for key in CONFIG}, **changes})


@exposed("enableHost")
def enable_host(call: Call, hostname: Any) -> None:
    """Let a builder take tasks."""
    call.assert_perm("host")
    _configure(call, _required_host(call, hostname), {"enabled": True})


@exposed("disableHost")
def disable_host(call: Call, hostname: Any) -> None:
    """Let a builder take no more tasks."""
    call.assert_perm("host")
    _configure(call, _required_host(call, hostname), {"enabled": False})


@exposed("getLastHostUpdate")
def get_last_host_update(call: Call, hostID: Any, ts: bool = False) -> Any:
    """When a builder last spoke."""
    host = get_host(call, hostID)
    return host["update_ts"] if host else None


@exposed("getAllArches")
def get_all_arches(call: Call) -> list[str]:
    """Every arch that some builder offers."""
    return all_arches(call)


# -- channels --------------------------------------------------------------------------------------------------------

SHOWN = ("id", "name", "description", "enabled", "comment")


@exposed("getChannel")
def get_channel(call: Call, channelInfo: Any, strict: bool = False) -> Row | None:
    """One channel, or None."""
    row = call.store["channels"].one(**name_or_id(channelInfo))
    if row is None:
        if strict:
            raise koji.GenericError("query returned no rows")
        return None
    return {column: row[column] for column in SHOWN}


@exposed("listChannels")
def list_channels(call: Call, hostID: Any = None, event: int | None = None, enabled: bool | None = None) -> list[Row]:
    """All channels, or those of one builder."""
    rows = list(call.store["channels"])
    if hostID is not None:
        host = lookup(call, "host", hostID)
        served = {row["channel_id"] for row in call.versions("host_channels", event, host_id=host and host["id"])}
        rows = [row for row in rows if row["id"] in served]
    return [{c: row[c] for c in SHOWN} for row in rows if enabled is None or row["enabled"] == enabled]


@exposed("addChannel")
def add_channel(call: Call, channel_name: Any, description: str | None = None) -> int:
    """A new channel; its id."""
    call.assert_perm("admin")
    verify_name(channel_name)
    known = get_channel(call, channel_name)
    if known:
        raise koji.GenericError(f"channel {known['name']} already exists (id={known['id']})")
    return int(add_channel_row(call, channel_name, description)["id"])


@exposed("editChannel")
def edit_channel(call: Call, channelInfo: Any, **wanted: Any) -> bool:
    """Describe or rename a channel; False when nothing changes."""
    call.assert_perm("admin")
    channel = get_channel(call, channelInfo, strict=True)
    assert channel is not None  # noqa: S101 - strict raises
    changes = {k: wanted[k] for k in ("name", "description", "comment") if k in wanted and wanted[k] != channel[k]}
    if not changes:
        return False
    if "name" in changes and get_channel(call, changes["name"]):
        raise koji.GenericError(f"channel {changes['name']} already exists")
    call.store["channels"].update(call.store.row("channels", channel["id"]), **changes)
    return True


@exposed("enableChannel")
def enable_channel(call: Call, channelname: Any, comment: str | None = None) -> None:
    """Let tasks into a channel."""
    _switch(call, channelname, True, comment)


@exposed("disableChannel")
def disable_channel(call: Call, channelname: Any, comment: str | None = None) -> None:
    """Let no more tasks into a channel."""
    _switch(call, channelname, False, comment)


def _switch(call: Call, channelname: Any, enabled: bool, comment: str | None) -> None:
    call.assert_perm("host")
    row = lookup(call, "channels", channelname)
    if row is None:
        raise koji.GenericError(f"No such channel: {channelname}")
    call.store["channels"].update(row, enabled=enabled, comment=row["comment"] if comment is None else comment)


@exposed("addHostToChannel")
def add_host_to_channel(
    call: Call, hostname: Any, channel_name: Any, create: bool = False, force: bool = False
) -> None:
    """Let a builder serve a channel."""
    call.assert_perm("host")
    host = _required_host(call, hostname)
    channel = lookup(call, "channels", channel_name)
    if channel is None:
        if not create:
            raise koji.GenericError(f"channel does not exist: {channel_name}")
        verify_name(channel_name)
        channel = add_channel_row(call, channel_name)
    if not channel["enabled"] and not force:
        raise koji.GenericError(f"channel {channel_name} is disabled")
    if channel["id"] in channels_of(call, host["id"]):
        raise koji.GenericError(f"host {hostname} is already subscribed to the {channel_name} channel")
    call.create("host_channels", host_id=host["id"], channel_id=channel["id"])


@exposed("removeHostFromChannel")
def remove_host_from_channel(call: Call, hostname: Any, channel_name: Any) -> None:
    """Let a builder no longer serve a channel."""
    call.assert_perm("host")
    host = _required_host(call, hostname)
    channel = lookup(call, "channels", channel_name)
    if channel is None:
        raise koji.GenericError(f"channel does not exist: {channel_name}")
    if channel["id"] not in channels_of(call, host["id"]):
        raise koji.GenericError(f"host {hostname} is not subscribed to the {channel_name} channel")
    call.revoke("host_channels", host_id=host["id"], channel_id=channel["id"])


@exposed("renameChannel")
def rename_channel(call: Call, old: Any, new: Any) -> None:
    """Give a channel another name."""
    edit_channel(call, old, name=new)
