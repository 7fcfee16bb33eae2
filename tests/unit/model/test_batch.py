"""Does exactly that update leave a shipment which was ejected, whatever it is called?"""

from dataclasses import replace

from relengotron.model.batch import Ejected, Shipment, Update

ONE = Update("FEDORA-2016-0000000001", "KDE", "bugfix", "F24", "testing", True, ("kde-1-1",))
OTHER = replace(ONE, alias="FEDORA-2016-0000000002", builds=("kf5-1-1",))


def test_of_two_updates_with_one_title_only_the_ejected_one_leaves() -> None:
    left = Shipment((ONE, OTHER)).without((Ejected(ONE.alias, ONE.title, "bad", ONE.builds),))
    assert left.updates == (OTHER,)
    both = left.without((Ejected(OTHER.alias, OTHER.title, "bad too", OTHER.builds),))
    assert [each.alias for each in both.ejected] == [ONE.alias, OTHER.alias]


def test_what_bodhi_does_not_know_is_remembered_by_what_it_was_called() -> None:
    unknown = Ejected("", "KDE", "Bodhi knows no update KDE")
    left = Shipment((ONE,)).without((unknown,)).without((unknown,))
    assert (left.updates, left.ejected) == ((ONE,), (unknown,))
