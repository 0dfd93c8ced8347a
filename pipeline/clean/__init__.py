"""Clean: the body and nothing but the body, with every removed line accounted for."""

from pipeline.clean.furniture import FurnitureIndex, furniture_indexes, line_counts, marked_lines
from pipeline.clean.text import RebuildError, body_text, clean_texts, rebuild, removed_spans

__all__ = [
    "FurnitureIndex", "RebuildError", "body_text", "clean_texts", "furniture_indexes",
    "line_counts", "marked_lines", "rebuild", "removed_spans",
]  # fmt: skip
