import pytest
from hypothesis import given
from hypothesis import strategies as st

from relengotron.errors import MalformedInput
from relengotron.messages.limits import LARGEST_MESSAGE
from relengotron.messages.stomp import Frame, FrameReader

names = st.text(st.characters(exclude_characters="\r\x00", exclude_categories=["Cs"]), min_size=1, max_size=20)
headers = st.dictionaries(names.filter(lambda name: name != "content-length"), names, max_size=4)


@st.composite
def frames(draw: st.DrawFn) -> Frame:
    body = draw(st.binary(max_size=50))
    length = {"content-length": str(len(body))} if b"\x00" in body or draw(st.booleans()) else {}
    return Frame(draw(st.sampled_from(["MESSAGE", "ERROR", "RECEIPT"])), draw(headers) | length, body)


@given(st.lists(frames(), max_size=5), st.integers(1, 40), st.sampled_from([b"", b"\n", b"\n\r\n\n"]))
def test_frames_come_out_as_they_went_in_wherever_the_network_cuts(sent: list[Frame], cut: int, beats: bytes) -> None:
    wire = b"".join(beats + frame.packed() for frame in sent) + beats
    reader = FrameReader()

    assert [frame for at in range(0, len(wire), cut) for frame in reader.frames(wire[at : at + cut])] == sent


@given(st.lists(st.binary(max_size=200), max_size=4))
def test_any_bytes_are_frames_or_malformed(pieces: list[bytes]) -> None:
    reader = FrameReader()
    try:
        for piece in pieces:
            for frame in reader.frames(piece):
                assert isinstance(frame.text, str)
    except MalformedInput:
        pass


def test_a_length_counts_bytes_and_not_characters() -> None:
    wire = "MESSAGE\ncontent-length:5\n\né☃\x00\nMESSAGE\n\nnext\x00".encode()

    assert [frame.text for frame in FrameReader().frames(wire)] == ["é☃", "next"]


def test_of_a_repeated_header_the_first_one_counts() -> None:
    [frame] = FrameReader().frames(b"MESSAGE\nfoo:World\nfoo:Hello\n\n\x00")

    assert frame.headers == {"foo": "World"}


def test_the_frame_that_logs_in_is_not_escaped_because_old_servers_would_not_understand() -> None:
    assert b"passcode:a:b\\c\n" in Frame("CONNECT", {"passcode": "a:b\\c"}).packed()


@pytest.mark.parametrize("length", [True, False])
def test_a_body_larger_than_a_message_is_cut_and_stays_too_large(length: bool) -> None:
    body = "é".encode() * LARGEST_MESSAGE
    headers = {"content-length": str(len(body))} if length else {}
    wire = Frame("MESSAGE", headers, body).packed() + Frame("MESSAGE", {}, b"next").packed()
    reader = FrameReader()

    large, small = [frame for at in range(0, len(wire), 65_536) for frame in reader.frames(wire[at : at + 65_536])]
    assert len(large.text) == LARGEST_MESSAGE + 1
    assert small.text == "next"


@pytest.mark.parametrize(
    "wire",
    [
        b"MESSAGE\ncontent-length:-1\n\n\x00",
        b"MESSAGE\ncontent-length:1e3\n\n\x00",
        b"MESSAGE\ncontent-length:9999999999999999\n\n\x00",
        b"MESSAGE\ncontent-length:2\n\nthree\x00",
        b"MESSAGE\n" + b"x" * 70_000,
    ],
)
def test_what_is_not_stomp_is_malformed(wire: bytes) -> None:
    with pytest.raises(MalformedInput):
        list(FrameReader().frames(wire))
