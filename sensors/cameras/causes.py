"""The first cause within a group of errors, however deep task groups have wrapped it."""

from __future__ import annotations


def first_cause(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
