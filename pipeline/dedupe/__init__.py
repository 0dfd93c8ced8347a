"""Find the articles that go back to one text, and keep the clusters stable as scrapes arrive.

    words        texts -> words: hashes, offsets, quotations, sentences (flat arrays over a batch)
    fingerprints words -> sampled shingles ("anchors") of each article
    candidates   anchors of two days -> pairs worth a look; the relational steps
    align        two articles -> their shared passages and what these say
    relations    that evidence -> copy, excerpt, revision or no duplicate, with a probability
    verify       candidate pairs and texts -> verified pairs
    pairs        one day and the stored tables -> the pairs to write
    canonical    which article represents a cluster, and why
    clusters     verified pairs -> clusters around a canonical article
    ledger       clusters before and after -> kept identities and the history
    history      one day and the stored tables -> the clusters to write
    diff         two articles side by side
    store        what is needed of the stored tables

Cleaning, metadata and storage do not belong here.
"""

from pipeline.dedupe.fingerprints import fingerprint as fingerprint
from pipeline.dedupe.history import ClusterChanges as ClusterChanges
from pipeline.dedupe.history import clusters_for_day as clusters_for_day
from pipeline.dedupe.pairs import pairs_for_day as pairs_for_day
