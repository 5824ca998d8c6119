"""The program ``nervering``, which the package carries."""

import sys

from nervering import _native


def main() -> int:
    """Runs the program with the arguments that Python was given."""
    return _native.run_program(sys.argv)


if __name__ == "__main__":
    sys.exit(main())
