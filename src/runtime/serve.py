"""The command of the image: serves one entry script over HTTP until it is told to stop."""

import os
import sys


def run() -> int:
    """Takes our folder off `sys.path` again as soon as our package is found.

    No name of ours can then hide a module of the user's: the package finds its own modules by itself.
    """
    folder = os.path.dirname(os.path.realpath(__file__))
    sys.path.insert(0, folder)
    from mlpackage_runtime.main import main

    sys.path[:] = [entry for entry in sys.path if os.path.realpath(entry) != folder]
    return main()


if __name__ == "__main__":
    sys.exit(run())
