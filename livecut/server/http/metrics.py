"""Counts for Prometheus; of one process, or of all workers together."""

from __future__ import annotations

import os

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

__all__ = ["CONTENT_TYPE", "Metrics"]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_BUCKETS = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)


class Metrics:
    """What is counted; labels are routes and statuses, never anything a client sent."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.requests = Counter("livecut_requests", "Requests answered.", ("route", "status"), registry=self._registry)
        self.seconds = Histogram(
            "livecut_request_seconds",
            "From a request's head to the end of its answer.",
            ("route",),
            buckets=_BUCKETS,
            registry=self._registry,
        )
        self.in_line = Gauge(
            "livecut_pictures_in_line",
            "Pictures being processed or waiting.",
            registry=self._registry,
            multiprocess_mode="livesum",
        )
        self.upload_bytes = Gauge(
            "livecut_upload_bytes",
            "Memory taken by uploads in flight.",
            registry=self._registry,
            multiprocess_mode="livesum",
        )
        self.decoder_deaths = Counter(
            "livecut_decoder_deaths", "Decoder processes that died or were ended.", registry=self._registry
        )
        self.credits = Counter("livecut_credits_settled", "Credits settled.", registry=self._registry)

    def exposition(self) -> bytes:
        """The counts as Prometheus reads them."""
        if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
            return generate_latest(self._registry)
        together = CollectorRegistry()
        MultiProcessCollector(together)  # type: ignore[no-untyped-call]
        return generate_latest(together)
