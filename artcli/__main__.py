"""`python -m artcli`."""

from artcli.cli import main

if __name__ == "__main__":
    main()
