"""Clean: the body and nothing but the body, with every removed line accounted for."""

from pipeline.clean.text import RebuildError, body_text, clean_texts, rebuild, removed_spans

__all__ = ["RebuildError", "body_text", "clean_texts", "rebuild", "removed_spans"]
