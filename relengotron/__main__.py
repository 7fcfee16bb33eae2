"""``python -m relengotron`` is the ``relengotron`` command."""

from relengotron.cli.main import main

if __name__ == "__main__":
    main()
