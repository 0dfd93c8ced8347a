import numpy as np

from pipeline.clean.lexicon import role_scores
from pipeline.clean.lines import split
from pipeline.clean.model import MODEL, line_columns, load, matrix, predict

TEXT = """Home
News
Sport
Harbour opens again after the flood
By Ann Example
The harbour opened again on Monday, three weeks after the flood, the council said in a statement.
It had been closed since the water rose above the quay and took two of the cranes with it.
"We are glad that the boats can run again," said the harbour master, who has worked there for years.
Read more: What the flood cost
Share this article
Sign up for our newsletter
Copyright 2018 Example Media. All rights reserved.
"""


def test_a_row_that_is_sure_early_stays_on_its_side():
    lines, trained = split([TEXT]), load(MODEL)
    columns = line_columns(lines, role_scores(lines, trained.lexicon), None)
    rows = matrix(columns, trained.columns)
    asked, every = predict(trained.first, rows, until_sure=True), predict(trained.first, rows)
    assert np.abs(asked - every).max() < 0.03
    unsure = (every > 0.06) & (every < 0.94)
    assert np.allclose(asked[unsure], every[unsure], atol=1 / 4096)
    assert ((asked > 0.5) == (every > 0.5)).all()
