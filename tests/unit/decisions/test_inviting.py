"""Which updates touch what, and what do testers read?"""

from relengotron.decisions import inviting
from relengotron.decisions.affected import Reach
from relengotron.decisions.inviting import Offer
from relengotron.model.gate import Reason, Requirement, RequirementState, Verdict
from relengotron.model.opinions import Bug, Opinions
from relengotron.model.rung import MOST_CHANGES_KEPT

REACHES = (
    Reach("tree", True, "bash changes", ("bash", "bash-doc")),
    Reach("image", True, "made from tree", (), ("tree",)),
    Reach("other", True, "nano changes", ("nano",)),
    Reach("still", False, "nothing changes", ("bash",)),
)
OFFER = Offer("tree", "ostree", ("http://mirror/repo",), {"ref": "r/24"}, ("rpm-ostree rebase r/24",))


def test_an_update_touches_what_its_packages_change_and_what_is_made_from_it() -> None:
    assert inviting.touched_by({"bash"}, REACHES) == {"tree", "image"}
    assert inviting.touched_by({"zsh"}, REACHES) == set()


def test_in_doubt_and_where_lists_are_cut_every_update_touches_it() -> None:
    doubt = Reach("tree", True, "in doubt", ())
    cut = Reach("big", True, "much changes", tuple(map(str, range(MOST_CHANGES_KEPT))))
    assert inviting.touched_by({"zsh"}, (doubt, cut)) == {"tree", "big"}


def test_the_comment_says_where_how_and_what_to_test_and_ends_with_its_marker() -> None:
    passed = Reason(Requirement("tree", "c", "dist.ok"), RequirementState.PASSED, Verdict.OPEN, ref_url="http://log/1")
    offer = Offer(**{name: getattr(OFFER, name) for name in OFFER.__slots__} | {"results": (passed,)})
    wanted = Opinions("F", bugs=(Bug(7, "it crashes"),), test_cases=("QA:Testcase bash",))
    text = inviting.invitation("run-1", "F24/testing", (offer,), wanted, "[mark]")
    for words in (
        "in 1 tree or image of F24/testing",
        "* ref: `r/24`\n* http://mirror/repo\n* try it: `rpm-ostree rebase r/24`\n* dist.ok: passed (http://log/1)",
        "* QA:Testcase bash\n* is bug 7 fixed? it crashes",
    ):
        assert words in text
    assert text.endswith("(push run-1) [mark]")


def test_hostile_words_stay_on_their_line_and_mark_nothing_up() -> None:
    wanted = Opinions("F", bugs=(Bug(7, "x`\n\n<script>\x1b[2J"),), test_cases=("T\r\n# big",))
    text = inviting.invitation("run-1", "F24/testing", (OFFER,), wanted, "[mark]")
    assert "is bug 7 fixed? x'  (script) [2J" in text
    assert "* T  # big\n" in text


def test_a_long_list_is_cut_and_a_silent_bodhi_wants_nothing() -> None:
    many = Opinions("F", test_cases=tuple(f"case {n}" for n in range(50)))
    text = inviting.invitation("r", "F24/testing", (OFFER,), many, "[mark]")
    assert ("* case 29" in text, "* case 30" in text, "* and 20 more, on this page" in text) == (True, False, True)
    assert "Please test" not in inviting.invitation("r", "F24/testing", (OFFER,), None, "[mark]")
    link = Reason(Requirement("t", "c", "x"), RequirementState.PASSED, Verdict.OPEN, ref_url="javascript:alert(1)")
    offer = Offer("tree", "ostree", results=(link,))
    assert "javascript" not in inviting.invitation("r", "F24/testing", (offer,), None, "[mark]")
