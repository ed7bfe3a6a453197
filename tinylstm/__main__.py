"""``python -m tinylstm``: the command line."""

from tinylstm.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
