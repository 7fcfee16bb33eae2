"""What was in a compose, as the manifests that productmd reads?"""

import os.path
from typing import Any

from relengotron.systems.pdc.simulated.call import Answer, Call
from relengotron.systems.pdc.simulated.catalogue.rpms import nevra
from relengotron.systems.pdc.simulated.rows import Row

_IMAGE_KEYS = ("subvariant", "volume_id", "mtime", "arch", "size", "disc_count", "disc_number", "bootable")


def show_rpms(call: Call, compose_id: str) -> Answer:
    """``GET compose-rpms/<id>/``."""
    compose = call.one("composes", "compose_id", compose_id)
    kept = call.table("compose_rpms").where("compose", compose)
    rpms: dict[str, Any] = {}
    for row in kept:
        rpm, tree = row["rpm"], row["tree"]
        source = nevra(rpm) if rpm["arch"] == "src" else rpm["srpm_nevra"]
        arches = rpms.setdefault(tree["variant_uid"], {}).setdefault(tree["arch"]["name"], {})
        arches.setdefault(source, {})[nevra(rpm)] = {
            "category": row["category"]["name"],
            "path": os.path.join(row["path"], rpm["filename"]),
            "sigkey": row["sigkey"] and row["sigkey"]["key_id"],
        }
    return Answer(200, _manifest("rpms", rpms, compose), rows=len(kept))


def show_images(call: Call, compose_id: str) -> Answer:
    """``GET compose-images/<id>/``."""
    compose = call.one("composes", "compose_id", compose_id)
    kept = call.table("compose_images").where("compose", compose)
    images: dict[str, Any] = {}
    for row in kept:
        tree = row["tree"]
        images.setdefault(tree["variant_uid"], {}).setdefault(tree["arch"]["name"], []).append(_image(row))
    return Answer(200, _manifest("images", images, compose), rows=len(kept))


def _image(row: Row) -> Row:
    image = row["image"]
    return {
        **{name: image[name] for name in _IMAGE_KEYS},
        "format": image["image_format"],
        "type": image["image_type"],
        "implant_md5": image["implant_md5"],
        "checksums": {kind: image[kind] for kind in ("sha256", "md5", "sha1") if image[kind]},
        "path": os.path.join(row["path"], image["file_name"]),
    }


def _manifest(kind: str, content: Any, compose: Row) -> Row:
    described = {
        "date": compose["compose_date"].replace("-", ""),
        "respin": compose["compose_respin"],
        "type": compose["compose_type"]["name"],
        "id": compose["compose_id"],
    }
    return {
        "header": {"version": "1.2", "type": f"productmd.{kind}"},
        "payload": {kind: content, "compose": described},
    }
