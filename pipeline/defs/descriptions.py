"""What each asset is and how it is made: the text of its page.

What a table holds is said by its contract; here stands only how it comes about, and from what.
"""

from collections.abc import Mapping

from pipeline.contracts import SCHEMA_VERSION, contract

#: The assets that each asset waits for. Those of a step that writes several name one only, the
#: same: Dagster refuses a backfill of such a step where its assets come by different ways (it
#: compares their days with `!=`, which also compares a count that is not always made). What they
#: read besides is upstream of it, and in the lineage of the columns.
DEPS: Mapping[str, list[str]] = {
    "raw_documents": [],
    "outlet_furniture": ["raw_documents"],
    "clean_documents": ["outlet_furniture"],
    "article_metadata": ["outlet_furniture"],
    "quarantine": ["outlet_furniture"],
    "fingerprints": ["clean_documents"],
    "duplicate_pairs": ["fingerprints", "clean_documents", "article_metadata"],
    "syndication_clusters": ["duplicate_pairs"],
    "cluster_ledger": ["duplicate_pairs"],
    "articles": ["clean_documents", "article_metadata", "syndication_clusters"],
    "corpus_report": ["articles", "quarantine"],
}

_HOW: Mapping[str, str] = {
    "raw_documents": "Reads whatever lies in the day's folder of the inbox: text, HTML, JSON "
    "lines, CSV, Parquet, WARC, compressed or in archives. Each item becomes a row here or in "
    "`quarantine`, never nothing.",
    "outlet_furniture": "Counts lines that recur across the documents of a source: what stands in "
    "many articles of one site is furniture, not news.",
    "clean_documents": "Flattened text goes through a line model; HTML through a block model, with "
    "trafilatura for a second opinion. Each removed passage keeps its role, rule and score, so "
    "that the raw text can be rebuilt.",
    "article_metadata": "Gathers candidates for each field from markup, visible lines, credits and "
    "the address; one resolver picks the likeliest, or none. All candidates stay in `evidence`.",
    "quarantine": "Takes what could not be read and what is no article, with its bytes and a "
    "reason. `copydesk replay` tries it again after a fix.",
    "fingerprints": "Hashes runs of five words, and samples them as anchors by which copies meet.",
    "duplicate_pairs": "Looks up articles that share anchors, aligns their texts word by word and "
    "keeps the pairs that share text *outside quotations*: quoting one press release makes no "
    "duplicate.",
    "syndication_clusters": "Gathers the articles that were verified against one canonical "
    "article, so that a chain of unlike texts never merges, and says in a sentence why that one "
    "stands for the story.",
    "cluster_ledger": "Appends a row for each cluster that began, grew, shrank, merged, split, "
    "ended or got another canonical article.",
    "articles": "Joins text, metadata and cluster, and publishes the day, and again the past days "
    "whose clusters it changed. Nothing is lost: documents in = articles + quarantined.",
    "corpus_report": "One self-contained HTML page for the day and one for the corpus: what came "
    "in, what was cleaned away, metadata coverage, who reprints whom, and each syndicated story "
    "with its texts side by side.",
}


def description(asset: str) -> str:
    """Return what an asset is, how it is made, and the flow around it, as Markdown."""
    told = _HOW[asset]
    if asset != "corpus_report":
        about = contract(asset)["description"]
        told = f"{about['purpose']} {told}\n\n{about['usage']}"
    return f"{told}\n\n{_flow(asset)}"


def _flow(asset: str) -> str:
    """`made from` → **asset** → `used by`, in one line."""
    after = [other for other, deps in DEPS.items() if asset in deps]
    before = DEPS[asset] or ["inbox"]
    steps = [" + ".join(f"`{name}`" for name in before), f"**{asset}**"]
    if after:
        steps.append(" + ".join(f"`{name}`" for name in after))
    return " → ".join(steps)


def tags(asset: str) -> dict[str, str]:
    """Return who a table is for, readers or other stages, and the version of its columns."""
    if asset == "corpus_report":
        return {"audience": "readers"}
    published = "published" in contract(asset)["schema"][0]["tags"]
    return {
        "audience": "readers" if published else "pipeline",
        "schema_version": SCHEMA_VERSION,
    }
