"""Rows of the contracted tables, made up for tests."""

from datetime import date, timedelta

from pipeline.contracts import arrow_schema, to_table

DAY = date(2024, 5, 20)


def before(days: int) -> date:
    return DAY - timedelta(days=days)


def metadata(number: int, **values):
    return {
        "article_id": f"m{number:04}",
        "scrape_date": DAY,
        "authors": [],
        "evidence": [],
    } | values


def cleaned(number: int, raw: str = "Body.", text: str = "Body.", removed=()):
    return {
        "article_id": f"m{number:04}",
        "scrape_date": DAY,
        "source_uri": f"{number}.txt",
        "raw_text": raw,
        "text": text,
        "word_count": len(text.split()),
        "extraction_method": "line_model",
        "removed": list(removed),
    }


def span(start: int, end: int, role: str = "promo"):
    return {"start": start, "end": end, "role": role, "rule": "test", "score": 0.5}


def article(number: int, **values):
    identity = f"m{number:04}"
    row = cleaned(number) | metadata(number)
    row |= {
        "cluster_id": identity,
        "cluster_size": 1,
        "canonical_article_id": identity,
        "is_canonical": True,
        "relation": "standalone",
    } | values
    return {name: row.get(name) for name in arrow_schema("articles").names}


def member(number: int, cluster: str, size: int):
    return {
        "article_id": f"m{number:04}",
        "scrape_date": DAY,
        "cluster_id": cluster,
        "cluster_size": size,
        "canonical_article_id": cluster,
        "is_canonical": f"m{number:04}" == cluster,
        "relation": "copy",
        "canonical_scrape_date": DAY,
        "origin": 0,
        "word_count": 1,
    }


def pair(a: str, b: str, **values):
    return {
        "a_article_id": a,
        "b_article_id": b,
        "a_scrape_date": DAY,
        "b_scrape_date": DAY,
        "scrape_date": DAY,
        "relation": "copy",
        "probability": 0.9,
        "containment_a": 0.8,
        "containment_b": 0.8,
        "containment_outside_quotes": 0.8,
        "longest_run": 40,
        "aligned_spans": [],
    } | values


def cluster(canonical: str, members: list[str]):
    return {
        "cluster_id": members[0],
        "scrape_date": DAY,
        "canonical_article_id": canonical,
        "canonical_reason": "Because.",
        "size": len(members),
        "member_article_ids": members,
        "member_scrape_dates": [DAY] * len(members),
        "outlets": [],
        "first_date": DAY,
        "last_date": DAY,
    }


def failure(number: int, stage: str = "clean", reason: str = "no_prose"):
    return {
        "source_uri": f"{number}.txt",
        "scrape_date": DAY,
        "article_id": f"m{number:04}",
        "sha256": "0" * 64,
        "stage": stage,
        "reason": reason,
        "error": "no text to read",
        "bytes_path": "none",
        "size": 1,
    }


def raw(number: int):
    return {
        "article_id": f"m{number:04}",
        "scrape_date": DAY,
        "source_uri": f"{number}.txt",
        "sha256": "0" * 64,
        "media_type": "text/plain",
        "charset": "utf-8",
        "content": b"Body.",
        "given": [],
    }


def put(storage, table, rows, day=DAY):
    storage.write(table, day, to_table(table, [{**row, "scrape_date": day} for row in rows]))
