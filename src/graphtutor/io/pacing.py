"""How long a client of an HTTP server waits: between tries, for a failing one, as a server asks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

__all__ = ["Pacing", "backoff", "retry_after"]


@dataclass(frozen=True, slots=True)
class Pacing:
    """The waiting times, in seconds.

    ``base`` is the first wait, ``longest`` the last of those that double. A URL that has failed
    ``rest_after`` times in a row is rested before each further try. ``longest_wait`` bounds what a
    server may ask for with Retry-After.
    """

    base: float = 0.5
    longest: float = 30.0
    longest_wait: float = 600.0
    rest_after: int = 3


def backoff(pacing: Pacing, failures: int, draw: float = 1.0) -> float:
    """Return the wait after the ``failures``-th failure in a row; it doubles each time.

    ``draw`` from [0, 1) is the jitter: clients that failed together do not come back together.

    >>> [backoff(Pacing(), failures) for failures in (1, 2, 3, 4, 20)]
    [0.5, 1.0, 2.0, 4.0, 30.0]
    >>> backoff(Pacing(), 1, draw=0.0)
    0.25
    """
    # The exponent is bounded: 2.0 ** 2000 is an error.
    return min(pacing.longest, pacing.base * 2.0 ** min(failures - 1, 64)) * (0.5 + draw / 2)


def retry_after(header: str | None, now: datetime) -> float | None:
    """Return the seconds that a Retry-After header asks for; None if it says nothing readable.

    It holds either seconds or an HTTP date, which is compared with ``now``.

    >>> retry_after("7", datetime.now(UTC))
    7.0
    >>> noon = datetime(2030, 1, 1, 12, tzinfo=UTC)
    >>> retry_after("Tue, 01 Jan 2030 12:00:30 GMT", noon)
    30.0
    >>> retry_after("Tue, 01 Jan 2030 11:00:00 GMT", noon)
    0.0
    >>> retry_after("soon", noon)
    """
    header = (header or "").strip()
    try:
        seconds = float(header)
    except ValueError:
        try:
            date = parsedate_to_datetime(header)
        except ValueError:
            return None
        seconds = (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() - now.timestamp()
        return max(0.0, seconds)
    return seconds if 0 <= seconds < float("inf") else None
