"""Tables: keys with their three counts, reservations in flight, server runs, and requests counted."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Float, ForeignKey, Index, Integer, MetaData, String, Table

__all__ = ["hits", "keys", "metadata", "reservations", "runs"]

metadata = MetaData()

keys = Table(
    "livecut_keys",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(200), nullable=False),
    # Enough of the key to recognise it in one's own list.
    Column("prefix", String(16), nullable=False),
    Column("digest", String(64), nullable=False, unique=True),
    Column("made_at", Float, nullable=False),
    Column("revoked_at", Float),
    Column("per_minute", Integer, nullable=False),
    # granted = settled + remaining + what is reserved, at every moment.
    Column("granted", Integer, nullable=False),
    Column("settled", Integer, nullable=False, default=0),
    Column("remaining", Integer, nullable=False),
    CheckConstraint("remaining >= 0 AND settled >= 0 AND granted >= 0", name="livecut_keys_counts"),
)

runs = Table(
    "livecut_runs",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("seen_at", Float, nullable=False),
)

reservations = Table(
    "livecut_reservations",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("key_id", Integer, ForeignKey("livecut_keys.id"), nullable=False),
    Column("credits", Integer, nullable=False),
    # Which server made it: what a server that is gone left behind is returned.
    Column("run_id", String(32), nullable=False, index=True),
)

hits = Table(
    "livecut_hits",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("bucket", String(200), nullable=False),
    Column("at", Float, nullable=False),
    Index("livecut_hits_of_bucket", "bucket", "at"),
)
