"""Why a function cannot be built."""

from workers.stack.errors import StackError


class CannotBuild(StackError):
    """A function breaks a rule of its declaration; says which, by what, and what to do."""
