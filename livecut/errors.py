"""Every deliberate error of livecut, grouped by who can act on it.

LivecutError
├── SettingsError         fix the configuration
│   └── RoomNotMeant        a change that would show the raw picture, which must be meant
├── PluginError           install it or name it right
├── DeviceError           a source or a sink
│   ├── DeviceUnavailable   it cannot be opened
│   └── DeviceLost          it was open and went away
├── ModelError            a network's file is missing, broken or differs from its digest or specification
├── AcceleratorError      driver, CUDA, execution provider
├── ImageError            a picture is unreadable, too large or of the wrong type
├── EstimateError         an estimator's answer cannot be trusted: the frame must not be shown
└── RemoteError           a remote service
    ├── RemoteDenied        key, credit or permission
    ├── RemoteBusy          rate limited or overloaded: try again later
    ├── RemoteUnreachable   connection, TLS, timeout
    └── RemoteRefused       the service will not process this request
"""

from __future__ import annotations

__all__ = [
    "AcceleratorError",
    "DeviceError",
    "DeviceLost",
    "DeviceUnavailable",
    "EstimateError",
    "ImageError",
    "LivecutError",
    "ModelError",
    "PluginError",
    "RemoteBusy",
    "RemoteDenied",
    "RemoteError",
    "RemoteRefused",
    "RemoteUnreachable",
    "RoomNotMeant",
    "SettingsError",
]


class LivecutError(Exception):
    """An error livecut raises on purpose: one line that says what happened, and a hint that says what to do."""

    exit_code: int = 1
    """What a command ends with when this error reaches it."""

    def __init__(self, message: str, *, hint: str = "", meant: tuple[str, str] | None = None) -> None:
        """`meant` is a word that is wrong, and what was most likely meant by it."""
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.meant = meant


class SettingsError(LivecutError):
    """A setting is unknown, out of range or contradicts another one."""

    exit_code = 2


class RoomNotMeant(SettingsError):
    """A change would show the raw picture where it is hidden, and nobody said that this is meant."""


class PluginError(LivecutError):
    """A plug-in is not installed, cannot be loaded or is named wrongly."""

    exit_code = 2


class ImageError(LivecutError):
    """A picture is unreadable, too large or of the wrong type."""

    exit_code = 2


class DeviceError(LivecutError):
    """A source or a sink does not do its work."""

    exit_code = 3


class DeviceUnavailable(DeviceError):
    """A source or a sink cannot be opened: absent, busy, forbidden or of an unsupported format."""


class DeviceLost(DeviceError):
    """A source or a sink was open and went away."""


class ModelError(LivecutError):
    """A network's file is missing or broken, or differs from its digest or its specification."""

    exit_code = 4


class AcceleratorError(LivecutError):
    """The driver, CUDA or an execution provider cannot be had."""

    exit_code = 4


class EstimateError(LivecutError):
    """An answer that cannot be trusted (not finite, of the wrong size, too old): show the card instead."""

    exit_code = 4


class RemoteError(LivecutError):
    """A remote service did not do its work."""

    exit_code = 5


class RemoteDenied(RemoteError):
    """The key is missing, wrong or revoked, or there is no credit left."""


class RemoteBusy(RemoteError):
    """The service is overloaded or limits the rate; `retry_after_s` says when to try again, if it said so."""

    def __init__(self, message: str, *, hint: str = "", retry_after_s: float | None = None) -> None:
        super().__init__(message, hint=hint)
        self.retry_after_s = retry_after_s


class RemoteUnreachable(RemoteError):
    """The service cannot be reached: name, connection, TLS or timeout."""


class RemoteRefused(RemoteError):
    """The service will not process this request, or its answer is not what its contract says."""
