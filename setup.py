"""Packaging of relengotron; tool settings live in pyproject.toml."""

from pathlib import Path

from setuptools import find_packages, setup

setup(
    name="relengotron",
    version="0.1.0",
    description="Composes, tests, gates and publishes what a distribution update changes, and nothing else",
    long_description=Path(__file__).with_name("README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="GPL-3.0-or-later",
    python_requires=">=3.11",
    packages=find_packages(include=["relengotron", "relengotron.*"]),
    package_data={"relengotron": ["py.typed", "**/*.json", "**/*.yaml", "**/*.mako", "**/*.ini"]},
    install_requires=[
        # fedmsg and moksha.hub import pkg_resources at run time (gone in 81), and look distributions up by their dotted
        # names, which pkg_resources before 78 does not find among wheels built today.
        "setuptools>=78.1.1,<81",
        # Without its extra crypto_ng: signing and validating is relengotron.systems.bus.x509, on cryptography alone.
        "fedmsg[consumers]>=1.1.7",
        "moksha.hub>=1.5.17",
        "cryptography>=42",
        "fedmsg-meta-fedora-infrastructure>=0.31",
        "koji>=1.34",
        "requests>=2.31",
        "PyYAML>=6",
        "python-daemon>=3",
        "SQLAlchemy>=2.0",
        "alembic>=1.13",
        "pydantic>=2.6",
        "click>=8.1",
        "rich>=13",
        "createrepo_c>=1.0",
        "productmd>=1.38",
        "solv>=0.7.28",
        "prometheus-client>=0.20",
        "jsonschema>=4.20",
        "flask>=3.0",
        "waitress>=3.0",
        "rpmfile>=2.0",
    ],
    extras_require={
        "postgres": ["psycopg[binary]>=3.1"],
        "stomp": ["Twisted[tls]>=22.10"],  # for an encrypted connection only: checks the broker's name
        "test": [
            "pytest>=8",
            "pytest-timeout",
            "pytest-xdist>=3.7",  # --no-loadscope-reorder
            "responses",
            "hypothesis",
            "ruff",
            "mypy",
            "import-linter",
            "types-PyYAML",
            "types-requests",
            "types-jsonschema",
        ],
    },
    entry_points={
        "console_scripts": ["relengotron = relengotron.cli.main:main"],
        "moksha.consumer": ["relengotron = relengotron.consumers.fedmsg_hub:Relengotron"],
        "fedmsg.meta": ["relengotron = relengotron.meta:RelengotronProcessor"],
        "relengotron.artifacts": [
            "mash = relengotron.plugins.mash:MashPlugin",
            "ostree = relengotron.plugins.ostree:OstreePlugin",
            "image = relengotron.plugins.image:ImagePlugin",
        ],
    },
    classifiers=[
        "License :: OSI Approved :: GNU General Public License v3 or later (GPLv3+)",
        "Operating System :: POSIX :: Linux",
        "Programming Language :: Python :: 3.11",
    ],
)
