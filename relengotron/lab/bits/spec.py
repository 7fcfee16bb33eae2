"""How does a package of the catalogue look as a spec file?"""

from relengotron.lab.bits.package import Binary, Source

PROGRAM_FOLDERS = ("/usr/bin/", "/usr/sbin/", "/usr/libexec/")

_HEAD = """\
%global debug_package %{{nil}}
%global __os_install_post %{{nil}}
Name: {name}
{epoch}Version: {version}
Release: {release}.fc{distribution}
Summary: {summary}
License: GPLv3+
AutoReqProv: no
{own}
%description
{summary}.
"""


def render(source: Source, distribution: str) -> str:
    """The spec file that builds every binary package of the source at once."""
    main = next((each for each in source.binaries if each.name == source.name), None)
    parts = [
        _HEAD.format(
            name=source.name,
            epoch=f"Epoch: {source.epoch}\n" if source.epoch is not None else "",
            version=source.version_in(distribution),
            release=source.release,
            distribution=distribution,
            summary=source.summary,
            own=_tags(main) if main else "",
        )
    ]
    parts += [_subpackage(each) for each in source.binaries if each is not main]
    parts.append("%install\n" + "".join(_write(source, each, path) for each in source.binaries for path in each.files))
    parts += [_files(each) for each in source.binaries]
    parts += [f"%post -n {each.name}\n{each.scriptlet}\n" for each in source.binaries if each.scriptlet]
    return "\n".join(parts)


def _tags(binary: Binary) -> str:
    lines = [f"Requires: {need}" for need in binary.requires] + [f"Provides: {gift}" for gift in binary.provides]
    return "\n".join([*(["BuildArch: noarch"] if binary.noarch else []), *lines]) + "\n"


def _subpackage(binary: Binary) -> str:
    head = f"%package -n {binary.name}\nSummary: {binary.name}\nAutoReqProv: no\n"
    return f"{head}{_tags(binary)}%description -n {binary.name}\n{binary.name}.\n"


def _write(source: Source, binary: Binary, path: str) -> str:
    """Shell lines of ``%install`` that create one file whose content names its exact build."""
    target = f"$RPM_BUILD_ROOT{_expand(path)}"
    arch = "noarch" if binary.noarch else "%{_target_cpu}"
    line = f"{binary.name} %{{version}}-%{{release}} {arch}"
    if path.startswith(PROGRAM_FOLDERS):
        body = f"printf '#!/bin/sh\\necho \"%s\"\\n' '{line}' > {target}\nchmod 755 {target}\n"
    else:
        about = f"{path.rsplit('/', 1)[-1]} of {source.name}"
        body = f"printf '%s\\n%s\\n' '{line}' '{about}' > {target}\nchmod 644 {target}\n"
    return f"mkdir -p {target.rsplit('/', 1)[0]}\n{body}"


def _files(binary: Binary) -> str:
    return "\n".join([f"%files -n {binary.name}", "%defattr(-,root,root,-)", *map(_expand, binary.files)]) + "\n"


def _expand(path: str) -> str:
    return path.replace("@VRA@", "%{version}-%{release}.%{_target_cpu}")
