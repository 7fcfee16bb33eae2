"""What can go wrong, and what happens then."""


class RelengError(Exception):
    """Every failure this project raises on purpose; the class says what happens next."""


class Transient(RelengError):
    """Ask again: with growing pauses, a cap and a deadline."""


class SystemUnreachable(Transient):
    """A service did not answer, or answered that it cannot serve now."""


class SystemBusy(Transient):
    """A service asked us to come back later."""


class LaneTaken(Transient):
    """Another run holds the lane."""


class AnswerLost(Transient):
    """An effect was asked for and nobody knows whether it happened: look before asking again."""


class Permanent(RelengError):
    """Stop, keep the evidence, name an owner."""


class RequestRefused(Permanent):
    """A service understood and said no."""


class MalformedInput(Permanent):
    """Something from outside is not what it claims to be."""


class Untrusted(Permanent):
    """A message does not prove that it is from somebody who may send it: kept as evidence, counted, never acted on."""

    def __init__(self, kind: str, why: str, sender: str = "", *, may_be_genuine: bool = False) -> None:
        """``kind`` groups what is counted, such as ``forged``; ``sender`` is who signed it, where proven.

        ``may_be_genuine`` when a certificate, a list or a table of somebody's may be at fault and not the message.
        """
        super().__init__(why)
        self.kind = kind
        self.sender = sender
        self.may_be_genuine = may_be_genuine


class SettingsError(Permanent):
    """The configuration cannot be used; the text names file, key path, value found and what is allowed."""


class PluginBroken(Permanent):
    """An artifact plugin broke its contract."""


class StateDisagrees(RelengError):
    """The world is not as expected: look again, then decide."""


class NotTaggedThere(StateDisagrees):
    """A build is not in the tag it was to be moved from."""


class RefMoved(StateDisagrees):
    """A published pointer changed under our hands."""


class DeadlineMissed(RelengError):
    """A wait took longer than promised: hold and alert."""


class Cancelled(RelengError):
    """A person called the run off: play the undo plan."""


class PowerCut(BaseException):
    """The simulated machine is dead; a BaseException, because nobody may catch a dead machine."""
