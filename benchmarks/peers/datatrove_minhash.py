"""datatrove's MinHash with its defaults over a JSONL file: prints CPU seconds and clusters.

python datatrove_minhash.py documents.jsonl work_folder
"""

import json
import resource
import sys
from pathlib import Path

from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.dedup import (
    MinhashConfig,
    MinhashDedupBuckets,
    MinhashDedupCluster,
    MinhashDedupFilter,
    MinhashDedupSignature,
)
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers import JsonlWriter


def cpu() -> float:
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in both)


def main() -> None:
    documents, work = Path(sys.argv[1]), Path(sys.argv[2])
    config = MinhashConfig()
    reader = JsonlReader(str(documents.parent), glob_pattern=documents.name)
    folder = {
        name: str(work / name) for name in ("sig", "buckets", "ids", "kept", "removed", "log")
    }
    steps = [
        ([reader, MinhashDedupSignature(folder["sig"], config)], 1),
        (
            [MinhashDedupBuckets(folder["sig"], folder["buckets"], config=config)],
            config.num_buckets,
        ),
        (
            [
                MinhashDedupCluster(
                    folder["buckets"],
                    folder["ids"],
                    config=config,
                    save_cluster_id=True,
                    save_cluster_size=True,
                )
            ],
            1,
        ),
        (
            [
                reader,
                MinhashDedupFilter(
                    folder["ids"],
                    exclusion_writer=JsonlWriter(folder["removed"], compression=None),
                    load_cluster_ids=True,
                    load_cluster_sizes=True,
                ),
                JsonlWriter(folder["kept"], compression=None),
            ],
            1,
        ),
    ]
    started = cpu()
    for number, (pipeline, tasks) in enumerate(steps):
        LocalPipelineExecutor(
            pipeline=pipeline, tasks=tasks, workers=1, logging_dir=f"{folder['log']}/{number}"
        ).run()
    seconds = cpu() - started
    clusters: dict[str, list[str]] = {}
    for path in [*Path(folder["kept"]).glob("*"), *Path(folder["removed"]).glob("*")]:
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            cluster = row["metadata"].get("minhash_cluster_id", -1)
            clusters.setdefault(
                f"{cluster}" if cluster not in (-1, None) else row["id"], []
            ).append(row["id"])
    print(
        json.dumps({"seconds": seconds, "clusters": [c for c in clusters.values() if len(c) > 1]})
    )


if __name__ == "__main__":
    main()
