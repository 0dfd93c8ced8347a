"""The report in a real browser: browsed without an error, safe, and accessible."""

import pytest

from pipeline.publish import charts, figures
from tests.browser import support

pytestmark = pytest.mark.browser

EVIL = '</p></script><script>window.hacked = 1</script><img src=x onerror="window.hacked = 2">'
STORY = """\
{name}

By {author}

The town of Little Example opened its new footbridge on Saturday, three years after the old one
was closed. {extra}

"It took longer than anybody wanted," said Anna Baker, who chairs the bridge committee.

The bridge is forty metres long and made of larch from the hills around the town. Volunteers laid
the last of its 312 planks on Friday night by the light of a tractor.

The committee raised most of the money by selling the planks one by one, each with the name of its
donor burnt into the wood. The county paid for the foundations, which had to be moved twice after
floods in the spring washed the first ones away.

Trains will not stop at the crossing any more, the railway said, now that walkers have a way of
their own. A bus will run from the station on market days until the end of October.
"""


#: Two frames later, all that the page would run by itself has run.
_SETTLED = """() => new Promise(
  done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 0))))"""


@pytest.fixture(scope="session")
def hostile(tmp_path_factory):
    """A report over a story in two papers, both hostile, and an article alone."""
    folder = tmp_path_factory.mktemp("report")
    inbox = folder / "inbox" / support.DAY.isoformat()
    inbox.mkdir(parents=True)
    first = STORY.format(name="Footbridge opens", author="Carl Miller", extra=EVIL)
    second = STORY.format(
        name=EVIL, author=EVIL, extra="Rain fell all day, and nobody seemed to mind it."
    )
    (inbox / "one.txt").write_text(first)
    (inbox / "two.txt").write_text(second)
    (inbox / "empty.txt").write_text("")
    support.run_copydesk(folder / "inbox", folder / "out")
    return folder / "out" / "report"


def _open(page, hostile, name="index.html"):
    requested = []
    page.on("request", lambda request: requested.append(request.url))
    page.goto((hostile / name).as_uri())
    return requested


def test_a_story_can_be_browsed(page, hostile):
    requested = _open(page, hostile)
    story = page.locator("details.story").first
    story.locator("> summary").click()
    story.get_by_text("canonical", exact=True).wait_for()
    marks = story.locator("mark:visible")
    marks.nth(1).wait_for()
    other = marks.first.locator("a").get_attribute("href")
    marks.first.locator("a").click()
    page.wait_for_function("other => document.querySelector(other).matches(':target')", arg=other)
    assert page.url.endswith(other)
    page.get_by_role("link", name="Metadata").click()
    page.wait_for_function("document.querySelector('#metadata').matches(':target')")
    assert page.get_by_role("heading", name="Metadata").is_visible()
    assert page.troubles == []
    assert [url for url in requested if not url.startswith(("file:", "data:"))] == []


def test_no_script_of_an_article_runs_even_without_the_policy(chromium, hostile):
    for bypassed in (False, True):
        context = support.new_context(chromium, bypass_csp=bypassed)
        page = context.new_page()
        for name in ("index.html", f"{support.DAY}.html"):
            _open(page, hostile, name)
            page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
            page.evaluate(_SETTLED)
            assert page.evaluate("window.hacked") is None
            assert page.locator("script").count() == 0
            assert page.get_by_text("window.hacked = 1").count() > 0
        context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1400])
@pytest.mark.parametrize("name", ["index.html", f"{support.DAY}.html"])
def test_a_page_is_accessible_and_fits(chromium, hostile, axe, name, scheme, width):
    """As it comes, with a story opened by a click, and with everything open."""
    context = support.new_context(
        chromium,
        viewport={"width": width, "height": 900},
        color_scheme=scheme,
        reduced_motion="reduce",
    )
    page = context.new_page()
    _open(page, hostile, name)
    page.evaluate(axe)
    _check_access(page, width)
    page.locator("details.story > summary").first.click()
    page.locator("details.story mark").first.wait_for()
    _check_access(page, width)
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    _check_access(page, width)
    context.close()


def _check_access(page, width):
    found = page.evaluate("axe.run()")["violations"]
    assert [(v["id"], [n["html"][:120] for n in v["nodes"][:3]]) for v in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_pictures_are_drawn(page, hostile):
    _open(page, hostile)
    page.locator("img").evaluate_all("all => all.forEach(image => image.loading = 'eager')")
    page.wait_for_function("[...document.images].every(image => image.complete)")
    sizes = page.locator("img").evaluate_all("all => all.map(image => image.naturalWidth)")
    assert len(sizes) >= 8
    assert all(sizes)
    assert page.troubles == []


#: Pairs of labels of a picture that lie one on the other, and labels that stick out of it.
_UNREADABLE = """() => {
  const frame = document.documentElement.getBoundingClientRect();
  const labels = [...document.querySelectorAll('text')].filter(t => t.textContent.trim())
    .map(t => ({text: t.textContent, box: t.getBoundingClientRect()}));
  const apart = (a, b) => a.right <= b.left + 1 || b.right <= a.left + 1 ||
    a.bottom <= b.top + 3 || b.bottom <= a.top + 3;
  const out = labels.filter(l => l.box.left < frame.left - 1 || l.box.right > frame.right + 1);
  const over = labels.flatMap((a, n) => labels.slice(n + 1).filter(b => !apart(a.box, b.box))
    .map(b => a.text + ' / ' + b.text));
  return [...over, ...out.map(l => l.text)];
}"""


def test_no_label_of_a_chart_hides_another_or_is_cut(page, tmp_path):
    days = {f"2024-02-{day:02}": (day, 2) for day in range(1, 30)}
    outlets = {f"A Gazette of Some Length {n}": 10**n for n in range(8)}
    reprints = {name: {"The Herald and Examiner": 5} for name in outlets}
    bands = dict.fromkeys(figures.BAND_NAMES, 2_500)
    lengths = dict.fromkeys(figures.LENGTH_NAMES, 123_456)
    shares = {str(tenth): 40 for tenth in range(10)}
    drawn = [
        charts.lengths({"before": lengths, "after": lengths}),
        charts.pairs_by_containment(dict.fromkeys(charts.RELATIONS, shares)),
        charts.cluster_sizes({"size": {"2": 30_000, "60": 1}}),
        charts.field_coverage(dict.fromkeys(figures.FIELDS, bands)),
        charts.outlets({"outlet": outlets}),
        charts.reprints({"reprints": reprints}),
        *(charts.by_day("t", ("articles", "in quarantine"), dict(list(days.items())[:few]))
          for few in (1, 3, 8, 10, 29)),
    ]  # fmt: skip
    for number, chart in enumerate(drawn):
        picture = tmp_path / f"{number}.svg"
        picture.write_bytes(chart.svg)
        page.goto(picture.as_uri())
        assert page.evaluate(_UNREADABLE) == [], (chart.title, len(chart.rows))
