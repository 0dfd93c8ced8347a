"""datasketch's MinHashLSH with 128 permutations over 5-word shingles: CPU seconds and clusters.

python datasketch_lsh.py documents.jsonl threshold
"""

import json
import re
import sys
import time
from pathlib import Path

from datasketch import MinHash, MinHashLSH


def main() -> None:
    threshold = float(sys.argv[2])
    rows = [json.loads(line) for line in Path(sys.argv[1]).read_text("utf-8").splitlines()]
    started = time.process_time()
    index = MinHashLSH(threshold=threshold, num_perm=128)
    leader: dict[str, str] = {}

    def find(node: str) -> str:
        while leader[node] != node:
            leader[node] = leader[leader[node]]
            node = leader[node]
        return node

    for row in rows:
        words = re.findall(r"\w+", row["text"].lower())
        shingles = {" ".join(words[i : i + 5]).encode() for i in range(max(len(words) - 4, 1))}
        sketch = MinHash(num_perm=128)
        sketch.update_batch(shingles)
        leader[row["id"]] = row["id"]
        for other in index.query(sketch):
            leader[find(other)] = find(row["id"])
        index.insert(row["id"], sketch)
    clusters: dict[str, list[str]] = {}
    for node in leader:
        clusters.setdefault(find(node), []).append(node)
    seconds = time.process_time() - started
    print(
        json.dumps({"seconds": seconds, "clusters": [c for c in clusters.values() if len(c) > 1]})
    )


if __name__ == "__main__":
    main()
