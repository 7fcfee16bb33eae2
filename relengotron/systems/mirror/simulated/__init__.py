"""What does the web server in front of a mirror's tree answer?"""

from relengotron.systems.mirror.simulated.app import static_app

__all__ = ["static_app"]
