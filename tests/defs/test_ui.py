"""`make ui` shows the report beside Dagster, on this machine, and nothing but the report."""

import socket
import urllib.error
import urllib.request

import pytest

from pipeline.defs.ui import report_pages


@pytest.fixture
def data(tmp_path):
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "index.html").write_text("the corpus")
    (tmp_path / "articles.parquet").write_text("a table")
    return str(tmp_path)


def test_the_pages_are_shown_and_nothing_else_is(data):
    with report_pages(data, 0) as address:
        assert address.startswith("http://127.0.0.1:")
        with urllib.request.urlopen(f"{address}/index.html") as page:
            assert page.read() == b"the corpus"
        for path in ("articles.parquet", "../articles.parquet", "%2e%2e/articles.parquet"):
            with pytest.raises(urllib.error.HTTPError, match="404") as error:
                urllib.request.urlopen(f"{address}/{path}")
            error.value.close()
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"{address}/index.html")


def test_a_port_that_is_taken_or_data_elsewhere_show_nothing(data):
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        report_pages(data, taken.getsockname()[1]) as address,
    ):
        assert address is None
    with report_pages("s3://bucket/corpus", 0) as address:
        assert address is None
