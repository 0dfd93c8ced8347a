"""What a page's markup says, sound or broken, and that the tree is left alone."""

from lxml import html

from pipeline.describe import markup_candidates

URL = "https://www.elmherald.example/2020/05/mayor-opens-bridge"


def read(head="", body=""):
    tree = html.document_fromstring(f"<html><head>{head}</head><body>{body}</body></html>")
    before = html.tostring(tree)
    found = markup_candidates(tree, URL)
    assert html.tostring(tree) == before
    return found


def values(found, field, rule=None):
    return [c.value for c in found if c.field == field and rule in (None, c.rule)]


def ld(text):
    return f'<script type="application/ld+json">{text}</script>'


def test_json_ld_article():
    found = read(ld('{"@type":"NewsArticle","headline":"Mayor opens &amp; closes bridge","author":'
                    '[{"@type":"Person","name":"ANNA BERG"},{"name":"Li Wei"}],"publisher":'
                    '{"name":"Elm Herald"},"datePublished":"2020-05-01"}'))  # fmt: skip
    assert values(found, "headline") == ["Mayor opens & closes bridge"]
    assert values(found, "authors") == ["Anna Berg; Li Wei"]
    assert values(found, "outlet") == ["Elm Herald"]
    assert values(found, "published") == ["2020-05-01"]


def test_json_ld_graph_with_references():
    found = read(ld('{"@graph":[{"@type":"Article","headline":"Bridge","author":{"@id":"#a"}},'
                    '{"@id":"#a","@type":"Person","name":"Anna Berg"}]}'))  # fmt: skip
    assert values(found, "authors") == ["Anna Berg"]


def test_the_article_of_this_page_is_taken():
    found = read(ld('[{"@type":"NewsArticle","headline":"Another story","url":"https://x/another",'
                    '"author":"Carl Stone"},{"@type":"NewsArticle","headline":"Mayor opens bridge",'
                    '"url":"https://x/mayor-opens-bridge"}]'))  # fmt: skip
    assert values(found, "headline") == ["Mayor opens bridge"]
    assert values(found, "authors") == []


def test_broken_json_ld_is_mended_or_scanned():
    mended = read(ld('//<![CDATA[\n{"@type":"Article","headline":"A\tB opens",}\n//]]>'))
    assert values(mended, "headline") == ["A B opens"]
    scanned = read(
        ld('{"@type":"Article","headline":"Bridge opens", "author": {"name":"Anna Berg"')
    )
    assert values(scanned, "headline") == ["Bridge opens"]


def test_deep_and_circular_json_ld_ends():
    deep = '{"@graph":' * 300 + "[]" + "}" * 300
    circle = '{"@type":"Article","headline":"Bridge opens","author":{"@id":"#a"},"@id":"#a"}'
    assert values(read(ld(deep) + ld(circle)), "headline") == ["Bridge opens"]


def test_meta_tags_with_content_or_value():
    found = read('<meta property="og:title" content="Mayor opens bridge | Elm Herald">'
                 '<meta name="author" value="Anna Berg">'
                 '<meta property="og:site_name" content="Elm Herald">'
                 '<meta name="twitter:label1" content="Written by">'
                 '<meta name="twitter:data1" content="Li Wei">')  # fmt: skip
    assert values(found, "authors", "meta_author") == ["Anna Berg"]
    assert values(found, "authors", "meta_twitter:data") == ["Li Wei"]
    assert values(found, "outlet") == ["Elm Herald"]


def test_bylines_of_other_stories_are_passed_over():
    found = read(body='<div class="related-posts"><p class="byline">By Carl Stone</p></div>'
                      '<h1>Mayor opens bridge</h1><p class="byline">By Anna Berg</p>')  # fmt: skip
    assert values(found, "authors", "byline_class_near") == ["Anna Berg"]
    assert values(found, "headline", "h1") == ["Mayor opens bridge"]


def test_names_in_links_of_their_own_stay_apart():
    found = read(body='<h1>Mayor opens bridge</h1><div class="author">'
                      '<a rel="author" href="/a">Anna Berg</a>'
                      '<a rel="author" href="/b">Li Wei</a></div>')  # fmt: skip
    assert values(found, "authors", "author_class_near") == ["Anna Berg; Li Wei"]
    assert values(found, "authors", "rel_author_near") == ["Anna Berg; Li Wei"]


def test_address_and_language():
    found = read(
        '<link rel="canonical" href="https://elmherald.example/a">'
        '<meta name="language" content="de">'
    )
    assert values(found, "url") == ["https://elmherald.example/a"]
    assert values(found, "language") == ["de"]


def test_source_texts_are_bounded():
    found = read(f'<meta property="og:title" content="{"word " * 400}">', "<h1>" + "x" * 5000)
    assert all(len(candidate.source_text) <= 200 for candidate in found)


def test_citations_name_the_family_first():
    found = read('<meta name="citation_author" content="Berg, Anna">')
    assert values(found, "authors") == ["Anna Berg"]


def test_what_wraps_the_main_heading_is_no_sidebar():
    found = read(body='<div class="content-sidebar-wrap"><h1>Mayor opens bridge</h1>'
                      '<span class="entry-author">Anna Berg</span></div>')  # fmt: skip
    assert values(found, "authors", "author_class_near") == ["Anna Berg"]


def test_a_subheading_that_opens_the_title_is_a_main_heading():
    found = read("<title>Mayor opens old bridge | Elm Notes</title>",
                 "<h1>Elm Notes</h1><h2>Mayor opens old bridge</h2>"
                 '<p class="author">Anna Berg</p>')  # fmt: skip
    assert values(found, "headline", "subheading") == ["Mayor opens old bridge"]
    assert values(found, "authors", "author_class_near") == ["Anna Berg"]


def test_a_link_to_a_person_near_the_heading_names_the_author():
    found = read(body='<h1>Mayor opens bridge</h1><a href="/about/anna-berg/">Anna Berg</a>'
                      '<a href="/tag/carl-stone/">Carl Stone</a>')  # fmt: skip
    assert values(found, "authors", "person_link_given") == ["Anna Berg"]


def test_names_in_one_block_are_told_from_those_of_other_stories():
    near = '<h1>Mayor opens bridge</h1><div><p class="author">Anna Berg</p>' \
           '<p class="author">Carl Stone</p></div>'  # fmt: skip
    far = f'<section><p>{"word " * 80}</p><div><p class="author">Li Wei</p></div></section>'
    assert values(read(body=near), "authors", "author_class_block_near")
    assert values(read(body=near + far), "authors", "author_class_several_near")


def test_the_designer_of_a_theme_is_no_author():
    found = read('<meta name="author" content="Carl Stone - https://themes.example">')
    assert values(found, "authors") == []


def test_who_edited_or_checked_is_no_author():
    found = read(body="<h1>Mayor opens bridge</h1>"
                      "<p>Reviewed by <a href='/authors/carl'>Carl Stone</a></p>"
                      "<p>Written by <a href='/authors/anna'>Anna Berg</a></p>")  # fmt: skip
    assert values(found, "authors", "author_link_near") == ["Anna Berg"]


def test_a_teaser_class_right_below_the_main_heading_is_the_articles_own():
    block = "<div class='teaser__meta'><p class='byline'>By Anna Berg</p></div>"
    assert values(read(body=f"<h1>Mayor opens bridge</h1>{block}"), "authors") == ["Anna Berg"]
    assert not values(read(body=f"<h1>Mayor opens bridge</h1><p>Text</p>{block}"), "authors")


def test_an_author_given_as_json_in_a_string():
    found = read(ld('{"@type":"NewsArticle","headline":"Bridge","author":'
                    '"{ \\"@type\\":\\"Person\\", \\"name\\":\\"Anna Berg\\" }"}'))  # fmt: skip
    assert values(found, "authors") == ["Anna Berg"]
