"""``python -m platypush`` is the ``platypush`` command."""

from platypush.cli import main

if __name__ == "__main__":
    main()
