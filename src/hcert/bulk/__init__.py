"""Many codes at a time, as Arrow batches: for one process, and for engines that run many (Spark, Ray, Dask).

Rows in, rows out, one for one and in order, and nothing leaves but what is returned. An engine is not imported here.
"""

from hcert.bulk.ids import derive_ids
from hcert.bulk.issued import issued, rejects
from hcert.bulk.issuing import issue_batches
from hcert.bulk.job import Job
from hcert.bulk.job_status import JobStatus
from hcert.bulk.key_sources import LocalKey, Pkcs11Key, SignerSource
from hcert.bulk.ledger import CommittedSlice
from hcert.bulk.local_runner import run_local
from hcert.bulk.plans import IssuePlan, StoreLocation, VerifyPlan
from hcert.bulk.revisions import superseded
from hcert.bulk.schemas import ISSUE_INPUT, ISSUE_OUTPUT, VERIFY_INPUT, VERIFY_OUTPUT
from hcert.bulk.spark_runner import run_spark
from hcert.bulk.verifying import verify_batches

__all__ = [
    "ISSUE_INPUT",
    "ISSUE_OUTPUT",
    "VERIFY_INPUT",
    "VERIFY_OUTPUT",
    "CommittedSlice",
    "IssuePlan",
    "Job",
    "JobStatus",
    "LocalKey",
    "Pkcs11Key",
    "SignerSource",
    "StoreLocation",
    "VerifyPlan",
    "derive_ids",
    "issue_batches",
    "issued",
    "rejects",
    "run_local",
    "run_spark",
    "superseded",
    "verify_batches",
]
