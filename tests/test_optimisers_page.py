"""The page about programs that search: its pictures and its numbers are right."""

from __future__ import annotations

import re
from pathlib import Path

from exact_cbil.numbers import text
from exact_cbil.optimisers.census import Census
from exact_cbil.optimisers.listing import Listing
from exact_cbil.optimisers.tasks import hash_game, maze
from exact_cbil.optimisers.winners import Winners

PAGE = Path(__file__).parent.parent / "docs" / "optimisers.md"
TEXT = PAGE.read_text()


def test_pictures_on_the_page_are_there() -> None:
    pictures = re.findall(r"\]\((pictures/.*?)\)", TEXT)
    assert len(pictures) == 5
    for picture in pictures:
        assert (PAGE.parent / picture).read_bytes().startswith(b"<?xml")


def test_the_table_of_winners() -> None:
    task = maze().of(12)
    winners, census = Winners(task), Census(Listing(task, 24))
    assert f"{census.listing.total:,} programs of at most 24 bits" in TEXT
    shown = re.findall(
        r"^\| (\d+) \| " + r"(.*?) \| " * 6 + "$", TEXT.replace(" |\n", " | \n"), re.M
    )
    assert len(shown) == 5
    for lessons, program, *numbers in shown:
        won, shares = winners.after(int(lessons)), census.shares(int(lessons))
        assert str(won.program) == program
        without = winners.after(int(lessons), searching=False)
        assert numbers[:2] == [str(won.length), str(without.length)]
        assert shares.betrayed is not None
        exact = (shares.search, shares.searching["exit"], shares.betrayed)
        assert shares.searching["exit"] == shares.searching["door"] == shares.searching["lamp"]
        for value, said in zip(exact, numbers[2:], strict=True):
            assert said in (text(value), f"{float(value):.3f}")


def test_the_count_of_the_hash_game() -> None:
    census = Census(Listing(hash_game(), 22))
    best = census.best_without_search()
    assert best == {2: 31, 7: 32, 12: 33, 19: 34}
    assert f"{census.listing.total:,} programs of at most 22 bits" in TEXT
    assert len(census.task.lessons) == 58
