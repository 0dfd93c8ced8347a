"""text-dedup's MinHash with its defaults over a JSONL file: prints CPU seconds and clusters.

    python text_dedup_minhash.py documents.jsonl

Its own functions and defaults on one core, without the Hugging Face dataset around them.
"""

import json
import sys
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
from text_dedup.minhash import RNG, SIGNATURE_COLUMN, embed_func
from text_dedup.utils import MinHashArgs, UnionFind, optimal_param, sha1_hash


def main() -> None:
    rows = [json.loads(line) for line in Path(sys.argv[1]).read_text("utf-8").splitlines()]
    arguments = MinHashArgs()
    started = time.process_time()
    bands, size = optimal_param(
        arguments.threshold,
        arguments.num_perm,
        false_positive_weight=0.5,
        false_negative_weight=0.5,
    )
    modulo = np.uint64((1 << 61) - 1)
    permutations = (
        RNG.randint(1, modulo, size=(arguments.num_perm,), dtype=np.uint64),
        RNG.randint(0, modulo, size=(arguments.num_perm,), dtype=np.uint64),
    )
    tables: list[dict[bytes, set[int]]] = [defaultdict(set) for _ in range(bands)]
    for number, row in enumerate(rows):
        made = embed_func(
            row["text"],
            number,
            num_perm=arguments.num_perm,
            ngram_size=arguments.ngram,
            min_length=arguments.min_length,
            hashranges=[(i * size, (i + 1) * size) for i in range(bands)],
            permutations=permutations,
            hash_func=lambda data: sha1_hash(data, d=32),
            dtype=np.uint64,
            max_hash=np.uint32((1 << 32) - 1),
            modulo_prime=modulo,
        )
        for table, signature in zip(tables, made[SIGNATURE_COLUMN], strict=True):
            table[signature].add(number)
    union = UnionFind()
    for table in tables:
        for group in table.values():
            if len(group) > 1:
                first = min(group)
                for other in group:
                    union.union(other, first)
    clusters: dict[int, list[str]] = defaultdict(list)
    for number, row in enumerate(rows):
        clusters[union.find(number)].append(row["id"])
    seconds = time.process_time() - started
    print(
        json.dumps({"seconds": seconds, "clusters": [c for c in clusters.values() if len(c) > 1]})
    )


if __name__ == "__main__":
    main()
