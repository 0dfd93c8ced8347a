"""Clusters are stars: verified against the canonical article, never chained."""

from datetime import date

from pipeline.dedupe.canonical import Article, Ranked, origin_of, reason
from pipeline.dedupe.clusters import components, gather

DAY = date(2024, 5, 1)


def articles(*ids, **origins):
    return {
        each: Article(each, DAY, origins.get(each, 4), None, 500 - number)
        for number, each in enumerate(ids)
    }


def alike(edges):
    """Return the edges of pairs of which each holds as much of the other."""
    return {pair: (share, share) for pair, share in edges.items()}


def relate_by(edges):
    def relate(one, others):
        return {other: "copy" for other in others if tuple(sorted((one, other))) in edges}

    return relate


def members(clusters):
    return {each.canonical: sorted(each.relations) for each in clusters}


def test_a_chain_of_unlike_texts_does_not_merge():
    edges = {("a", "b"): 0.5, ("b", "c"): 0.5, ("c", "d"): 0.5}
    found = members(gather(articles(*"abcd"), alike(edges), relate_by(edges)))
    assert found == {"b": ["a", "c"], "d": []}


def test_members_without_an_edge_are_verified_on_demand():
    edges = {("a", "b"): 0.9, ("b", "c"): 0.9}
    all_alike = {("a", "b"), ("a", "c"), ("b", "c")}
    assert members(gather(articles(*"abc", a=1), alike(edges), relate_by(all_alike))) == {
        "a": ["b", "c"]
    }


def test_what_lies_behind_a_stranger_is_not_looked_at():
    asked = []

    def relate(one, others):
        asked.extend((one, other) for other in others)
        return {other: "copy" for other in others if other == "b"}

    edges = {("a", "b"): 0.9, ("b", "c"): 0.9, ("c", "d"): 0.9}
    gather(articles(*"abcd", a=0), alike(edges), relate)
    assert ("a", "c") in asked
    assert ("a", "d") not in asked


def test_origin_outranks_support_and_length():
    edges = {("a", "b"): 0.9, ("a", "c"): 0.9, ("b", "c"): 0.9}
    assert members(gather(articles(*"abc", c=1), alike(edges), relate_by(edges))) == {
        "c": ["a", "b"]
    }


def test_a_part_of_the_text_does_not_represent_it():
    hub = {("m", f"x{n}"): 1.0 for n in range(9)} | {("m", "p"): 0.3}
    found = members(
        gather(articles("m", "p", *(f"x{n}" for n in range(9)), p=1), alike(hub), relate_by(hub))
    )
    assert "p" in found["m"]


def test_the_full_text_represents_its_trimmed_copies():
    # Two papers print the same half of c: they are more like one another than like c.
    edges = {("a", "b"): (1.0, 1.0), ("a", "c"): (1.0, 0.55), ("b", "c"): (1.0, 0.55)}
    assert members(gather(articles(*"abc"), edges, relate_by(edges))) == {"c": ["a", "b"]}


def test_a_round_up_does_not_represent_the_stories_it_holds():
    edges = {("a", "b"): (1.0, 1.0), ("a", "r"): (1.0, 0.2), ("b", "r"): (1.0, 0.2)}
    assert members(gather(articles(*"rab"), edges, relate_by(edges))) == {"a": ["b", "r"]}


def test_the_original_represents_a_story_that_very_many_print():
    # Only a few are compared with all others; the one with the byline is none of them.
    ids = ["m0", "m1", *(f"x{n:02}" for n in range(30))]
    hub = {(hub, each): 1.0 for hub in ids[:2] for each in ids[2:]} | {("m0", "m1"): 1.0}
    all_pairs = {(a, b) for a in ids for b in ids if a < b}
    found = gather(articles(*ids, x07=1), alike(hub), relate_by(all_pairs))
    assert members(found) == {"x07": [each for each in ids if each != "x07"]}
    found = gather(articles(*ids, x07=1), alike(hub), relate_by(hub))
    assert next(iter(members(found))) == "m0"


def test_every_article_is_in_exactly_one_cluster():
    edges = {("a", "b"): 0.5, ("c", "d"): 0.5, ("b", "c"): 0.4}
    found = gather(articles(*"abcde"), alike(edges), relate_by(edges))
    assert sorted(each for cluster in found for each in cluster.members) == list("abcde")


def test_components():
    assert components("edcba", [("a", "c"), ("d", "e"), ("c", "e")]) == [
        ["a", "c", "d", "e"],
        ["b"],
    ]


def metadata(**given):
    return {"outlet": None, "agency": None, "byline": None, "authors": [], **given}


def test_origins_rank_as_stated():
    own_agency = metadata(outlet="The Associated Press", agency="AP")
    biography = metadata(authors=["Ada Brint"])
    staff = metadata(byline="By Ada Brint, staff writer", authors=["Ada Brint"])
    of_outlet = metadata(byline="By Ada Brint, Varnholt Echo", outlet="Varnholt Echo")
    byline = metadata(byline="By Ada Brint", authors=["Ada Brint"])
    agency = metadata(byline="By Ada Brint", authors=["Ada Brint"], agency="AP")
    ranks = [
        origin_of(own_agency, False), origin_of(biography, True), origin_of(staff, False),
        origin_of(of_outlet, False), origin_of(byline, False), origin_of(agency, False),
        origin_of(metadata(), False),
    ]  # fmt: skip
    assert ranks == [0, 1, 1, 1, 2, 3, 4]


def test_each_step_of_the_ranking_gives_its_reason():
    def ranked(article_id, support=1.0, **given):
        values = {"origin": 4, "published_date": None, "words": 100, "scrape_date": DAY, **given}
        return Ranked(Article(article_id=article_id, **values), support)

    steps = [
        (ranked("a", origin=1), ranked("b"), "biography"),
        (ranked("a", published_date=DAY), ranked("b"), "earliest"),
        (ranked("a", published_date=DAY), ranked("b", published_date=date(2024, 6, 1)), "earliest"),
        (ranked("a", 3.0), ranked("b"), "most complete"),
        (ranked("a", words=101), ranked("b"), "101 words"),
        (ranked("a"), ranked("b", scrape_date=date(2024, 5, 2)), "first scraped"),
        (ranked("a"), ranked("b"), "identifiers"),
    ]
    for better, worse, said in steps:
        assert better.key < worse.key
        assert said in reason(better, [worse])
