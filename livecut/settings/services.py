"""Sections of the settings tree for what is asked and served: the remote services, our server, the control panel."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, SecretStr, StringConstraints

from livecut.settings.sections import Section

__all__ = ["PanelSettings", "RemoteSettings", "ServerSettings"]

Address = Annotated[str, StringConstraints(min_length=1, max_length=2048)]


class RemoteSettings(Section):
    """The two remote services: a picture goes there only if `allow` is true or the service is named (`--via`)."""

    allow: bool = Field(False, description="Let a picture leave this machine when it cannot be processed here.")
    api4ai_base: Address = Field(
        "rapidapi", description="Where API4AI's contract is spoken: rapidapi, api4ai, or any address."
    )
    api4ai_key: SecretStr | None = Field(
        None, description="Key; default: RAPIDAPI_KEY or API4AI_API_KEY of the environment, at the vendor's only."
    )
    clipdrop_base: Address = Field(
        "https://clipdrop-api.co", description="Where Clipdrop's contract is spoken; any address."
    )
    clipdrop_key: SecretStr | None = Field(
        None, description="Key; default: CLIPDROP_API_KEY of the environment, at the vendor's only."
    )
    clipdrop_per_minute: int = Field(60, ge=1, description="Calls a minute we keep to, on our side of the line.")
    timeout_s: float = Field(60.0, gt=0.0, le=3600.0, description="How long to wait for an answer.")
    local_timeout_s: float = Field(
        120.0, gt=0.0, le=3600.0, description="A picture that takes longer here counts as one that cannot be done here."
    )
    credit_budget: int | None = Field(None, ge=0, description="Credits a run may spend, never passed; default: any.")


class ServerSettings(Section):
    """`livecut serve`."""

    host: str = Field("127.0.0.1", min_length=1, description="Address to listen at.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen at; 0 takes a free one.")
    open: bool = Field(False, description="Serve without keys; on loopback addresses only.")
    workers: int = Field(1, ge=1, le=64, description="Processes; more than one needs a shared rate_store.")
    database: SecretStr | None = Field(
        None, description="SQLAlchemy URL for keys and credits; default: an SQLite file among the user's data."
    )
    rate_store: str = Field(
        "memory",
        pattern=r"^(memory|database|rediss?(\+\w+)?://.+)$",
        description="Where requests are counted: memory (one process only), database, or redis://...",
    )
    url_allow: tuple[str, ...] = Field(
        (), description="Addresses, networks or hosts that `url` may reach beside public ones, e.g. 127.0.0.1:9000."
    )
    url_timeout_s: float = Field(15.0, gt=0.0, le=120.0, description="How long fetching a `url` may take.")
    at_once: int = Field(2, ge=1, le=256, description="Pictures processed at the same time, in each process.")
    waiting: int = Field(32, ge=0, le=100_000, description="Pictures that may wait for that; more are told to retry.")
    connections: int = Field(
        512,
        ge=1,
        le=100_000,
        description="Connections held at the same time, in each process; more get 503. "
        "Stay well below the system's limit of open files (ulimit -n).",
    )
    uploads_mb: int = Field(
        256,
        ge=32,
        description="Memory for all uploads, and answers not read yet, together; one key has half of it at most.",
    )
    upload_timeout_s: float = Field(
        120.0, gt=0.0, le=3600.0, description="How long one upload, or reading one answer, may take."
    )
    upload_idle_s: float = Field(
        10.0,
        gt=0.0,
        le=3600.0,
        description="An upload of which nothing comes, or an answer not read on, for so long is ended.",
    )
    decode_timeout_s: float = Field(20.0, gt=0.0, le=3600.0, description="How long decoding one picture may take.")
    drain_s: int = Field(30, ge=0, description="How long requests may go on after SIGTERM.")


class PanelSettings(Section):
    """The control panel of `livecut run`, a page for a browser on this machine."""

    enabled: bool = Field(False, description="Serve it while the filter runs; its address is printed.")
    port: int = Field(0, ge=0, le=65535, description="Port of this machine's own address; 0 takes a free one.")
