"""Runs in a fresh process: compiles sources to bytecode that is never checked against them.

Lambda's task folder cannot be written, so bytecode that is missing is compiled anew at every cold
start, and bytecode that is checked by time is thrown away: a zip keeps no fractions of a second.
Standard library only. A fresh process, because what else is loaded shows in bytecode.
"""

import json
import py_compile
import sys

TASK_ROOT = "/var/task"


def main() -> None:
    """Read `[[source, target, name in the zip], …]` from stdin."""
    for source, target, name in json.load(sys.stdin):
        py_compile.compile(
            source,
            cfile=target,
            dfile=f"{TASK_ROOT}/{name}",
            doraise=True,
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )


if __name__ == "__main__":
    main()
