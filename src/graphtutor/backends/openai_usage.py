"""What the use of servers came to: tokens, requests, failed tries, cost."""

from __future__ import annotations

from dataclasses import dataclass, replace

from graphtutor.backends.openai_answer import Answer

__all__ = ["Meter", "Usage"]


@dataclass(frozen=True, slots=True)
class Usage:
    """What a model has used since it was loaded.

    ``requests`` are the answers that were used, ``failed`` the tries that brought none and
    ``retries`` those made because of them. Tokens are the server's own counts; ``unmetered`` of the
    requests came without, so they add nothing to tokens and cost. ``cost`` is in the currency of
    the prices.
    """

    requests: int = 0
    retries: int = 0
    failed: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    unmetered: int = 0
    cost: float = 0.0

    def __str__(self) -> str:
        """Say it in one line; what is 0 is left out.

        >>> print(Usage(requests=3, failed=1, retries=1, prompt_tokens=900, completion_tokens=60))
        3 requests, 1 failed try, 900 tokens in, 60 out
        """
        tries = f"{self.failed} failed {'try' if self.failed == 1 else 'tries'}"
        parts = [
            f"{self.requests} requests",
            tries if self.failed else "",
            f"{self.prompt_tokens} tokens in, {self.completion_tokens} out",
            f"{self.unmetered} requests without a count" if self.unmetered else "",
            f"cost {self.cost:.4f}" if self.cost else "",
        ]
        return ", ".join(part for part in parts if part)


class Meter:
    """Adds up a :class:`Usage`. Prices are those of a million tokens."""

    def __init__(self, price_in: float, price_out: float) -> None:
        """Start from nothing."""
        self._price_in, self._price_out = price_in, price_out
        self._sum = Usage()

    def answered(self, answer: Answer) -> None:
        """Count an answer that is used. What the server billed counts, also if some is dropped."""
        known = self._sum
        unmetered = answer.prompt_tokens is None or answer.completion_tokens is None
        self._sum = replace(
            known,
            requests=known.requests + 1,
            prompt_tokens=known.prompt_tokens + (answer.prompt_tokens or 0),
            completion_tokens=known.completion_tokens + (answer.completion_tokens or 0),
            unmetered=known.unmetered + unmetered,
        )

    def failed(self) -> None:
        """Count a try that brought no answer to use."""
        self._sum = replace(self._sum, failed=self._sum.failed + 1)

    def retried(self) -> None:
        """Count a try that is made because one failed."""
        self._sum = replace(self._sum, retries=self._sum.retries + 1)

    def usage(self) -> Usage:
        """Return the sums so far.

        >>> meter = Meter(price_in=1.0, price_out=2.0)
        >>> meter.answered(Answer((), prompt_tokens=500_000, completion_tokens=250_000))
        >>> meter.usage().cost
        1.0
        """
        paid = self._sum.prompt_tokens * self._price_in
        paid += self._sum.completion_tokens * self._price_out
        return replace(self._sum, cost=paid / 1e6)
