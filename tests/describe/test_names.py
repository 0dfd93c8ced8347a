"""Names in bylines: who they are, in which order, how they are written."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.describe.names import (
    MOST_NAMES,
    looks_personal,
    natural,
    opens_with_given_name,
    parse_names,
    person,
    starts_with_label,
)


@pytest.mark.parametrize(
    ("byline", "names"),
    [
        ("By Maria Keller and Tomás Ortega-Ruiz", ("Maria Keller", "Tomás Ortega-Ruiz")),
        ("- MARIA KELLER", ("Maria Keller",)),
        ("Maria Keller, Staff Writer, mkeller@example.com", ("Maria Keller",)),
        ("By Anna Berg | aberg@example.com | Elm Valley Herald", ("Anna Berg",)),
        ("Reporting by Anna Berg and Li Wei; Editing by Carl Stone", ("Anna Berg", "Li Wei")),
        ("By JOHN MCDONALD, SEAN O'NEIL and ANA DE LA CRUZ",
         ("John McDonald", "Sean O'Neil", "Ana de la Cruz")),
        ("By Peter van der Berg On 6/24/19 at 10:02 PM EDT", ("Peter van der Berg",)),
        ("Posted on September 30, 2018 by Ellen Smith", ("Ellen Smith",)),
        ("Von Roland Huber und Petra Klein", ("Roland Huber", "Petra Klein")),
        ("Por Lucía Gómez", ("Lucía Gómez",)),
        ("Par Claire Dubois", ("Claire Dubois",)),
        ("Story by J.R. Miller Jr.", ("J.R. Miller Jr.",)),
        ("By Frank Miller, Jr.", ("Frank Miller Jr.",)),
        ("By Anna Berg, Associated Press", ("Anna Berg",)),
        ("Submitted by Anna Berg on Wed, 10/17/2018 - 12:17.", ("Anna Berg",)),
        ("By Dr. Helen Park, MD", ("Helen Park",)),
        ("By Anna Berg Anna Berg", ("Anna Berg",)),
        ("By Anna BergAnna Berg", ("Anna Berg",)),
        ("By Anna BergStaff Writer", ("Anna Berg",)),
        ("ByAnna Berg Dec 9, 2016", ("Anna Berg",)),
        ("By ANNA BERG and CARL STONEJune 11, 2019", ("Anna Berg", "Carl Stone")),
        ("By by ANNA BERG", ("Anna Berg",)),
        ("Anna Berg Carl Stone", ("Anna Berg", "Carl Stone")),
        ("Ein Interview von Anna Berg", ("Anna Berg",)),
        ("By Anna oblomov", ("Anna Oblomov",)),
    ],
)  # fmt: skip
def test_people_are_read_in_order(byline, names):
    assert parse_names(byline) == names


@pytest.mark.parametrize(
    "text",
    [
        "Associated Press", "By The Elm Valley Herald", "Staff", "By Staff Reports", "Admin",
        "Editorial Board", "By Washington Bureau", "June 3, 2019", "Special to the Times",
        "Rovers’ Anna Berg",
        "Reuters", "The Center for Local News", "By Newsroom Team", "", "12345", "@elmherald",
    ],
)  # fmt: skip
def test_what_is_no_person_gives_none(text):
    assert parse_names(text, single=True) == ()


def test_edited_by_is_not_written_by():
    assert parse_names("By Anna Berg; edited by Carl Stone") == ("Anna Berg",)
    assert parse_names("Photos by Carl Stone", label=True) == ()


def test_a_lone_word_counts_only_where_asked():
    assert parse_names("By Voltaire") == ()
    assert parse_names("By Voltaire", single=True) == ("Voltaire",)


def test_strict_needs_a_given_name_unless_announced():
    assert parse_names("Liberal Nonsense", strict=True) == ()
    assert parse_names("By Zorvath Quill", strict=True) == ("Zorvath Quill",)


def test_known_outlets_are_no_people():
    assert person("Daily Mercury", known={"dailymercury"}) is None
    assert person("Austin Chronicle Smith", known=()) is None


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("CLAIRE MACDONALD", "Claire MacDonald"), ("ADA MACHADO", "Ada Machado"),
        ("jean-luc picard", "Jean-Luc Picard"), ("AJ RYAN III", "Aj Ryan III"),
        ("T.J. OXLEY", "T.J. Oxley"), ("JD FOX", "JD Fox"), ("Ian McEwan", "Ian McEwan"),
        ("LUDWIG VON DER TANN", "Ludwig von der Tann"),
    ],
)  # fmt: skip
def test_natural_capitals(name, written):
    assert natural(name) == written


def test_labels():
    assert starts_with_label("By Anna")
    assert starts_with_label("• Por Anna")
    assert not starts_with_label("Byron Smith")


LABELS = """
By, by, Story by, Article by, Text by, Words by, Reporting by, Written by, Posted by, Published by,
Authored by, Submitted by, Contributed by, Review by, Analysis by, Opinion by, Column by, Essay by,
Commentary by, Geschrieben von, Verfasst von, Erstellt von, Veröffentlicht von, Interview von,
Kolumne von, Kommentar von, Gastbeitrag von, Bericht von, Reportage von, Écrit par, Publié par,
Rédigé par, Escrito por, Publicado por, Scritto da, Pubblicato da, Authors:, Writer:, Contributors:,
Autorin:, Auteurs:, Von, Por:, Par, Penulis:, Oleh:, Di, Door, Av, Af, Przez, Tekst, 作者：
"""


@pytest.mark.parametrize("label", re.split(r",\s", LABELS.strip()))
def test_each_label_announces_writers_where_it_opens_a_line(label: str) -> None:
    assert starts_with_label(f"{label} Anna Berg")


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=300))
def test_any_text_gives_a_bounded_list_of_plain_names(text):
    names = parse_names(text, single=True)
    assert len(names) <= MOST_NAMES
    assert all(name and name == name.strip() and "@" not in name for name in names)


def test_a_word_out_of_a_phrase_is_no_lone_name():
    assert parse_names("Human in the Loop", single=True) == ()


def test_lone_names_joined_by_and_are_several_people():
    assert parse_names("Written by Maria and Zefka", single=True) == ("Maria", "Zefka")
    assert parse_names("By Zefka and Reuters", single=True) == ("Zefka",)


def test_words_after_a_gap_are_no_further_authors():
    text = "By Anna Berg Senior Editor | Based on long experience | Brake Linings"
    assert parse_names(text) == ("Anna Berg",)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Elm Herald, Bergen, Germany", ()),
        ("Oak & Hire", ()),
        ("By Sartre | 3 January 2019", ("Sartre",)),
        ("Interview: Julia Lund", ("Julia Lund",)),
        ("ELM-Online-Experte Robin Lund", ("Robin Lund",)),
        (
            "Isabel Lund, Ana Berg y José Miguel Sund",
            ("Isabel Lund", "Ana Berg", "José Miguel Sund"),
        ),
        ("José Berg y Lund", ("José Berg y Lund",)),
        ("Ana (Berg) Lund", ("Ana Lund",)),
        ("Bündnis 12/Die Blauen Bundestagsfraktion", ()),
    ],
)
def test_what_only_looks_like_a_name_or_is_joined_oddly(text, names):
    assert parse_names(text, single=True) == names


@pytest.mark.parametrize(
    "text",
    [
        "By-Elections",
        "di Elmtal.de",
        "Redaktion Elmtal.de",
        "Autor: www.elmtal.de Data: 28-04-2021, 09:29",
        "Di tengah kota itu",
        "By D.E.",
    ],
)
def test_sites_words_of_sentences_and_pieces_of_words_are_no_people(text):
    assert parse_names(text, single=True) == ()


def test_an_acronym_that_spells_a_name_opens_no_name():
    assert not opens_with_given_name("MAX Robotics")
    assert opens_with_given_name("MAX MUSTER")
    assert opens_with_given_name("J.D. Berg")
    assert opens_with_given_name("Max Muster")


def test_many_words_without_a_known_one_are_no_name():
    assert person("Wedding Checklists Just Engaged Planning") is None
    assert person("Anna Luisa Berg Stone Muster") == "Anna Luisa Berg Stone Muster"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("By Anna Berg 5 minute Read", ("Anna Berg",)),
        ("By Anna Berg 12 min read", ("Anna Berg",)),
        ("Anna BergCEO", ("Anna Berg",)),
        ("Anna BergTwitterNews & Culture Writer", ("Anna Berg",)),
        ("By MixmasterFred", ("MixmasterFred",)),
        ("Posted by Anna Berg 59 Comments", ("Anna Berg",)),
        ("By Anna Berg 12th February 2025", ("Anna Berg",)),
        ("Anna DiBerg@adiberg", ("Anna DiBerg",)),
        ("Anna Berg Twitter", ("Anna Berg",)),
        ("Anna Berg, M.D. FACLM", ("Anna Berg",)),
    ],
)
def test_what_is_glued_to_names_or_follows_them(text, names):
    assert parse_names(text, single=True) == names


@pytest.mark.parametrize("name", ["Zarinka Oblomov", "Anna Berg", "Wambui van der Oblomov"])
def test_names_have_no_common_words(name):
    assert looks_personal(name)


@pytest.mark.parametrize(
    "name",
    ["Core Values", "Top Programs", "Climate Policy", "Neue Wege", "UX Tip", "U.S. Anna Berg"],
)
def test_common_words_are_no_names(name):
    assert not looks_personal(name)


def test_an_outlet_after_a_name_is_cut_off():
    assert parse_names("Anna Berg ELM TIMES", known=frozenset(("elmtimes",))) == ("Anna Berg",)
