"""Batch functions that fail on purpose; workers import them by name."""

import os
import time

import pyarrow as pa
import pyarrow.compute as pc


def double(batch: pa.RecordBatch) -> pa.RecordBatch:
    return pa.record_batch({"x": pc.multiply(batch["x"], 2)})


def die_on_seven(batch: pa.RecordBatch) -> pa.RecordBatch:
    if 7 in batch["x"].to_pylist():
        os._exit(139)
    return double(batch)


def hang_on_seven(batch: pa.RecordBatch) -> pa.RecordBatch:
    if 7 in batch["x"].to_pylist():
        time.sleep(600)
    return double(batch)


def raise_on_seven(batch: pa.RecordBatch) -> pa.RecordBatch:
    if 7 in batch["x"].to_pylist():
        raise ValueError("seven")
    return double(batch)


def lack_a_library(batch: pa.RecordBatch) -> pa.RecordBatch:
    raise ImportError("no such library")


def multiply(batch: pa.RecordBatch, factor: int) -> pa.RecordBatch:
    return pa.record_batch({"x": pc.multiply(batch["x"], factor)})
