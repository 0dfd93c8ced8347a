"""What the pipeline wrote holds its contracts, by the judgement of the datacontract tool."""

import pytest
import yaml

from pipeline import contracts
from pipeline.publish.storage import Storage

PUBLISHED = ["articles", "duplicate_pairs", "syndication_clusters", "cluster_ledger", "quarantine"]


def _judge(table: str, storage: Storage, folder, **changes):
    from datacontract.data_contract import DataContract

    contract = {**contracts.contract(table), **changes}
    for server in contract["servers"]:
        server["path"] = f"{storage.uri}/{table}/*/*.parquet"
    path = folder / f"{table}.yaml"
    path.write_text(yaml.safe_dump(contract))
    return DataContract(data_contract_file=str(path)).test()


@pytest.mark.filterwarnings("ignore")  # the tool's own dependencies warn
@pytest.mark.parametrize("table", PUBLISHED)
def test_the_corpus_holds_its_contract(table, seeds_corpus, tmp_path):
    run = _judge(table, seeds_corpus, tmp_path)
    failed = [check for check in run.checks if check.result not in ("passed", "warning")]
    assert run.checks
    assert not failed, [f"{check.name}: {check.reason}" for check in failed]


@pytest.mark.filterwarnings("ignore")
def test_a_broken_promise_is_found(seeds_corpus, tmp_path):
    schema = [dict(contracts.contract("articles")["schema"][0])]
    extra = {"name": "sentiment", "logicalType": "string", "required": True, "description": "No."}
    schema[0]["properties"] = [*schema[0]["properties"], extra]
    run = _judge("articles", seeds_corpus, tmp_path, schema=schema)
    assert str(run.result) in ("failed", "error", "ResultEnum.failed", "ResultEnum.error")
