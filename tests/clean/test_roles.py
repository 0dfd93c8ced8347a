import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.clean.roles import _read, fitting_rules, rule_role, rules
from pipeline.fold import holds
from pipeline.records import ROLES


@pytest.mark.parametrize(
    ("line", "role"),
    [
        ("Advertisement", "ad"),
        ("Story Continued Below", "ad"),
        ("Listen 2:33", "player"),
        ("Copyright © 2019 The Gazette", "legal"),
        ("Privacy Policy", "legal"),
        ("Share Tweet Email", "social"),
        ("Sign up for our newsletter", "promo"),
        ("Follow us on Twitter", "promo"),
        ("March 2, 2019", "timestamp"),
        ("Updated 3:35 p.m.", "timestamp"),
        ("7 years ago", "timestamp"),
        ("By Marta Lindqvist", "byline"),
        ("SEE ALSO: Ferry line reopens", "related"),
        ("Most Popular", "related"),
        ("Marta Lindqvist is a staff writer at the Gazette.", "bio"),
        ("The old pier in 1990. (Photo: Jo Field/Getty Images)", "caption"),
        ("Crowds wait for the first ferry ©Jo Field (AFP)", "caption"),
        ("The harbour office shows the pier. (Port Quill Harbour via AP)", "caption"),
        (
            "The mayor speaks at the pier in Port Quill, March 3, 2019. (Jo Field / Reuters)",
            "caption",
        ),
        ("FILE - In this March 2, 2019, file photo, the ferry leaves Port Quill.", "caption"),
        ("Jo Field contributed to this report.", "credit"),
        ("Contributing: Jo Field and Marta Lindqvist", "credit"),
        ("This article originally appeared in the Harbour Gazette.", "credit"),
        ("(Corrects the name of the ferry in paragraph 3)", "editor_note"),
        ("• Marta Lindqvist is editor emeritus of the Gazette.", "bio"),
        ("Editor’s note: The name of the pier has been corrected.", "editor_note"),
        ("Photo 3: The ferry leaves the pier at dawn.", "caption"),
        ("[Screengrab via Port Quill TV]", "caption"),
        ("Getty Images The ferry leaves the pier of Port Quill", "caption"),
        ("The ferry leaves the pier on Thursday, March 7, 2019. CBS News", "caption"),
        ("PHOTOS: First day of the new ferry", "related"),
        ("More on this...", "related"),
        ("Don’t miss: How the old pier was built", "related"),
        ("Book a free demo today", "promo"),
        ("GET THE GAZETTE ON THE GO BY CLICKING HERE", "promo"),
        ("Newsletter Sign-up", "promo"),
        ("Send tips to harbour@gazette.example", "promo"),
        ("Get stories like this in your inbox, every day.", "promo"),
        ("Follow Marta Lindqvist @martalindqvist", "promo"),
        ("Write to Marta Lindqvist at marta@gazette.example", "bio"),
        ("By MARTA LINDQVIST and JO FIELD", "byline"),
        ("Jo Field contributed research.", "credit"),
        ("This article was amended on 4 March 2019. The ferry has two decks.", "editor_note"),
        ("Think your friends would be interested? Share this story!", "social"),
        ("Has this happened to you? Sound off below!", "social"),
        ("If you liked this post, you might also like:", "related"),
        ("22 января 2019, 08:15", "timestamp"),
        ("22 يناير 2019", "timestamp"),
        ("Martes, 22 de enero de 2019", "timestamp"),
        ("2019年01月22日 08:15 来源：晨报", "timestamp"),
        ("شارك على تويتر", "social"),
        ("分享到：微信 微博", "social"),
        ("Читайте также", "related"),
        ("यह भी पढ़ें", "related"),
        ("関連記事", "related"),
        ("Подписывайтесь на наш канал", "promo"),
        ("Folgt uns auf unserem neuen Instagram-Kanal", "promo"),
        ("无断 版权所有 晨报 未经许可不得转载", "legal"),
        ("Espacio publicitario", "ad"),
        ("BC-FERRY, 1ST LD-WRITETHRU", "aggregator"),
        ("Content-Type: text/plain; charset=utf-8", "aggregator"),
        ("You received this message because you are subscribed.", "promo"),
        ("![The pier at dawn](https://gazette.example/pier.jpg)", "caption"),
        ("Die alte Brücke. Bild © Jo Field/hr", "caption"),
        ("Name (required)", "social"),
        ("(function() { document.addEventListener('load', start); })();", "other"),
        ("* * *", "other"),
        ("Sieh dir diesen Beitrag auf Instagram an", "social"),
        ("Ein Beitrag geteilt von Marta (@marta)", "social"),
        ("Read this story in Spanish", "related"),
        ("Make a one-time donation to the Gazette", "promo"),
        ("Add your name to the call for a new ferry!", "promo"),
        ("There’s more on our sister site, The Pier!", "promo"),
        ("* Harbour Ltd. is an investor in Quill Media, which owns this site.", "legal"),
        ("old pier at dawn.jpg", "caption"),
        ("This post may contain affiliate links.", "legal"),
        ("As an Amazon Associate we earn from qualifying purchases.", "legal"),
        ("The views expressed here are those of the author alone.", "legal"),
        ("We noticed that you have an ad blocker on.", "promo"),
        ("E-mail the author", "byline"),
        ("Loading...", "other"),
        ("Marta Lindqvist has been the harbour columnist of the Gazette since 1998.", "bio"),
        ("This is a rush transcript. It may be changed.", "editor_note"),
        ("A previous version of this article named the wrong pier.", "editor_note"),
        ("What do you think? Have your say in the comments.", "social"),
        ("Leggi anche: Il vecchio molo riapre", "related"),
        ("This interview has been edited and condensed.", "editor_note"),
        ("(Also on QUAYSIDE: Council prepares for the vote)", "related"),
        ("Should the pier be moved? Vote here now", "promo"),
        ("Tell us about your trip by emailing ferry@gazette.example", "promo"),
        ("By Marta Lindqvist, Harbour Gazette chief reporter", "byline"),
        ("GETTY The ferry waits in the harbour of Port Quill", "caption"),
        ("Got a story? Email harbour@gazette.example", "promo"),
        ("googletag.cmd.push(function() { googletag.display('top'); });", "other"),
        ("About the author", "bio"),
        ("Why trust us?", "promo"),
        ("Podziel się", "social"),
        ("Compartir en Facebook", "social"),
        ("This entry was posted in Ferries. Bookmark the permalink.", "social"),
        ("Sur le même sujet", "related"),
        ("Lo más leído de la semana", "related"),
        ("Jetzt für die Fährpost anmelden", "promo"),
        ("Klicken Sie auf den Button, um den Inhalt von faehre.example zu laden.", "nav"),
        ("Filed under: Ferries, Harbour", "section"),
        ("Table of Contents", "nav"),
        ("★★★★★", "other"),
        ("___", "other"),
        ("Newspapers in Swedish", "aggregator"),
        ("Skip to main content", "nav"),
    ],
)
def test_wording_tells_the_role(line, role):
    told = rule_role(line)
    assert told is not None and told[0] == role


def test_the_credit_at_the_end_of_a_long_caption_is_read():
    sentence = "The ferry leaves the pier of Port Quill on its first day after the storm. "
    assert rule_role(8 * sentence + "(AP Photo/Jo Field)") == ("caption", "wording:credit_at_end")
    assert rule_role(8 * sentence + "(Jo Field)") is None


@pytest.mark.parametrize(
    "line",
    [
        "The paper said the story originally appeared in a rival's pages and named no source.",
        "The council (which adds two seats this year) voted to reopen the ferry line.",
        "She is the mayor of Port Quill and opposes the plan.",
        "The Navy will file in this court by Friday, a lawyer said.",
        "More on that in a later part of this guide to the pier.",
        "Streamers of the harbour earn a commission when viewers buy tickets.",
        "The mayor wrote to Marta Lindqvist and asked for the plans of the pier.",
        "She said the firm is an investor in three harbours, and owns the ferry.",
        "The men read the story in English to the children, who asked for more.",
        "He asked them to make a one-time payment and to share what was left.",
        "Ã©tienne said that he would not go, and that was that for the year.",
        "He left on 22 January 2019 and came back to the harbour in May.",
        "From the pier: a view that nobody who came to Port Quill forgot.",
        "The function of the document is to tell who may land where.",
    ],
)
def test_prose_about_stories_files_and_offices_has_none(line):
    assert rule_role(line) is None


def test_plain_prose_has_no_wording_of_furniture():
    assert rule_role("The town council voted to reopen the ferry line.") is None


def test_rules_name_known_roles_once_and_repeat_nothing_without_bound():
    names = [rule.name for rule in rules()]
    assert len(names) == len(set(names))
    assert {rule.role for rule in rules()} <= set(ROLES)
    for rule in rules():
        assert not re.search(r"\([^)]*[*+]\)[*+]", rule.pattern.pattern), rule.name


#: Words that rules need, between words that none needs.
_PIECES = sorted(
    {word for rule in rules() for word in rule.needs}
    | {
        "Advertisement",
        "By",
        "Jo Field",
        "the",
        "harbour",
        "©",
        "AP",
        "2019",
        "关注",
        "(",
        ")",
        ":",
    }
)


@given(st.lists(st.sampled_from(_PIECES), max_size=12).map(" ".join))
@settings(max_examples=200, deadline=None)
def test_the_first_rule_that_fits_is_found_however_rules_are_sought(line):
    read = _read(line)
    lower = read.lower()
    held = [rule for rule in rules() if not rule.needs or holds(lower, rule.needs)]
    first = next((rule for rule in held if rule.matches(read, lower)), None)
    assert fitting_rules([line]) == [first]
