"""What would dnf's Python API install into an empty root, with everything loaded already?

One line of JSON says where the repos are (a name for each set of them), then each line is a question, answered with
the seconds that dnf took for it and the packages. It runs under the Python that Debian's packages are made for.
"""

import json
import logging
import sys
import time
from pathlib import Path

import dnf


def opened(folder, repos, arch):
    """A base with its sack filled, nothing of this machine in it; what dnf caches of a repo is there for all bases."""
    base = dnf.Base()
    conf = base.conf
    for key, place in (("installroot", folder / "root"), ("cachedir", folder.parent / "cache"), ("logdir", folder)):
        place.mkdir(parents=True, exist_ok=True)
        setattr(conf, key, str(place))
    conf.reposdir, conf.varsdir, conf.plugins = [], [], False
    conf.ignorearch, conf.arch, conf.releasever = True, arch, "1"
    conf.substitutions["arch"], conf.substitutions["basearch"] = arch, dnf.rpm.basearch(arch)
    conf.install_weak_deps, conf.gpgcheck = False, False
    for name, url in repos.items():
        base.repos.add_new_repo(name, conf, baseurl=[url])
    base.fill_sack(load_system_repo=False)
    return base


def solved(base, names):
    """The packages that the names bring, and how long it took from the first name to the last package."""
    began = time.perf_counter()
    base.reset(goal=True)
    base.install_specs(names)
    base.resolve()
    packages = [(p.name, str(p.epoch), p.version, p.release, p.arch) for p in base.transaction.install_set]
    return time.perf_counter() - began, packages


def answered(base, names):
    """The same as JSON; what cannot be installed is an answer, too."""
    try:
        seconds, packages = solved(base, names)
    except dnf.exceptions.Error as error:
        return {"problem": str(error)}
    return {"seconds": seconds, "packages": packages}


def main():
    """Read questions until there are no more."""
    logging.disable(logging.CRITICAL)
    start = json.loads(sys.stdin.readline())
    bases = {name: opened(Path(start["folder"]) / name, repos, start["arch"]) for name, repos in start["repos"].items()}
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        question = json.loads(line)
        print(json.dumps(answered(bases[question["repos"]], question["install"])), flush=True)


main()
