"""What the API answers when it cannot do what was asked: an error with a status of HTTP.

>>> NotFound("run_9", wanted="a run", got="none").status
404
"""

from __future__ import annotations

from graphtutor.errors import GraphtutorError

__all__ = ["BadRequest", "Busy", "NotFound", "Stuck", "WebError", "error_body"]


class WebError(GraphtutorError):
    """Something that the API was asked for and cannot give; ``status`` is the status of HTTP."""

    status = 400


class BadRequest(WebError):
    """A parameter or a body that cannot be used."""


class NotFound(WebError):
    """A run, an episode or a job that is not there."""

    status = 404


class Busy(WebError):
    """More work than the one worker may have waiting."""

    status = 429


class Stuck(WebError):
    """Work that this process can no longer do."""

    status = 503


def error_body(problem: GraphtutorError) -> dict[str, dict[str, str]]:
    """Return the four parts of an error as the API sends them."""
    return {
        "error": {
            "where": problem.where,
            "wanted": problem.wanted,
            "got": problem.got,
            "remedy": problem.remedy,
        }
    }
