from relengotron.consumers.waiting_room import WaitingRoom
from relengotron.messages.arrival import Arrival


def arrivals(count: int, size: int = 10) -> list[Arrival]:
    return [Arrival(f"{number:0{size}}") for number in range(count)]


def test_what_waits_is_taken_together_in_its_order() -> None:
    room = WaitingRoom()
    for each in arrivals(7):
        room.put(each)
    assert room.qsize() == 7
    assert room.take(5) == (arrivals(7)[:5], True)
    assert room.take(5) == (arrivals(7)[5:], True)


def test_the_word_to_stop_comes_after_what_was_there_before_it() -> None:
    room = WaitingRoom()
    for item in (*arrivals(2), StopIteration):
        room.put(item)
    assert room.take(5) == (arrivals(2), False)


def test_a_full_room_turns_messages_away_and_says_how_many() -> None:
    room = WaitingRoom(room=50)
    for each in arrivals(8):
        room.put(each)
    assert (room.take(100), room.turned_away(), room.turned_away()) == ((arrivals(5), True), 3, 0)


def test_there_is_room_again_when_something_was_taken_and_a_full_room_can_be_left() -> None:
    room = WaitingRoom(room=50)
    for each in arrivals(5):
        room.put(each)
    room.put(StopIteration)
    assert room.take(3) == (arrivals(3), True)
    room.put(arrivals(1)[0])
    assert room.turned_away() == 0
    assert room.take(3) == (arrivals(5)[3:], False)
