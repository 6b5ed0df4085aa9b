"""Metrics as Prometheus reads them, by its own library, which is loaded when somebody first asks."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.core import Metric as Family
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from serving.metrics.catalogue import BY_NAME, METRICS, PROCESS, Metric
from serving.metrics.states import Reading
from serving.metrics.tally import Tally

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
KINDS: Final[Mapping[str, Any]] = MappingProxyType(
    {"counter": CounterMetricFamily, "gauge": GaugeMetricFamily, "histogram": HistogramMetricFamily}
)


class _Given(Collector):
    """Tells what it was given."""

    def __init__(self, families: Iterable[Family]) -> None:
        self._families = list(families)

    def collect(self) -> Iterable[Family]:
        """Return the families."""
        return self._families


def written(total: Tally, readings: Iterable[Reading], processes: Sequence[int]) -> bytes:
    """Write what was counted, how things stand, and what the system says of these processes."""
    families = {metric.name: KINDS[metric.kind](metric.name, metric.says, labels=metric.labels) for metric in METRICS}
    for (name, *labels), count in sorted(total.counts.items()):
        families[name].add_metric(labels, count)
    for (name, *labels), held in sorted(total.spread.items()):
        families[name].add_metric(labels, _cumulative(BY_NAME[name], held), held[-1])
    for metric, values, number in readings:
        families[metric.name].add_metric(list(values), float(number))
    for process in processes:
        for name, number in _of_process(process):
            families[name].add_metric([str(process)], number)
    for metric in METRICS:
        if metric.kind == "counter" and not metric.labels and not families[metric.name].samples:
            families[metric.name].add_metric([], 0)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Given(families.values()))
    return generate_latest(registry)


def _cumulative(metric: Metric, held: Sequence[float]) -> list[tuple[str, float]]:
    """Return the buckets as Prometheus counts them: each holds all that is at most its end."""
    ends = [*map(str, metric.buckets), "+Inf"]
    sums, so_far = [], 0.0
    for end, number in zip(ends, held[:-1], strict=True):
        so_far += number
        sums.append((end, so_far))
    return sums


def _of_process(process: int) -> Iterable[tuple[str, float]]:
    """Return what the system says of a process; nothing where it has ended, or there is no `/proc`."""
    for family in ProcessCollector(pid=lambda: process, registry=None).collect():
        for sample in family.samples:
            if sample.name in PROCESS:
                yield sample.name, sample.value
