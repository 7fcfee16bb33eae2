"""A bus in memory that can be as bad as the real one."""

import json
import random
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from threading import RLock
from typing import Any

from relengotron.errors import RequestRefused
from relengotron.messages.gilmsg import mark_for
from relengotron.messages.subscribing import beginning_of
from relengotron.systems.bus.port import Announcement, Said, fresh_msg_id

Subscriber = Callable[[dict[str, Any]], object]


@dataclass(frozen=True, slots=True)
class Weather:
    """How badly messages travel: chances between 0 and 1, and the longest delay in seconds."""

    lose: float = 0.0
    double: float = 0.0
    shuffle: bool = False
    longest_delay: float = 0.0

    @property
    def is_calm(self) -> bool:
        """Whether each message arrives once, at once and in order."""
        return self == CALM


CALM = Weather()


@dataclass(frozen=True, slots=True)
class _OnTheWay:
    due: float
    place: float
    envelope: dict[str, Any]


class SimulatedBus:
    """Hands over what was published as a hub consumer gets it; the same seed makes the same weather."""

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        weather: Weather = CALM,
        seed: int = 0,
        topic_prefix: str = "org.fedoraproject",
        environment: str = "dev",
    ) -> None:
        """Start with no subscribers."""
        self.sent: list[dict[str, Any]] = []
        self.weather = weather
        self._clock = clock
        self._chance = random.Random(seed)  # noqa: S311 - weather, not a secret
        self._beginning = f"{topic_prefix}.{environment}."
        self._subscribers: list[Subscriber] = []
        self._on_the_way: list[_OnTheWay] = []
        self._arrived: deque[dict[str, Any]] = deque()
        self._departures = count()
        self._handing_over = False
        self._lock = RLock()

    def subscribe(self, subscriber: Subscriber) -> None:
        """Call it with ``{"topic", "body"}`` for each message that arrives from now on."""
        with self._lock:
            self._subscribers.append(subscriber)

    def publish(self, message: Announcement, msg_id: str) -> None:
        """Send the message; in calm weather it has arrived when this returns."""
        with self._lock:
            envelope = self._envelope(message, msg_id)
            self.sent.append(envelope)
            for _ in range(self._copies()):
                self._on_the_way.append(self._departure(envelope))
            if self.weather.is_calm:
                self.deliver()

    def announce(self, topic_suffix: str, body: Mapping[str, Any]) -> None:
        """Send under a fresh id, as the stand-ins of other services do."""
        self.publish(Said(topic_suffix, body), fresh_msg_id(datetime.fromtimestamp(self._clock(), tz=UTC)))

    def deliver(self) -> int:
        """Hand over what is due by now; how many messages arrived."""
        with self._lock:
            now = self._clock()
            due = sorted((one for one in self._on_the_way if one.due <= now), key=lambda one: (one.due, one.place))
            self._on_the_way = [one for one in self._on_the_way if one.due > now]
            self._arrived.extend(one.envelope for one in due)
            self._hand_over()
            return len(due)

    @property
    def on_the_way(self) -> int:
        """How many messages have not arrived yet."""
        return len(self._on_the_way)

    @property
    def next_arrival(self) -> float | None:
        """When the next of them arrives; None when there is none."""
        return min((one.due for one in self._on_the_way), default=None)

    def close(self) -> None:
        """Forget the subscribers; what is on the way is lost, as in a crash."""
        with self._lock:
            self._subscribers.clear()
            self._on_the_way.clear()

    def _hand_over(self) -> None:
        if self._handing_over:  # a subscriber published: the outer loop goes on with it
            return
        self._handing_over = True
        try:
            while self._arrived:
                envelope = self._arrived.popleft()
                for subscriber in tuple(self._subscribers):
                    subscriber({"topic": envelope["topic"], "body": dict(envelope)})
        finally:
            self._handing_over = False

    def _envelope(self, message: Announcement, msg_id: str) -> dict[str, Any]:
        if "." not in message.topic_suffix:
            raise RequestRefused(f"a topic needs a sender and a subject: {message.topic_suffix!r}")
        try:
            body = json.loads(json.dumps(dict(message.body)))
        except (TypeError, ValueError) as error:
            raise RequestRefused(f"{message.topic_suffix} cannot be written as JSON: {error}") from error
        return {
            "topic": beginning_of(message.topic_suffix, self._beginning) + message.topic_suffix,
            "msg": body,
            "msg_id": msg_id,
            "i": len(self.sent) + 1,
            "timestamp": int(self._clock()),
            "username": "simulated",
            **mark_for(message.wants_answer),
        }

    def _copies(self) -> int:
        if self._chance.random() < self.weather.lose:
            return 0
        return 2 if self._chance.random() < self.weather.double else 1

    def _departure(self, envelope: dict[str, Any]) -> _OnTheWay:
        delay = self._chance.random() * self.weather.longest_delay
        order = float(next(self._departures))
        place = self._chance.random() if self.weather.shuffle else order
        return _OnTheWay(self._clock() + delay, place, envelope)
