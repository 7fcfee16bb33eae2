"""Which short lists does a server have before anybody asks for anything?"""

from collections.abc import Mapping

from productmd.composeinfo import COMPOSE_TYPES

from relengotron.systems.pdc.simulated.rows import Table

_ARCHES = """
    alpha alphaev4 alphaev45 alphaev5 alphaev56 alphaev6 alphaev67 alphaev68 alphaev7 alphapca56 amd64 arm64 armv5tejl
    armv5tel armv6l armv7hl armv7hnl armv7l athlon geode i386 i486 i586 i686 ia32e ia64 noarch nosrc ppc ppc64
    ppc64iseries ppc64le ppc64p7 ppc64pseries s390 s390x sh3 sh4 sh4a sparc sparc64 sparc64v sparcv8 sparcv9 sparcv9v
    src x86_64 aarch64
"""

_RELEASE_TYPES = (
    ("ga", "Release", ""),
    ("updates", "Updates for a release", "-updates"),
    ("aus", "Advanced Update Support (AUS) (also Advanced Mission Critical, Long Life)", "-aus"),
    ("els", "Extended Life-cycle Support", "-els"),
    ("eus", "Extended Update Support (EUS)", "-eus"),
    ("fast", "FasTrack", "-fast"),
)
_NAMES = {
    "variant_types": ("variant", "optional", "addon", "layered-product", "module"),
    "testing_states": ("untested", "passed", "failed"),
    "compose_types": COMPOSE_TYPES,
    "arches": _ARCHES.split(),
    "relationship_types": ("bundles", "executes"),
}
_COMPONENT_TYPES = ("rpm", "container", "zip", "iso", "composite")
_DESCRIBED = {
    "services": (("rhn", "Red Hat Network"), ("pulp", "Pulp (CDN)"), ("ftp", "ftp://ftp.redhat.com")),
    "repo_families": (
        ("dist", "Production repositories"),
        ("beta", "Beta (pre-production) repositories"),
        ("htb", "Repostitories for High Touch Beta (HTB) customers"),
    ),
    "content_categories": (("binary", "Binary"), ("debug", "Debug"), ("source", "Source")),
    "content_formats": (
        ("rpm", "RPM packages"),
        ("iso", "ISO images"),
        ("kickstart", "Installable kickstart trees"),
        ("comps", "Comps XML with package group definitions"),
        ("docker", "Docker image content format"),
        ("dud", "Driver Update Disk"),
    ),
}
_ADDED_COMPONENT_TYPES = ("image", "ostree")
_ADDED_RELATIONSHIP_TYPES = (
    "RPMRequires",
    "RPMBuildRequires",
    "RPMBuildRoot",
    "ContainerIncludesRPM",
    "ImageIncludesRPM",
    "OSTreeIncludesRPM",
)
_ADDED_LOCATIONS = ("PHX2", "RDU2", "IAD2")
_ADDED_SCHEMES = ("http", "https", "ftp", "nfs", "rsync")


def add_stock_rows(tables: Mapping[str, Table]) -> None:
    """The rows every new server has."""
    for short, name, suffix in sorted(_RELEASE_TYPES):
        tables["release_types"].add(short=short, name=name, suffix=suffix)
    for table, names in _NAMES.items():
        for name in names:
            tables[table].add(name=name)
    for name in _COMPONENT_TYPES:
        tables["component_types"].add(name=name, has_osbs=False)
    for table, described in _DESCRIBED.items():
        extra = {"pdc_endpoint": None} if table == "content_formats" else {}
        for name, description in described:
            tables[table].add(name=name, description=description, **extra)


def add_administrator_rows(tables: Mapping[str, Table]) -> None:
    """The rows the administrators of a distribution with images and OSTrees add in the database."""
    for name in _ADDED_COMPONENT_TYPES:
        tables["component_types"].add(name=name, has_osbs=False)
    for name in _ADDED_RELATIONSHIP_TYPES:
        tables["relationship_types"].add(name=name)
    for short in _ADDED_LOCATIONS:
        tables["locations"].add(name=short, short=short)
    for name in _ADDED_SCHEMES:
        tables["schemes"].add(name=name)
