"""WaiverDB: where others keep their waivers."""
