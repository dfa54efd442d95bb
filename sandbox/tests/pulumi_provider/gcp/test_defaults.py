"""What the official provider fills in within a block reaches the cloud and the state."""

from tests.pulumi_provider.engine_side import EngineSide
from tests.pulumi_provider.gcp.conftest import Local

METRIC = "gcp:logging/metric:Metric"
POLICY = "gcp:monitoring/alertPolicy:AlertPolicy"


def test_a_metric_without_a_unit_counts_in_ones(engine: EngineSide, local: Local) -> None:
    descriptor = {"metricKind": "DELTA", "valueType": "INT64", "labels": [{"key": "owner"}]}
    declared = {"name": "unit-left-out", "filter": "severity>=ERROR", "metricDescriptor": descriptor}
    assert engine.preview(METRIC, "unit", declared)["metricDescriptor"]["unit"] == "1"
    made = engine.create(METRIC, "unit", declared)
    held = local.call("GET", "/v2/projects/acme-trial/metrics/unit-left-out")["metricDescriptor"]
    assert (held["unit"], held["labels"]) == ("1", [{"key": "owner", "valueType": "STRING"}])
    assert made.state["metricDescriptor"]["unit"] == "1"
    assert engine.diff(made, declared).changes == 1
    engine.delete(made)


def test_an_alerts_documentation_is_markdown_unless_it_says_otherwise(engine: EngineSide, local: Local) -> None:
    condition = {"displayName": "any", "conditionMatchedLog": {"filter": "severity>=ERROR"}}
    declared = {
        "displayName": "documented",
        "combiner": "OR",
        "conditions": [condition],
        "alertStrategy": {"notificationRateLimit": {"period": "300s"}},
        "documentation": {"content": "Look at the log."},
    }
    made = engine.create(POLICY, "documented", declared)
    held = local.call("GET", f"/v3/{made.id}")["documentation"]
    assert held["mimeType"] == made.state["documentation"]["mimeType"] == "text/markdown"
    assert engine.diff(made, declared).changes == 1
    engine.delete(made)
