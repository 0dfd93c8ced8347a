"""Copydesk: raw news scrapes in, a clean, de-duplicated corpus in Parquet out.

The flow, and where each part lives:

    ingest/    files of any supported format -> documents, or quarantine with a reason
    clean/     documents -> lines with roles -> the body of the article
    describe/  lines, markup, URL -> metadata fields, each with its evidence
    dedupe/    bodies -> fingerprints -> candidate pairs -> verified pairs -> clusters
    publish/   tables of the contracts in schemas/ -> Parquet, and the report
    engine/    where batches run: local processes
    defs/      the Dagster shell around all of it

Pure code never imports dagster; the Dagster shell never touches text.
"""

__version__ = "0.1.0"
