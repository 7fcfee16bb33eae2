"""Packaging of the example plugin: one module and one entry point."""

from setuptools import setup

setup(
    name="relengotron-example-checksums",
    version="1.0",
    description="An artifact kind for relengotron: a list of the files of a repo with their checksums",
    license="GPL-3.0-or-later",
    python_requires=">=3.11",
    py_modules=["relengotron_example_checksums"],
    install_requires=["relengotron"],
    entry_points={"relengotron.artifacts": ["checksums = relengotron_example_checksums:ChecksumsPlugin"]},
)
